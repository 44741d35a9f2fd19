"""A labelled collection as a data set: CSV, Parquet as Hugging Face lays it out, splits, a data card, pictures."""

from __future__ import annotations

import csv
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gifect.collect.candidates import Candidate
from gifect.collect.label import LabelStore, Verdict
from gifect.collect.portraits import plot_flags, plot_lengths, plot_overlap
from gifect.collect.screen import ENDINGS
from gifect.emotions import SEVENTEEN
from gifect.errors import ClipError, CollectError
from gifect.media.clip import Clip

__all__ = ["Collection", "collect_labels", "export_collection"]

TEST_SHARE = 0.2


@dataclass(frozen=True)
class Collection:
    """GIFs with at least one emotion that two labelers agree on, in the order of their names.

    Attributes
    ----------
    gifs : names (N).
    positive : bool (N, 17), the emotions.
    cartoon, multiple : bool (N,), the flags, true if anybody set them.
    """

    gifs: Sequence[str]
    positive: NDArray[np.bool_]
    cartoon: NDArray[np.bool_]
    multiple: NDArray[np.bool_]

    @property
    def is_test(self) -> NDArray[np.bool_]:
        """Which GIFs (N,) belong to the test split: a fifth, by their names, so that it never changes."""
        return np.array([zlib.crc32(gif.encode()) % 1000 < 1000 * TEST_SHARE for gif in self.gifs], bool)


def collect_labels(store: LabelStore) -> Collection:
    """Return what labelers have agreed on.

    Raises
    ------
    CollectError
        If that is nothing.
    """
    verdicts: list[Verdict] = [v for name in SEVENTEEN for v in store.verdicts(name).values()]
    found = [verdict for verdict in verdicts if verdict.positive]
    if not found:
        raise CollectError("no GIF has an emotion that two labelers agree on: expected at least one to export")
    gifs = sorted({verdict.gif for verdict in found})
    place = {gif: k for k, gif in enumerate(gifs)}
    positive = np.zeros((len(gifs), len(SEVENTEEN)), bool)
    for verdict in found:
        positive[place[verdict.gif], SEVENTEEN.index(verdict.emotion)] = True
    flags = np.zeros((2, len(gifs)), bool)
    for verdict in verdicts:
        if verdict.gif in place:
            flags[0, place[verdict.gif]] |= any(label.cartoon for label in verdict.labels)
            flags[1, place[verdict.gif]] |= any(label.multiple for label in verdict.labels)
    return Collection(gifs, positive, flags[0], flags[1])


def export_collection(
    collection: Collection,
    folder: Path,
    candidates: Mapping[str, Candidate] | None = None,
    title: str = "GIFs",
    clips: Path | None = None,
) -> None:
    """Write a collection into an empty or new folder.

    It holds ``labels.csv``, ``data/train-00000.parquet`` and ``data/test-00000.parquet``, ``train.txt`` and
    ``test.txt``, ``README.md`` (the data card), ``overlap.png`` and ``flags.png``, and of the clips ``lengths.png``.

    Parameters
    ----------
    collection : what to write.
    folder : where to.
    candidates : by name, what their provider says of the GIFs.
    title : of the card.
    clips : folder with the files, by name: their frames, delays and sizes become columns, too.

    Raises
    ------
    CollectError
        If something is in the folder.
    """
    if folder.exists() and any(folder.iterdir()):
        raise CollectError(f"{folder} is not empty: expected a new folder")
    (folder / "data").mkdir(parents=True, exist_ok=True)
    rows = [row | _measured(row["gif"], clips) for row in _rows(collection, candidates or {})]
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows({**row, "tags": "; ".join(row["tags"])} for row in rows)
    for split in ("train", "test"):
        own = [row for row in rows if row["split"] == split]
        (folder / f"{split}.txt").write_text("".join(f"{row['gif']}\n" for row in own), encoding="utf-8")
        if own:
            _write_parquet(own, folder / "data" / f"{split}-00000.parquet")
    (folder / "README.md").write_text(_card(collection, rows, title), encoding="utf-8")
    plot_overlap(collection.positive).savefig(folder / "overlap.png", dpi=100)
    plot_flags(collection.cartoon, collection.multiple).savefig(folder / "flags.png", dpi=100)
    if found := [row for row in rows if row["frames"]]:
        frames, delays = (np.array([row[name] for row in found], float) for name in ("frames", "delay_ms"))
        plot_lengths(frames, delays).savefig(folder / "lengths.png", dpi=100)


def _rows(collection: Collection, candidates: Mapping[str, Candidate]) -> list[dict[str, Any]]:
    rows = []
    columns = (collection.gifs, collection.positive, collection.cartoon, collection.multiple, collection.is_test)
    for gif, positive, cartoon, multiple, is_test in zip(*columns, strict=True):
        known = candidates.get(gif)
        row: dict[str, Any] = {"gif": gif, "url": known.url if known else "", "page": known.page if known else ""}
        row |= {"split": "test" if is_test else "train", "cartoon": bool(cartoon), "multiple": bool(multiple)}
        row |= {name: bool(shown) for name, shown in zip(SEVENTEEN, positive, strict=True)}
        rows.append({**row, "tags": list(known.tags) if known else []})
    return rows


def _measured(gif: str, clips: Path | None) -> dict[str, int | None]:
    """Return frames, mean delay and size of a clip; None where its file is missing or broken."""
    path = next((p for ending in ENDINGS if clips and (p := clips / f"{gif}{ending}").is_file()), None)
    if path is not None:
        try:
            clip = Clip.open(path)
            delay = round(clip.duration_ms / clip.frame_count)
            return {"frames": clip.frame_count, "delay_ms": delay, "width": clip.width, "height": clip.height}
        except ClipError:
            pass
    return dict.fromkeys(("frames", "delay_ms", "width", "height"))


def _write_parquet(rows: list[dict[str, Any]], path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    strings = {name: pa.string() for name in ("gif", "url", "page", "split")}
    flags = dict.fromkeys(("cartoon", "multiple", *SEVENTEEN), pa.bool_())
    numbers = dict.fromkeys(("frames", "delay_ms", "width", "height"), pa.int32())
    schema = pa.schema(list((strings | flags | {"tags": pa.list_(pa.string())} | numbers).items()))
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), path)


def _card(collection: Collection, rows: list[dict[str, Any]], title: str) -> str:
    splits = [split for split in ("train", "test") if any(row["split"] == split for row in rows)]
    files = "".join(f"      - split: {split}\n        path: data/{split}-*.parquet\n" for split in splits)
    counts = "\n".join(
        f"| {name} | {n} |" for name, n in zip(SEVENTEEN, collection.positive.sum(0).tolist(), strict=True)
    )
    known = [row for row in rows if row["frames"]]
    lengths = ""
    if known:
        middle = {
            name: int(np.median([row[name] for row in known])) for name in ("frames", "delay_ms", "width", "height")
        }
        lengths = (
            f"Half of the {len(known)} clips at hand have more than {middle['frames']} frames; the median delay is "
            f"{middle['delay_ms']} ms, the median size {middle['width']} x {middle['height']} pixels.\n\n"
            "![frames and delays](lengths.png)\n"
        )
    return f"""---
pretty_name: {title}
task_categories:
  - video-classification
configs:
  - config_name: default
    data_files:
{files}---

# {title}

{len(rows)} animated GIFs, each with the emotions out of seventeen that two labelers agree on: perceived emotions,
what an onlooker would name. {int(collection.is_test.sum())} of them are the test split, chosen by their names.

| emotion | GIFs |
|---|---|
{counts}

`cartoon` is true for drawn GIFs, `multiple` for several scenes or characters ({collection.cartoon.mean():.0%} and
{collection.multiple.mean():.0%}). A GIF without a mark for an emotion was not necessarily looked at for it.

![share of the row's GIFs that also show the column's emotion](overlap.png)
![flags](flags.png)
{lengths}"""
