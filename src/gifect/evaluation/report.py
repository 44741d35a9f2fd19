"""The report of the grader: one HTML page and one Markdown page with figures, curves, and the clips of lowest and of
highest error."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from gifect.emotions import QUADRANTS, SEVENTEEN
from gifect.errors import DataError
from gifect.evaluation import metrics
from gifect.evaluation.curves import Series, curves_svg
from gifect.evaluation.grading import COMMAND, Graded, error_analysis, grading_figures, grading_table
from gifect.evaluation.tables import Table, commit
from gifect.media.clip import Clip
from gifect.training.data.shared import cache_root, iterate_clips

PICTURE_SIDE, JPEG_QUALITY = 220, 82  # pixels of the longer side, of 100
NAMED = 4  # emotions shown of a clip, at most
WORTH = 0.1  # intensity from which an emotion is worth showing
ACROSS = 5  # clips in a row of the Markdown page
INTRODUCTION = (
    "The labels are perceived emotion, named by annotators that were vision-language models and saw six frames of each "
    "clip. The grader was trained on other clips of the same set."
)
CURVES = {
    "Loss": (
        "nMSE of the seventeen",
        [("training", "intensities"), ("held back", "held_nmse"), ("valid", "valid_nmse")],
    ),
    "Accuracy": (
        "quadrant accuracy, and mean r of the seventeen",
        [
            ("quadrant, held back", "held_quadrant"),
            ("quadrant, valid", "valid_quadrant"),
            ("r, held back", "held_r"),
            ("r, valid", "valid_r"),
        ],
    ),
}


@dataclass(frozen=True)
class Row:
    """One emotion of a clip or of all: what was labelled and said."""

    emotion: str
    told: float
    said: float


@dataclass(frozen=True)
class Card:
    """One clip as the pages show it: a JPEG and its strongest emotions."""

    name: str
    error: float
    medium: str
    jpeg: bytes
    rows: list[Row]

    @property
    def picture(self) -> str:
        """The JPEG as a data URI."""
        return f"data:image/jpeg;base64,{base64.b64encode(self.jpeg).decode()}"


@dataclass(frozen=True)
class Emotion:
    """The figures of one emotion over all clips."""

    name: str
    r: float
    nmse: float
    said: float
    told: float


def write_report(graded: Graded, folder: Path, run: Path | None = None) -> Path:
    """Write ``report.html``, which needs no other file, and ``report.md`` with its pictures into ``folder``, and return
    the first.

    Parameters
    ----------
    run : folder of the training run whose curves are drawn; by default that of the recipe ``grade`` in the cache.

    Raises
    ------
    DataError
        If nothing can be written there.
    """
    low, high = (clip_cards(graded, rows) for rows in (graded.lowest(), graded.highest()))
    curves = training_curves(run or cache_root() / "runs" / "grade")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "report.html").write_text(_html(graded, low, high, curves), encoding="utf-8")
        (folder / "report.md").write_text(_markdown(graded, low, high, curves, folder), encoding="utf-8")
    except OSError as error:
        raise DataError(f"{folder}: the report cannot be written: {error.strerror or error}") from error
    return folder / "report.html"


def clip_cards(graded: Graded, rows: np.ndarray) -> list[Card]:
    """Return the clips at ``rows`` with the picture of their peak."""
    wanted = {graded.rows["id"].iloc[k]: int(graded.peaks_ms[k]) for k in rows}
    pictures = {name: _peak(mp4, wanted[name]) for name, mp4 in iterate_clips("valid") if name in wanted}
    errors, cards = graded.errors, []
    for k in rows:
        told, said = graded.told[k], graded.said[k]
        strongest = np.argsort(-np.maximum(told, said), kind="stable")[:NAMED]
        shown = [Row(SEVENTEEN[e], told[e], said[e]) for e in strongest if max(told[e], said[e]) >= WORTH]
        name = graded.rows["id"].iloc[k]
        cards.append(Card(name, float(errors[k]), graded.rows["medium"].iloc[k], pictures[name], shown))
    return cards


def _peak(mp4: bytes, ms: int) -> bytes:
    """Return the frame of a clip at ``ms`` as a small JPEG."""
    clip = Clip.open(mp4)
    frame = clip.frames[max(int(np.searchsorted(clip.starts_ms, ms, side="right")) - 1, 0)]
    share = min(PICTURE_SIDE / max(frame.shape[:2]), 1.0)
    small = cv2.resize(frame, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    _, jpeg = cv2.imencode(".jpg", small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    return bytes(jpeg)


def training_curves(run: Path) -> dict[str, str]:
    """Return the curves of the logs in ``run`` as SVG by name; none where there is no log."""
    logs = [pd.read_csv(path) for path in sorted(run.glob("part-*/log.csv"))]
    drawn = {}
    for name, (label, lines) in CURVES.items():
        series = [
            Series(words, [log[["epoch", column]].to_numpy(float) for log in logs if column in log])
            for words, column in lines
        ]
        if any(s.runs for s in series):
            drawn[name] = curves_svg([s for s in series if s.runs], "epoch", label)
    return drawn


def _html(graded: Graded, low: list[Card], high: list[Card], curves: dict[str, str]) -> str:
    environment = Environment(
        loader=PackageLoader("gifect", "cli"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        figure=lambda value: f"{value:.2f}".replace("0.", ".", 1),
        width=lambda value: f"{100 * min(max(value, 0.0), 1.0):.1f}%",
        percent=lambda value: f"{100 * value:.0f} %",
        sentence=lambda text: text[:1].upper() + text[1:],
    )
    analysis, words = error_analysis(graded)
    return environment.get_template("report_grading.html").render(
        introduction=INTRODUCTION,
        measured=f"measured {date.today()} at commit {commit()}",
        clips=len(graded.rows),
        headline=_headline(graded),
        emotions=_emotions(graded),
        quadrants=QUADRANTS,
        confusion=graded.confusion.tolist(),
        report=metrics.class_report(graded.confusion),
        curves={name: (CURVES[name][0], Markup(svg)) for name, svg in curves.items()},
        analysis=analysis,
        words=words,
        groups={"lowest": low, "highest": high},
        table=grading_table(graded),
    )


def _headline(graded: Graded) -> list[tuple[str, float, str]]:
    """Return (name, figure, what it means) of the figures that lead the page."""
    mean, report = grading_figures(graded.said, graded.told), metrics.class_report(graded.confusion)
    return [
        ("mean nMSE", mean["nmse"], "1 = saying the mean of all clips"),
        ("mean r", mean["r"], "1 = perfect, 0 = chance"),
        ("quadrant accuracy", report.accuracy, f"commonest alone: {report.support.max() / report.support.sum():.2f}"),
        ("quadrant F1", report.macro_f1, f"macro; by frequency: {report.weighted_f1:.2f}"),
        ("spread", mean["spread"], "deviation said / labelled"),
        ("slope", mean["slope"], "1 = calibrated, above: timid"),
    ]


def _emotions(graded: Graded) -> list[Emotion]:
    """Return the emotions, that which is read best first."""
    r, said, told = metrics.correlations(graded.said, graded.told), graded.said.std(0), graded.told.std(0)
    error = ((graded.said - graded.told) ** 2).mean(0) / told**2
    return [Emotion(SEVENTEEN[k], *map(float, (r[k], error[k], said[k], told[k]))) for k in np.argsort(-r)]


def _markdown(graded: Graded, low: list[Card], high: list[Card], curves: dict[str, str], folder: Path) -> str:
    """Write the pictures of the Markdown page into ``folder`` and return the page."""
    (folder / "pictures").mkdir(exist_ok=True)
    quadrants = Table("Quadrants", ["labelled", *(f"read as {q}" for q in QUADRANTS), "as none"], COMMAND)
    for name, row in zip(QUADRANTS, graded.confusion.tolist(), strict=True):
        quadrants.add(name, *row)
    analysis, words = error_analysis(graded)
    parts = ["# The grader on the valid split\n", INTRODUCTION + "\n"]
    parts += [grading_table(graded).to_markdown(), quadrants.to_markdown(), "## Training\n"]
    for name, svg in curves.items():
        (folder / "pictures" / f"{name.lower()}.svg").write_text(svg, encoding="utf-8")
        parts.append(f"{name}: {CURVES[name][0]}, by epoch\n\n![{name}](pictures/{name.lower()}.svg)\n")
    if not curves:
        parts.append("No log of a training run is there.\n")
    parts += [analysis.to_markdown(), *(f"{w}\n" for w in words)]
    for group, cards in (("lowest", low), ("highest", high)):
        parts.append(f"## The {len(cards)} clips of {group} error\n")
        cells = []
        for number, card in enumerate(cards):
            path = f"pictures/{group}-{number:02d}.jpg"
            (folder / path).write_bytes(card.jpeg)
            shown = "<br>".join(f"{r.emotion} {r.told:.2f}, said {r.said:.2f}" for r in card.rows) or "nothing strong"
            cells.append(f"![clip]({path})<br>error {card.error:.3f}<br>{shown}")
        lines = [cells[k : k + ACROSS] for k in range(0, len(cells), ACROSS)]
        parts.append("|" + " |" * ACROSS + "\n|" + " --- |" * ACROSS)
        parts += ["| " + " | ".join(line + [""] * (ACROSS - len(line))) + " |" for line in lines]
        parts.append("")
    return "\n".join(parts)
