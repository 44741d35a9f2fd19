"""Files of votes: reading and writing CSV, Parquet, pairs as choix takes them, and Label Studio's pairwise JSON.

The public GIFGIF file is CSV with the columns ``emotion,left,right,choice``. A row that cannot be a vote is told by its
fault and never stops a file.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

import numpy as np

from gifect.emotions import SEVENTEEN
from gifect.errors import VoteError
from gifect.votes.ballots import CHOICES, LEFT, NEITHER, UNKNOWN, Votes

__all__ = ["FORMATS", "Row", "format_of", "read_rows", "write_votes"]

FORMATS: Final = ("csv", "parquet", "choix", "labelstudio")
COLUMNS: Final = ("emotion", "left", "right", "choice", "voter", "time_ms")
REQUIRED: Final = COLUMNS[:4]
BATCH_ROWS = 50_000

EMOTION_PLACES: Final = {name: k for k, name in enumerate(SEVENTEEN)}
CHOICE_PLACES: Final = {name: k for k, name in enumerate(CHOICES)}


class Row(NamedTuple):
    """A vote as a file tells it, with the places of emotion and choice."""

    emotion: int
    left: str
    right: str
    choice: int
    voter: str | None
    time_ms: int | None


def format_of(path: Path) -> str:
    """Return the format that a file's name tells; JSON is told apart by its content.

    Raises
    ------
    VoteError
        If the name tells none.
    """
    suffix = path.suffix.lower()
    if suffix in (".csv", ".parquet"):
        return suffix[1:]
    if suffix == ".json":
        return "labelstudio" if '"annotations"' in _head(path) else "choix"
    if suffix in (".txt", ".pairs"):
        return "choix"
    raise VoteError(f"{path}: no format is known for {suffix or 'a name without ending'}: give one of {FORMATS}")


def _head(path: Path) -> str:
    with path.open(encoding="utf-8", errors="replace") as file:
        return file.read(1 << 16)


def read_rows(path: Path, format: str, emotion: str | None = None) -> Iterator[Row | str]:
    """Yield each vote of a file, or the fault of a row that is none.

    ``emotion`` is that of rows that do not tell one.

    Raises
    ------
    VoteError
        If the file as a whole is not of its format.
    """
    readers = {"csv": _read_csv, "parquet": _read_parquet, "choix": _read_choix, "labelstudio": _read_labelstudio}
    if format not in readers:
        raise VoteError(f"no format {format!r}: expected one of {', '.join(FORMATS)}")
    return readers[format](path, emotion)


def _row(emotion: Any, left: Any, right: Any, choice: Any, voter: Any = None, time_ms: Any = None) -> Row | str:
    place, chosen = EMOTION_PLACES.get(emotion), CHOICE_PLACES.get(choice)
    if place is None:
        return "unknown emotion"
    if not left or not right:
        return "empty id"
    if left == right:
        return "same GIF twice"
    if chosen is None:
        return "unknown choice"
    try:
        at = None if time_ms in (None, "") else int(time_ms)
    except ValueError:
        return "time is no number"
    return Row(place, left, right, chosen, voter or None, at)


def _read_csv(path: Path, emotion: str | None) -> Iterator[Row | str]:
    with path.open(encoding="utf-8-sig", errors="replace", newline="\n") as file:
        header = [name.strip().lower() for name in _cells(file.readline()) or []]
        wanted = REQUIRED if emotion is None else REQUIRED[1:]
        missing = [name for name in wanted if name not in header]
        if missing:
            raise VoteError(f"{path}: expected columns {', '.join(REQUIRED)}, found {', '.join(header) or 'nothing'}")
        take = _picker(header, emotion)
        width = len(header)
        for line in file:
            cells = _cells(line)
            if cells is None:
                yield "broken quotes"
            elif len(cells) != width:
                if len(cells) > 1 or cells[0]:
                    yield "wrong number of columns"
            else:
                yield take(cells)


def _cells(line: str) -> list[str] | None:
    """Return the cells of a line, None if its quotes are broken. A line is a row: a stray quote swallows no others."""
    if '"' not in line:
        return line.rstrip("\r\n").split(",")
    try:
        return next(csv.reader([line.rstrip("\r\n")], strict=True), [""])
    except csv.Error:
        return None


def _picker(header: list[str], emotion: str | None) -> Callable[[list[str]], Row | str]:
    if header == list(REQUIRED):
        return lambda cells: _row(*map(str.strip, cells))
    places = [header.index(name) if name in header else None for name in COLUMNS]

    def take(cells: list[str]) -> Row | str:
        found = [None if place is None else cells[place].strip() for place in places]
        return _row(found[0] or emotion, *found[1:])

    return take


def _read_parquet(path: Path, emotion: str | None) -> Iterator[Row | str]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            names = [name for name in COLUMNS if name in file.schema_arrow.names]
            missing = set(REQUIRED) - set(names) - ({"emotion"} if emotion else set())
            if missing:
                raise VoteError(f"{path}: expected columns {', '.join(REQUIRED)}, missing {', '.join(sorted(missing))}")
            for batch in file.iter_batches(BATCH_ROWS, columns=names):
                texts = set(names) - {"time_ms"}
                columns = {n: batch.column(n).cast(pa.string() if n in texts else pa.int64()) for n in names}
                lists = {name: column.to_pylist() for name, column in columns.items()}
                empty = [None] * batch.num_rows
                cells = [lists.get(name, empty) for name in COLUMNS]
                for first, *rest in zip(*cells, strict=True):
                    yield _row(first or emotion, *rest)
    except pa.ArrowException as error:
        raise VoteError(f"{path} is no Parquet file: {error}") from error


def _read_choix(path: Path, emotion: str | None) -> Iterator[Row | str]:
    """Read pairs of a winner and a loser: JSON, or a pair on each line."""
    items: list[Any] | None = None
    if _head(path).lstrip()[:1] in ("[", "{"):
        document = _json(path)
        if isinstance(document, dict):
            items, emotion = document.get("items"), emotion or document.get("emotion")
            document = document.get("pairs")
        if not isinstance(document, list):
            raise VoteError(f"{path}: expected a list of pairs, or an object with items and pairs")
        pairs: Iterator[Any] = iter(document)
    else:
        pairs = (line.replace(",", " ").split() for line in path.open(encoding="utf-8", errors="replace"))
    if emotion is None:
        raise VoteError(f"{path}: pairs tell no emotion: give it")
    for pair in pairs:
        if not isinstance(pair, list) or len(pair) != 2:
            yield "no pair"
            continue
        try:
            winner, loser = (str(end if items is None else items[end]) for end in pair)
        except (IndexError, TypeError):
            yield "no such item"
            continue
        yield _row(emotion, winner, loser, "left")


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise VoteError(f"{path} is no JSON file: {error}") from error


def _read_labelstudio(path: Path, emotion: str | None) -> Iterator[Row | str]:
    tasks = _json(path)
    if not isinstance(tasks, list):
        raise VoteError(f"{path}: expected a list of tasks, as Label Studio exports it")
    for task in tasks:
        data, annotations = (task.get("data"), task.get("annotations")) if isinstance(task, dict) else (None, None)
        if not isinstance(data, dict) or not isinstance(annotations, list):
            yield "no task"
            continue
        yield from (_annotation(data, found, emotion) for found in annotations)


def _annotation(data: dict[str, Any], annotation: Any, emotion: str | None) -> Row | str:
    """Return the vote of one annotation: ``pairwise`` chooses a side, ``choices`` may say neither."""
    if not isinstance(annotation, dict) or annotation.get("was_cancelled"):
        return "cancelled"
    sides, choice = ["left", "right"], None
    for part in annotation.get("result") or []:
        value = part.get("value", {}) if isinstance(part, dict) else {}
        if part.get("type") == "pairwise":
            choice = value.get("selected")
            keys = str(part.get("to_name", "")).split(",")
            sides = keys if len(keys) == 2 and all(key in data for key in keys) else sides
        elif part.get("type") == "choices" and value.get("choices") == ["neither"]:
            choice = "neither"
    who = annotation.get("completed_by")
    voter = who.get("email") or who.get("id") if isinstance(who, dict) else who
    left, right = (None if data.get(side) is None else str(data[side]) for side in sides)
    at = _milliseconds(annotation.get("created_at"))
    return _row(data.get("emotion") or emotion, left, right, choice, None if voter is None else str(voter), at)


def _milliseconds(text: Any) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def write_votes(votes: Votes, stream: IO[bytes], format: str) -> None:
    """Write votes to a binary stream in one of ``FORMATS``.

    Pairs for choix hold the decided votes alone, and those of one emotion.

    Raises
    ------
    VoteError
        If the format is unknown, or cannot hold these votes.
    """
    writers = {"csv": _write_csv, "parquet": _write_parquet, "choix": _write_choix, "labelstudio": _write_labelstudio}
    if format not in writers:
        raise VoteError(f"no format {format!r}: expected one of {', '.join(FORMATS)}")
    writers[format](votes, stream)


def _told(votes: Votes) -> Iterator[list[Any]]:
    """Yield the cells of each vote, None where unknown."""
    columns = (votes.emotion, votes.left, votes.right, votes.choice, votes.voter, votes.time_ms)
    for emotion, left, right, choice, voter, time_ms in zip(*(c.tolist() for c in columns), strict=True):
        who = None if voter == UNKNOWN else votes.voters[voter]
        at = None if time_ms == UNKNOWN else time_ms
        yield [SEVENTEEN[emotion], votes.gifs[left], votes.gifs[right], CHOICES[choice], who, at]


def _write_csv(votes: Votes, stream: IO[bytes]) -> None:
    import io

    text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(_told(votes))
    text.detach()


def _write_parquet(votes: Votes, stream: IO[bytes]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    def named(places: np.ndarray, names: Any) -> Any:
        known = pa.array(np.where(places < 0, 0, places), mask=places < 0, type=pa.int32())
        return pa.DictionaryArray.from_arrays(known, pa.array(list(names) or [""], pa.string()))

    columns = {
        "emotion": named(votes.emotion, SEVENTEEN),
        "left": named(votes.left, votes.gifs),
        "right": named(votes.right, votes.gifs),
        "choice": named(votes.choice, CHOICES),
        "voter": named(votes.voter, votes.voters),
        "time_ms": pa.array(votes.time_ms, mask=votes.time_ms == UNKNOWN),
    }
    pq.write_table(pa.table(columns), stream)


def _write_choix(votes: Votes, stream: IO[bytes]) -> None:
    emotions = np.unique(votes.emotion)
    if len(emotions) > 1:
        raise VoteError(f"pairs hold one emotion, found votes on {len(emotions)}: name one")
    votes = votes.where(votes.choice != NEITHER)
    left_won = votes.choice == LEFT
    pairs = np.where(left_won, [votes.left, votes.right], [votes.right, votes.left]).T.tolist()
    name = SEVENTEEN[int(emotions[0])] if len(emotions) else None
    stream.write(json.dumps({"emotion": name, "items": list(votes.gifs), "pairs": pairs}).encode())


def _write_labelstudio(votes: Votes, stream: IO[bytes]) -> None:
    def task(cells: list[Any]) -> str:
        emotion, left, right, choice, voter, time_ms = cells
        part: dict[str, Any] = {"from_name": "choice", "to_name": "left,right", "type": "pairwise"}
        part["value"] = {"selected": choice}
        if choice == "neither":
            part = {**part, "type": "choices", "from_name": "neither", "to_name": "left"}
            part["value"] = {"choices": ["neither"]}
        annotation: dict[str, Any] = {"result": [part], "was_cancelled": False}
        if voter is not None:
            annotation["completed_by"] = {"email": voter}
        if time_ms is not None:
            annotation["created_at"] = datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec="milliseconds")
        data = {"emotion": emotion, "left": left, "right": right}
        return json.dumps({"data": data, "annotations": [annotation]})

    stream.write(b"[\n" + ",\n".join(map(task, _told(votes))).encode() + b"\n]\n")
