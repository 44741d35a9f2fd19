"""Finding the entry that a new clip repeats, by the bits of their difference hashes."""

from __future__ import annotations

import sqlite3

import numpy as np

from gifect.media.likeness import HASH_BITS, NEAR

__all__ = ["Likeness"]

BYTES = HASH_BITS // 8
ONES = np.array([bin(k).count("1") for k in range(256)], np.uint8)


class Likeness:
    """The hashes of the entries that repeat no other; takes in what has changed whenever it is asked."""

    def __init__(self) -> None:
        self._change = 0
        self._ids: list[str] = []
        self._hashes = np.zeros((0, BYTES), np.uint8)

    def nearest(self, connection: sqlite3.Connection, hash: bytes) -> str | None:
        """Return the id of the entry that a clip with this hash repeats, if there is one."""
        self._take_in(connection)
        apart = ONES[self._hashes ^ np.frombuffer(hash, np.uint8)].sum(1, dtype=int)
        for k in np.argsort(apart, kind="stable"):
            if apart[k] > NEAR * HASH_BITS:
                return None
            query = "select 1 from entries where id = ? and duplicate_of is null"
            if connection.execute(query, (self._ids[k],)).fetchone():
                return str(self._ids[k])
        return None

    def _take_in(self, connection: sqlite3.Connection) -> None:
        query = "select change, id, hash from entries where change > ? and duplicate_of is null order by change"
        rows = connection.execute(query, (self._change,)).fetchall()
        if rows:
            self._change = rows[-1][0]
            self._ids += [row[1] for row in rows]
            new = np.frombuffer(b"".join(row[2] for row in rows), np.uint8).reshape(-1, BYTES)
            self._hashes = np.concatenate([self._hashes, new])
