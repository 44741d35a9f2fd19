"""From rows of the index to matches."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from gifect.library.engine import Engine, Index
from gifect.library.results import Entry, Match

__all__ = ["as_matches"]


def as_matches(
    engine: Engine,
    index: Index,
    rows: NDArray[np.int64],
    scores: NDArray[np.float32],
    reasons: Callable[[Entry], Sequence[str]],
) -> list[Match]:
    """Return the matches at ``rows``, their scores out of ``scores`` (N,)."""
    changes = index.changes[rows].tolist()
    score_of = dict(zip(changes, scores[rows].tolist(), strict=True))
    return [
        Match(
            source=entry.source,
            score=round(score_of[change], 4),
            emotion=entry.emotion,
            tags=list(entry.tags),
            reasons=list(reasons(entry)),
            id=entry.id,
            quadrant=entry.quadrant,
            medium=entry.medium,
            duration_ms=entry.duration_ms,
            captions=list(entry.captions),
        )
        for change, entry in engine.store.entries_at(changes)
    ]
