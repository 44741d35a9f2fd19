"""Work on many files in a few processes; one that dies costs only the file that it was at."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing import get_context
from typing import TypeVar

__all__ = ["DEAD", "spread"]

Task = TypeVar("Task")
Result = TypeVar("Result")

AHEAD = 3  # tasks a process that may wait
DEAD = "the process that read it died (out of memory?)"


def spread(
    work: Callable[[Task], Result], tasks: Iterable[Task], jobs: int
) -> Iterator[tuple[Task, Result | BrokenProcessPool]]:
    """Yield each task with what ``work`` makes of it, as they are ready; tasks are taken as they are needed.

    With one job the work is done in this process. A task at which a process dies twice comes with the error.
    """
    if jobs <= 1:
        yield from ((task, work(task)) for task in tasks)
        return
    waiting = iter(tasks)
    again: list[Task] = []
    while some := list(islice(waiting, 1)):
        with _pool(jobs) as pool:
            running: dict[Future[Result], Task] = {pool.submit(work, some[0]): some[0]}
            try:
                while running:
                    while len(running) < jobs * AHEAD and (more := list(islice(waiting, 1))):
                        running[pool.submit(work, more[0])] = more[0]
                    done, _ = wait(running, return_when=FIRST_COMPLETED)
                    for future in done:
                        result = future.result()
                        yield running.pop(future), result
            except BrokenProcessPool:
                again = list(running.values())
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
        for task in again:
            with _pool(1) as pool:
                try:
                    yield task, pool.submit(work, task).result()
                except BrokenProcessPool as error:
                    yield task, error
        again = []


def _pool(jobs: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_begin, initargs=(os.getpid(),))


def _begin(parent: int) -> None:
    """Let Ctrl-C go to the parent alone, and end with it, even if it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
