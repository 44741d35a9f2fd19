"""Jobs: many clips read one after the other, kept in the database, so that a restart goes on where the last run ended."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Table, func, insert, select, update

from gifect.server.problems import Refusal
from gifect.server.uploads import Incoming
from gifect.server.watch import Metrics, log_event
from gifect.votes.tables import WRITES, open_engine

__all__ = ["Item", "Job", "JobRunner", "JobStore"]

OPEN: Final = ("queued", "running")
HEARTBEAT_S = 15  # between two signs of life on a stream without news

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
        self.engine = open_engine(address, metadata)

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
        with self.engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
            connection.execute(insert(jobs).values(id=number, kind=kind, state="queued", made_ms=now))
            connection.execute(insert(items), rows)

    def get(self, number: str) -> Job | None:
        """Return a job."""
        found = self._jobs(jobs.c.id == number, 1, 0)
        return found[0] if found else None

    def list(self, limit: int, offset: int) -> tuple[list[Job], int]:
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
            Job(*row, sum(counts[row.id].values()), counts[row.id]["done"], counts[row.id]["failed"]) for row in rows
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
        with self.engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
            changed = connection.execute(query).rowcount
            if state == "cancelled" and changed:
                left = update(items).where(items.c.job == number, items.c.state == "waiting")
                connection.execute(left.values(state="cancelled"))
        return bool(changed)

    def set_item(self, number: str, place: int, state: str, result: str | None, detail: str | None) -> None:
        """Write what came of a clip."""
        query = update(items).where(items.c.job == number, items.c.place == place)
        with self.engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
            connection.execute(query.values(state=state, result=result, detail=detail))


Worker = Callable[[Incoming], Awaitable[str]]


class JobRunner:
    """Works on jobs, some clips at a time, and tells how far they are.

    Parameters
    ----------
    store : of the jobs.
    folder : where their files lie until they are read.
    workers : by the kind of a job, what to do with one clip; it returns the name of the result.
    abreast : clips of a job at once.
    """

    def __init__(
        self, store: JobStore, folder: Path, workers: dict[str, Worker], abreast: int, metrics: Metrics
    ) -> None:
        self.store = store
        self.folder = folder
        self.workers = workers
        self.abreast = abreast
        self.metrics = metrics
        self.running: dict[str, asyncio.Task[None]] = {}
        self.news: dict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self.stopping = False
        self.turn = asyncio.Lock()

    async def start(self) -> None:
        """Go on with what an earlier run has left."""
        self.folder.mkdir(parents=True, exist_ok=True)
        left = await asyncio.to_thread(self.store.unfinished)
        known = {number for number, _ in left}
        for folder in self.folder.iterdir():
            if folder.name not in known:
                shutil.rmtree(folder, ignore_errors=True)
        for number, kind in left:
            log_event("job goes on", kind=kind)
            self._begin(number, kind)

    async def stop(self, seconds: float) -> None:
        """Let clips that are being read be finished; what waits stays in the database for the next start."""
        self.stopping = True
        tasks = list(self.running.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        for event in self.news.values():
            event.set()

    async def add(self, kind: str, given: Sequence[Incoming]) -> Job:
        """Take a job and begin with it; its files are moved to it."""
        number = secrets.token_urlsafe(12)
        folder = self.folder / number
        folder.mkdir()
        moved = [
            Incoming(one.name, one.file.replace(folder / str(k)) if one.file else None, one.url)
            for k, one in enumerate(given)
        ]
        await asyncio.to_thread(self.store.add, number, kind, moved)
        self._begin(number, kind)
        job = await asyncio.to_thread(self.store.get, number)
        assert job is not None
        return job

    async def cancel(self, number: str) -> Job:
        """Read no further clip of a job, and return it."""
        job = await self.get(number)
        if await asyncio.to_thread(self.store.set_job, number, "cancelled") and number in self.running:
            self.running[number].cancel()
        job = await self.get(number)
        self._tell(number)
        return job

    async def get(self, number: str) -> Job:
        """Return a job.

        Raises
        ------
        Refusal
            404 if there is none.
        """
        job = await asyncio.to_thread(self.store.get, number)
        if job is None:
            raise Refusal(404, "there is no such job")
        return job

    def _begin(self, number: str, kind: str) -> None:
        self.running[number] = asyncio.create_task(self._run(number, kind))
        self.metrics.jobs.set(len(self.running))

    async def _run(self, number: str, kind: str) -> None:
        try:
            async with self.turn:  # one job after the other; within it, some clips at once
                if self.stopping or not await asyncio.to_thread(self.store.set_job, number, "running"):
                    return
                waiting = [i for i in await asyncio.to_thread(self.store.items, number) if i.state == "waiting"]
                left = iter(waiting)
                await asyncio.gather(*(self._take(number, kind, left) for _ in range(self.abreast)))
                if not self.stopping:
                    await asyncio.to_thread(self.store.set_job, number, "done")
        except asyncio.CancelledError:
            pass
        except Exception as error:  # the disk is full, the database has gone: the next start goes on
            log_event("job broke off", why=type(error).__name__)
        finally:
            self.running.pop(number, None)
            self.metrics.jobs.set(len(self.running))
            if not self.stopping:
                shutil.rmtree(self.folder / number, ignore_errors=True)
            self._tell(number)

    async def _take(self, number: str, kind: str, left: Any) -> None:
        for item in left:
            if self.stopping:
                return
            incoming = Incoming(item.name, Path(item.file) if item.file else None, item.url)
            try:
                outcome = ("done", await self.workers[kind](incoming), None)
            except Refusal as error:
                if error.status == 503:  # the server is stopping: the clip waits for the next start
                    return
                outcome = ("failed", None, str(error))
            except OSError as error:
                outcome = ("failed", None, f"its file cannot be used: {error.strerror}")
            await asyncio.to_thread(self.store.set_item, number, item.place, *outcome)
            self._tell(number)

    def _tell(self, number: str) -> None:
        event = self.news.pop(number, None)
        if event is not None:
            event.set()

    async def follow(self, number: str) -> AsyncIterator[Job | None]:
        """Yield a job whenever it has come further, up to its end; None where nothing was new for a while."""
        while True:
            event = self.news[number]
            job = await self.get(number)
            yield job
            if job.state not in OPEN or self.stopping:
                return
            try:
                await asyncio.wait_for(event.wait(), HEARTBEAT_S)
            except TimeoutError:
                yield None
