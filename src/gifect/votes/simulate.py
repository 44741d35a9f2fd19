"""Simulated voters of known strengths: how many votes a study needs, and whether its scores can be believed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gifect.votes.ballots import NEITHER, Votes

__all__ = ["draw_choices", "simulate_votes"]

Floats = NDArray[np.float64]


def draw_choices(difference: Floats, random: np.random.Generator, careless: float = 0.0) -> NDArray[np.int8]:
    """Return choices (N,) of voters who see the strength of the left GIF less that of the right one, in log-odds;
    a share ``careless`` of the choices is made by coin."""
    chance = np.where(random.random(len(difference)) < careless, 0.5, 1 / (1 + np.exp(-difference)))
    return (random.random(len(difference)) >= chance).astype(np.int8)


def simulate_votes(
    strengths: Floats,
    counts: Sequence[int],
    random: np.random.Generator,
    *,
    careless: float = 0.0,
    neither: float = 0.0,
    voters: int = 100,
) -> Votes:
    """Return votes on random pairs.

    Parameters
    ----------
    strengths : float (17, G), in log-odds.
    counts : number of votes for each emotion (17).
    random : source of random numbers.
    careless : share of the voters who choose by coin.
    neither : share of votes for neither.
    voters : number of voters, who take turns at random.
    """
    size = strengths.shape[1]
    emotion = random.permutation(np.repeat(np.arange(len(counts)), counts))
    left = random.integers(size, size=len(emotion))
    right = (left + random.integers(1, size, size=len(emotion))) % size
    voter = random.integers(voters, size=len(emotion))
    difference = np.where(voter < careless * voters, 0.0, strengths[emotion, left] - strengths[emotion, right])
    choice = draw_choices(difference, random)
    choice[random.random(len(emotion)) < neither] = NEITHER
    return Votes.from_columns(
        [f"gif-{g:05d}" for g in range(size)],
        *(emotion, left, right, choice, voter),
        np.arange(len(emotion)) * 700,
        [f"voter-{k:03d}" for k in range(voters)],
    )
