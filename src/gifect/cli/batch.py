"""Many clips: a few processes that each load the networks once, and a pipe to each.

Sources go to the workers, outcomes come back; clips stay where they are decoded, and no more outcomes wait than
``WINDOW``. With a pipe to each worker, a process that dies (killed for its memory, crashed in a decoder) takes nothing
with it but the clip that it was reading, which is known by name.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from types import TracebackType

from gifect.cli.sources import Source
from gifect.cli.work import Asked, Outcome, attempt

__all__ = ["Interruption", "read_all"]

WINDOW = 32  # outcomes that may be ahead of the one whose turn it is
RECYCLE_AFTER = 500  # clips a worker reads before a fresh one takes its place
POLL = 0.1  # seconds until Ctrl-C is looked for again


class Interruption:
    """Turns the first Ctrl-C into a request that a loop looks for between two clips; the second acts at once."""

    def __init__(self) -> None:
        self.asked = False
        self._before: Callable[..., object] | int | None = None

    def __enter__(self) -> Interruption:
        self._before = signal.signal(signal.SIGINT, self._ask)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        signal.signal(signal.SIGINT, self._before)

    def _ask(self, number: int, frame: object) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


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


def _work(connection: Connection, asked: Asked) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.dup2(2, 1)  # whatever a library prints, stdout is the parent's
    import cv2

    cv2.setNumThreads(1)
    with contextlib.suppress(EOFError, BrokenPipeError):  # the parent has gone
        while (source := connection.recv()) is not None:
            connection.send(attempt(source, asked))


@dataclass
class _Worker:
    process: BaseProcess
    connection: Connection
    turn: int | None = None  # of the source that it reads
    given: int = 0


@dataclass
class _Pool:
    """Hands sources out and takes outcomes in, by their turn."""

    sources: Sequence[Source]
    asked: Asked
    workers: list[_Worker] = field(default_factory=list)
    waiting: deque[int] = field(init=False)
    ready: dict[int, Outcome] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.waiting = deque(range(len(self.sources)))

    def start(self) -> _Worker:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs, self.asked), daemon=True)
        with _sigint_held():
            process.start()
        theirs.close()
        return _Worker(process, ours)

    def hand_out(self, next_turn: int) -> None:
        """Give every idle worker a source, a fresh worker where one has read enough."""
        for place, worker in enumerate(self.workers):
            if worker.turn is not None or not self.waiting or self.waiting[0] >= next_turn + WINDOW:
                continue
            if worker.given >= RECYCLE_AFTER or not worker.process.is_alive():
                self.end(worker)
                worker = self.workers[place] = self.start()
            worker.turn = self.waiting.popleft()
            worker.given += 1
            with contextlib.suppress(BrokenPipeError):  # it died: take_in sees the end of its pipe
                worker.connection.send(self.sources[worker.turn])

    def take_in(self) -> None:
        """Wait a moment for outcomes."""
        busy = {worker.connection: worker for worker in self.workers if worker.turn is not None}
        for connection in wait(list(busy), timeout=POLL):
            assert isinstance(connection, Connection)
            worker = busy[connection]
            assert worker.turn is not None
            try:
                self.ready[worker.turn] = connection.recv()
            except (EOFError, OSError):
                source = self.sources[worker.turn]
                worker.process.join()
                self.ready[worker.turn] = Outcome(source, error=f"{source.name}: {_of_death(worker.process.exitcode)}")
            worker.turn = None

    def end(self, worker: _Worker) -> None:
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


def read_all(sources: Sequence[Source], asked: Asked, jobs: int, interruption: Interruption) -> Iterator[Outcome]:
    """Read clips in ``jobs`` processes; yield the outcomes in the order of the sources.

    After an interruption what is ready is still yielded, and then no more.
    """
    pool = _Pool(sources, asked)
    try:
        for _ in range(min(jobs, len(sources))):
            pool.workers.append(pool.start())
        turn = 0
        while turn < len(sources) and not interruption.asked:
            pool.hand_out(turn)
            pool.take_in()
            while turn in pool.ready:
                yield pool.ready.pop(turn)
                turn += 1
        yield from (pool.ready[left] for left in sorted(pool.ready))
    finally:
        pool.end_all()
