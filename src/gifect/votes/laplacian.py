"""Laplacians of weighted graphs: solving their systems, and the diagonal of their inverse."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import inv
from scipy.sparse import coo_array, csr_array

__all__ = ["Laplacian", "diagonal_of_inverse", "solve"]

PROBES = 24  # random vectors of the estimate of an inverse's diagonal
PROBE_ACCURACY = 0.02
MOST_STEPS = 2000

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Laplacian:
    """The matrix ``shift * I + sum over edges w (e_a - e_b)(e_a - e_b)^T``.

    Attributes
    ----------
    links : (G, G), the weights w of the edges, symmetric.
    diagonal : float64 (G,), sums of the weights, and the shift.
    """

    links: csr_array
    diagonal: Floats

    @classmethod
    def from_edges(
        cls, a: NDArray[np.int64], b: NDArray[np.int64], weights: Floats, size: int, shift: float
    ) -> Laplacian:
        """Return the matrix of edges from ``a`` to ``b``, int (P,), none of them twice; weights at least 0."""
        rows, columns = np.concatenate([a, b]), np.concatenate([b, a])
        links = coo_array((np.concatenate([weights] * 2), (rows, columns)), (size, size)).tocsr()
        diagonal = np.bincount(a, weights, size) + np.bincount(b, weights, size) + shift
        return cls(links, np.asarray(diagonal, np.float64))

    def part(self, places: NDArray[np.int64]) -> Laplacian:
        """Return the rows and columns at ``places``."""
        return Laplacian(self.links[places][:, places], self.diagonal[places])

    def dense(self) -> Floats:
        """Return the matrix as an array (G, G)."""
        return np.asarray(np.diag(self.diagonal) - self.links.toarray())

    def times(self, x: Floats) -> Floats:
        """Return the product with a vector (G,) or with columns (G, K)."""
        diagonal = self.diagonal if x.ndim == 1 else self.diagonal[:, None]
        return np.asarray(diagonal * x - self.links @ x)


def solve(matrix: Laplacian, right: Floats, accuracy: float) -> Floats:
    """Solve ``matrix @ x = right`` for a vector (G,) or columns (G, K) by preconditioned conjugate gradients.

    Without a shift, ``right`` must sum to 0 over each component, and so does the solution up to a constant. Nodes
    without edges stay at 0. ``accuracy`` is that of the residual's norm.
    """
    scale = np.where(matrix.diagonal > 0, 1 / np.maximum(matrix.diagonal, 1e-300), 0)
    scale = scale if right.ndim == 1 else scale[:, None]
    x = np.zeros_like(right)
    residual = right.copy()
    enough = accuracy * np.linalg.norm(right, axis=0)
    direction = scaled = scale * residual
    energy = (residual * scaled).sum(0)
    for _ in range(MOST_STEPS):
        if (np.linalg.norm(residual, axis=0) <= enough).all():
            break
        image = matrix.times(direction)
        step = energy / np.maximum((direction * image).sum(0), 1e-300)
        x += step * direction
        residual -= step * image
        scaled = scale * residual
        before, energy = energy, (residual * scaled).sum(0)
        direction = scaled + energy / np.maximum(before, 1e-300) * direction
    return x


def diagonal_of_inverse(matrix: Laplacian, chosen: NDArray[np.bool_], *, exact: bool) -> Floats:
    """Return the diagonal of the inverse over the ``chosen`` nodes (G,), for values centred over them.

    Nodes that are not chosen may have no edges. ``exact`` inverts the matrix; else the diagonal is estimated without
    bias from random signs, of which only the part that the first two terms of the inverse's series
    ``1/D + 1/D W 1/D`` leave is random.
    """
    part = matrix.part(np.flatnonzero(chosen))
    if exact:
        return _exact(part)
    diagonal = part.diagonal
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (len(diagonal), PROBES))
    images = solve(part, signs - signs.mean(0), PROBE_ACCURACY)
    images -= images.mean(0)
    known = (signs + part.links @ (signs / diagonal[:, None])) / diagonal[:, None]
    return np.asarray(np.maximum(1 / diagonal + (signs * (images - known)).mean(1), 0.5 / diagonal))


def _exact(matrix: Laplacian) -> Floats:
    """Invert on the centred subspace: what is added along the constant vector is centred away again."""
    count = len(matrix.diagonal)
    level = float(np.mean(matrix.diagonal))
    inverse = inv(matrix.dense() + level / count)
    rows = inverse.mean(0)
    return np.asarray(np.diag(inverse) - 2 * rows + rows.mean())
