"""Which pair to ask about next: the one whose answer is expected to tell most, with variety and balance.

Up to some hundreds of GIFs, what is believed about them is the posterior of the Bradley-Terry scores with its full
covariance: two GIFs that were each compared with the same third are known better against each other. Beyond, it is the
Bayesian ratings, kept vote by vote.

The expected information of a vote is the entropy of its outcome less the expected entropy once the strengths were
known, in the closed approximation for a probit of a normal variable.

References
----------
Houlsby, N., Huszár, F., Ghahramani, Z., Lengyel, M. (2011). Bayesian active learning for classification and preference
learning. arXiv 1112.5745.
"""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr, ndtr

from gifect.emotions import SEVENTEEN
from gifect.errors import VoteError
from gifect.votes.ballots import LEFT, NEITHER, RIGHT, UNKNOWN, Votes, emotion_index
from gifect.votes.bradley_terry import posterior
from gifect.votes.trueskill import DEFAULT, Model, Rating, rate_pair, rate_votes

__all__ = ["Chooser", "Question", "expected_information"]

CANDIDATES = 400  # pairs that are weighed for one question
EXACT_UNTIL = 400  # GIFs up to which all pairs are weighed, by the full posterior
REFITS = 50  # of the posterior while as many votes as there are GIFs come in
PRIOR_VARIANCE = 2.4**2  # of the scores in log-odds; as far apart as the ratings' prior holds the GIFs to be
LOGISTIC_BETA = 1.702 / math.sqrt(2)  # beta of the probit that is closest to the logistic curve
REST = 3  # questions of a voter during which a GIF is not shown again, if there are others
CURVE = math.sqrt(math.pi * math.log(2) / 2)  # width of the normal curve that follows a probit's entropy

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Question:
    """Which of two GIFs better expresses an emotion? ``information`` is in bits, expected of a decided answer."""

    emotion: str
    left: str
    right: str
    information: float


def expected_information(mean: Floats, variance: Floats, beta: float = DEFAULT.beta) -> Floats:
    """Return the expected information in bits of comparing two GIFs.

    Parameters
    ----------
    mean, variance : of the belief about the difference of their strengths, (P,).
    beta : deviation of how strong a GIF looks in one vote.
    """
    noise = math.sqrt(2) * beta
    m, s2 = mean / noise, variance / noise**2
    p = ndtr(m / np.sqrt(1 + s2))
    outcome = (entr(p) + entr(1 - p)) / math.log(2)
    known = CURVE / np.sqrt(s2 + CURVE**2) * np.exp(-(m**2) / (2 * (s2 + CURVE**2)))
    return np.asarray(np.maximum(outcome - known, 0))


class Chooser:
    """Keeps what is believed about each GIF and what each voter has seen, and asks the next question.

    Parameters
    ----------
    votes : all votes so far.
    model : the numbers of the rating.
    seed : of the random numbers that draw candidates and sides.
    """

    def __init__(self, votes: Votes, model: Model = DEFAULT, seed: int | None = None) -> None:
        self.gifs: Sequence[str] = votes.gifs
        self.model = model
        self.random = np.random.default_rng(seed)
        self.exact = len(votes.gifs) <= EXACT_UNTIL
        self.votes: list[list[tuple[int, int, int]]] = [[] for _ in SEVENTEEN]
        self.beliefs: dict[int, _Belief] = {}
        if not self.exact:
            ratings = rate_votes(votes, model)
            self.mu, self.variance = ratings.mu, ratings.sigma**2
        self.asked = np.bincount(votes.emotion, minlength=len(SEVENTEEN))
        self.answered: dict[str, Ints] = defaultdict(lambda: np.zeros(len(SEVENTEEN), np.int64))
        self.seen: dict[str, set[int]] = defaultdict(set)
        self.shown: dict[str, deque[int]] = defaultdict(lambda: deque(maxlen=2 * REST))
        columns = (votes.voter, votes.emotion, votes.left, votes.right, votes.choice)
        for voter, emotion, left, right, choice in zip(*(c.tolist() for c in columns), strict=True):
            if self.exact:
                self.votes[emotion].append((left, right, choice))
            if voter != UNKNOWN:
                self._remember(votes.voters[voter], emotion, left, right)

    def _remember(self, voter: str, emotion: int, left: int, right: int) -> None:
        self.answered[voter][emotion] += 1
        self.seen[voter].add(self._key(left, right))
        self.shown[voter].extend((left, right))

    def _key(self, left: int, right: int) -> int:
        return min(left, right) * len(self.gifs) + max(left, right)

    def take(self, voter: str, emotion: str, left: int, right: int, choice: int) -> None:
        """Learn from one more vote on the GIFs at two places of ``gifs``."""
        if choice not in (LEFT, RIGHT, NEITHER):
            raise VoteError(f"no choice {choice!r}: expected 0 (left), 1 (right) or 2 (neither)")
        k = emotion_index(emotion)
        self.asked[k] += 1
        self._remember(voter, k, left, right)
        if self.exact:
            self.votes[k].append((left, right, choice))
        elif choice != NEITHER:
            first, second = (Rating(self.mu[k, g], math.sqrt(self.variance[k, g])) for g in (left, right))
            for g, after in zip((left, right), rate_pair(first, second, choice, self.model), strict=True):
                self.mu[k, g], self.variance[k, g] = after.mu, after.sigma**2

    def skip(self, voter: str, left: str, right: str) -> None:
        """Ask a voter no more about two GIFs, by name; names that are not known are let pass."""
        places = [self.gifs.index(gif) for gif in (left, right) if gif in self.gifs]
        if len(places) == 2:
            self.seen[voter].add(self._key(*places))
            self.shown[voter].extend(places)

    def next_emotion(self, voter: str) -> str:
        """Return the emotion that the voter, and among equals everybody, was asked about least."""
        order = np.lexsort((self.random.random(len(SEVENTEEN)), self.asked, self.answered[voter]))
        return SEVENTEEN[int(order[0])]

    def next_question(self, voter: str, emotion: str | None = None) -> Question | None:
        """Return what to ask a voter next, on one emotion or on the one whose turn it is; None if the voter has seen
        every pair.

        Raises
        ------
        VoteError
            If there are fewer than two GIFs, or no such emotion.
        """
        if len(self.gifs) < 2:
            raise VoteError(f"found {len(self.gifs)} GIFs: expected two or more to compare")
        name = emotion or self.next_emotion(voter)
        k = emotion_index(name)
        pairs = self._unseen(voter)
        if not len(pairs):
            return None
        information, stale = self._information(k, pairs)
        tired = np.isin(pairs, [*self.shown[voter], *stale]).any(1)
        best = int(np.argmax(information - 10.0 * tired))
        sides = self.random.permutation(pairs[best])
        return Question(name, self.gifs[sides[0]], self.gifs[sides[1]], float(information[best]))

    def _information(self, k: int, pairs: Ints) -> tuple[Floats, list[int]]:
        """Return the expected information of pairs (P, 2), and the GIFs about which the belief is behind the votes."""
        left, right = pairs.T
        if not self.exact:
            mean, variance = self.mu[k, left] - self.mu[k, right], self.variance[k, left] + self.variance[k, right]
            return expected_information(mean, variance, self.model.beta), []
        votes, belief = self.votes[k], self.beliefs.get(k)
        if belief is None or len(votes) >= belief.votes + max(1, len(self.gifs) // REFITS):
            belief = self.beliefs[k] = _Belief.after(votes, self.gifs, belief)
        covariance = belief.covariance
        own = np.diag(covariance)
        variance = own[left] + own[right] - 2 * covariance[left, right]
        stale = [gif for vote in votes[belief.votes :] for gif in vote[:2]]
        return expected_information(belief.mean[left] - belief.mean[right], variance, LOGISTIC_BETA), stale

    def _unseen(self, voter: str) -> Ints:
        """Return candidate pairs (P, 2) that the voter has not seen, in random order."""
        if not self.exact:
            pairs = self._fresh(self._draw(), voter)
            if len(pairs):
                return pairs
        return self._fresh(self.random.permutation(np.stack(np.triu_indices(len(self.gifs), 1), 1)), voter)

    def _fresh(self, pairs: Ints, voter: str) -> Ints:
        keys = pairs.min(1) * len(self.gifs) + pairs.max(1)
        return np.asarray(pairs[~np.isin(keys, list(self.seen[voter]))])

    def _draw(self) -> Ints:
        left = self.random.integers(len(self.gifs), size=CANDIDATES)
        right = (left + self.random.integers(1, len(self.gifs), size=CANDIDATES)) % len(self.gifs)
        return np.asarray(np.stack([left, right], 1))


@dataclass(frozen=True)
class _Belief:
    """Mean (G,) and covariance (G, G) of the scores of one emotion in log-odds after a number of votes."""

    votes: int
    mean: Floats
    covariance: Floats

    @classmethod
    def after(cls, votes: list[tuple[int, int, int]], gifs: Sequence[str], last: _Belief | None) -> _Belief:
        left, right, choice = np.array(votes, np.int64).reshape(-1, 3).T
        known = Votes.from_columns(gifs, 0, left, right, choice)
        return cls(len(votes), *posterior(known, PRIOR_VARIANCE, last.mean if last else None))
