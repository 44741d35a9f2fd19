"""How far voters can be believed: with themselves, with the scores, with each other, and how they go about it.

References
----------
Krippendorff, K. (2011). Computing Krippendorff's alpha-reliability. University of Pennsylvania.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gifect.emotions import SEVENTEEN
from gifect.votes.ballots import LEFT, NEITHER, RIGHT, UNKNOWN, Votes
from gifect.votes.bradley_terry import BradleyTerry

__all__ = ["VoterReport", "judge_voters", "pair_agreement"]

FAST = 40  # votes within a minute from which nobody looks
LEAST_VOTES = 20  # from which a voter's habits are judged
LEAST_REPEATS = 10
DOUBT = 4.0  # deviations from what is expected
CONSISTENT = 0.6  # share of equal answers to repeated questions; a coin gives .5
ALWAYS = 0.95
MINUTE_MS = 60_000

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class VoterReport:
    """What is known of one voter.

    Attributes
    ----------
    voter : the name.
    votes : how many.
    repeats, consistency : answers to a pair and emotion answered before, and the share that is the same; NaN if none.
    agreement, expected : share of decided votes for the GIF with the higher score, and what a voter who follows the
        model would have; NaN without scores.
    left_share : of the decided votes; NaN if none.
    peak : most votes within a minute; 0 where times are unknown.
    flags : any of fast, one-sided, neither, disagrees, inconsistent.
    """

    voter: str
    votes: int
    repeats: int
    consistency: float
    agreement: float
    expected: float
    left_share: float
    peak: int
    flags: tuple[str, ...]


def judge_voters(votes: Votes, fits: Mapping[str, BradleyTerry]) -> list[VoterReport]:
    """Return a report on each voter who is known, most votes first.

    ``fits`` holds the scores of the emotions for which agreement is wanted.
    """
    order = np.argsort(votes.voter, kind="stable")
    order = order[votes.voter[order] != UNKNOWN]
    chance = _chances(votes, fits)
    same = _repeats(votes)
    starts = np.flatnonzero(np.diff(votes.voter[order], prepend=UNKNOWN))
    groups = np.split(order, starts[1:]) if len(order) else []
    reports = [_judge(votes, group, chance[group], same[group]) for group in groups]
    return sorted(reports, key=lambda report: (-report.votes, report.voter))


def _chances(votes: Votes, fits: Mapping[str, BradleyTerry]) -> Floats:
    """Return the probability (N,) that the left GIF is chosen, NaN where there is no score."""
    chance = np.full(len(votes), np.nan)
    for name, fit in fits.items():
        of = votes.emotion == SEVENTEEN.index(name)
        chance[of] = 1 / (1 + np.exp(fit.scores[votes.right[of]] - fit.scores[votes.left[of]]))
    return chance


def _outcomes(votes: Votes) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return for each vote (N,) a number of its emotion and pair, whichever side, and the choice as if the sides were
    sorted."""
    size = len(votes.gifs)
    low, high = np.minimum(votes.left, votes.right), np.maximum(votes.left, votes.right)
    question = (votes.emotion.astype(np.int64) * size + low) * size + high
    turned = (votes.left != low) & (votes.choice != NEITHER)
    return question, np.where(turned, RIGHT - votes.choice, votes.choice).astype(np.int64)


def _repeats(votes: Votes) -> Floats:
    """Return for each vote (N,) whether it is as the same voter's last one on this question, NaN if it is the first."""
    question, outcome = _outcomes(votes)
    order = np.lexsort((np.arange(len(votes)), question, votes.voter))
    again = (np.diff(question[order], prepend=-1) == 0) & (np.diff(votes.voter[order], prepend=UNKNOWN - 1) == 0)
    same = np.full(len(votes), np.nan)
    same[order[again]] = np.diff(outcome[order], prepend=-1)[again] == 0
    return same


def _judge(votes: Votes, group: NDArray[np.int64], chance: Floats, same: Floats) -> VoterReport:
    choice, count = votes.choice[group], len(group)
    left, decided = choice == LEFT, choice != NEITHER
    known = decided & np.isfinite(chance)
    p = chance[known]
    followed = ((p > 0.5) == left[known]) & (p != 0.5)
    agreement = float(followed.mean()) if known.any() else np.nan
    expected = float(np.maximum(p, 1 - p).mean()) if known.any() else np.nan
    repeats = int(np.isfinite(same).sum())
    consistency = float(np.nanmean(same)) if repeats else np.nan
    left_share = float(left[decided].mean()) if decided.any() else np.nan
    peak = _peak(votes.time_ms[group])
    doubts = {
        "fast": peak > FAST,
        "one-sided": decided.sum() >= LEAST_VOTES and abs(left_share - 0.5) * 2 * np.sqrt(decided.sum()) > DOUBT,
        "neither": count >= LEAST_VOTES and 1 - decided.mean() > ALWAYS,
        "disagrees": known.sum() >= LEAST_VOTES
        and (expected - agreement) * known.sum() > DOUBT * np.sqrt((p * (1 - p)).sum()),
        "inconsistent": repeats >= LEAST_REPEATS and consistency <= CONSISTENT,
    }
    flags = tuple(name for name, holds in doubts.items() if holds)
    name = votes.voters[votes.voter[group[0]]]
    return VoterReport(name, count, repeats, consistency, agreement, expected, left_share, peak, flags)


def _peak(time_ms: NDArray[np.int64]) -> int:
    times = np.sort(time_ms[time_ms != UNKNOWN])
    if not len(times):
        return 0
    return int((np.searchsorted(times, times + MINUTE_MS) - np.arange(len(times))).max())


def pair_agreement(votes: Votes) -> float:
    """Return Krippendorff's nominal alpha of different votes on the same pair and emotion; NaN if no pair has two.

    1 is perfect, 0 is chance.
    """
    question, outcome = _outcomes(votes)
    _, place = np.unique(question, return_inverse=True)
    table = np.zeros((int(place.max()) + 1 if len(place) else 0, 3))
    np.add.at(table, (place, outcome), 1)
    table = table[table.sum(1) >= 2]
    size, total = table.sum(1), table.sum()
    if not total:
        return float("nan")
    observed = ((table * (size[:, None] - table)).sum(1) / (size - 1)).sum() / total
    sums = table.sum(0)
    chance = (sums * (total - sums)).sum() / (total * (total - 1))
    return float(1 - observed / chance) if chance else 1.0
