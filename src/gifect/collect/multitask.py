"""Linear regression of many emotions at once: lasso, trace norm, and clustered tasks.

With W (d, t) the model, all minimise ``1/2 ||Y - X W||^2`` and a penalty: for the lasso ``rho sum |W|``; for the trace
norm ``rho`` times the sum of the singular values; for clustered tasks

    rho1 eta (1 + eta) tr(W (eta I + M)^-1 W^T),   tr M = k,  0 <= M <= I,  eta = rho2 / rho1

minimised over W and M. The best M for a W has the eigenvectors of W^T W and eigenvalues that are found by filling up;
with it the penalty is a smooth convex function of W alone, whose gradient is that at the fixed best M. So all three are
solved by the same accelerated descent, whose steps cost a product with the Gram matrix of the features.

References
----------
Tibshirani, R. (1996). Regression shrinkage and selection via the lasso. JRSS B 58.
Jacob, L., Bach, F., Vert, J.-P. (2009). Clustered multi-task learning: a convex formulation. NeurIPS 21.
Zhou, J., Chen, J., Ye, J. (2011). Clustered multi-task learning via alternating structure optimization. NeurIPS 24.
Beck, A., Teboulle, M. (2009). A fast iterative shrinkage-thresholding algorithm. SIAM J. Imaging Sciences 2.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from gifect.errors import CollectError

__all__ = [
    "ClusteredRegression",
    "LassoRegression",
    "Problem",
    "TraceNormRegression",
    "best_clustering",
    "clustered_gradient",
    "clustered_penalty",
    "soft_singular",
]

Floats = NDArray[np.float64]
POWER_STEPS = 30  # of the estimate of the greatest curvature
SAFETY = 1.02  # on it


@dataclass(frozen=True)
class Problem:
    """Least squares of centred data, as what a step needs: Gram matrix (d, d), X^T Y (d, t), ||Y||^2."""

    gram: Floats
    moments: Floats
    energy: float
    curvature: float

    @classmethod
    def of(cls, features: Floats, targets: Floats) -> Problem:
        """Return the problem of centred features (n, d) and targets (n, t)."""
        gram = features.T @ features
        vector = np.random.default_rng(0).normal(size=len(gram))
        for _ in range(POWER_STEPS):
            image = gram @ vector
            length = float(np.linalg.norm(image))
            if length == 0:
                break
            vector = image / length
        greatest = float(vector @ gram @ vector) / max(float(vector @ vector), 1e-300)
        return cls(gram, features.T @ targets, float((targets**2).sum()), SAFETY * greatest + 1e-12)

    def loss(self, w: Floats) -> float:
        """Return 1/2 ||Y - X W||^2."""
        return float((w * (self.gram @ w / 2 - self.moments)).sum() + self.energy / 2)

    def gradient(self, w: Floats) -> Floats:
        """Return the gradient of the loss, (d, t)."""
        return np.asarray(self.gram @ w - self.moments)


class Penalty(ABC):
    """A convex penalty: a smooth part with a gradient, and a part that is solved for exactly."""

    curvature = 0.0  # of the smooth part, at most

    @abstractmethod
    def value(self, w: Floats) -> float:
        """Return the penalty of W."""

    def gradient(self, w: Floats) -> Floats | float:
        """Return the gradient of the smooth part."""
        return 0.0

    def shrink(self, w: Floats, step: float) -> Floats:
        """Return what minimises ``1/2 ||V - W||^2 + step * exact part`` over V."""
        return w


@dataclass(frozen=True)
class Lasso(Penalty):
    """``rho`` times the sum of absolute values."""

    rho: float

    def value(self, w: Floats) -> float:
        return self.rho * float(np.abs(w).sum())

    def shrink(self, w: Floats, step: float) -> Floats:
        return np.asarray(np.sign(w) * np.maximum(np.abs(w) - step * self.rho, 0))


@dataclass(frozen=True)
class TraceNorm(Penalty):
    """``rho`` times the sum of singular values."""

    rho: float

    def value(self, w: Floats) -> float:
        return self.rho * float(np.linalg.svd(w, compute_uv=False).sum())

    def shrink(self, w: Floats, step: float) -> Floats:
        return soft_singular(w, step * self.rho)


@dataclass(frozen=True)
class Clustered(Penalty):
    """The clustered penalty with its best M."""

    rho1: float
    rho2: float
    k: int

    @property
    def eta(self) -> float:
        return self.rho2 / self.rho1

    @property
    def strength(self) -> float:
        return self.rho1 * self.eta * (1 + self.eta)

    @property
    def curvature(self) -> float:  # type: ignore[override]
        return 2 * self.strength / self.eta

    def value(self, w: Floats) -> float:
        return clustered_penalty(w, best_clustering(w, self.eta, self.k), self.strength, self.eta)

    def gradient(self, w: Floats) -> Floats:
        clusters = best_clustering(w, self.eta, self.k)
        return np.asarray(2 * self.strength * np.linalg.solve(self.eta * np.eye(len(clusters)) + clusters, w.T).T)


def soft_singular(w: Floats, threshold: float) -> Floats:
    """Return W (d, t) with its singular values lowered by ``threshold``, at least to 0."""
    values, vectors = np.linalg.eigh(w.T @ w)
    singular = np.sqrt(np.maximum(values, 0))
    kept = np.where(singular > threshold, 1 - threshold / np.maximum(singular, 1e-300), 0)
    return np.asarray(w @ (vectors * kept) @ vectors.T)


def clustered_penalty(w: Floats, clusters: Floats, strength: float, eta: float) -> float:
    """Return ``strength * tr(W (eta I + M)^-1 W^T)`` of W (d, t) and M (t, t)."""
    return strength * float(np.trace(np.linalg.solve(eta * np.eye(len(clusters)) + clusters, w.T @ w)))


def clustered_gradient(w: Floats, clusters: Floats, strength: float, eta: float) -> tuple[Floats, Floats]:
    """Return the gradients of the clustered penalty for W (d, t) and for M (t, t)."""
    inverse = np.linalg.inv(eta * np.eye(len(clusters)) + clusters)
    through = w @ inverse
    return 2 * strength * through, -strength * through.T @ through


def best_clustering(w: Floats, eta: float, k: float) -> Floats:
    """Return the M (t, t) with trace ``k`` and eigenvalues in [0, 1] that minimises the clustered penalty of W (d, t).

    Its eigenvalues m minimise ``sum s^2 / (eta + m)`` for the singular values s of W: ``eta + m`` is proportional to s
    where m lies inside of its bounds.
    """
    values, vectors = np.linalg.eigh(w.T @ w)
    singular = np.sqrt(np.maximum(values, 0))
    greatest = float(singular.max(initial=0))
    singular = np.maximum(singular / greatest, 1e-9) if greatest > 0 else np.ones_like(singular)
    low, high = 0.0, (1 + eta) / float(singular.min())
    for _ in range(200):
        level = (low + high) / 2
        if np.clip(level * singular - eta, 0, 1).sum() < k:
            low = level
        else:
            high = level
    return np.asarray((vectors * np.clip(high * singular - eta, 0, 1)) @ vectors.T)


def descend(
    problem: Problem, penalty: Penalty, start: Floats, tolerance: float, most_steps: int
) -> tuple[Floats, int, bool]:
    """Return the minimum from ``start`` (d, t), the steps taken, and whether they were enough.

    Momentum starts anew whenever it points uphill. Done when the change of W, over its size, is below ``tolerance``.
    """
    curvature = problem.curvature + penalty.curvature
    w = ahead = start
    inertia = 1.0
    for step in range(1, most_steps + 1):
        downhill = ahead - (problem.gradient(ahead) + penalty.gradient(ahead)) / curvature
        new = penalty.shrink(downhill, 1 / curvature)
        move = new - w
        if float(((ahead - new) * move).sum()) > 0:
            inertia = 1.0
        grown = (1 + np.sqrt(1 + 4 * inertia**2)) / 2
        ahead = new + (inertia - 1) / grown * move
        size = max(float(np.linalg.norm(new)), 1e-12)
        w, inertia = new, grown
        if float(np.linalg.norm(move)) <= tolerance * size:
            return w, step, True
    return w, most_steps, False


class _MultiTaskRegression(MultiOutputMixin, RegressorMixin, BaseEstimator):  # type: ignore[misc]
    """What the three estimators share: centring, one task or many, warm starts.

    Attributes
    ----------
    coef_ : (t, d), or (d,) for one task.
    intercept_ : (t,), or a number.
    n_iter_ : steps taken.
    """

    tol: float
    max_iter: int
    warm_start: bool
    coef_: Floats
    intercept_: Floats | float
    n_iter_: int

    def _penalty(self, tasks: int) -> Penalty:
        raise CollectError("expected one of the estimators, found their base")

    def fit(self, X: Any, y: Any) -> Self:
        """Fit to features (n, d) and targets (n,) or (n, t).

        Raises
        ------
        CollectError
            If a penalty lies outside of its range.
        RuntimeError
            If the descent does not converge.
        """
        X, y = validate_data(self, X, y, multi_output=True, y_numeric=True, dtype=np.float64)
        targets = np.asarray(y, np.float64).reshape(len(X), -1)
        x_mean, y_mean = X.mean(0), targets.mean(0)
        return self.fit_problem(Problem.of(X - x_mean, targets - y_mean), x_mean, y_mean, single=y.ndim == 1)

    def fit_problem(self, problem: Problem, x_mean: Floats, y_mean: Floats, *, single: bool = False) -> Self:
        """Fit to least squares of centred data, whose means were ``x_mean`` (d,) and ``y_mean`` (t,)."""
        penalty = self._penalty(len(y_mean))
        shape = problem.moments.shape
        start = np.zeros(shape)
        if self.warm_start and hasattr(self, "coef_") and self.coef_.size == start.size:
            start = np.array(self.coef_).reshape(shape[::-1]).T
        w, self.n_iter_, done = descend(problem, penalty, start, self.tol, self.max_iter)
        if not done:
            raise RuntimeError(f"no convergence in {self.max_iter} steps; a stronger penalty or a larger tol helps")
        self.coef_ = w[:, 0] if single else w.T
        intercept = y_mean - x_mean @ w
        self.intercept_ = float(intercept[0]) if single else intercept
        return self

    def predict(self, X: Any) -> Floats:
        """Return predictions (n,) or (n, t) for features (n, d)."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False, dtype=np.float64)
        return np.asarray(X @ self.coef_.T + self.intercept_)


def _positive(**values: float) -> None:
    for name, value in values.items():
        if not value > 0:
            raise CollectError(f"{name} is {value}: expected a number above 0")


class LassoRegression(_MultiTaskRegression):
    """Each task by itself, with the sum of absolute weights as penalty.

    Parameters
    ----------
    rho : strength.
    tol : change of W over its size at which the descent ends.
    max_iter : steps at most.
    warm_start : whether ``fit`` starts from the last ``coef_``.
    """

    def __init__(self, rho: float = 1.0, *, tol: float = 1e-6, max_iter: int = 20_000, warm_start: bool = False):
        self.rho, self.tol, self.max_iter, self.warm_start = rho, tol, max_iter, warm_start

    def _penalty(self, tasks: int) -> Penalty:
        _positive(rho=self.rho)
        return Lasso(self.rho)


class TraceNormRegression(_MultiTaskRegression):
    """All tasks in one low-dimensional space: the sum of the singular values of W as penalty.

    Parameters
    ----------
    rho : strength.
    tol, max_iter, warm_start : as for ``LassoRegression``.
    """

    def __init__(self, rho: float = 1.0, *, tol: float = 1e-6, max_iter: int = 20_000, warm_start: bool = False):
        self.rho, self.tol, self.max_iter, self.warm_start = rho, tol, max_iter, warm_start

    def _penalty(self, tasks: int) -> Penalty:
        _positive(rho=self.rho)
        return TraceNorm(self.rho)


class ClusteredRegression(_MultiTaskRegression):
    """Tasks in ``k`` clusters that are found with the model.

    Parameters
    ----------
    rho1 : strength of the penalty on clusters that spread.
    rho2 : strength of the penalty on the size of W.
    k : number of clusters.
    tol, max_iter, warm_start : as for ``LassoRegression``.

    Attributes
    ----------
    clusters_ : M (t, t), how far tasks belong together.
    """

    def __init__(
        self,
        rho1: float = 1.0,
        rho2: float = 1.0,
        k: int = 2,
        *,
        tol: float = 1e-6,
        max_iter: int = 20_000,
        warm_start: bool = False,
    ):
        self.rho1, self.rho2, self.k = rho1, rho2, k
        self.tol, self.max_iter, self.warm_start = tol, max_iter, warm_start

    def _penalty(self, tasks: int) -> Penalty:
        _positive(rho1=self.rho1, rho2=self.rho2, k=self.k)
        return Clustered(self.rho1, self.rho2, min(self.k, tasks))

    def fit_problem(self, problem: Problem, x_mean: Floats, y_mean: Floats, *, single: bool = False) -> Self:
        super().fit_problem(problem, x_mean, y_mean, single=single)
        w = self.coef_.reshape(len(y_mean), -1).T
        self.clusters_ = best_clustering(w, self.rho2 / self.rho1, min(self.k, len(y_mean)))
        return self
