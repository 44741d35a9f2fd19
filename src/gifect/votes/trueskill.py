"""TrueSkill-style Bayesian rating of two sides with draws, vote by vote and for millions of votes at once.

A rating is a normal belief N(mu, sigma^2) about how strongly a GIF shows an emotion. A vote multiplies the beliefs of
both sides with the likelihood of its outcome and keeps mean and variance of the product.

References
----------
Herbrich, R., Minka, T., Graepel, T. (2006). TrueSkill: a Bayesian skill rating system. NeurIPS 19.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtri

from gifect.emotions import SEVENTEEN
from gifect.errors import VoteError
from gifect.votes.ballots import LEFT, NEITHER, RIGHT, Votes

__all__ = ["Model", "Rating", "Ratings", "rate_pair", "rate_votes"]

SMALL_WAVE = 24  # votes up to which a wave is faster one by one than as arrays
FAR = -30.0  # deviations below which the normal distribution's tail is taken by its limit
ROOT_2PI = math.sqrt(2 * math.pi)
LOG_ROOT_2PI = math.log(ROOT_2PI)

Places = NDArray[np.int64]


@dataclass(frozen=True)
class Model:
    """The numbers of the method.

    Parameters
    ----------
    mu, sigma : belief about a GIF without votes.
    beta : deviation of how strong a GIF looks in one vote.
    tau : deviation that is added to a belief before each vote, so that it never freezes.
    draw_probability : in [0, 1), of a draw between equals.

    Raises
    ------
    VoteError
        If a number lies outside of its range.
    """

    mu: float = 25.0
    sigma: float = 25 / 3
    beta: float = 25 / 6
    tau: float = 25 / 300
    draw_probability: float = 0.10

    def __post_init__(self) -> None:
        if not (self.sigma > 0 and self.beta > 0 and self.tau >= 0 and 0 <= self.draw_probability < 1):
            raise VoteError(
                f"expected sigma and beta above 0, tau from 0 and a draw probability in [0, 1), found {self}"
            )

    @property
    def margin(self) -> float:
        """Difference of looks below which a vote is a draw."""
        return float(ndtri((self.draw_probability + 1) / 2)) * math.sqrt(2) * self.beta


DEFAULT = Model()


@dataclass(frozen=True)
class Rating:
    """Belief about one GIF and emotion."""

    mu: float
    sigma: float

    @property
    def score(self) -> float:
        """The value that the GIF passes with a probability of about .999: mu - 3 sigma."""
        return self.mu - 3 * self.sigma


@dataclass(frozen=True)
class Ratings:
    """Beliefs about all GIFs: ``mu`` and ``sigma`` are float64 (17, G)."""

    mu: NDArray[np.float64]
    sigma: NDArray[np.float64]

    @property
    def score(self) -> NDArray[np.float64]:
        """Conservative scores mu - 3 sigma, (17, G)."""
        return self.mu - 3 * self.sigma


def rate_pair(left: Rating, right: Rating, choice: int, model: Model = DEFAULT) -> tuple[Rating, Rating]:
    """Return both ratings after one vote; ``choice`` is LEFT, RIGHT or NEITHER, which counts as a draw.

    Raises
    ------
    VoteError
        If it is a draw and the model holds draws to be impossible.
    """
    if choice not in (LEFT, RIGHT, NEITHER):
        raise VoteError(f"no choice {choice!r}: expected 0 (left), 1 (right) or 2 (neither)")
    if choice == RIGHT:
        second, first = rate_pair(right, left, LEFT, model)
        return first, second
    drawn = choice == NEITHER
    margin = _margin(model, drawn)
    mus, variances = _update(
        left.mu, right.mu, left.sigma**2 + model.tau**2, right.sigma**2 + model.tau**2, drawn, margin, model.beta
    )
    return Rating(mus[0], math.sqrt(variances[0])), Rating(mus[1], math.sqrt(variances[1]))


def _margin(model: Model, drawn: bool) -> float:
    if drawn and model.draw_probability == 0:
        raise VoteError("a draw, but the draw probability is 0: set one above 0, or leave votes for neither out")
    return model.margin


def _update(
    mu0: float, mu1: float, var0: float, var1: float, drawn: bool, margin: float, beta: float
) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return means and variances after the first side won, or after a draw."""
    square = 2 * beta * beta + var0 + var1
    spread = math.sqrt(square)
    v, w = (_drawn if drawn else _won)((mu0 - mu1) / spread, margin / spread)
    return (
        (mu0 + var0 / spread * v, mu1 - var1 / spread * v),
        (var0 * max(1 - var0 / square * w, 1e-12), var1 * max(1 - var1 / square * w, 1e-12)),
    )


def _density(x: float) -> float:
    return math.exp(-x * x / 2) / ROOT_2PI


def _below(x: float) -> float:
    return math.erfc(-x / math.sqrt(2)) / 2


def _won(t: float, e: float) -> tuple[float, float]:
    """Return the mean's and the variance's correction for a win with difference ``t`` and margin ``e``."""
    x = t - e
    if x < FAR:
        return -x, 1.0
    v = _density(x) / _below(x)
    return v, v * (v + x)


def _drawn(t: float, e: float) -> tuple[float, float]:
    """Return the same corrections for a draw."""
    a, b = e - abs(t), -e - abs(t)
    if a < FAR:
        return math.copysign(a, -t), 1.0
    inside = _below(a) - _below(b)
    v = (_density(b) - _density(a)) / inside
    w = v * v + (a * _density(a) - b * _density(b)) / inside
    return math.copysign(v, -t), w


def rate_votes(votes: Votes, model: Model = DEFAULT, *, draws: bool = False) -> Ratings:
    """Rate all GIFs for all emotions, as if the votes were taken one by one.

    Votes that share no GIF do not touch each other, so each wave of such votes is taken as one array: the result is
    that of the order given.

    Parameters
    ----------
    votes : the votes, oldest first.
    model : the numbers of the method.
    draws : whether votes for neither count as draws; else they are left out.
    """
    if not draws:
        votes = votes.where(votes.choice != NEITHER)
    elif (votes.choice == NEITHER).any():
        _margin(model, True)
    count = len(votes.gifs)
    base = votes.emotion.astype(np.int64) * count
    swap = votes.choice == RIGHT
    first = base + np.where(swap, votes.right, votes.left)
    second = base + np.where(swap, votes.left, votes.right)
    size = len(SEVENTEEN) * count
    beliefs = _Beliefs(np.full(size, model.mu), np.full(size, model.sigma**2), model)
    drawn = votes.choice == NEITHER
    order, bounds = _waves(first, second, size)
    for start, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        chosen = order[start:end]
        rate = beliefs.rate_singly if end - start <= SMALL_WAVE else beliefs.rate_together
        rate(first[chosen], second[chosen], drawn[chosen])
    shape = len(SEVENTEEN), count
    return Ratings(beliefs.mu.reshape(shape), np.sqrt(beliefs.variance).reshape(shape))


def _waves(
    first: NDArray[np.int64], second: NDArray[np.int64], count: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the votes sorted by wave, and where each wave begins; a vote's wave comes after all earlier votes' on
    one of its two sides."""
    free = [0] * count
    waves = []
    for a, b in zip(first.tolist(), second.tolist(), strict=True):
        wave = free[a] if free[a] > free[b] else free[b]
        waves.append(wave)
        free[a] = free[b] = wave + 1
    place = np.array(waves, np.int64)
    return np.argsort(place, kind="stable"), np.concatenate([[0], np.cumsum(np.bincount(place))]).astype(np.int64)


@dataclass(frozen=True)
class _Beliefs:
    """Means and variances of all GIFs for all emotions in one row each, changed by waves of votes that share none."""

    mu: NDArray[np.float64]
    variance: NDArray[np.float64]
    model: Model

    def rate_singly(self, first: Places, second: Places, drawn: NDArray[np.bool_]) -> None:
        """Take votes one by one, which is faster for a few."""
        mu, variance, drift, margin = self.mu, self.variance, self.model.tau**2, self.model.margin
        for a, b, draw in zip(first.tolist(), second.tolist(), drawn.tolist(), strict=True):
            var0, var1 = float(variance[a]) + drift, float(variance[b]) + drift
            means, variances = _update(float(mu[a]), float(mu[b]), var0, var1, draw, margin, self.model.beta)
            mu[a], mu[b] = means
            variance[a], variance[b] = variances

    def rate_together(self, first: Places, second: Places, drawn: NDArray[np.bool_]) -> None:
        """Take votes as arrays."""
        mu, variance, model = self.mu, self.variance, self.model
        var0, var1 = variance[first] + model.tau**2, variance[second] + model.tau**2
        square = 2 * model.beta**2 + var0 + var1
        spread = np.sqrt(square)
        t, e = (mu[first] - mu[second]) / spread, model.margin / spread
        v, w = _won_array(t - e)
        if drawn.any():
            v[drawn], w[drawn] = _drawn_array(t[drawn], e[drawn])
        mu[first] += var0 / spread * v
        mu[second] -= var1 / spread * v
        variance[first] = var0 * np.maximum(1 - var0 / square * w, 1e-12)
        variance[second] = var1 * np.maximum(1 - var1 / square * w, 1e-12)


def _won_array(x: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    v = np.where(x < FAR, -x, np.exp(-x * x / 2 - LOG_ROOT_2PI - log_ndtr(x)))
    return v, np.where(x < FAR, 1.0, v * (v + x))


def _drawn_array(t: NDArray[np.float64], e: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    near, far = e - np.abs(t), np.maximum(-e - np.abs(t), FAR - 8)
    a = np.maximum(near, FAR)
    inside = np.exp(log_ndtr(a)) - np.exp(log_ndtr(far))
    at, beyond = (np.exp(-x * x / 2) / ROOT_2PI for x in (a, far))
    v = (beyond - at) / inside
    w = v * v + (a * at - far * beyond) / inside
    outside = near < FAR
    v, w = np.where(outside, near, v), np.where(outside, 1.0, w)
    return np.sign(t) * v, w
