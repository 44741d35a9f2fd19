"""Model cards: writing ``models.toml`` and the page ``docs/models.md`` made from it.

python -m gifect.evaluation.cards        # writes the page anew
"""

from __future__ import annotations

import tomllib
from typing import Any

from gifect.evaluation.tables import REPOSITORY, Table
from gifect.models.registry import CARDS, WEIGHTS, file_digest, forget_models

PAGE = REPOSITORY / "docs" / "models.md"
HEAD = """# The networks

Made from `src/gifect/models/models.toml`. Our own networks lie in the package; public ones are optional and are fetched
by `gifect models pull NAME`.

The clips and faces of the reactions set were labelled by vision-language models (six frames of a clip, one crop of a
face): the labels are *perceived* emotion, with the biases of such annotators. FER+ labels are MIT; the rights of its
photographs are unclear, which is why only weights are shipped. CK+ was never trained on. Emo-DB is offered to the
public for research with the request to cite it, without a licence by name: of it, too, only weights are shipped.

Of version 0.1.0: `detect` was trained by its recipe, but began with the deeper layers of an earlier detector; `measure`
by its recipe and 17 of the 21 epochs of `measure-again`; `scene` by 7 epochs and then `fuse`, before its recipe was
made longer; `text` by two runs of five epochs, the second (rate 1.5e-3, seed 1) beginning with the first; the others as
their recipes say. The texts that it learnt from are free to use (GoEmotions) or offered for research; none is shipped.
"""


def write_card(name: str, does: str, trained_on: str, command: str = "", file: str = "") -> None:
    """Put what is known of the weights ``name``.onnx, or ``file``, into ``models.toml``; figures come with
    ``write_figures``."""
    path = WEIGHTS / (file or f"{name}.onnx")
    cards = _cards()
    cards[name] = {
        "file": path.name,
        "sha256": file_digest(path),
        "size": path.stat().st_size,
        "does": does,
        "licence": "MIT",
        "trained_on": trained_on,
        "command": command or f"gifect train {name}",
        "figures": {},
    }
    _save(cards)


def write_figures(name: str, table: Table) -> None:
    """Put the rows of ``table`` as measured figures on the card of ``name``; columns named "what" or "data" say of
    what, each other column is a figure; empty cells are none."""
    cards = _cards()
    figures: dict[str, str] = {}
    for row in table.rows:
        cells = dict(zip(table.columns, row, strict=True))
        label = ": ".join(cells.pop(c) for c in ("data", "what") if c in cells)
        figures |= {label if len(cells) == 1 else f"{label}: {c}": v for c, v in cells.items() if v}
    cards[name]["figures"] = figures
    _save(cards)


def _cards() -> dict[str, Any]:
    return tomllib.loads(CARDS.read_text()) if CARDS.exists() else {}


def _save(cards: dict[str, Any]) -> None:
    CARDS.write_text("\n".join(_as_toml(n, c) for n, c in cards.items()), encoding="utf-8")
    forget_models()


def _as_toml(name: str, card: dict[str, Any]) -> str:
    def value(v: object) -> str:
        return '"' + v.replace("\\", "\\\\").replace('"', '\\"') + '"' if isinstance(v, str) else repr(v)

    lines = [f"[{name}]"] + [f"{k} = {value(v)}" for k, v in card.items() if not isinstance(v, dict)]
    if card.get("figures"):
        lines += [f"[{name}.figures]"] + [f"{value(k)} = {value(v)}" for k, v in card["figures"].items()]
    return "\n".join(lines) + "\n"


def cards_page() -> str:
    """Return the page of all model cards as Markdown."""
    parts = [HEAD]
    for name, card in _cards().items():
        origin = (
            f"fetched from {card['url']}" if card.get("url") else f"in the package, trained by `{card.get('command')}`"
        )
        if card.get("checkpoint"):
            made = f"gifect models convert {name} {card['checkpoint']}"
            origin = f"made by `{made}` of the file at {card['url']}, for which no checksum is published"
        does = card["does"][:1].upper() + card["does"][1:]
        parts.append(f"## {name}\n\n{does}. {card['size'] / 1e6:.1f} MB, {card['licence']}, {origin}.\n")
        parts.append(f"Trained on: {card['trained_on']}.\n")
        if card.get("figures"):
            rows = [f"| {k} | {v} |" for k, v in card["figures"].items()]
            parts.append("\n".join(["| measured | figure |", "| --- | --- |", *rows]) + "\n")
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(cards_page())
