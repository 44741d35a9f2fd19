"""A vote that is to be written, and votes as columns of numbers: what the store gives out and scoring takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gifect.emotions import SEVENTEEN
from gifect.errors import VoteError

__all__ = ["CHOICES", "LEFT", "NEITHER", "RIGHT", "Ballot", "Vote", "Votes", "emotion_index"]

CHOICES: Final = ("left", "right", "neither")
LEFT, RIGHT, NEITHER = range(3)
UNKNOWN = -1  # voter or time that a file does not tell


def emotion_index(name: str) -> int:
    """Return the place of an emotion in ``SEVENTEEN``.

    Raises
    ------
    VoteError
        If there is no such emotion.
    """
    if name not in SEVENTEEN:
        raise VoteError(f"no emotion {name!r}: expected one of {', '.join(SEVENTEEN)}")
    return SEVENTEEN.index(name)


@dataclass(frozen=True)
class Vote:
    """One vote as it stands in the store; ``undone`` tells whether it was taken back."""

    id: int
    emotion: str
    left: str
    right: str
    choice: str
    voter: str | None
    time_ms: int | None
    undone: bool


@dataclass(frozen=True)
class Ballot:
    """A vote that is to be written; ``token`` is of the request that brings it, ``time_ms`` now if not given."""

    emotion: str
    left: str
    right: str
    choice: str
    voter: str
    token: str | None = None
    time_ms: int | None = None

    def check(self) -> None:
        """Raise VoteError if this cannot be a vote, whatever the store holds."""
        emotion_index(self.emotion)
        if self.choice not in CHOICES:
            raise VoteError(f"no choice {self.choice!r}: expected one of {', '.join(CHOICES)}")
        if self.left == self.right:
            raise VoteError(f"{self.left!r} is on both sides: expected two different GIFs")
        if not self.voter:
            raise VoteError("a vote without a voter: expected a name")


@dataclass(frozen=True)
class Votes:
    """N votes on pairs of G GIFs, in the order in which they were given.

    Attributes
    ----------
    gifs : names of the GIFs (G).
    emotion : int8 (N,), place in ``SEVENTEEN``.
    left, right : int32 (N,), places in ``gifs``.
    choice : int8 (N,), place in ``CHOICES``.
    voter : int32 (N,), place in ``voters``, -1 where unknown.
    time_ms : int64 (N,), milliseconds since 1970 in UTC, -1 where unknown.
    voters : names of the voters.
    """

    gifs: Sequence[str]
    emotion: NDArray[np.int8]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    choice: NDArray[np.int8]
    voter: NDArray[np.int32]
    time_ms: NDArray[np.int64]
    voters: Sequence[str] = field(default=())

    def __post_init__(self) -> None:
        columns = (self.emotion, self.left, self.right, self.choice, self.voter, self.time_ms)
        if any(column.shape != (len(self.left),) for column in columns):
            raise VoteError(f"expected columns of one length, found shapes {[c.shape for c in columns]}")

    def __len__(self) -> int:
        return len(self.left)

    @classmethod
    def from_columns(
        cls,
        gifs: Sequence[str],
        emotion: object,
        left: object,
        right: object,
        choice: object,
        voter: object = None,
        time_ms: object = None,
        voters: Sequence[str] = (),
    ) -> Votes:
        """Return votes from array-likes (N,); ``emotion`` may be one number for all."""
        first = np.asarray(left, np.int32)
        whole = np.full(len(first), UNKNOWN)
        return cls(
            gifs,
            np.broadcast_to(np.asarray(emotion, np.int8), first.shape),
            first,
            np.asarray(right, np.int32),
            np.asarray(choice, np.int8),
            np.asarray(whole if voter is None else voter, np.int32),
            np.asarray(whole if time_ms is None else time_ms, np.int64),
            voters,
        )

    def where(self, chosen: NDArray[np.bool_]) -> Votes:
        """Return the votes for which ``chosen`` (N,) is true."""
        columns = ("emotion", "left", "right", "choice", "voter", "time_ms")
        return replace(self, **{name: getattr(self, name)[chosen] for name in columns})

    def of(self, emotion: str) -> Votes:
        """Return the votes on one emotion."""
        return self.where(self.emotion == emotion_index(emotion))

    def counts(self) -> NDArray[np.int64]:
        """Return how many votes each GIF took part in for each emotion, int (17, G)."""
        size = len(SEVENTEEN) * len(self.gifs)
        base = self.emotion.astype(np.int64) * len(self.gifs)
        total = np.bincount(base + self.left, minlength=size) + np.bincount(base + self.right, minlength=size)
        return total.reshape(len(SEVENTEEN), -1)
