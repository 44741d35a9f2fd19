"""Everything that one running server holds, opened at its start and closed at its end."""

from __future__ import annotations

import asyncio
import shutil
import time
from typing import TYPE_CHECKING, Any

from fastapi import Request

from gifect.collect.label import LabelStore
from gifect.errors import ServerError
from gifect.server.gallery import Gallery
from gifect.server.rates import RateLimiter
from gifect.server.readings import ReadingStore
from gifect.server.settings import Settings
from gifect.server.shelf import Shelf
from gifect.server.tokens import TokenStore
from gifect.server.votes import VoteDesk
from gifect.server.watch import Metrics, log_event
from gifect.server.workers import PATIENT, Pool
from gifect.votes.store import Store

if TYPE_CHECKING:
    from gifect.server.jobs import JobRunner
    from gifect.server.uploads import Incoming

__all__ = ["House", "house_of"]


class House:
    """What a server holds.

    Raises
    ------
    ServerError
        If the folder cannot be used.
    VoteError
        If the database cannot be opened.
    """

    jobs: JobRunner

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.begun = time.time()
        self.metrics = Metrics()
        folder = settings.folder.expanduser().resolve()
        self.incoming = folder / "incoming"
        try:
            shutil.rmtree(self.incoming, ignore_errors=True)
            self.incoming.mkdir(parents=True)
        except OSError as error:
            raise ServerError(f"{folder} cannot be used: {error.strerror or error}") from error
        self.store = Store(settings.store_address)
        self.labels = LabelStore(settings.store_address)
        self.tokens = TokenStore(settings.store_address)
        self.rates = RateLimiter()
        self.pool = Pool(settings.workers, settings.caps, self.metrics)
        self.readings = ReadingStore(folder / "readings", self.pool, settings.caps)
        self.gallery = Gallery(settings.gifs, folder / "stills", self.pool)
        self.shelf = Shelf(settings.library or str(folder / "library"), folder / "added", self.pool)
        self.votes = VoteDesk(self.store, self.gallery.shown)
        self.fetches = asyncio.Semaphore(settings.caps.fetches)

    async def open(self) -> None:
        """Start what runs."""
        from gifect.server.job_store import JobStore
        from gifect.server.jobs import JobRunner

        self.pool.start()
        self.votes.start(asyncio.get_running_loop())
        self.job_store = JobStore(self.settings.store_address)
        workers = {"read": self._read, "add": self._add}
        self.jobs = JobRunner(
            self.job_store, self.incoming.parent / "jobs", workers, self.settings.workers, self.metrics
        )
        await self.jobs.start()
        if self.settings.gifs is not None:
            names = await asyncio.to_thread(self.gallery.names)
            await asyncio.to_thread(self.store.add_gifs, names)
        if self.settings.asks_tokens and not self.tokens.all():
            log_event("nobody has a token yet", do="gifect tokens add NAME --role admin")
        log_event("started", workers=self.settings.workers, tokens=self.settings.asks_tokens)

    async def close(self) -> None:
        """End what runs: votes that wait are written, clips that are read are finished, the rest waits on the disk."""
        await self.jobs.stop(self.settings.stop_seconds)
        await self.votes.stop()
        await self.pool.stop()
        for held in (self.store, self.labels, self.tokens, self.job_store, self.shelf):
            held.close()
        log_event("stopped")

    async def _read(self, incoming: Incoming) -> str:
        from gifect.server.uploads import at_hand

        async with at_hand(self, incoming) as file:
            return (await self.readings.read(file, incoming.name, priority=PATIENT)).id

    async def _add(self, incoming: Incoming) -> str:
        from gifect.server.uploads import at_hand

        async with at_hand(self, incoming) as file:
            return await self.shelf.add(file, incoming.name)


def house_of(request: Request) -> House:
    """Return what the server of a request holds."""
    house: Any = request.app.state.house
    assert isinstance(house, House)
    return house
