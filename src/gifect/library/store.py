"""The store of a library: one SQLite file in its folder, each clip written once, in a transaction.

SQLite's write-ahead log lets several processes read and add at once, and a process that is killed leaves whole entries
only. Every change of an entry gets a number of its own, so that an index in memory takes in what is new and no more;
the number that the entry had before is kept in ``gone``.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gifect.errors import LibraryError
from gifect.feeling.reading import Reading, Tag
from gifect.library.likeness import Likeness
from gifect.library.results import Entry
from gifect.library.tables import (
    COLUMNS,
    FORMAT,
    INDEXED,
    SOURCE,
    TABLES,
    Known,
    entry_of,
    format_of,
    next_number,
    place_file,
    remove_entry,
    rows_as_dicts,
    take_in_entry,
    touch_entry,
    values_of,
)
from gifect.library.words import words_of

__all__ = ["FILE", "Store"]

FILE = "library.db"
BUSY_S = 60.0  # that a writer waits for another
ROWS_AT_ONCE = 500


class Store:
    """Entries in ``library.db`` below a folder, which is made if it is not there.

    Raises
    ------
    LibraryError
        If the folder cannot be used, the file is no library, or a later version of gifect made it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._likeness = Likeness()
        self._own = threading.local()
        self._all: list[sqlite3.Connection] = []
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LibraryError(f"{folder} cannot be a library: {error.strerror or error}") from error
        with self.transaction() as connection:
            held = connection.execute("select 1 from sqlite_master").fetchone()
            version = format_of(connection) if held else FORMAT
            if version != FORMAT:
                raise LibraryError(
                    f"{folder} is a library of format {version}, made by a later version of gifect: expected format "
                    f"{FORMAT}; upgrade gifect to use it"
                    if version > FORMAT
                    else f"{folder / FILE} is no library: a database of something else"
                )
            for statement in TABLES.split(";"):
                connection.execute(statement)
            rows = (("format", FORMAT), ("change", 0), ("file", 0), ("pushed", 0))
            connection.executemany("insert or ignore into about values (?, ?)", rows)

    def close(self) -> None:
        """Close the connections of all threads."""
        for connection in self._all:
            connection.close()
        self._all.clear()
        self._own = threading.local()

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = sqlite3.connect(
                self.folder / FILE, timeout=BUSY_S, isolation_level=None, check_same_thread=False
            )
            for pragma in ("journal_mode = wal", "synchronous = full", "foreign_keys = on"):
                connection.execute(f"pragma {pragma}")
            self._own.connection = connection
            self._all.append(connection)
        return connection

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Yield a connection that writes alone until the end, when all is committed or nothing."""
        with self._guarded() as connection:
            connection.execute("begin immediate")
            try:
                yield connection
            except BaseException:
                connection.execute("rollback")
                raise
            connection.execute("commit")

    @contextmanager
    def _guarded(self) -> Iterator[sqlite3.Connection]:
        try:
            yield self._connection()
        except sqlite3.Error as error:
            if "disk is full" in str(error) or "disk I/O" in str(error):
                raise LibraryError(f"{self.folder}: no space left on the disk; what was added before stays") from error
            raise LibraryError(f"{self.folder / FILE} cannot be used: {error}") from error

    def known(self, source: str) -> Known | None:
        """Return what is known of the file at a place."""
        with self._guarded() as connection:
            row = connection.execute("select id, size, changed_ns from files where source = ?", (source,)).fetchone()
        return None if row is None else Known(*row)

    def sources(self, id: str) -> list[str]:
        """Return the places of a content, the first one first."""
        with self._guarded() as connection:
            query = "select source from files where id = ? order by number"
            return [row[0] for row in connection.execute(query, (id,))]

    def holds(self, id: str) -> bool:
        """Return whether an entry is there."""
        with self._guarded() as connection:
            return connection.execute("select 1 from entries where id = ?", (id,)).fetchone() is not None

    def add(self, entry: Entry, file: Known, hash: bytes, tags: Sequence[Tag], reading: Reading | None) -> Entry | None:
        """Write the entry of a content unless it is there, and its file; return the entry as it was written.

        Parameters
        ----------
        hash : the clip's difference hash, 24 bytes: what differs from that of an entry in few bits repeats it.
        tags : all that were weighed.
        """
        blob = zlib.compress(reading.to_json().encode()) if reading else None
        named = [(tag.name, tag.score) for tag in tags]
        with self.transaction() as connection:
            is_new = connection.execute("select 1 from entries where id = ?", (entry.id,)).fetchone() is None
            if is_new:
                entry = entry.model_copy(update={"duplicate_of": self._likeness.nearest(connection, hash)})
                values = values_of(entry, next_number(connection, "change"), named)
                words = words_of(named, entry.captions, ())
                marks = ", ".join("?" * (len(values) + 2))
                columns = f"{', '.join(COLUMNS)}, words, hash"
                connection.execute(f"insert into entries ({columns}) values ({marks})", (*values, words, hash))
                if blob is not None:
                    connection.execute("insert into readings values (?, ?)", (entry.id, blob))
            place_file(connection, entry.source, file)
        return entry if is_new else None

    def place(self, source: str, file: Known) -> None:
        """Write that a content which is in the library lies at ``source``."""
        with self.transaction() as connection:
            place_file(connection, source, file)

    def leave(self, id: str, source: str) -> None:
        """Forget a place of a content."""
        with self.transaction() as connection:
            connection.execute("delete from files where source = ? and id = ?", (source, id))
            touch_entry(connection, id)

    def set_tags(self, id: str, change: Callable[[Sequence[str], Sequence[str]], tuple[list[str], list[str]]]) -> None:
        """Write the tags that people gave an entry, and those of gifect's that they took away: what ``change`` makes
        of both as they are."""
        with self.transaction() as connection:
            query = "select own_tags, hidden_tags, tags, captions from entries where id = ?"
            row = connection.execute(query, (id,)).fetchone()
            if row is None:
                raise LibraryError(f"no clip {id!r} in {self.folder}")
            own, hidden, tags, captions = map(json.loads, row)
            own, hidden = change(own, hidden)
            words = words_of([(name, score) for name, score in tags if name not in hidden], captions, own)
            values = (json.dumps(own), json.dumps(hidden), words, id)
            connection.execute("update entries set own_tags = ?, hidden_tags = ?, words = ? where id = ?", values)
            touch_entry(connection, id)

    def remove(self, id: str) -> None:
        """Remove an entry; the file stays, and what repeated the entry stands for itself."""
        with self.transaction() as connection:
            remove_entry(connection, id)

    def news(self, change: int) -> tuple[int, list[int], list[tuple[Any, ...]]]:
        """Return what has happened after a change: the number of the last change, the numbers that no longer stand,
        and, as ``INDEXED``, what an index needs of the entries written since, oldest change first."""
        with self._guarded() as connection:
            connection.execute("begin")
            try:
                last = connection.execute("select value from about where name = 'change'").fetchone()[0]
                if last == change:
                    return last, [], []
                gone = [row[0] for row in connection.execute("select old from gone where change > ?", (change,))]
                query = f"select {', '.join(INDEXED)} from entries where change > ? order by change"
                return last, gone, connection.execute(query, (change,)).fetchall()
            finally:
                connection.execute("commit")

    def applied(self) -> set[str]:
        """Return the names of the objects of a log that are in this copy."""
        with self._guarded() as connection:
            return {row[0] for row in connection.execute("select name from objects")}

    def unpushed(self) -> tuple[int, list[dict[str, Any]], list[str]]:
        """Return the number of the last change, the entries that changed since the last push with their files and
        readings, and the ids of those that were removed."""
        with self.transaction() as connection:
            numbers = dict(connection.execute("select name, value from about").fetchall())
            last, since = numbers["change"], (numbers["pushed"],)
            entries = rows_as_dicts(connection, "select * from entries where change > ? order by change", since)
            for entry in entries:
                own = (entry["id"],)
                query = "select source, size, changed_ns from files where id = ? order by number"
                entry["files"] = connection.execute(query, own).fetchall()
                found = connection.execute("select reading from readings where id = ?", own).fetchone()
                entry["reading"] = found[0] if found else None
            query = "select distinct id from gone where change > ? and id not in (select id from entries)"
            return last, entries, [row[0] for row in connection.execute(query, since)]

    def pushed(self, name: str, change: int) -> None:
        """Write that all changes up to a number are in an object of the log."""
        with self.transaction() as connection:
            connection.execute("update about set value = ? where name = 'pushed'", (change,))
            connection.execute("insert into objects values (?)", (name,))

    def apply(self, name: str, entries: list[dict[str, Any]], removed: list[str]) -> None:
        """Take in an object of the log: entries of ``unpushed`` and the ids of those removed."""
        with self.transaction() as connection:
            if connection.execute("select 1 from objects where name = ?", (name,)).fetchone():
                return
            numbers = dict(connection.execute("select name, value from about").fetchall())
            for id in removed:
                remove_entry(connection, id)
            for entry in entries:
                take_in_entry(connection, entry)
            if numbers["pushed"] == numbers["change"]:  # else what waits to be pushed would be passed over
                query = "update about set value = (select value from about where name = 'change') where name = 'pushed'"
                connection.execute(query)
            connection.execute("insert into objects values (?)", (name,))

    def changes_below(self, folder: str) -> list[int]:
        """Return the numbers of the entries whose file lies in a folder or below."""
        start = folder.rstrip("/") + "/"
        with self._guarded() as connection:
            query = "select change from entries join files using (id) where source >= ? and source < ?"
            return [row[0] for row in connection.execute(query, (start, start[:-1] + "0"))]

    def entries_at(self, changes: Sequence[int]) -> Iterator[tuple[int, Entry]]:
        """Yield the numbers that still stand with their entries, in the order given."""
        query = f"select {', '.join(COLUMNS)}, {SOURCE} from entries where change in "
        for start in range(0, len(changes), ROWS_AT_ONCE):
            some = [int(change) for change in changes[start : start + ROWS_AT_ONCE]]
            with self._guarded() as connection:
                rows = connection.execute(f"{query}({', '.join('?' * len(some))})", some).fetchall()
            found = {row[1]: row for row in rows}
            yield from ((change, entry_of(found[change])) for change in some if change in found)

    def entry(self, id: str) -> Entry:
        """Return an entry by its whole id.

        Raises
        ------
        LibraryError
            If there is none.
        """
        with self._guarded() as connection:
            query = f"select {', '.join(COLUMNS)}, {SOURCE} from entries where id = ?"
            row = connection.execute(query, (id,)).fetchone()
        if row is None:
            raise LibraryError(f"no clip {id!r} in {self.folder}")
        return entry_of(row)

    def reading(self, id: str) -> Reading:
        """Return the whole reading of an entry.

        Raises
        ------
        LibraryError
            If it has none.
        """
        with self._guarded() as connection:
            row = connection.execute("select reading from readings where id = ?", (id,)).fetchone()
        if row is None:
            raise LibraryError(f"no reading of {id!r} in {self.folder}")
        return Reading.from_json(zlib.decompress(row[0]))

    def find(self, name: str) -> str | None:
        """Return the id that is meant by an id, the beginning of one (6 signs or more), or a place; None if there is
        none.

        Raises
        ------
        LibraryError
            If there is more than one.
        """
        with self._guarded() as connection:
            row = connection.execute("select id from files where source = ?", (name,)).fetchone()
            if row is not None:
                return str(row[0])
            if len(name) < 6 or not set(name) <= set("0123456789abcdef"):
                return None
            query = "select id from entries where id >= ? and id < ? limit 2"
            found = connection.execute(query, (name, name + "g")).fetchall()
        if len(found) > 1:
            raise LibraryError(f"more than one clip {name!r} in {self.folder}: give more of the id")
        return str(found[0][0]) if found else None

    def features(self, id: str) -> tuple[NDArray[np.float32], bytes, int]:
        """Return numbers (24,), words and change of an entry."""
        with self._guarded() as connection:
            query = "select numbers, words, change from entries where id = ?"
            numbers, words, change = connection.execute(query, (id,)).fetchone()
        return np.frombuffer(numbers, np.float32), words, change
