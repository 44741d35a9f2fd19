"""The tables of a library's file, and what is done to their rows within a transaction."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gifect.emotions import SEVEN, SEVENTEEN
from gifect.feeling.tags import MOST_TAGS
from gifect.library.results import Entry

__all__ = [
    "COLUMNS",
    "FORMAT",
    "INDEXED",
    "SOURCE",
    "TABLES",
    "Known",
    "entry_of",
    "format_of",
    "next_number",
    "place_file",
    "remove_entry",
    "rows_as_dicts",
    "take_in_entry",
    "touch_entry",
    "values_of",
]

FORMAT = 1  # of the tables; a library of a later format is not touched

COLUMNS = (
    *("id", "change", "added", "frames", "duration_ms", "width", "height", "emotion", "confidence", "numbers"),
    *("quadrant", "medium", "people", "tags", "captions", "own_tags", "hidden_tags", "duplicate_of"),
)
INDEXED = (
    *("change", "numbers", "words", "emotion", "quadrant", "medium", "duration_ms", "captions != '[]'"),
    "duplicate_of is not null",
)
SOURCE = "(select source from files where files.id = entries.id order by number limit 1)"

TABLES = """
create table if not exists about (name text primary key, value integer not null);
create table if not exists entries (
    id text primary key, change integer not null, added text not null, frames integer not null,
    duration_ms integer not null, width integer not null, height integer not null, emotion text not null,
    confidence real not null, numbers blob not null, quadrant text, medium text, people integer, tags text not null,
    captions text not null, own_tags text not null, hidden_tags text not null, duplicate_of text, words blob not null,
    hash blob not null
);
create unique index if not exists entries_by_change on entries (change);
create table if not exists readings (
    id text primary key references entries (id) on delete cascade, reading blob not null
);
create table if not exists files (
    source text primary key, id text not null references entries (id) on delete cascade,
    size integer not null, changed_ns integer not null, number integer not null
);
create index if not exists files_by_id on files (id, number);
create table if not exists gone (change integer primary key, old integer not null, id text not null);
create table if not exists objects (name text primary key);
"""


@dataclass(frozen=True)
class Known:
    """A file that is in a library: the id of its content, its size in bytes and when it was changed (ns)."""

    id: str
    size: int
    changed_ns: int


def format_of(connection: sqlite3.Connection) -> int:
    """Return the format of the library in a database; 0 if there is none."""
    has = connection.execute("select 1 from sqlite_master where name = 'about'").fetchone()
    row = connection.execute("select value from about where name = 'format'").fetchone() if has else None
    return int(row[0]) if row else 0


def next_number(connection: sqlite3.Connection, name: str) -> int:
    """Count one further, and return the number."""
    query = "update about set value = value + 1 where name = ? returning value"
    return int(connection.execute(query, (name,)).fetchone()[0])


def rows_as_dicts(connection: sqlite3.Connection, query: str, values: Sequence[Any]) -> list[dict[str, Any]]:
    """Return the rows of a query by the names of their columns."""
    found = connection.execute(query, values)
    names = [column[0] for column in found.description]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def take_in_entry(connection: sqlite3.Connection, entry: dict[str, Any]) -> None:
    """Write an entry as another machine has it, in place of what is here."""
    own = {name: cell for name, cell in entry.items() if name not in ("files", "reading")}
    id = own["id"]
    if connection.execute("select 1 from entries where id = ?", (id,)).fetchone():
        touch_entry(connection, id)
        del own["change"]
        names = ", ".join(f"{name} = ?" for name in own)
        connection.execute(f"update entries set {names} where id = ?", (*own.values(), id))
    else:
        own["change"] = next_number(connection, "change")
        marks = ", ".join("?" * len(own))
        connection.execute(f"insert into entries ({', '.join(own)}) values ({marks})", tuple(own.values()))
    if entry["reading"] is not None:
        connection.execute("insert or replace into readings values (?, ?)", (id, entry["reading"]))
    for source, size, changed_ns in entry["files"]:
        place_file(connection, source, Known(id, size, changed_ns))


def touch_entry(connection: sqlite3.Connection, id: str) -> None:
    """Give an entry, which is there, the number of a new change."""
    old = connection.execute("select change from entries where id = ?", (id,)).fetchone()[0]
    change = next_number(connection, "change")
    connection.execute("update entries set change = ? where id = ?", (change, id))
    connection.execute("insert into gone values (?, ?, ?)", (change, old, id))


def remove_entry(connection: sqlite3.Connection, id: str) -> None:
    """Remove an entry, if it is there; what repeated it stands for itself."""
    for (other,) in connection.execute("select id from entries where duplicate_of = ?", (id,)).fetchall():
        connection.execute("update entries set duplicate_of = null where id = ?", (other,))
        touch_entry(connection, other)
    row = connection.execute("delete from entries where id = ? returning change", (id,)).fetchone()
    if row is not None:
        connection.execute("insert into gone values (?, ?, ?)", (next_number(connection, "change"), row[0], id))


def place_file(connection: sqlite3.Connection, source: str, file: Known) -> None:
    """Write where a content lies; a content that lay there before and lies nowhere else goes."""
    before = connection.execute("select id from files where source = ?", (source,)).fetchone()
    row = (source, file.id, file.size, file.changed_ns, next_number(connection, "file"))
    connection.execute("insert or replace into files values (?, ?, ?, ?, ?)", row)
    if before is not None and before[0] != file.id:
        rest = connection.execute("select 1 from files where id = ?", before).fetchone()
        if rest is None:
            remove_entry(connection, before[0])


def values_of(entry: Entry, change: int, tags: Sequence[tuple[str, float]]) -> tuple[Any, ...]:
    """Return the cells of ``COLUMNS`` of an entry."""
    numbers = np.array([*entry.scores.values(), *entry.intensities.values()], np.float32).tobytes()
    facts = (entry.frames, entry.duration_ms, entry.width, entry.height, entry.emotion, entry.confidence, numbers)
    kind = (entry.quadrant, entry.medium, entry.people)
    lists = (json.dumps(list(own)) for own in (tags, entry.captions, entry.own_tags))
    return (entry.id, change, entry.added.isoformat(), *facts, *kind, *lists, "[]", entry.duplicate_of)


def entry_of(row: Sequence[Any]) -> Entry:
    """Return the entry of a row of ``COLUMNS`` and the source."""
    known = dict(zip((*COLUMNS, "source"), row, strict=True))
    numbers = [round(float(x), 4) for x in np.frombuffer(known.pop("numbers"), np.float32)]
    known["scores"] = dict(zip(SEVEN, numbers, strict=False))
    known["intensities"] = dict(zip(SEVENTEEN, numbers[len(SEVEN) :], strict=True))
    tags, captions, own, hidden = (
        json.loads(known.pop(name)) for name in ("tags", "captions", "own_tags", "hidden_tags")
    )
    shown = [name for name, _ in tags if name not in own and name not in hidden][:MOST_TAGS]
    known["tags"] = (*own, *shown)
    del known["change"]
    return Entry(**known, captions=captions, own_tags=own)
