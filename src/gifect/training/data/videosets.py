"""Action data sets on disk: Kinetics (folders and CSV) and UCF101 (folders and the official split files)."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

from gifect.errors import DataError

UCF_FOLDS = (1, 2, 3)


@dataclass(frozen=True)
class Video:
    """One video and the index of its class."""

    path: Path
    label: int


@dataclass(frozen=True)
class VideoSet:
    """Videos of one split, the names of all classes by index, and how many listed videos are not on disk."""

    classes: tuple[str, ...]
    videos: list[Video]
    missing: int = 0


def kinetics_set(folder: Path, table: Path, classes: tuple[str, ...] | None = None) -> VideoSet:
    """Return the videos that a CSV of Kinetics lists, ``folder``/CLASS/ID_START_END.mp4 (or another suffix).

    Many videos of the set have gone from the web; what is not on disk is counted and left out.

    Parameters
    ----------
    table : with the columns label, youtube_id, time_start and time_end (s).
    classes : names by index; if not given, those in the table, in alphabetical order.

    Raises
    ------
    DataError
        If the table lacks a column, names a class that is not in ``classes``, or none of its videos is there.
    """
    rows = _table(table)
    classes = classes or tuple(sorted({row["label"] for row in rows}))
    index = {name: k for k, name in enumerate(classes)}
    shelves: dict[str, dict[str, Path]] = {}
    videos: list[Video] = []
    for row in rows:
        label = row["label"]
        if label not in index:
            raise DataError(f"{table} names the class {label!r}, which is none of the {len(classes)} that are trained")
        if label not in shelves:
            place = next((p for p in (folder / label, folder / label.replace(" ", "_")) if p.is_dir()), None)
            shelves[label] = {p.stem: p for p in sorted(place.iterdir())} if place else {}
        stem = f"{row['youtube_id']}_{int(float(row['time_start'])):06d}_{int(float(row['time_end'])):06d}"
        if stem in shelves[label]:
            videos.append(Video(shelves[label][stem], index[label]))
    return _checked(VideoSet(classes, videos, len(rows) - len(videos)), folder, table)


def _table(path: Path) -> list[dict[str, str]]:
    needed = {"label", "youtube_id", "time_start", "time_end"}
    try:
        with path.open(newline="", encoding="utf-8") as source:
            reader = csv.DictReader(source)
            rows = list(reader)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}") from error
    lacking = needed - set(reader.fieldnames or [])
    if lacking:
        raise DataError(f"{path} has no column {', '.join(sorted(lacking))}: expected the CSV that Kinetics publishes")
    return rows


def ucf101_set(folder: Path, lists: Path, split: str, fold: int = 1) -> VideoSet:
    """Return the videos of a split of UCF101, ``folder``/CLASS/v_CLASS_gNN_cNN.avi.

    Parameters
    ----------
    lists : folder with classInd.txt, trainlist01.txt, testlist01.txt and so on.
    split : "train" or "test".
    fold : 1, 2 or 3.

    Raises
    ------
    DataError
        If a list is missing or says something else, or none of its videos is there.
    """
    if split not in ("train", "test") or fold not in UCF_FOLDS:
        raise DataError(f"no split {split} {fold} of UCF101: expected train or test, 1 to {UCF_FOLDS[-1]}")
    numbered = [line.split() for line in _lines(lists / "classInd.txt")]
    classes = tuple(parts[1] for parts in numbered if len(parts) == 2)
    if [parts[0] for parts in numbered] != [str(k + 1) for k in range(len(classes))] or not classes:
        raise DataError(f"{lists / 'classInd.txt'} is no list of numbered classes, expected lines such as '1 Archery'")
    index = {name: k for k, name in enumerate(classes)}
    table = lists / f"{split}list{fold:02d}.txt"
    named = [line.split()[0] for line in _lines(table)]
    videos: list[Video] = []
    for place in named:
        label = place.partition("/")[0]
        if label not in index:
            raise DataError(f"{table} lists {place!r}, whose class is not in classInd.txt")
        if (folder / place).is_file():
            videos.append(Video(folder / place, index[label]))
    return _checked(VideoSet(classes, videos, len(named) - len(videos)), folder, table)


def _lines(path: Path) -> list[str]:
    try:
        return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path} cannot be read: {error}; expected the official split files of UCF101") from error


def _checked(found: VideoSet, folder: Path, table: Path) -> VideoSet:
    if not found.videos:
        raise DataError(f"none of the {found.missing} videos of {table} is in {folder}: expected {folder}/CLASS/VIDEO")
    return found
