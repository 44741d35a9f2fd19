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

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, MultiOutputMixin, RegressorMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from gifect.collect.descent import Clustered, Lasso, Penalty, Problem, TraceNorm, best_clustering, descend
from gifect.errors import CollectError

__all__ = ["ClusteredRegression", "LassoRegression", "TraceNormRegression"]

Floats = NDArray[np.float64]


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
