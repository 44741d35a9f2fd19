"""Maximum likelihood of the Bradley-Terry model, with Davidson's ties, by Newton's method on sparse graphs.

The left GIF is chosen with probability ``1 / (1 + exp(theta_right - theta_left))``. With ties, Davidson's model gives
left, right and a tie odds of ``exp(theta_left) : exp(theta_right) : exp(tie + (theta_left + theta_right) / 2)``. The
second derivative is the Laplacian of the graph of comparisons; its systems are solved by conjugate gradients.

References
----------
Bradley, R. A., Terry, M. E. (1952). Rank analysis of incomplete block designs. Biometrika 39.
Davidson, R. R. (1970). On extending the Bradley-Terry model to accommodate ties. JASA 65.
Ford, L. R. (1957). Solution of a ranking problem from binary comparisons. American Mathematical Monthly 64.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import inv
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from gifect.errors import VoteError
from gifect.votes.ballots import LEFT, NEITHER, RIGHT, Votes
from gifect.votes.laplacian import Laplacian, diagonal_of_inverse, solve

__all__ = ["BradleyTerry", "Connectivity", "check_connectivity", "fit_votes", "log_likelihood", "posterior"]

ALPHA = 0.05  # default strength of the penalty: a normal prior of variance 1 / (2 alpha)
MOST_STEPS = 100
LONGEST_MOVE = 3.0  # of a score in one undamped step
EXACT_UNTIL = 1500  # GIFs up to which standard errors come from the inverse itself

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Connectivity:
    """How the comparisons hang together.

    Attributes
    ----------
    component : int (G,), which group of compared GIFs each belongs to, -1 without votes; groups are not comparable.
    components : number of groups.
    strong : whether every GIF was preferred, over others in between, to every other of its group. Without it, and
        without a penalty, there is no maximum of the likelihood (Ford 1957).
    """

    component: NDArray[np.int64]
    components: int
    strong: bool


@dataclass(frozen=True)
class BradleyTerry:
    """Scores of one emotion.

    Attributes
    ----------
    scores : float64 (G,), log-odds with mean 0 over the GIFs with votes; NaN without votes.
    errors : float64 (G,), standard errors of the scores from the observed information; infinite without votes.
    tie : log-odds of a tie between equals over a win of one of them; -inf without ties.
    log_likelihood : of the votes, without the penalty.
    steps : Newton steps taken.
    connectivity : how the comparisons hang together.
    """

    scores: Floats
    errors: Floats
    tie: float
    log_likelihood: float
    steps: int
    connectivity: Connectivity

    @property
    def scaled(self) -> Floats:
        """Scores scaled to [0, 1] by their least and greatest; .5 where all are equal, NaN without votes."""
        known = self.scores[np.isfinite(self.scores)]
        if not len(known) or np.ptp(known) == 0:
            return np.where(np.isfinite(self.scores), 0.5, np.nan)
        return np.asarray((self.scores - known.min()) / np.ptp(known))


@dataclass(frozen=True)
class _Counts:
    """Comparisons of distinct pairs (P,): who, and how often each was chosen."""

    a: NDArray[np.int64]
    b: NDArray[np.int64]
    won: Floats
    lost: Floats
    tied: Floats

    @property
    def total(self) -> Floats:
        return self.won + self.lost + self.tied


def _count(votes: Votes, *, ties: bool) -> _Counts:
    if (votes.left == votes.right).any():
        raise VoteError("a GIF was compared with itself: leave such votes out")
    if not ties:
        votes = votes.where(votes.choice != NEITHER)
    size = len(votes.gifs)
    a, b = np.minimum(votes.left, votes.right).astype(np.int64), np.maximum(votes.left, votes.right)
    pairs, place = np.unique(a * size + b, return_inverse=True)
    kept = votes.left == a
    winner_is_a = ((votes.choice == LEFT) & kept) | ((votes.choice == RIGHT) & ~kept)
    tied = votes.choice == NEITHER
    sums = [np.bincount(place[mask], minlength=len(pairs)) for mask in (winner_is_a, ~winner_is_a & ~tied, tied)]
    return _Counts(pairs // max(size, 1), pairs % max(size, 1), *(s.astype(float) for s in sums))


def check_connectivity(votes: Votes, *, ties: bool = False) -> Connectivity:
    """Return how the comparisons of ``votes`` hang together; a tie connects in both directions."""
    return _connectivity(_count(votes, ties=ties), len(votes.gifs))


def _connectivity(counts: _Counts, size: int) -> Connectivity:
    beats = counts.won + counts.tied > 0
    loses = counts.lost + counts.tied > 0
    rows = np.concatenate([counts.a[beats], counts.b[loses]])
    columns = np.concatenate([counts.b[beats], counts.a[loses]])
    graph = coo_array((np.ones(len(rows)), (rows, columns)), shape=(size, size)).tocsr()
    voted = np.zeros(size, bool)
    voted[rows] = voted[columns] = True
    _, weak = connected_components(graph, directed=True, connection="weak")
    strong, _ = connected_components(graph, directed=True, connection="strong")
    names, component = np.unique(weak[voted], return_inverse=True)
    place = np.full(size, -1, np.int64)
    place[voted] = component
    alone = size - int(voted.sum())
    return Connectivity(place, len(names), strong - alone == len(names))


def log_likelihood(scores: Floats, votes: Votes, tie: float = -np.inf) -> float:
    """Return the log-likelihood of ``votes`` under ``scores`` (G,); ties count where ``tie`` is finite."""
    ties = np.isfinite(tie)
    counts = _count(votes, ties=bool(ties))
    return -_loss(scores[counts.a] - scores[counts.b], tie, counts)


def _loss(d: Floats, tie: float, counts: _Counts) -> float:
    partition = _log_partition(d, tie)
    return float((counts.total * partition - (counts.won - counts.lost) * d / 2).sum() - _tie_term(tie, counts))


def _tie_term(tie: float, counts: _Counts) -> float:
    return tie * float(counts.tied.sum()) if np.isfinite(tie) else 0.0


def _log_partition(d: Floats, tie: float) -> Floats:
    half = np.abs(d) / 2
    return np.asarray(np.logaddexp(half + np.log1p(np.exp(-2 * half)), tie))


def fit_votes(votes: Votes, alpha: float = ALPHA, *, ties: bool = False, errors: bool = True) -> BradleyTerry:
    """Fit the model to the votes on one emotion.

    Parameters
    ----------
    votes : the votes; on one emotion, see ``Votes.of``.
    alpha : strength of the penalty ``alpha * sum(scores ** 2)``; 0 for none.
    ties : whether votes for neither are ties (Davidson's model); else they are left out.
    errors : whether standard errors are wanted.

    Raises
    ------
    VoteError
        If a GIF was compared with itself, or if without a penalty the likelihood has no maximum.
    RuntimeError
        If Newton's method does not converge.
    """
    if not alpha >= 0:
        raise VoteError(f"the penalty is {alpha}: expected 0 or more")
    counts = _count(votes, ties=ties)
    size = len(votes.gifs)
    connectivity = _connectivity(counts, size)
    ties = ties and bool(counts.tied.any() and (counts.won + counts.lost).any())
    if alpha == 0 and not (connectivity.strong and connectivity.components <= 1):
        raise VoteError(
            f"no maximum of the likelihood: the comparisons fall into {connectivity.components} groups, or some GIFs "
            "were never preferred or never beaten; give a penalty alpha above 0"
        )
    theta, tie, steps, curvature = _maximise(counts, size, alpha, ties=ties)
    voted = connectivity.component >= 0
    deviations = np.full(size, np.inf)
    if errors and voted.any():
        deviations[voted] = curvature.errors(voted)
    scores = np.where(voted, theta - (theta[voted].mean() if voted.any() else 0), np.nan)
    likelihood = -_loss(theta[counts.a] - theta[counts.b], tie, counts)
    return BradleyTerry(scores, deviations, tie, likelihood, steps, connectivity)


def posterior(votes: Votes, variance: float, start: Floats | None = None) -> tuple[Floats, Floats]:
    """Return mean (G,) and covariance (G, G) of the scores by Laplace's approximation.

    For some hundreds of GIFs: each step solves a dense system.

    Parameters
    ----------
    votes : the votes on one emotion; those for neither are left out.
    variance : of the normal prior of each score.
    start : (G,), where to start from, such as the mean before the last votes.
    """
    counts, size = _count(votes, ties=False), len(votes.gifs)
    theta = np.zeros(size) if start is None else start.copy()
    for _ in range(MOST_STEPS):
        d = theta[counts.a] - theta[counts.b]
        gradient, _, curvature = _derivatives(d, -np.inf, counts, size, 1 / (2 * variance), theta)
        covariance = np.asarray(inv(curvature.laplacian.dense()))
        move = covariance @ gradient
        longest = float(np.abs(move).max(initial=0))
        theta -= move * min(1.0, LONGEST_MOVE / max(longest, 1e-300))
        if longest < 1e-3:
            return theta, covariance
    raise RuntimeError(f"no convergence in {MOST_STEPS} Newton steps")


@dataclass(frozen=True)
class _Curvature:
    """Second derivative of the loss: a Laplacian, bordered by the row of the tie parameter where there are ties."""

    laplacian: Laplacian
    border: Floats
    corner: float  # 0 without ties

    def solve(self, right: Floats, last: float, accuracy: float) -> tuple[Floats, float]:
        """Return the solution of the bordered system by block elimination."""
        first = solve(self.laplacian, right, accuracy)
        if not self.corner:
            return first, 0.0
        through = solve(self.laplacian, self.border, accuracy)
        bottom = (last - float(self.border @ first)) / (self.corner - float(self.border @ through))
        return first - bottom * through, bottom

    def errors(self, voted: NDArray[np.bool_]) -> Floats:
        """Return the standard errors of the centred scores of the GIFs with votes."""
        exact = int(voted.sum()) <= EXACT_UNTIL
        variances = diagonal_of_inverse(self.laplacian, voted, exact=exact)
        if self.corner:
            through = solve(self.laplacian, self.border, 1e-8)
            free = self.corner - float(self.border @ through)
            variances = variances + through[voted] ** 2 / free
        return np.asarray(np.sqrt(variances))


def _derivatives(
    d: Floats, tie: float, counts: _Counts, size: int, alpha: float, theta: Floats
) -> tuple[Floats, float, _Curvature]:
    """Return the gradient for the scores and for the tie parameter, and the second derivative."""
    partition = _log_partition(d, tie)
    win, loss = np.exp(d / 2 - partition), np.exp(-d / 2 - partition)
    mean = (win - loss) / 2
    slope = counts.total * mean - (counts.won - counts.lost) / 2
    gradient = np.bincount(counts.a, slope, size) - np.bincount(counts.b, slope, size) + 2 * alpha * theta
    weights = counts.total * ((win + loss) / 4 - mean**2)
    laplacian = Laplacian.from_edges(counts.a, counts.b, weights, size, 2 * alpha)
    if not np.isfinite(tie):
        return gradient, 0.0, _Curvature(laplacian, np.zeros(size), 0.0)
    tied = np.exp(tie - partition)
    cross = -counts.total * mean * tied
    border = np.bincount(counts.a, cross, size) - np.bincount(counts.b, cross, size)
    corner = float((counts.total * tied * (1 - tied)).sum())
    return (
        gradient,
        float((counts.total * tied - counts.tied).sum()),
        _Curvature(laplacian, np.asarray(border, float), corner),
    )


def _maximise(counts: _Counts, size: int, alpha: float, *, ties: bool) -> tuple[Floats, float, int, _Curvature]:
    theta = np.zeros(size)
    tie = float(np.log(counts.tied.sum() / (counts.won + counts.lost).sum() * 2)) if ties else -np.inf
    d = theta[counts.a] - theta[counts.b]
    value = _loss(d, tie, counts)
    for step in range(MOST_STEPS):
        gradient, slope, curvature = _derivatives(d, tie, counts, size, alpha, theta)
        accuracy = min(0.1, float(np.sqrt(np.linalg.norm(gradient) / (1 + value))))
        move, turn = curvature.solve(-gradient, -slope, accuracy)
        decrement = -float(gradient @ move) - slope * turn
        if decrement <= 1e-12 * (1 + abs(value)):
            return theta, tie, step, curvature
        length = 1.0
        while True:
            tried, tried_tie = theta + length * move, tie + length * turn
            d = tried[counts.a] - tried[counts.b]
            reached = _loss(d, tried_tie, counts) + alpha * float(tried @ tried)
            if reached <= value - 1e-4 * length * decrement or length < 1e-10:
                break
            length /= 2
        if length < 1e-10:  # rounding hides what is left to gain
            return theta, tie, step, curvature
        theta, tie, value = tried, tried_tie, reached
    raise RuntimeError(f"no convergence in {MOST_STEPS} Newton steps; a larger alpha helps")
