"""Writing votes many at a time: a few statements for all of them, and each refused or answered by itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Table, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from gifect.emotions import SEVENTEEN
from gifect.errors import HasteError, VoteError
from gifect.votes import tables
from gifect.votes.ballots import CHOICES, Ballot, Vote, emotion_index

__all__ = ["Writing", "ensure_names", "vote_of", "votes_query"]

NAMES_AT_ONCE = 500  # of a query
MINUTE_MS = 60_000


@dataclass
class Writing:
    """Votes that are written in one transaction.

    Parameters
    ----------
    connection : inside of the transaction.
    now : milliseconds since 1970 in UTC, for votes that tell no time.
    most_a_minute : votes that one voter may give in a minute; 0 for no limit.
    known : ids of GIFs and voters that are sure to stay; those that are looked up here are in ``found``.
    """

    connection: Connection
    now: int
    most_a_minute: int
    known: dict[tuple[str, str], int]
    found: dict[tuple[str, str], int] = field(default_factory=dict)
    recent: dict[tuple[int, int], int] = field(default_factory=dict)

    def write(self, ballots: Sequence[Ballot]) -> list[Vote | VoteError]:
        """Write votes, and return each, or why it is refused; one whose token is there is answered by what is there."""
        there: dict[str, Vote | VoteError] = dict(self._by_token({b.token for b in ballots if b.token is not None}))
        told = [ballot if ballot.token else replace(ballot, token=uuid4().hex) for ballot in ballots]
        rows: dict[str, tuple[Ballot, dict[str, Any]]] = {}
        for ballot in told:
            token = str(ballot.token)
            if token in there or token in rows:
                continue
            try:
                rows[token] = ballot, self._row(ballot)
            except VoteError as error:
                there[token] = error
        if rows:
            query = insert(tables.votes).returning(tables.votes.c.id, sort_by_parameter_order=True)
            numbers = self.connection.scalars(query, [row for _, row in rows.values()]).all()
            for (token, (b, row)), number in zip(rows.items(), numbers, strict=True):
                there[token] = Vote(number, b.emotion, b.left, b.right, b.choice, b.voter, row["time_ms"], undone=False)
        return [there[str(ballot.token)] for ballot in told]

    def _row(self, ballot: Ballot) -> dict[str, Any]:
        ballot.check()
        time_ms = self.now if ballot.time_ms is None else ballot.time_ms
        left, right = (self._id(tables.gifs, name) for name in (ballot.left, ballot.right))
        voter = self._id(tables.voters, ballot.voter)
        self._refuse_haste(voter, ballot.voter, time_ms)
        return {
            "emotion": emotion_index(ballot.emotion),
            "left_id": left,
            "right_id": right,
            "choice": CHOICES.index(ballot.choice),
            "voter_id": voter,
            "time_ms": time_ms,
            "token": ballot.token,
        }

    def _id(self, table: Table, name: str) -> int:
        key = (table.name, name)
        number = self.known.get(key) or self.found.get(key)
        if number is None:
            if table is tables.voters:
                ensure_names(self.connection, table, [name])
            number = self.connection.scalar(select(table.c.id).where(table.c.name == name))
            if number is None:
                raise VoteError(f"no GIF {name!r} in the store: expected a known one; add it first")
            self.found[key] = number
        return number

    def _by_token(self, tokens: set[str]) -> dict[str, Vote]:
        if not tokens:
            return {}
        query = votes_query().add_columns(tables.votes.c.token).where(tables.votes.c.token.in_(tokens))
        return {row.token: vote_of(row) for row in self.connection.execute(query)}

    def _refuse_haste(self, voter: int, name: str, now: int) -> None:
        """Count one more vote of a voter, or raise HasteError."""
        if not self.most_a_minute:
            return
        count = self.recent.get((voter, now))
        if count is None:
            v = tables.votes.c
            query = select(func.count()).where(v.voter_id == voter, v.time_ms > now - MINUTE_MS, v.time_ms <= now)
            count = int(self.connection.scalar(query) or 0)
        if count >= self.most_a_minute:
            raise HasteError(
                f"{name!r} gave {count} votes within a minute: expected fewer than {self.most_a_minute}, wait"
            )
        self.recent[voter, now] = count + 1


def ensure_names(connection: Connection, table: Table, names: Iterable[str]) -> list[str]:
    """Write names that a table does not have yet, and return those."""
    wanted = list(dict.fromkeys(names))
    if any(not name for name in wanted):
        raise VoteError("an empty name: expected at least one sign")
    there = {
        name
        for start in range(0, len(wanted), NAMES_AT_ONCE)
        for name in connection.scalars(select(table.c.name).where(table.c.name.in_(wanted[start:][:NAMES_AT_ONCE])))
    }
    new = [name for name in wanted if name not in there]
    if new:
        dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
        connection.execute(dialect.insert(table).on_conflict_do_nothing(), [{"name": name} for name in new])
    return new


def votes_query() -> Any:
    """Return a query of votes with the names of their GIFs and voters, for ``vote_of``."""
    v, left, right = tables.votes, tables.gifs.alias("left_gif"), tables.gifs.alias("right_gif")
    return (
        select(
            *(v.c.id, v.c.emotion, v.c.choice, v.c.time_ms, v.c.undone_ms),
            *(left.c.name.label("left"), right.c.name.label("right"), tables.voters.c.name.label("voter")),
        )
        .join(left, v.c.left_id == left.c.id)
        .join(right, v.c.right_id == right.c.id)
        .outerjoin(tables.voters, v.c.voter_id == tables.voters.c.id)
    )


def vote_of(row: Any, *, undone: bool | None = None) -> Vote:
    """Return the vote of a row of ``votes_query``."""
    taken_back = row.undone_ms is not None if undone is None else undone
    return Vote(
        row.id, SEVENTEEN[row.emotion], row.left, row.right, CHOICES[row.choice], row.voter, row.time_ms, taken_back
    )
