"""Choosing penalties by cross-validation along warm-started paths, and the number of clusters by silhouette."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.cluster import KMeans
from sklearn.metrics import silhouette_score

from gifect.collect.descent import Problem
from gifect.errors import CollectError

__all__ = ["Choice", "choose_clusters", "choose_penalty"]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Choice:
    """Cross-validated squared errors of the settings tried, and the best of them.

    Attributes
    ----------
    settings : those tried, in order.
    errors : (S,), mean squared error over folds and tasks, over the variance of the targets.
    """

    settings: tuple[dict[str, float], ...]
    errors: Floats

    @property
    def best(self) -> dict[str, float]:
        """The setting with the least error."""
        return self.settings[int(np.argmin(self.errors))]


def choose_penalty(
    estimator: Any, X: Floats, y: Floats, settings: Sequence[dict[str, float]], folds: int = 5, seed: int = 0
) -> Choice:
    """Try settings of an estimator of ``gifect.collect.multitask`` on folds of the samples.

    Each fold's Gram matrix is made once; along ``settings``, which should run from strong to weak penalties, each fit
    starts from the one before.

    Parameters
    ----------
    estimator : gives all other settings.
    X, y : features (n, d) and targets (n, t).
    settings : what to set.
    folds, seed : number of folds, and of the shuffle that makes them.

    Raises
    ------
    CollectError
        If there are fewer samples than folds.
    """
    if not 2 <= folds <= len(X):
        raise CollectError(f"{folds} folds of {len(X)} samples: expected from 2 to {len(X)}")
    errors = np.zeros(len(settings))
    places = np.random.default_rng(seed).permutation(len(X)) % folds
    for fold in range(folds):
        train, test = places != fold, places == fold
        x_mean, y_mean = X[train].mean(0), y[train].mean(0)
        problem = Problem.of(X[train] - x_mean, y[train] - y_mean)
        model = clone(estimator).set_params(warm_start=True)
        for k, setting in enumerate(settings):
            model.set_params(**setting)
            model.fit_problem(problem, x_mean, y_mean)
            predicted = X[test] @ model.coef_.T + model.intercept_
            errors[k] += ((predicted - y[test]) ** 2).mean() / folds
    return Choice(tuple(settings), errors / max(float(y.var(0).mean()), 1e-300))


def choose_clusters(
    coefficients: Floats, most: int = 8, seed: int = 0
) -> tuple[int, dict[int, float], NDArray[np.int64]]:
    """Return the number of clusters of tasks with the best silhouette, the silhouette of each number, and the cluster
    of each task (t,).

    Parameters
    ----------
    coefficients : (t, d), a row a task, such as ``coef_`` of a trace-norm regression.
    most : clusters at most.
    seed : of k-means.

    Raises
    ------
    CollectError
        If there are fewer than three tasks.
    """
    if len(coefficients) < 3:
        raise CollectError(f"found {len(coefficients)} tasks: expected three or more to cluster")
    labels = {
        k: KMeans(k, n_init=20, random_state=seed).fit_predict(coefficients)
        for k in range(2, min(most, len(coefficients) - 1) + 1)
    }
    silhouettes = {k: float(silhouette_score(coefficients, own)) for k, own in labels.items()}
    best = max(silhouettes, key=silhouettes.__getitem__)
    return best, silhouettes, np.asarray(labels[best])
