"""How often one caller may ask: a bucket that fills evenly and is emptied by requests."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

__all__ = ["RATES", "Rate", "RateLimiter"]

REMEMBERED = 20_000  # callers


@dataclass(frozen=True)
class Rate:
    """``burst`` requests at once, and ``a_minute`` more as time goes by."""

    burst: int
    a_minute: float


RATES: Final = {
    "look": Rate(240, 1200),
    "read": Rate(30, 60),
    "write": Rate(120, 240),
    "sign in": Rate(10, 10),
}
"""Kinds of requests: looking at what is there, having a clip read, writing, and trying a token."""


class RateLimiter:
    """Buckets of callers, kept in memory alone; the longest unseen are forgotten."""

    def __init__(self) -> None:
        self.buckets: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def wait_for(self, caller: str, kind: str, now: float | None = None) -> float:
        """Take one request of a caller, and return 0, or the seconds to wait if there is none left."""
        now = time.monotonic() if now is None else now
        rate = RATES[kind]
        left, then = self.buckets.pop((caller, kind), (float(rate.burst), now))
        left = min(rate.burst, left + (now - then) * rate.a_minute / 60)
        wait = 0.0 if left >= 1 else (1 - left) * 60 / rate.a_minute
        self.buckets[caller, kind] = (left if wait else left - 1, now)
        if len(self.buckets) > REMEMBERED:
            self.buckets.popitem(last=False)
        return wait
