"""Least squares with a convex penalty on a matrix of weights, by accelerated descent on the Gram matrix.

References
----------
Jacob, L., Bach, F., Vert, J.-P. (2009). Clustered multi-task learning: a convex formulation. NeurIPS 21.
Zhou, J., Chen, J., Ye, J. (2011). Clustered multi-task learning via alternating structure optimization. NeurIPS 24.
Beck, A., Teboulle, M. (2009). A fast iterative shrinkage-thresholding algorithm. SIAM J. Imaging Sciences 2.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Clustered",
    "Lasso",
    "Penalty",
    "Problem",
    "TraceNorm",
    "best_clustering",
    "clustered_gradient",
    "clustered_penalty",
    "descend",
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
