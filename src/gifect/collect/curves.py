"""How much labour a ranking saves: precision and recall, the area below, and how many GIFs are to be checked.

References
----------
Chen, W., Rudovic, O., Picard, R. W. (2017). GIFGIF+: collecting emotional animated GIFs with clustered multi-task
learning. ACII. Equation 9.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gifect.errors import CollectError

__all__ = ["RECALLS", "Curve", "curve_of", "mean_curve"]

RECALLS = np.linspace(0, 1, 101)
WANTED, POOL = 3_000, 50_000  # positive samples wanted of how many candidates, in the paper

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """Precision against recall of one emotion's ranking.

    Attributes
    ----------
    precision : (101,), at the recalls of ``RECALLS``; the best precision at that recall or a higher one.
    area : average precision, the area below the curve.
    """

    precision: Floats
    area: float

    def to_check(self, wanted: int = WANTED, pool: int = POOL) -> float:
        """Return the expected number of GIFs to check until ``wanted`` positives are found among ``pool``:
        ``wanted`` over the precision at a recall of ``wanted / pool``.

        Raises
        ------
        CollectError
            If more are wanted than there are.
        """
        if not 0 < wanted <= pool:
            raise CollectError(f"{wanted} GIFs wanted of {pool}: expected between 1 and {pool}")
        return wanted / float(np.interp(wanted / pool, RECALLS, self.precision))


def curve_of(positive: NDArray[np.bool_], scores: Floats) -> Curve | None:
    """Return the curve of a ranking of N GIFs by ``scores``, highest first; None if none is positive.

    GIFs of equal score count as if in random order, so that a constant ranking has the precision of no ranking.
    """
    if not positive.any():
        return None
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.diff(scores[order], append=-np.inf) != 0)
    hits, checked = np.cumsum(positive[order])[ends].astype(float), ends + 1.0
    precision, recall = hits / checked, hits / hits[-1]
    area = float((np.diff(recall, prepend=0) * precision).sum())
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return Curve(best[np.searchsorted(recall, RECALLS - 1e-12)], area)


def mean_curve(positive: NDArray[np.bool_], scores: Floats) -> Curve:
    """Return the mean curve of the tasks (N, t) that have positives.

    Raises
    ------
    CollectError
        If no task has any.
    """
    found = [curve_of(truth, score) for truth, score in zip(positive.T, scores.T, strict=True)]
    curves = [curve for curve in found if curve is not None]
    if not curves:
        raise CollectError("no task has a positive sample: expected at least one to measure a ranking")
    return Curve(np.mean([curve.precision for curve in curves], 0), float(np.mean([curve.area for curve in curves])))
