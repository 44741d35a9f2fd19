"""Jobs as they stand in the database, with what came of each of their clips."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Table, func, insert, select, update

from gifect.server.uploads import Incoming
from gifect.votes.database import Schema, open_engine, writing

__all__ = ["OPEN", "Item", "Job", "JobStore"]

OPEN: Final = ("queued", "running")
"""States of a job that is not finished."""

metadata = MetaData()
jobs = Table(
    "jobs",
    metadata,
    Column("id", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("state", String, nullable=False),
    Column("made_ms", BigInteger, nullable=False),
    Column("ended_ms", BigInteger),
)
items = Table(
    "job_items",
    metadata,
    Column("job", String, primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("name", String, nullable=False),
    Column("file", String),
    Column("url", String),
    Column("state", String, nullable=False),
    Column("result", String),
    Column("detail", String),
)
SCHEMA: Final = Schema("jobs", metadata, first="jobs_0001", now="jobs_0001")


@dataclass(frozen=True)
class Job:
    """A job and how far it is; ``state`` is queued, running, done or cancelled."""

    id: str
    kind: str
    state: str
    made_ms: int
    ended_ms: int | None
    total: int
    done: int
    failed: int


@dataclass(frozen=True)
class Item:
    """One clip of a job; ``state`` is waiting, done, failed or cancelled, ``result`` what came of it."""

    place: int
    name: str
    file: str | None
    url: str | None
    state: str
    result: str | None
    detail: str | None


class JobStore:
    """Jobs in a database, as of ``gifect.votes.store``."""

    def __init__(self, address: str) -> None:
        self.engine = open_engine(address, SCHEMA)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def add(self, number: str, kind: str, given: Sequence[Incoming]) -> None:
        """Write a job."""
        rows = [
            {"job": number, "place": k, "name": one.name, "file": str(one.file) if one.file else None}
            | {"url": one.url, "state": "waiting"}
            for k, one in enumerate(given)
        ]
        now = int(time.time() * 1000)
        with writing(self.engine) as connection:
            connection.execute(insert(jobs).values(id=number, kind=kind, state="queued", made_ms=now))
            connection.execute(insert(items), rows)

    def get(self, number: str) -> Job | None:
        """Return a job."""
        found = self._jobs(jobs.c.id == number, 1, 0)
        return found[0] if found else None

    def page(self, limit: int, offset: int) -> tuple[list[Job], int]:
        """Return jobs, the youngest first, and how many there are."""
        with self.engine.connect() as connection:
            total = int(connection.scalar(select(func.count()).select_from(jobs)) or 0)
        return self._jobs(jobs.c.id.is_not(None), limit, offset), total

    def _jobs(self, where: Any, limit: int, offset: int) -> list[Job]:
        query = select(jobs).where(where).order_by(jobs.c.made_ms.desc(), jobs.c.id).limit(limit).offset(offset)
        with self.engine.connect() as connection:
            rows = connection.execute(query).all()
            states = select(items.c.job, items.c.state, func.count()).where(items.c.job.in_([row.id for row in rows]))
            counts: dict[str, Counter[str]] = defaultdict(Counter)
            for job, state, count in connection.execute(states.group_by(items.c.job, items.c.state)):
                counts[job][state] = int(count)
        return [
            Job(
                *(row.id, row.kind, row.state, row.made_ms, row.ended_ms),
                sum(counts[row.id].values()),
                counts[row.id]["done"],
                counts[row.id]["failed"],
            )
            for row in rows
        ]

    def items(self, number: str, limit: int | None = None, offset: int = 0) -> list[Item]:
        """Return the clips of a job, in order."""
        columns = [column for column in items.c if column.name != "job"]
        query = select(*columns).where(items.c.job == number).order_by(items.c.place).limit(limit).offset(offset)
        with self.engine.connect() as connection:
            return [Item(*row) for row in connection.execute(query)]

    def unfinished(self) -> list[tuple[str, str]]:
        """Return number and kind of the jobs that are to go on, oldest first."""
        query = select(jobs.c.id, jobs.c.kind).where(jobs.c.state.in_(OPEN)).order_by(jobs.c.made_ms)
        with self.engine.connect() as connection:
            return [(row.id, row.kind) for row in connection.execute(query)]

    def set_job(self, number: str, state: str) -> bool:
        """Write the state of a job that is not finished, and return whether it was not."""
        ended = None if state in OPEN else int(time.time() * 1000)
        query = update(jobs).where(jobs.c.id == number, jobs.c.state.in_(OPEN)).values(state=state, ended_ms=ended)
        with writing(self.engine) as connection:
            changed = connection.execute(query).rowcount
            if state == "cancelled" and changed:
                left = update(items).where(items.c.job == number, items.c.state == "waiting")
                connection.execute(left.values(state="cancelled"))
        return bool(changed)

    def set_item(self, number: str, place: int, state: str, result: str | None, detail: str | None) -> None:
        """Write what came of a clip."""
        query = update(items).where(items.c.job == number, items.c.place == place)
        with writing(self.engine) as connection:
            connection.execute(query.values(state=state, result=result, detail=detail))
