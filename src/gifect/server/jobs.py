"""Working on jobs: some clips at a time, told as it goes on; a restart goes on where the last run ended."""

from __future__ import annotations

import asyncio
import secrets
import shutil
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from gifect.server.job_store import OPEN, Item, Job, JobStore
from gifect.server.problems import Refusal
from gifect.server.uploads import Incoming
from gifect.server.watch import Metrics, log_event

__all__ = ["JobRunner"]

HEARTBEAT_S = 15  # between two signs of life on a stream without news

Worker = Callable[[Incoming], Coroutine[Any, Any, str]]


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
        self, store: JobStore, folder: Path, workers: Mapping[str, Worker], abreast: int, metrics: Metrics
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

    def pause(self) -> None:
        """Take no further clip, and end the streams of who follows."""
        self.stopping = True
        for number in list(self.news):
            self._tell(number)

    async def stop(self, seconds: float) -> None:
        """Let clips that are being read be finished; what waits stays in the database for the next start."""
        self.pause()
        tasks = list(self.running.values())
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

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

    async def _take(self, number: str, kind: str, left: Iterator[Item]) -> None:
        for item in left:
            if self.stopping:
                return
            incoming = Incoming(item.name, Path(item.file) if item.file else None, item.url)
            outcome: tuple[str, str | None, str | None]
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
