"""The index of a library in memory: numbers and words of all entries, filters, scores and the best of them.

Every search looks at every entry: the feelings of a million clips are 96 MB, read in some ten milliseconds, and the
ranking is exact. Words lie in lists of the entries that have them.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gifect.emotions import QUADRANTS, SEVEN, SEVENTEEN
from gifect.library.files import whole_path
from gifect.library.results import MEDIA, Entry, Filters
from gifect.library.store import Store
from gifect.library.usual import USUAL
from gifect.library.words import WORD

__all__ = ["NUMBERS", "Engine", "Index"]

NUMBERS = (*(f"is {name}" for name in SEVEN), *SEVENTEEN)
"""Columns of the numbers of an entry: scores of the seven classes, then the seventeen intensities."""

COMPACT = 0.3  # share of dead rows from which the index is built anew

Floats = NDArray[np.float32]


@dataclass
class Index:
    """N entries.

    Attributes
    ----------
    changes : int64 (N,), numbers of the entries' changes, ascending.
    numbers : float32 (N, 24), ``NUMBERS``.
    words : of ``WORD``, all entries' words one after another; owners : int32, the row of each.
    emotion, quadrant, medium : int8 (N,), place in its vocabulary, -1 where unknown.
    duration_ms : int32 (N,); has_caption, repeats, alive : bool (N,).
    """

    changes: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    numbers: Floats = field(default_factory=lambda: np.zeros((0, len(NUMBERS)), np.float32))
    words: NDArray[Any] = field(default_factory=lambda: np.zeros(0, WORD))
    owners: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    emotion: NDArray[np.int8] = field(default_factory=lambda: np.zeros(0, np.int8))
    quadrant: NDArray[np.int8] = field(default_factory=lambda: np.zeros(0, np.int8))
    medium: NDArray[np.int8] = field(default_factory=lambda: np.zeros(0, np.int8))
    duration_ms: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    has_caption: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    repeats: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    alive: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))

    def __post_init__(self) -> None:
        order = np.argsort(self.words["key"], kind="stable")
        self._rows, self._weights = self.owners[order], self.words["weight"][order]
        self._keys, starts = np.unique(self.words["key"][order], return_index=True)
        self._ends = np.append(starts, len(order))

    def __len__(self) -> int:
        return len(self.changes)

    @cached_property
    def squares(self) -> Floats:
        """Squared lengths (N,) of the numbers, in deviations from the usual."""
        return USUAL.squares(self.numbers)

    def with_rows(self, rows: Sequence[tuple[Any, ...]], gone: Sequence[int]) -> Index:
        """Return the index with ``INDEXED`` rows of the store at its end and the changes ``gone`` dead."""
        alive = np.concatenate([self.alive, np.ones(len(rows), bool)])
        alive[: len(self)][np.isin(self.changes, gone)] = False
        if not rows:
            return Index(**{**vars_of(self), "alive": alive})
        changes, numbers, words, emotion, quadrant, medium, duration, caption, repeats = zip(*rows, strict=True)
        counts = np.array([len(own) // WORD.itemsize for own in words])
        new: dict[str, NDArray[Any]] = {
            "changes": np.array(changes, np.int64),
            "numbers": np.frombuffer(b"".join(numbers), np.float32).reshape(-1, len(NUMBERS)),
            "words": np.frombuffer(b"".join(words), WORD),
            "owners": np.repeat(np.arange(len(self), len(self) + len(rows), dtype=np.int32), counts),
            "emotion": _places(emotion, SEVEN),
            "quadrant": _places(quadrant, QUADRANTS),
            "medium": _places(medium, MEDIA),
            "duration_ms": np.minimum(np.array(duration, np.int64), 2**31 - 1).astype(np.int32),
            "has_caption": np.array(caption, bool),
            "repeats": np.array(repeats, bool),
        }
        old = vars_of(self)
        return Index(**{name: np.concatenate([old[name], added]) for name, added in new.items()}, alive=alive)

    def postings(self, key: int) -> tuple[NDArray[np.int32], Floats]:
        """Return the rows that have a word, and how far it stands for each, in (0, 1]."""
        k = int(np.searchsorted(self._keys, key))
        if k == len(self._keys) or self._keys[k] != key:
            return np.zeros(0, np.int32), np.zeros(0, np.float32)
        own = slice(self._ends[k], self._ends[k + 1])
        return self._rows[own], self._weights[own] * np.float32(1 / 255)

    def word_scores(self, weights: Mapping[int, float]) -> Floats:
        """Return for each row the weighted sum of the words with these keys, (N,)."""
        scores = np.zeros(len(self), np.float32)
        for key, weight in weights.items():
            rows, far = self.postings(key)
            scores[rows] += np.float32(weight) * far  # a row has a word once
        return scores

    def share(self, key: int) -> float:
        """Return how far a word stands for the entries on average, 0 to 1."""
        return float(self.postings(key)[1].sum() / max(len(self), 1))

    def rarity(self, key: int) -> float:
        """Return how much a word tells: the logarithm of entries to those that have it, 0 for one that none has."""
        count = len(self.postings(key)[0])
        return float(np.log(1 + len(self) / count)) if count else 0.0


def vars_of(index: Index) -> dict[str, Any]:
    """Return the columns of an index by name."""
    return {name: getattr(index, name) for name in Index.__dataclass_fields__}


def _places(names: Sequence[str | None], vocabulary: Sequence[str]) -> NDArray[np.int8]:
    place: dict[str | None, int] = {name: k for k, name in enumerate(vocabulary)}
    return np.array([place.get(name, -1) for name in names], np.int8)


class Engine:
    """The index of a store, kept in step with it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._index, self._change = Index(), 0
        self._lock = threading.Lock()

    def index(self) -> Index:
        """Return the index as the store is now."""
        with self._lock:
            last, gone, rows = self.store.news(self._change)
            if last != self._change:
                index = self._index.with_rows(rows, gone)
                dead = int((~index.alive).sum())
                if dead > COMPACT * len(index):
                    last, _, rows = self.store.news(0)
                    index = Index().with_rows(rows, [])
                self._index, self._change = index, last
            return self._index

    def mask(self, index: Index, filters: Filters) -> NDArray[np.bool_]:
        """Return which rows (N,) pass the filters."""
        kept = index.alive.copy()
        if not filters.duplicates:
            kept &= ~index.repeats
        for name, vocabulary in (("emotion", SEVEN), ("quadrant", QUADRANTS), ("medium", MEDIA)):
            wanted = getattr(filters, name)
            if wanted is not None:
                kept &= getattr(index, name) == vocabulary.index(wanted)
        if filters.min_ms is not None:
            kept &= index.duration_ms >= filters.min_ms
        if filters.max_ms is not None:
            kept &= index.duration_ms <= filters.max_ms
        if filters.has_caption is not None:
            kept &= index.has_caption == filters.has_caption
        if filters.folder is not None:
            folder = filters.folder if "://" in filters.folder else whole_path(filters.folder)
            kept &= np.isin(index.changes, self.store.changes_below(folder))
        return kept

    def best(self, index: Index, scores: Floats, kept: NDArray[np.bool_], top: int | None) -> NDArray[np.int64]:
        """Return the rows with the highest scores of those kept, best first; equal ones in the order of adding."""
        rows = np.flatnonzero(kept)
        own = scores[rows]
        if top is not None and top < len(rows):
            least = np.partition(own, len(own) - top)[len(own) - top]
            above, equal = np.flatnonzero(own > least), np.flatnonzero(own == least)
            chosen = np.sort(np.concatenate([above, equal[: top - len(above)]]))
            rows, own = rows[chosen], own[chosen]
        return np.asarray(rows[np.argsort(-own, kind="stable")], np.int64)

    def entries(self, filters: Filters, start: int, count: int | None, newest_first: bool) -> Iterator[Entry]:
        """Yield entries; see ``Library.entries``."""
        index = self.index()
        rows = np.flatnonzero(self.mask(index, filters))
        rows = (rows[::-1] if newest_first else rows)[start:]
        changes = index.changes[rows if count is None else rows[:count]].tolist()
        return (entry for _, entry in self.store.entries_at(changes))

    def count(self, filters: Filters) -> int:
        """Return how many entries pass the filters."""
        return int(self.mask(self.index(), filters).sum())
