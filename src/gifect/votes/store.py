"""The store of votes: each is written once, whatever crashes, and can be undone but never lost."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from itertools import chain
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Table, func, select, update
from sqlalchemy.exc import IntegrityError

from gifect.emotions import SEVENTEEN
from gifect.errors import VoteError
from gifect.votes import tables
from gifect.votes.ballots import UNKNOWN, Ballot, Vote, Votes, emotion_index
from gifect.votes.database import open_engine, writing
from gifect.votes.writing import Writing, ensure_names, vote_of, votes_query

__all__ = ["DEFAULT_ADDRESS", "Store", "store_address"]

DEFAULT_ADDRESS = "sqlite:///votes.db"
MOST_A_MINUTE = 120  # votes of one voter; more are no judgement
READ_ROWS = 100_000


def store_address(given: str | None = None) -> str:
    """Return the address given, else ``GIFECT_VOTES``, else a file ``votes.db`` in the current folder."""
    return given or os.environ.get("GIFECT_VOTES") or DEFAULT_ADDRESS


class Store:
    """Votes in a database: SQLite (the default) or PostgreSQL, by address.

    Parameters
    ----------
    address : such as ``sqlite:///votes.db`` or ``postgresql://user@host/name``.
    most_a_minute : votes that one voter may give in a minute; 0 for no limit.

    Raises
    ------
    VoteError
        If the database cannot be opened.
    """

    def __init__(self, address: str | None = None, *, most_a_minute: int = MOST_A_MINUTE) -> None:
        self.engine = open_engine(store_address(address), tables.SCHEMA)
        self.most_a_minute = most_a_minute
        self._ids: dict[tuple[str, str], int] = {}  # of GIFs and voters, which are never removed

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def writing(self) -> AbstractContextManager[Connection]:
        """Return a connection inside a transaction that is committed at the end, or not at all."""
        return writing(self.engine)

    def add_gifs(self, names: Iterable[str]) -> int:
        """Make GIFs known that are not yet, and return how many were new."""
        with self.writing() as connection:
            return len(ensure_names(connection, tables.gifs, names))

    def add(
        self,
        emotion: str,
        left: str,
        right: str,
        choice: str,
        voter: str,
        *,
        token: str | None = None,
        time_ms: int | None = None,
    ) -> Vote:
        """Write one vote; when this returns, the vote is on the disk.

        Parameters
        ----------
        emotion, left, right, choice : one of the seventeen, the names of two known GIFs, left, right or neither.
        voter : any name.
        token : of the request that brings the vote; a vote with a token that is there already is not written again.
        time_ms : milliseconds since 1970 in UTC; now, if not given.

        Raises
        ------
        VoteError
            If emotion, choice or GIF are unknown, both GIFs are the same, or the voter votes too fast.
        """
        (written,) = self.add_all([Ballot(emotion, left, right, choice, voter, token, time_ms)])
        if isinstance(written, VoteError):
            raise written
        return written

    def add_all(self, ballots: Sequence[Ballot]) -> list[Vote | VoteError]:
        """Write votes in one transaction; when this returns, they are on the disk.

        Each is answered by the vote or by why it is refused, as ``add`` would; a refused one costs no other.
        """
        try:
            with self.writing() as connection:
                writing = Writing(connection, int(time.time() * 1000), self.most_a_minute, self._ids)
                answers = writing.write(ballots)
            self._ids.update(writing.found)  # only now are they sure to stay
            return answers
        except IntegrityError:  # another process brought one of the requests at the same time
            if len(ballots) > 1:
                return [answer for ballot in ballots for answer in self.add_all([ballot])]
            query = votes_query().where(tables.votes.c.token == ballots[0].token)
            with self.engine.connect() as connection:
                there = None if ballots[0].token is None else connection.execute(query).first()
            if there is None:
                raise
            return [vote_of(there)]

    def undo(self, voter: str, number: int | None = None) -> Vote:
        """Take back a voter's last vote that stands, or the one with this number, and return it.

        Raises
        ------
        VoteError
            If the voter has no such vote.
        """
        with self.writing() as connection:
            query = votes_query().where(tables.voters.c.name == voter, tables.votes.c.undone_ms.is_(None))
            if number is not None:
                query = query.where(tables.votes.c.id == number)
            row = connection.execute(query.order_by(tables.votes.c.id.desc()).limit(1)).first()
            if row is None:
                what = "no vote" if number is None else f"no vote {number}"
                raise VoteError(f"{voter!r} has {what} that could be undone")
            now = int(time.time() * 1000)
            connection.execute(update(tables.votes).where(tables.votes.c.id == row.id).values(undone_ms=now))
        return vote_of(row, undone=True)

    def history(self, voter: str) -> list[Vote]:
        """Return all votes of a voter, oldest first, with those that were undone."""
        query = votes_query().where(tables.voters.c.name == voter).order_by(tables.votes.c.id)
        with self.engine.connect() as connection:
            return [vote_of(row) for row in connection.execute(query)]

    def gifs(self) -> list[str]:
        """Return the names of all GIFs, in the order in which they came."""
        with self.engine.connect() as connection:
            return list(connection.scalars(select(tables.gifs.c.name).order_by(tables.gifs.c.id)))

    def votes(self, emotion: str | None = None) -> Votes:
        """Return all votes that stand, oldest first, on all emotions or on one."""
        v = tables.votes.c
        told = (func.coalesce(column, UNKNOWN) for column in (v.voter_id, v.time_ms))
        query = select(v.emotion, v.left_id, v.right_id, v.choice, *told).where(v.undone_ms.is_(None))
        if emotion is not None:
            query = query.where(v.emotion == emotion_index(emotion))
        with self.engine.connect() as connection:
            gif_names, gif_places = _names(connection, tables.gifs)
            voter_names, voter_places = _names(connection, tables.voters)
            rows = connection.execution_options(yield_per=READ_ROWS).execute(query.order_by(v.id))
            table = np.fromiter(chain.from_iterable(rows), np.int64).reshape(-1, 6)
        left, right = gif_places[table[:, 1]], gif_places[table[:, 2]]
        voter = np.where(table[:, 4] == UNKNOWN, UNKNOWN, voter_places[np.maximum(table[:, 4], 0)])
        return Votes.from_columns(
            gif_names, table[:, 0], left, right, table[:, 3], voter, table[:, 5], voters=voter_names
        )

    def counts(self) -> dict[str, int]:
        """Return the number of votes that stand for each of the seventeen emotions."""
        v = tables.votes.c
        query = select(v.emotion, func.count()).where(v.undone_ms.is_(None)).group_by(v.emotion)
        with self.engine.connect() as connection:
            found = {int(row[0]): int(row[1]) for row in connection.execute(query)}
        return {name: found.get(k, 0) for k, name in enumerate(SEVENTEEN)}


def _names(connection: Connection, table: Table) -> tuple[list[str], NDArray[np.int64]]:
    """Return the names in the order of their ids, and for each id the place of its name."""
    rows: Sequence[Any] = connection.execute(select(table.c.id, table.c.name).order_by(table.c.id)).all()
    places = np.full(max((row.id for row in rows), default=0) + 1, UNKNOWN, np.int64)
    for place, row in enumerate(rows):
        places[row.id] = place
    return [row.name for row in rows], places
