"""Gradients against finite differences, optima against independent solvers, and the estimators' manners."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.optimize import brentq, minimize
from sklearn.exceptions import SkipTestWarning
from sklearn.linear_model import Lasso, Ridge
from sklearn.utils.estimator_checks import check_estimator

from gifect.collect.choose import choose_penalty
from gifect.collect.descent import best_clustering, clustered_gradient, clustered_penalty, soft_singular
from gifect.collect.multitask import ClusteredRegression, LassoRegression, TraceNormRegression
from gifect.errors import CollectError

ETA, STRENGTH = 0.7, 3.0


def small(samples: int = 40, features: int = 6, tasks: int = 5, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return features and targets of tasks in two groups."""
    random = np.random.default_rng(seed)
    X = random.normal(size=(samples, features))
    centres = random.normal(size=(features, 2))
    W = centres[:, np.arange(tasks) % 2] + 0.3 * random.normal(size=(features, tasks))
    return X, X @ W + random.normal(size=(samples, tasks))


def clustering(tasks: int, k: float, seed: int) -> np.ndarray:
    """Return a matrix that the constraints allow, well inside of them."""
    random = np.random.default_rng(seed)
    q = np.linalg.qr(random.normal(size=(tasks, tasks)))[0]
    shares = random.dirichlet(np.full(tasks, 30.0)) * k
    return q @ np.diag(np.minimum(shares, 1)) @ q.T


def centred(X: np.ndarray, Y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return X - X.mean(0), Y - Y.mean(0)


def joint_descent(X: np.ndarray, Y: np.ndarray, rho1: float, rho2: float, k: int) -> float:
    """Return the least objective, found over W and M together by accelerated projected descent with backtracking."""
    X, Y = centred(X, Y)
    eta, t = rho2 / rho1, Y.shape[1]
    strength = rho1 * eta * (1 + eta)

    def objective(W: np.ndarray, M: np.ndarray) -> float:
        return float(((Y - X @ W) ** 2).sum() / 2) + clustered_penalty(W, M, strength, eta)

    def project(M: np.ndarray) -> np.ndarray:
        values, vectors = np.linalg.eigh((M + M.T) / 2)
        shift = brentq(lambda s: np.clip(values - s, 0, 1).sum() - k, values.min() - 2, values.max() + 1)
        return (vectors * np.clip(values - shift, 0, 1)) @ vectors.T

    W = Ws = np.zeros((X.shape[1], t))
    M = Ms = np.eye(t) * k / t
    inertia, curvature = 1.0, 1.0
    for _ in range(3000):
        penalty_W, gradient_M = clustered_gradient(Ws, Ms, strength, eta)
        gradient_W = X.T @ (X @ Ws - Y) + penalty_W
        value = objective(Ws, Ms)
        while True:
            new_W, new_M = Ws - gradient_W / curvature, project(Ms - gradient_M / curvature)
            dW, dM = new_W - Ws, new_M - Ms
            bound = value + (dW * gradient_W).sum() + (dM * gradient_M).sum()
            if objective(new_W, new_M) <= bound + curvature / 2 * ((dW**2).sum() + (dM**2).sum()) + 1e-12:
                break
            curvature *= 2
        grown = (1 + np.sqrt(1 + 4 * inertia**2)) / 2
        Ws, Ms = new_W + (inertia - 1) / grown * (new_W - W), new_M + (inertia - 1) / grown * (new_M - M)
        Ms = project(Ms)
        W, M, inertia = new_W, new_M, grown
    return objective(W, M)


def differences(function: Any, at: np.ndarray, step: float = 1e-6) -> np.ndarray:
    """Return the gradient of a function of a matrix by central differences."""
    gradient = np.zeros_like(at)
    for place in np.ndindex(at.shape):
        moved = np.zeros_like(at)
        moved[place] = step
        gradient[place] = (function(at + moved) - function(at - moved)) / (2 * step)
    return gradient


@pytest.mark.parametrize("seed", range(3))
def test_gradients_of_the_clustered_penalty(seed: int) -> None:
    W, M = np.random.default_rng(seed).normal(size=(6, 5)), clustering(5, 2, seed)
    for_w, for_m = clustered_gradient(W, M, STRENGTH, ETA)
    np.testing.assert_allclose(for_w, differences(lambda w: clustered_penalty(w, M, STRENGTH, ETA), W), rtol=1e-5)
    by_differences = differences(lambda m: clustered_penalty(W, m, STRENGTH, ETA), M)
    np.testing.assert_allclose(for_m, by_differences, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("k", [1, 2, 4])
def test_gradient_where_the_best_clustering_follows(k: int) -> None:
    W = np.random.default_rng(k).normal(size=(6, 5))

    def follows(w: np.ndarray) -> float:
        return clustered_penalty(w, best_clustering(w, ETA, k), STRENGTH, ETA)

    gradient, _ = clustered_gradient(W, best_clustering(W, ETA, k), STRENGTH, ETA)
    np.testing.assert_allclose(gradient, differences(follows, W), rtol=1e-5, atol=1e-6)


@settings(max_examples=30, deadline=None)
@given(
    arrays(float, (4, 5), elements=st.floats(-3, 3).map(lambda x: round(x, 3))), st.integers(1, 5), st.floats(0.1, 5)
)
def test_the_best_clustering_is_allowed_and_best(W: np.ndarray, k: int, eta: float) -> None:
    M = best_clustering(W, eta, k)
    values = np.linalg.eigvalsh(M)
    assert values.min() > -1e-9 and values.max() < 1 + 1e-9
    assert np.trace(M) == pytest.approx(k, abs=1e-6)
    least = clustered_penalty(W, M, 1, eta)
    for seed in range(5):
        assert clustered_penalty(W, clustering(5, float(np.trace(M)), seed), 1, eta) >= least - 1e-9 * (1 + least)


@pytest.mark.parametrize(("rho1", "rho2", "k"), [(4.0, 2.0, 2), (20.0, 5.0, 2), (1.0, 3.0, 1), (10.0, 1.0, 3)])
def test_clustered_optimum_against_descent_over_both(rho1: float, rho2: float, k: int) -> None:
    X, Y = small()
    model = ClusteredRegression(rho1, rho2, k, tol=1e-10).fit(X, Y)
    eta = rho2 / rho1
    residual = Y - model.predict(X)
    strength = rho1 * eta * (1 + eta)
    ours = float((residual**2).sum() / 2) + clustered_penalty(model.coef_.T, model.clusters_, strength, eta)
    assert ours == pytest.approx(joint_descent(X, Y, rho1, rho2, k), rel=1e-5)


def test_with_as_many_clusters_as_tasks_it_is_ridge() -> None:
    X, Y = small()
    model = ClusteredRegression(rho1=4, rho2=2, k=5, tol=1e-10).fit(X, Y)
    np.testing.assert_allclose(model.clusters_, np.eye(5), atol=1e-6)
    ridge = Ridge(alpha=2 * 2.0).fit(X, Y)  # strength / (eta + 1) = rho2, doubled by the half before the squares
    np.testing.assert_allclose(model.coef_, ridge.coef_, atol=1e-6)
    np.testing.assert_allclose(model.intercept_, ridge.intercept_, atol=1e-6)


def test_the_clusters_of_tasks_are_found() -> None:
    X, Y = small(samples=200, tasks=6, seed=3)
    M = ClusteredRegression(rho1=50, rho2=5, k=2).fit(X, Y).clusters_
    same = np.equal.outer(np.arange(6) % 2, np.arange(6) % 2) & ~np.eye(6, dtype=bool)
    assert M[same].mean() > M[~same & ~np.eye(6, dtype=bool)].mean() + 0.15


@pytest.mark.parametrize("rho", [1.0, 10.0, 40.0])
def test_lasso_is_that_of_scikit_learn(rho: float) -> None:
    X, Y = small()
    ours = LassoRegression(rho, tol=1e-10).fit(X, Y)
    theirs = Lasso(alpha=rho / len(X), tol=1e-12, max_iter=100_000).fit(X, Y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_, atol=1e-5)
    assert ((ours.coef_ == 0) == (theirs.coef_ == 0)).all()


@pytest.mark.parametrize("rho", [5.0, 30.0])
def test_trace_norm_optimum_against_a_variational_solver(rho: float) -> None:
    """The trace norm is the least (||A||^2 + ||B||^2) / 2 over W = A B: smooth, and solved by BFGS."""
    X, Y = small()
    Xc, Yc = centred(X, Y)
    d, t = X.shape[1], Y.shape[1]

    def objective(z: np.ndarray) -> tuple[float, np.ndarray]:
        A, B = z[: d * t].reshape(d, t), z[d * t :].reshape(t, t)
        residual = Xc @ A @ B - Yc
        back = Xc.T @ residual
        gradient = np.concatenate([(back @ B.T + rho * A).ravel(), (A.T @ back + rho * B).ravel()])
        return float((residual**2).sum() / 2 + rho / 2 * ((A**2).sum() + (B**2).sum())), gradient

    start = np.random.default_rng(0).normal(size=d * t + t * t)
    found = minimize(objective, start, jac=True, method="L-BFGS-B", options={"maxiter": 20_000, "ftol": 1e-15})
    W = TraceNormRegression(rho, tol=1e-10).fit(X, Y).coef_.T
    ours = float(((Yc - Xc @ W) ** 2).sum() / 2 + rho * np.linalg.svd(W, compute_uv=False).sum())
    assert ours == pytest.approx(found.fun, rel=1e-5)


def test_soft_singular_values() -> None:
    W = np.random.default_rng(0).normal(size=(7, 4))
    u, s, v = np.linalg.svd(W, full_matrices=False)
    np.testing.assert_allclose(soft_singular(W, 1.5), (u * np.maximum(s - 1.5, 0)) @ v, atol=1e-9)


@pytest.mark.parametrize(
    "model", [LassoRegression(5.0), TraceNormRegression(5.0), ClusteredRegression(5.0, 5.0)], ids=type
)
class TestEveryEstimator:
    def test_manners(self, model: Any) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SkipTestWarning)
            check_estimator(model)

    def test_constant_features_get_no_weight(self, model: Any) -> None:
        X, Y = small()
        model.fit(np.column_stack([X, np.full(len(X), 7.0)]), Y)
        np.testing.assert_allclose(model.coef_[:, -1], 0, atol=1e-9)
        assert np.isfinite(model.predict(np.column_stack([X, np.full(len(X), 9.0)]))).all()

    def test_a_constant_task_is_predicted_as_it_is(self, model: Any) -> None:
        X, Y = small()
        Y[:, 1] = 0.0
        np.testing.assert_allclose(model.fit(X, Y).predict(X)[:, 1], 0, atol=1e-6)

    def test_a_warm_start_ends_at_the_same_optimum_sooner(self, model: Any) -> None:
        X, Y = small(samples=80, features=30)
        cold = type(model)(**{**model.get_params(), "tol": 1e-8}).fit(X, Y)
        steps, optimum = cold.n_iter_, cold.coef_.copy()
        warm = cold.set_params(warm_start=True).fit(X, Y)
        assert warm.n_iter_ < steps
        np.testing.assert_allclose(warm.coef_, optimum, atol=1e-4)

    def test_too_few_steps_are_told(self, model: Any) -> None:
        X, Y = small(samples=80, features=30)
        with pytest.raises(RuntimeError, match="no convergence in 2 steps"):
            type(model)(max_iter=2).fit(X, Y)

    def test_a_penalty_has_to_be_above_zero(self, model: Any) -> None:
        name = "rho1" if hasattr(model, "rho1") else "rho"
        with pytest.raises(CollectError, match=f"{name} is 0: expected a number above 0"):
            type(model)(**{name: 0}).fit(*small())


def test_cross_validation_finds_the_penalty_that_predicts_best() -> None:
    X, Y = small(samples=60, features=20, seed=1)
    grid = [{"rho": rho} for rho in (1000.0, 100.0, 10.0, 1.0, 0.1)]
    choice = choose_penalty(LassoRegression(), X, Y, grid)
    by_hand = []
    places = np.random.default_rng(0).permutation(60) % 5
    for setting in grid:
        folds = [LassoRegression(**setting).fit(X[places != f], Y[places != f]) for f in range(5)]
        by_hand.append(
            np.mean([((m.predict(X[places == f]) - Y[places == f]) ** 2).mean() for f, m in enumerate(folds)])
        )
    np.testing.assert_allclose(choice.errors, np.array(by_hand) / Y.var(0).mean(), rtol=1e-3)
    assert choice.best == grid[int(np.argmin(by_hand))]


def test_folds_need_samples() -> None:
    with pytest.raises(CollectError, match="5 folds of 3 samples"):
        choose_penalty(LassoRegression(), *small(samples=3), [{"rho": 1.0}])
