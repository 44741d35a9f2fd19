"""Which pair to ask about next: the one whose answer is expected to settle most, with variety and balance.

Up to some hundreds of GIFs, what is believed about them is the posterior of the Bradley-Terry scores with its full
covariance (two GIFs that were each compared with the same third are known better against each other), under a prior as
wide as the votes tell; the pair is the one that settles most of the order. Beyond, it is the Bayesian ratings, kept
vote by vote, and the pair is the one of which a vote tells most.
"""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gifect.emotions import SEVENTEEN
from gifect.errors import VoteError
from gifect.votes.ballots import LEFT, NEITHER, RIGHT, UNKNOWN, Votes, emotion_index
from gifect.votes.bradley_terry import posterior
from gifect.votes.design import PROBIT, expected_information, order_gain
from gifect.votes.trueskill import DEFAULT, Model, Rating, rate_pair, rate_votes

__all__ = ["Chooser", "Question"]

CANDIDATES = 400  # pairs that are weighed for one question
EXACT_UNTIL = 400  # GIFs up to which all pairs are weighed, by the full posterior
REFITS = 50  # of the posterior while as many votes as there are GIFs come in
PRIOR_VARIANCE = 2.4**2  # of the scores in log-odds, at first; as far apart as the ratings' prior holds GIFs to be
NARROWEST, WIDEST = 0.3, 9.0  # variances that votes can tell
LOGISTIC_BETA = PROBIT / math.sqrt(2)
FIRST_STEPS = 5  # towards the variance of the prior when nothing is known of it
REST = 3  # questions of a voter during which a GIF is not shown again, if there are others

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Question:
    """Which of two GIFs better expresses an emotion? ``information`` is in bits, expected of a decided answer."""

    emotion: str
    left: str
    right: str
    information: float


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
        worth, information, stale = self._weigh(k, pairs)
        tired = np.isin(pairs, [*self.shown[voter], *stale]).any(1)
        best = int(np.argmax(worth - (1 + worth.max()) * tired))
        sides = self.random.permutation(pairs[best])
        return Question(name, self.gifs[sides[0]], self.gifs[sides[1]], float(information[best]))

    def _weigh(self, k: int, pairs: Ints) -> tuple[Floats, Floats, list[int]]:
        """Return the worth of pairs (P, 2), their expected information, and the GIFs about which the belief is behind
        the votes."""
        left, right = pairs.T
        if not self.exact:
            mean, variance = self.mu[k, left] - self.mu[k, right], self.variance[k, left] + self.variance[k, right]
            information = expected_information(mean, variance, self.model.beta)
            return information, information, []
        votes, belief = self.votes[k], self.beliefs.get(k)
        if belief is None or len(votes) >= belief.votes + max(1, len(self.gifs) // REFITS):
            belief = self.beliefs[k] = _Belief.after(votes, self.gifs, belief)
        mean, covariance = belief.mean, belief.covariance
        own = np.diag(covariance)
        variance = own[left] + own[right] - 2 * covariance[left, right]
        information = expected_information(mean[left] - mean[right], variance, LOGISTIC_BETA)
        stale = [gif for vote in votes[belief.votes :] for gif in vote[:2]]
        return belief.gain[left, right], information, stale

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
    """Mean (G,) and covariance (G, G) of the scores of one emotion in log-odds after a number of votes, the variance of
    the prior, and what a vote on each pair (G, G) is worth."""

    votes: int
    mean: Floats
    covariance: Floats
    prior: float
    gain: Floats

    @classmethod
    def after(cls, votes: list[tuple[int, int, int]], gifs: Sequence[str], last: _Belief | None) -> _Belief:
        left, right, choice = np.array(votes, np.int64).reshape(-1, 3).T
        known = Votes.from_columns(gifs, 0, left, right, choice)
        mean, prior = (last.mean, last.prior) if last else (np.zeros(len(gifs)), PRIOR_VARIANCE)
        for _ in range(1 if last else FIRST_STEPS):
            mean, covariance = posterior(known, prior, mean)
            # a step of expectation maximisation
            prior = float(np.clip((mean**2 + np.diag(covariance)).mean(), NARROWEST, WIDEST))
        return cls(len(votes), mean, covariance, prior, order_gain(mean, covariance))
