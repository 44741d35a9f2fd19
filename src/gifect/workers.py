"""Work for a few processes that each load what they need once, with a pipe to each.

Items go to the workers, results come back in the order of the items, and no more than ``WINDOW`` of them are ahead of
the one whose turn it is. With a pipe to each worker, a process that dies (killed for its memory, crashed in a decoder)
takes nothing with it but the item that it had, which is known.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, Generic, TypeVar

__all__ = ["work_through"]

WINDOW = 32  # results that may be ahead of the one whose turn it is
RECYCLE_AFTER = 500  # items a worker takes before a fresh one takes its place
POLL = 0.1  # seconds until a request to stop is looked for again
READY = "ready"  # what a worker says first
NOTHING: Any = object()

Item = TypeVar("Item")
Result = TypeVar("Result")


@contextlib.contextmanager
def _sigint_held() -> Iterator[None]:
    """Hold Ctrl-C back: a process that starts meanwhile is born deaf to it, so that only the parent answers."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    from multiprocessing import resource_tracker

    resource_tracker.ensure_running()  # its own start, up to Python 3.11, would let Ctrl-C through again
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(connection: Connection, work: Callable[[Item], Result]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(2, 1)  # whatever a library prints, stdout is the parent's
    import cv2

    cv2.setNumThreads(1)
    with contextlib.suppress(EOFError, BrokenPipeError):  # the parent has gone
        connection.send(READY)
        while (item := connection.recv()) is not None:
            connection.send(work(item))


@dataclass
class _Worker(Generic[Item]):
    process: BaseProcess
    connection: Connection
    turn: int | None = None  # of the item that it has
    item: Item = NOTHING
    is_ready: bool = False  # it has started
    since: float = 0.0
    given: int = 0
    overdue: bool = False


@dataclass
class _Pool(Generic[Item, Result]):
    """Hands items out and takes results in, by their turn."""

    items: Iterator[Item]
    work: Callable[[Item], Result]
    died: Callable[[Item, str], Result]
    seconds: float
    workers: list[_Worker[Item]] = field(default_factory=list)
    ready: dict[int, Result] = field(default_factory=dict)
    handed_out: int = 0
    upcoming: Item = NOTHING

    def start(self) -> _Worker[Item]:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs, self.work), daemon=True)
        with _sigint_held():
            process.start()
        theirs.close()
        return _Worker(process, ours)

    @property
    def is_exhausted(self) -> bool:
        """Whether no item is left to hand out; looks one item ahead."""
        if self.upcoming is NOTHING:
            self.upcoming = next(self.items, NOTHING)
        return self.upcoming is NOTHING

    def hand_out(self, next_turn: int) -> None:
        """Give every idle worker an item, a fresh worker where one has had enough."""
        for place, worker in enumerate(self.workers):
            if worker.turn is not None or self.handed_out >= next_turn + WINDOW or self.is_exhausted:
                continue
            if worker.given >= RECYCLE_AFTER or not worker.process.is_alive():
                self.end(worker)
                worker = self.workers[place] = self.start()
            worker.turn, worker.item, worker.since = self.handed_out, self.upcoming, time.monotonic()
            self.handed_out, self.upcoming = self.handed_out + 1, NOTHING
            worker.given += 1
            with contextlib.suppress(BrokenPipeError):  # it died: take_in sees the end of its pipe
                worker.connection.send(worker.item)

    def take_in(self) -> None:
        """Wait a moment for results, and end workers that take too long."""
        busy = {worker.connection: worker for worker in self.workers if worker.turn is not None}
        for connection in wait(list(busy), timeout=POLL):
            assert isinstance(connection, Connection)
            worker = busy.pop(connection)
            assert worker.turn is not None
            try:
                if not worker.is_ready:
                    worker.is_ready, worker.since = connection.recv() == READY, time.monotonic()
                    continue
                self.ready[worker.turn] = connection.recv()
            except (EOFError, OSError):
                worker.process.join()
                why = f"not done within {self.seconds:g} s" if worker.overdue else _of_death(worker.process.exitcode)
                self.ready[worker.turn] = self.died(worker.item, why)
            worker.turn, worker.item = None, NOTHING
        for worker in busy.values():
            if worker.is_ready and time.monotonic() - worker.since > self.seconds:
                worker.overdue = True
                worker.process.kill()

    def end(self, worker: _Worker[Item]) -> None:
        worker.connection.close()
        worker.process.terminate()
        worker.process.join()

    def end_all(self) -> None:
        for worker in self.workers:
            worker.process.terminate()
        deadline = time.monotonic() + 2
        for worker in self.workers:
            worker.process.join(max(deadline - time.monotonic(), 0))
            if worker.process.is_alive():
                worker.process.kill()
            worker.connection.close()


def _of_death(code: int | None) -> str:
    if code is not None and code < 0:
        with contextlib.suppress(ValueError):
            return f"the process that read it was ended by {signal.Signals(-code).name} (out of memory?)"
    return f"the process that read it ended with code {code}"


def work_through(
    items: Iterable[Item],
    work: Callable[[Item], Result],
    died: Callable[[Item, str], Result],
    jobs: int,
    *,
    stopped: Callable[[], bool] = lambda: False,
    seconds: float = float("inf"),
) -> Generator[Result]:
    """Do work on items in ``jobs`` processes; yield the results in the order of the items, which are taken as needed.

    Parameters
    ----------
    items : anything that can be pickled.
    work : what is done with each, a function of a module; it must not raise.
    died : the result of an item whose worker died, of the item and the reason.
    jobs : processes.
    stopped : asked between two items; once it says so, what is ready is still yielded, and then no more.
    seconds : that an item may take, not counting the start of a process; a worker that takes longer is ended.
    """
    source = iter(items)
    first = list(islice(source, jobs))
    pool = _Pool(chain(first, source), work, died, seconds)
    try:
        pool.workers.extend(pool.start() for _ in first)
        turn = 0
        while not stopped() and (turn < pool.handed_out or not pool.is_exhausted):
            pool.hand_out(turn)
            pool.take_in()
            while turn in pool.ready:
                yield pool.ready.pop(turn)
                turn += 1
        yield from (pool.ready[left] for left in sorted(pool.ready))
    finally:
        pool.end_all()
