"""Sets of labelled clips to train graders on: the reactions set, a folder with a CSV, a folder with scores."""

from __future__ import annotations

import csv
import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gifect.emotions import QUADRANT_OF, QUADRANTS, SEVEN, SEVENTEEN
from gifect.errors import DataError
from gifect.feeling.grade import MEDIA, PEOPLE
from gifect.training.data.shared import iterate_clips, reactions

SPLITS = ("train", "valid", "test")
KINDS = (*MEDIA, *range(PEOPLE))
PRESENT = 0.25  # intensity below which an emotion does not count as there
SUFFIXES = (".gif", ".mp4", ".webp", ".webm")  # of the clips that scores name by id
SHOWN = 3  # names in a message

Source = bytes | Path
Row = dict[str, Any]


@dataclass(frozen=True, eq=False, repr=False)
class ClipSet:
    """N labelled clips.

    Attributes
    ----------
    ids : list of str, (N,), each once.
    split : str (N,), "train", "valid" or "test".
    intensities : float32 (N, 17) in [0, 1], in the order of ``SEVENTEEN``; NaN = not known.
    seven : float32 (N, 7), a distribution over ``SEVEN``, or a row of NaN.
    quadrant : int64 (N,), index into ``QUADRANTS``; -1 = none. See ``quadrant_target``.
    acts : float32 (N, A), 0 or 1, for the A ``act_names``; A is 0 where no acts are known.
    kinds : float32 (N, 7), 0 or 1, for the ``KINDS``: medium and number of people; None where they are not known.
    opened : called anew, yields the clips in the order of ``ids``: paths, or the bytes of files.
    warnings : what was left out.
    """

    ids: list[str]
    split: np.ndarray
    intensities: np.ndarray
    seven: np.ndarray
    quadrant: np.ndarray
    acts: np.ndarray
    act_names: list[str]
    opened: Callable[[], Iterable[Source]]
    warnings: tuple[str, ...] = ()
    kinds: np.ndarray | None = None

    def __post_init__(self) -> None:
        n = len(self.ids)
        expected = {
            "split": (n,),
            "intensities": (n, len(SEVENTEEN)),
            "seven": (n, len(SEVEN)),
            "quadrant": (n,),
            "acts": (n, len(self.act_names)),
            **({} if self.kinds is None else {"kinds": (n, len(KINDS))}),
        }
        for name, shape in expected.items():
            if (found := getattr(self, name).shape) != shape:
                raise DataError(f"{name} of {n} clips must have shape {shape}, not {found}")
        if twice := [name for name, count in Counter(self.ids).items() if count > 1]:
            raise DataError(f"{_listed(twice)} named more than once: each clip may have one row")
        if unknown := sorted(set(self.split) - set(SPLITS)):
            raise DataError(f"unknown split {_listed(unknown)}: expected {', '.join(SPLITS)}")

    def __len__(self) -> int:
        return len(self.ids)

    def sources(self) -> Iterator[tuple[int, Source]]:
        """Yield (index, path or bytes of a file) of every clip in order; no more than one table is in memory."""
        yield from enumerate(self.opened())


def reactions_set(*splits: str) -> ClipSet:
    """Return the reactions set, or only ``splits`` of it ("train", "valid"), with soft classes and all acts.

    Raises
    ------
    DataError
        If its tables are not there.
    """
    splits = splits or ("train", "valid")
    columns = ["id", "split", *SEVENTEEN, "acts", "medium", "people", "label_1", "label_2"]
    rows = pd.concat([reactions(split, columns) for split in splits], ignore_index=True)
    act_names = sorted({a for acts in reactions("train", ["acts"])["acts"] for a in acts})
    intensities = rows[list(SEVENTEEN)].to_numpy(np.float32)

    return ClipSet(
        ids=rows["id"].tolist(),
        split=rows["split"].to_numpy(str),
        intensities=intensities,
        seven=seven_target(rows),
        quadrant=quadrant_target(intensities),
        acts=np.array([[a in acts for a in act_names] for acts in rows["acts"]], np.float32),
        act_names=act_names,
        opened=lambda: (mp4 for split in splits for _, mp4 in iterate_clips(split)),
        kinds=np.array(
            [[k in kinds for k in KINDS] for kinds in zip(rows["medium"], rows["people"], strict=True)], np.float32
        ),
    )


def folder_set(folder: str | Path, table: str | Path) -> ClipSet:
    """Return the clips of a folder with the labels of a CSV.

    Parameters
    ----------
    folder : what the column ``file`` is relative to.
    table : a CSV with the column ``file`` and any of the seventeen emotions (0 to 1), ``e7`` (one of the seven) and
        ``split``. Empty = not known. Clips of no named split fall into one by their name, see ``split_of``.

    Raises
    ------
    DataError
        If a column is unknown or missing, a value is out of range, or a clip is not there.
    """
    folder, table = Path(folder), Path(table)
    rows = _read_csv(table)
    allowed = ("file", *SEVENTEEN, "e7", "split")
    columns = list(rows[0])
    if unknown := [c for c in columns if c not in allowed]:
        raise DataError(
            f"{table}: unknown column {_listed(unknown)}; expected file and any of {', '.join(allowed[1:])}"
        )
    if "file" not in columns or not set(columns) & {*SEVENTEEN, "e7"}:
        raise DataError(
            f"{table}: expected the column file and at least one of {', '.join(SEVENTEEN)} or e7, found only "
            f"{', '.join(columns)}"
        )
    ids = [row["file"] for row in rows]
    if absent := [name for name in ids if not (folder / name).is_file()]:
        raise DataError(f"{table}: {len(absent)} of {len(ids)} files not in {folder}: {_listed(absent)}")
    intensities = _numbers(rows, "file", table)
    if len(wrong := np.argwhere((intensities < 0) | (intensities > 1))):
        row, emotion = wrong[0]
        raise DataError(
            f"{table}: {SEVENTEEN[emotion]} of {ids[row]} is {intensities[row, emotion]:g}; expected 0 to 1, or empty"
        )
    classes = [row.get("e7", "") for row in rows]
    if unknown := sorted({c for c in classes if c} - set(SEVEN)):
        raise DataError(f"{table}: unknown e7 {_listed(unknown)}; expected one of {', '.join(SEVEN)}, or empty")
    seven = np.array([[float(c == e) if c else np.nan for e in SEVEN] for c in classes], np.float32)
    return _of_files(rows, "file", intensities, seven, [folder / name for name in ids], ())


def scores_set(folder: str | Path, scores: str | Path) -> ClipSet:
    """Return the clips of a folder with scores of any scale, as votes give them; brought to [0, 1] for each emotion
    by its least and greatest score.

    Parameters
    ----------
    folder : holds the clips as ``<id>.gif``, ``.mp4``, ``.webp`` or ``.webm``.
    scores : a CSV with the column ``id`` and any of the seventeen emotions, or JSON ``{id: {emotion: score}}``; both
        may have ``split``. What is not there is not known, as is an emotion whose scores are all the same.

    Raises
    ------
    DataError
        If the scores cannot be read, an emotion is unknown, or none of the clips is there. Scored clips that are not
        there are left out, which ``warnings`` of the set says.
    """
    folder, scores = Path(folder), Path(scores)
    rows = _read_json(scores) if scores.suffix.lower() == ".json" else _read_csv(scores)
    columns = list(dict.fromkeys(c for row in rows for c in row))
    if unknown := [c for c in columns if c not in ("id", *SEVENTEEN, "split")]:
        raise DataError(f"{scores}: unknown emotion {_listed(unknown)}; expected any of {', '.join(SEVENTEEN)}")
    if "id" not in columns or not set(columns) & set(SEVENTEEN):
        raise DataError(f"{scores}: expected id and at least one emotion, found only {', '.join(columns)}")
    intensities = _scaled(_numbers(rows, "id", scores))
    paths = [next(filter(Path.is_file, (folder / (row["id"] + s) for s in SUFFIXES)), None) for row in rows]
    here = [k for k, path in enumerate(paths) if path]
    if not here:
        raise DataError(
            f"none of the {len(rows)} scored clips is in {folder}: expected files like {rows[0]['id']}.gif "
            f"(or {', '.join(SUFFIXES[1:])})"
        )
    absent = [row["id"] for row, path in zip(rows, paths, strict=True) if not path]
    warnings = (f"{len(absent)} of {len(rows)} scored clips not in {folder}: {_listed(absent)}",) if absent else ()
    seven = np.full((len(here), len(SEVEN)), np.nan, np.float32)
    return _of_files([rows[k] for k in here], "id", intensities[here], seven, [p for p in paths if p], warnings)


def check_splits(clips: ClipSet, splits: Iterable[str] = ("train", "valid")) -> tuple[str, ...]:
    """Return what of ``clips`` cannot be learnt or measured, one line each: emotions that no clip of train has.

    Raises
    ------
    DataError
        If a split has no clips, or no clip of train has a label.
    """
    counts = Counter(clips.split.tolist())
    if empty := [s for s in splits if not counts[s]]:
        found = ", ".join(f"{n} {s}" for s, n in counts.items()) or "none"
        raise DataError(f"no clips in split {_listed(empty)} (found {found}): name their split in the table")
    train = clips.split == "train"
    known = np.isfinite(clips.intensities[train])
    if not known.any() and not np.isfinite(clips.seven[train]).any():
        raise DataError(f"none of the {train.sum()} clips of train has a label: expected intensities or a class")
    strongest = np.where(known, clips.intensities[train], 0).max(0, initial=0)
    return tuple(
        f"no clip of train shows {emotion}: the strongest has {most:.2f}, expected {PRESENT} or more"
        for emotion, most, some in zip(SEVENTEEN, strongest, known.any(0), strict=True)
        if some and most < PRESENT
    )


def seven_target(rows: pd.DataFrame) -> np.ndarray:
    """Return soft classes float32 (N, 7): each labeler's vote, weighted by confidence, over a little of everything."""
    target = np.full((len(rows), len(SEVEN)), 0.02)
    for k, (one, two) in enumerate(zip(rows["label_1"], rows["label_2"], strict=True)):
        for text in (one, two):
            label = json.loads(text) if isinstance(text, str) and text else None
            if label:
                target[k, SEVEN.index(label["e7"])] += {1: 0.5, 2: 0.8, 3: 1.0}.get(int(label.get("conf", 2)), 0.8)
    return np.asarray(target / target.sum(1, keepdims=True), np.float32)


def quadrant_target(intensities: np.ndarray) -> np.ndarray:
    """Return the quadrant of the strongest known emotion of ``intensities`` (N, 17), as int64 (N,) index into
    ``QUADRANTS``; -1 where that is below .25 or nothing is known."""
    known = np.nan_to_num(intensities, nan=-1.0)
    quadrant = np.array([QUADRANTS.index(QUADRANT_OF[e]) for e in SEVENTEEN])[known.argmax(1)]
    return np.where(known.max(1) >= PRESENT, quadrant, -1).astype(np.int64)


def split_of(name: str) -> str:
    """Return the split of a clip by its name alone, so that it stays when clips are added: a tenth of all names falls
    into valid, a tenth into test, the rest into train."""
    return {0: "valid", 1: "test"}.get(zlib.crc32(name.encode()) % 10, "train")


def _of_files(
    rows: list[Row], key: str, intensities: np.ndarray, seven: np.ndarray, paths: list[Path], warnings: tuple[str, ...]
) -> ClipSet:
    ids = [row[key] for row in rows]
    return ClipSet(
        ids=ids,
        split=np.array([row.get("split") or split_of(name) for name, row in zip(ids, rows, strict=True)]),
        intensities=intensities,
        seven=seven,
        quadrant=quadrant_target(intensities),
        acts=np.zeros((len(ids), 0), np.float32),
        act_names=[],
        opened=lambda: paths,
        warnings=warnings,
    )


def _read_csv(path: Path) -> list[Row]:
    """Return the rows of a CSV, at least one, as text by column name."""
    try:
        with open(path, newline="", encoding="utf-8-sig") as file:
            lines = [[field.strip() for field in line] for line in csv.reader(file) if line]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path} cannot be read: {error}; expected a CSV in UTF-8") from error
    if len(lines) < 2:
        raise DataError(f"{path} has no rows: expected a line of column names and a line for each clip")
    head = lines[0]
    if twice := [name for name, count in Counter(head).items() if count > 1]:
        raise DataError(f"{path}: two columns {_listed(twice)}; expected one")
    for number, line in enumerate(lines):
        if len(line) != len(head):
            raise DataError(f"{path}: row {number} has {len(line)} fields; expected {len(head)}: {', '.join(head)}")
    return [dict(zip(head, line, strict=True)) for line in lines[1:]]


def _read_json(path: Path) -> list[Row]:
    """Return what ``{id: {name: value}}`` holds, at least one clip, with each id among its values."""
    try:
        clips = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path} cannot be read: {error}; expected JSON") from error
    if not isinstance(clips, dict) or not clips or not all(isinstance(row, dict) for row in clips.values()):
        raise DataError(f"{path}: expected {{id: {{emotion: score}}}} for at least one clip")
    return [{**row, "id": name} for name, row in clips.items()]


def _numbers(rows: list[Row], key: str, path: Path) -> np.ndarray:
    """Return the emotions of ``rows`` as float32 (N, 17), NaN where there is nothing."""
    values = np.full((len(rows), len(SEVENTEEN)), np.nan)
    for k, row in enumerate(rows):
        for j, emotion in enumerate(SEVENTEEN):
            given = row.get(emotion)
            if given in ("", None):
                continue
            try:
                values[k, j] = float(given)
            except (TypeError, ValueError):
                values[k, j] = np.inf
            if np.isinf(values[k, j]):
                raise DataError(f"{path}: {emotion} of {row[key]} is {given!r}; expected a number, or nothing")
    return values.astype(np.float32)


def _scaled(scores: np.ndarray) -> np.ndarray:
    """Return ``scores`` (N, 17) with the least of each column at 0 and the greatest at 1; NaN where all are equal."""
    known = np.isfinite(scores)
    least, most = np.where(known, scores, np.inf).min(0), np.where(known, scores, -np.inf).max(0)
    return np.asarray((scores - least) / np.where(most > least, most - least, np.nan), np.float32)


def _listed(names: list[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")
