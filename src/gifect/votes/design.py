"""What a vote on a pair is worth: in bits, and for the order of the GIFs.

References
----------
Houlsby, N., Huszár, F., Ghahramani, Z., Lengyel, M. (2011). Bayesian active learning for classification and preference
learning. arXiv 1112.5745.
Chaloner, K., Verdinelli, I. (1995). Bayesian experimental design: a review. Statistical Science 10.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr, ndtr

__all__ = ["PROBIT", "expected_information", "order_gain"]

PROBIT = 1.702  # deviation of the normal curve that is closest to the logistic one
CURVE = math.sqrt(math.pi * math.log(2) / 2)  # width of the normal curve that follows a probit's entropy

Floats = NDArray[np.float64]


def expected_information(mean: Floats, variance: Floats, beta: float) -> Floats:
    """Return the expected information in bits of comparing two GIFs.

    It is the entropy of the outcome less the expected entropy once the strengths were known, in the closed
    approximation
    for a probit of a normal variable.

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


def order_gain(mean: Floats, covariance: Floats) -> Floats:
    """Return how much a vote on each pair (row, column) is expected to settle the order of the GIFs, (G, G).

    What is lost by uncertainty is the variance of each difference times the density with which it is 0: pairs that may
    well be the other way round. A vote on a pair lowers that sum along the belief's covariances, by the expected
    curvature of its likelihood. The unit means nothing; pairs can be compared.

    Parameters
    ----------
    mean, covariance : of the belief about the strengths in log-odds, (G,) and (G, G).
    """
    own = np.diag(covariance)
    variance = own[:, None] + own - 2 * covariance
    np.fill_diagonal(variance, 1.0)
    square = (mean[:, None] - mean) ** 2
    close = np.exp(-square / (2 * variance)) / np.sqrt(variance)
    np.fill_diagonal(close, 0.0)
    loss = covariance @ (np.diag(close.sum(1)) - close) @ covariance
    lowered = np.diag(loss)[:, None] + np.diag(loss) - 2 * loss
    spread = PROBIT**2 + variance
    curvature = PROBIT / 4 * np.exp(-square / (2 * spread)) / np.sqrt(spread)
    return np.asarray(curvature * lowered / (1 + curvature * variance))
