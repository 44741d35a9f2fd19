"""Files of votes into the store: in chunks, each of them whole or not at all, going on where a crash stopped."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, insert, select, update

from gifect.votes import tables
from gifect.votes.formats import Row, format_of, read_rows
from gifect.votes.store import Store
from gifect.votes.writing import ensure_names

__all__ = ["ImportReport", "import_votes"]

CHUNK_ROWS = 50_000  # rows of a transaction


@dataclass(frozen=True)
class ImportReport:
    """What became of a file: rows read, votes taken, rows left out by their fault; ``before`` tells how many of the
    rows an earlier run had brought in."""

    rows: int
    taken: int
    broken: dict[str, int]
    before: int


def import_votes(store: Store, path: Path, format: str | None = None, emotion: str | None = None) -> ImportReport:
    """Bring the votes of a file into a store, once: a file that is there is not taken again, whatever its name, and
    one that was broken off goes on where it stopped.

    Parameters
    ----------
    store : where the votes go; GIFs and voters that it does not know are added.
    path : the file.
    format : one of ``gifect.votes.formats.FORMATS``; told from the name, if not given.
    emotion : of rows that do not tell one.

    Raises
    ------
    VoteError
        If the file is not of its format.
    """
    format = format or format_of(path)
    digest = _digest(path, f"{format} {emotion}")
    with store.writing() as connection:
        before, taken, broken, finished = _begin(connection, digest)
    if finished:
        return ImportReport(before, taken, dict(broken), before)
    known: dict[str, dict[str, int]] = {"gifs": {}, "voters": {}}
    rows = iter(read_rows(path, format, emotion))
    done = sum(1 for _ in islice(rows, before))
    while True:
        chunk = list(islice(rows, CHUNK_ROWS))
        votes = [row for row in chunk if not isinstance(row, str)]
        broken.update(row for row in chunk if isinstance(row, str))
        done, taken = done + len(chunk), taken + len(votes)
        with store.writing() as connection:
            _write(connection, votes, known)
            progress = {"rows_done": done, "taken": taken, "broken": json.dumps(broken), "finished": int(not chunk)}
            connection.execute(update(tables.imports).where(tables.imports.c.digest == digest).values(progress))
        if not chunk:
            return ImportReport(done, taken, dict(broken), before)


def _digest(path: Path, how: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() + hashlib.sha256(how.encode()).hexdigest()[:8]


def _begin(connection: Connection, digest: str) -> tuple[int, int, Counter[str], bool]:
    """Return rows done, votes taken, faults and whether all is done, of a file that is known or becomes it."""
    row = connection.execute(select(tables.imports).where(tables.imports.c.digest == digest)).first()
    if row is None:
        start = {"rows_done": 0, "taken": 0, "broken": "{}", "finished": 0}
        connection.execute(insert(tables.imports).values(digest=digest, **start))
        return 0, 0, Counter(), False
    return row.rows_done, row.taken, Counter(json.loads(row.broken)), bool(row.finished)


def _write(connection: Connection, votes: list[Row], known: dict[str, dict[str, int]]) -> None:
    if not votes:
        return
    ids = _ids(connection, tables.gifs, known["gifs"], (name for vote in votes for name in (vote.left, vote.right)))
    who = _ids(connection, tables.voters, known["voters"], (vote.voter for vote in votes if vote.voter is not None))
    rows = [
        (emotion, ids[left], ids[right], choice, None if voter is None else who[voter], time_ms)
        for emotion, left, right, choice, voter, time_ms in votes
    ]
    # Straight to the driver: compiling each row's parameters takes twice as long as writing them.
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    columns = "emotion, left_id, right_id, choice, voter_id, time_ms"
    connection.exec_driver_sql(f"INSERT INTO votes ({columns}) VALUES ({', '.join([mark] * 6)})", rows)


def _ids(connection: Connection, table: Any, known: dict[str, int], names: Iterator[str]) -> dict[str, int]:
    """Return ``known`` with the ids of all ``names``; names that are new are written."""
    new = {name for name in names if name not in known}
    if new:
        ensure_names(connection, table, sorted(new))
        known.update((row.name, row.id) for row in connection.execute(select(table.c.id, table.c.name)))
    return known
