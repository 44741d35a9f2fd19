"""Weak recognisers beside the multi-task regressions: a Gaussian process that ranks by its certainty, linear SVMs.

References
----------
Rasmussen, C. E., Williams, C. K. I. (2006). Gaussian processes for machine learning. MIT Press.
Chen, W., Rudovic, O., Picard, R. W. (2017). GIFGIF+: collecting emotional animated GIFs with clustered multi-task
learning. ACII.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve, cholesky, solve_triangular
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin
from sklearn.metrics.pairwise import euclidean_distances
from sklearn.svm import LinearSVC
from sklearn.utils.validation import check_array, check_is_fitted, validate_data

from gifect.errors import CollectError

__all__ = ["BinaryRelevance", "GaussianProcess"]

LENGTHS = (0.5, 1.0, 2.0, 4.0)  # of the kernel, over the median distance of two samples
NOISES = tuple(10.0**power for power in (-3, -2, -1, -0.5, 0, 0.5, 1, 1.5, 2))  # variance over that of the signal

Floats = NDArray[np.float64]


class GaussianProcess(MultiOutputMixin, RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """Gaussian process regression of one or many tasks with one kernel, RBF and noise, and each task's own variance.

    Length and noise are those of a grid with the greatest marginal likelihood, summed over the tasks; the variance of
    the signal then has a closed form.

    Parameters
    ----------
    most_for_kernel : samples at most on which length and noise are chosen, drawn at random.
    random_state : seed of the drawing.

    Attributes
    ----------
    length_, noise_ : the kernel's length, and the noise's variance over that of the signal.
    variance_ : (t,), of the signal.
    """

    def __init__(self, *, most_for_kernel: int = 800, random_state: int = 0):
        self.most_for_kernel, self.random_state = most_for_kernel, random_state

    def fit(self, X: Any, y: Any) -> Self:
        """Fit to features (n, d) and targets (n,) or (n, t)."""
        X, y = validate_data(self, X, y, multi_output=True, y_numeric=True, dtype=np.float64)
        targets = np.asarray(y, np.float64).reshape(len(X), -1)
        self.single_ = y.ndim == 1
        self.mean_ = targets.mean(0)
        rows = np.random.default_rng(self.random_state).permutation(len(X))[: self.most_for_kernel]
        self.length_, self.noise_ = _choose_kernel(X[rows], (targets - self.mean_)[rows])
        self.X_ = X
        kernel = np.exp(-euclidean_distances(X, squared=True) / (2 * self.length_**2))
        kernel[np.diag_indices(len(X))] += self.noise_
        self.factor_ = cholesky(kernel, lower=True, overwrite_a=True)
        self.weights_ = cho_solve((self.factor_, True), targets - self.mean_)
        self.variance_ = ((targets - self.mean_) * self.weights_).mean(0)
        return self

    def predict(self, X: Any, return_std: bool = False) -> Any:
        """Return means (m,) or (m, t) for features (m, d), on request with standard deviations of the same shape."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=np.float64)
        across = np.exp(-euclidean_distances(X, self.X_, squared=True) / (2 * self.length_**2))
        mean = across @ self.weights_ + self.mean_
        mean = mean[:, 0] if self.single_ else mean
        if not return_std:
            return mean
        through = solve_triangular(self.factor_, across.T, lower=True)
        left = np.maximum(1 - (through**2).sum(0), 0) + self.noise_
        deviation = np.sqrt(left[:, None] * self.variance_)
        return mean, deviation[:, 0] if self.single_ else deviation

    def ranking_score(self, X: Any, best: float | Floats) -> Floats:
        """Return the logarithm of the paper's ranking score, ``-(best - mean) / (2 variance)``, higher for what is
        more likely to show the emotion (its equation 5); ``best`` is the highest value of targets, or of each (t,)."""
        mean, deviation = self.predict(X, return_std=True)
        return np.asarray(-(best - mean) / (2 * np.maximum(deviation**2, 1e-12)))


def _choose_kernel(X: Floats, targets: Floats) -> tuple[float, float]:
    squares = euclidean_distances(X, squared=True)
    apart = squares[np.triu_indices(len(X), 1)]
    typical = float(np.sqrt(np.median(apart))) if len(apart) and apart.any() else 1.0
    best = (-np.inf, typical, 1.0)
    for length in (share * max(typical, 1e-12) for share in LENGTHS):
        values, vectors = np.linalg.eigh(np.exp(-squares / (2 * length**2)))
        energies = (vectors.T @ targets) ** 2
        for noise in NOISES:
            spread = np.maximum(values, 0) + noise
            variance = np.maximum((energies / spread[:, None]).mean(0), 1e-300)
            likelihood = -0.5 * float((len(X) * np.log(variance) + np.log(spread).sum()).sum())
            best = max(best, (likelihood, length, noise))
    return best[1], best[2]


class BinaryRelevance(BaseEstimator):  # type: ignore[misc]
    """A linear support vector machine for each label by itself.

    Parameters
    ----------
    C : inverse strength of the penalty.

    Attributes
    ----------
    models_ : one machine a label, None for a label that all or no samples have.
    """

    def __init__(self, C: float = 1.0):
        self.C = C

    def fit(self, X: Any, y: Any) -> Self:
        """Fit to features (n, d) and labels (n, t), each true or false.

        Raises
        ------
        CollectError
            If the labels are not (n, t).
        """
        X, labels = check_array(X), np.asarray(y).astype(bool)
        if labels.ndim != 2 or len(labels) != len(X):
            raise CollectError(f"expected labels of shape ({len(X)}, t), found {labels.shape}")
        self.constant_ = labels.mean(0)
        self.models_ = [
            LinearSVC(C=self.C, class_weight="balanced").fit(X, column) if 0 < column.mean() < 1 else None
            for column in labels.T
        ]
        return self

    def decision_function(self, X: Any) -> Floats:
        """Return how far on the positive side each sample lies, (m, t)."""
        check_is_fitted(self)
        X = check_array(X)
        columns = [
            np.full(len(X), 2.0 * share - 1) if model is None else model.decision_function(X)
            for model, share in zip(self.models_, self.constant_, strict=True)
        ]
        return np.stack(columns, 1)

    def predict(self, X: Any) -> NDArray[np.bool_]:
        """Return labels (m, t)."""
        return np.asarray(self.decision_function(X) > 0)
