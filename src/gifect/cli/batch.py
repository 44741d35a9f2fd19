"""Many clips in a few processes, and what Ctrl-C does to them."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from types import TracebackType

from gifect.cli.sources import Source
from gifect.cli.work import Asked, Outcome, attempt
from gifect.workers import work_through

__all__ = ["Interruption", "read_all"]


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


def _died(source: Source, why: str) -> Outcome:
    return Outcome(source, error=f"{source.name}: {why}")


def read_all(sources: Sequence[Source], asked: Asked, jobs: int, interruption: Interruption) -> Iterator[Outcome]:
    """Read clips in ``jobs`` processes; yield the outcomes in the order of the sources.

    After an interruption what is ready is still yielded, and then no more.
    """
    return work_through(sources, partial(attempt, asked=asked), _died, jobs, stopped=lambda: interruption.asked)
