"""Scores are at the maximum of the likelihood, errors are those of repeated studies, and gaps in the graph are told."""

from __future__ import annotations

import choix
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from gifect.errors import VoteError
from gifect.votes.ballots import LEFT, NEITHER, RIGHT, Votes
from gifect.votes.bradley_terry import check_connectivity, fit_votes, log_likelihood
from gifect.votes.laplacian import Laplacian, diagonal_of_inverse


def votes_of(pairs: list[tuple[int, int, int]], gifs: int) -> Votes:
    left, right, choice = np.array(pairs, int).reshape(-1, 3).T
    return Votes.from_columns([str(g) for g in range(gifs)], 0, left, right, choice)


def simulated(gifs: int, count: int, seed: int = 0, tie: float | None = None) -> tuple[Votes, np.ndarray]:
    """Return votes drawn from the model and the strengths behind them."""
    random = np.random.default_rng(seed)
    strengths = random.normal(0, 1, gifs)
    left = random.integers(gifs, size=count)
    right = (left + random.integers(1, gifs, size=count)) % gifs
    d = strengths[left] - strengths[right]
    odds = np.stack([np.exp(d / 2), np.exp(-d / 2), np.full(count, 0 if tie is None else np.exp(tie))], 1)
    place = (random.random((count, 1)) * odds.sum(1, keepdims=True) > odds.cumsum(1)).sum(1)
    return Votes.from_columns([str(g) for g in range(gifs)], 0, left, right, place), strengths - strengths.mean()


def davidson_loss(parameters: np.ndarray, votes: Votes, alpha: float) -> float:
    """Return the penalised loss straight from the definition of the model."""
    theta, nu = parameters[:-1], np.exp(parameters[-1])
    a, b = np.exp(theta[votes.left]), np.exp(theta[votes.right])
    total = a + b + nu * np.sqrt(a * b)
    chance = np.choose(votes.choice, [a / total, b / total, nu * np.sqrt(a * b) / total])
    return float(-np.log(chance).sum() + alpha * (theta**2).sum())


@pytest.mark.parametrize("alpha", [1e-6, 0.05, 1.0])
def test_the_optimum_is_that_of_choix(alpha: float) -> None:
    votes, _ = simulated(40, 900)
    pairs = [(w, k) if c == LEFT else (k, w) for w, k, c in zip(votes.left, votes.right, votes.choice, strict=True)]
    theirs = choix.opt_pairwise(40, pairs, alpha=alpha, tol=1e-9)
    ours = fit_votes(votes, alpha)
    np.testing.assert_allclose(ours.scores, theirs - theirs.mean(), atol=1e-4)
    assert ours.log_likelihood == pytest.approx(log_likelihood(theirs, votes), rel=1e-7)


def test_without_a_penalty_it_is_the_maximum_of_the_likelihood() -> None:
    votes, _ = simulated(12, 600)
    fit = fit_votes(votes, 0)
    random = np.random.default_rng(1)
    for _ in range(20):
        assert log_likelihood(fit.scores + random.normal(0, 0.05, 12), votes) < fit.log_likelihood


def test_ties_against_an_independent_solver() -> None:
    votes, _ = simulated(8, 400, tie=0.3)
    found = minimize(davidson_loss, np.zeros(9), args=(votes, 0.1), method="BFGS", options={"gtol": 1e-7})
    fit = fit_votes(votes, 0.1, ties=True)
    np.testing.assert_allclose(fit.scores, found.x[:-1] - found.x[:-1].mean(), atol=1e-5)
    assert fit.tie == pytest.approx(found.x[-1], abs=1e-5)
    assert fit.log_likelihood == pytest.approx(log_likelihood(fit.scores, votes, fit.tie))


def test_ties_count_only_when_asked_for() -> None:
    votes, _ = simulated(8, 400, tie=0.3)
    decided = votes.where(votes.choice != NEITHER)
    np.testing.assert_allclose(fit_votes(votes).scores, fit_votes(decided).scores)
    np.testing.assert_allclose(fit_votes(decided, ties=True).scores, fit_votes(decided).scores)


@pytest.mark.parametrize("tie", [None, 0.0])
def test_errors_are_those_of_repeated_studies(tie: float | None) -> None:
    """The scores' deviation from the truth, over their standard errors, has the spread of a standard normal."""
    misses = []
    for seed in range(60):
        votes, strengths = simulated(20, 1500, seed, tie)
        fit = fit_votes(votes, 1e-3, ties=tie is not None)
        misses.append((fit.scores - strengths) / fit.errors)
    assert np.std(misses) == pytest.approx(1, abs=0.06)


def test_exact_errors_are_those_of_the_inverse_information() -> None:
    votes, _ = simulated(15, 500)
    fit = fit_votes(votes, 0)
    step, base = 1e-3, fit.scores

    def loss(a: int, b: int, s: int, t: int) -> float:
        moved = base.copy()
        moved[a] += s * step
        moved[b] += t * step
        return -log_likelihood(moved, votes)

    signs = ((1, 1), (1, -1), (-1, 1), (-1, -1))
    hessian = [[sum(s * t * loss(a, b, s, t) for s, t in signs) / (4 * step**2) for b in range(15)] for a in range(15)]
    np.testing.assert_allclose(fit.errors, np.sqrt(np.diag(np.linalg.pinv(np.array(hessian), 1e-6))), rtol=1e-3)


def test_estimated_errors_are_near_the_exact_ones() -> None:
    votes, _ = simulated(800, 8000)
    d = np.ones(len(votes))
    a, b = np.minimum(votes.left, votes.right), np.maximum(votes.left, votes.right)
    pairs, count = np.unique(a * 800 + b, return_counts=True)
    matrix = Laplacian.from_edges(pairs // 800, pairs % 800, d[: len(pairs)] * count * 0.2, 800, 0.1)
    chosen = np.ones(800, bool)
    exact = np.sqrt(diagonal_of_inverse(matrix, chosen, exact=True))
    near = np.sqrt(diagonal_of_inverse(matrix, chosen, exact=False))
    assert np.abs(near / exact - 1).max() < 0.06
    assert np.abs(near / exact - 1).mean() < 0.012


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000))
def test_scores_do_not_depend_on_order_or_side(seed: int) -> None:
    votes, _ = simulated(10, 60, seed, tie=0.0)
    random = np.random.default_rng(seed)
    fit = fit_votes(votes, ties=True)
    shuffled = random.permutation(len(votes))
    turned = random.random(len(votes)) < 0.5
    other = np.choose(votes.choice, [RIGHT, LEFT, NEITHER])
    mirrored = Votes.from_columns(
        votes.gifs,
        0,
        np.where(turned, votes.right, votes.left)[shuffled],
        np.where(turned, votes.left, votes.right)[shuffled],
        np.where(turned, other, votes.choice)[shuffled],
    )
    np.testing.assert_allclose(fit_votes(mirrored, ties=True).scores, fit.scores, atol=1e-6, equal_nan=True)


def test_gifs_without_votes_have_no_score() -> None:
    fit = fit_votes(votes_of([(0, 1, LEFT), (1, 2, LEFT)], 5))
    assert np.isnan(fit.scores[3:]).all() and np.isinf(fit.errors[3:]).all() and np.isnan(fit.scaled[3:]).all()
    assert fit.scaled[:3].tolist() == pytest.approx([1, 0.5, 0])
    assert fit.connectivity.component.tolist() == [0, 0, 0, -1, -1]


def test_no_votes_at_all() -> None:
    fit = fit_votes(votes_of([], 3))
    assert np.isnan(fit.scores).all() and fit.connectivity.components == 0


def test_equal_scores_are_scaled_to_the_middle() -> None:
    fit = fit_votes(votes_of([(0, 1, LEFT), (0, 1, RIGHT)], 2))
    assert fit.scaled.tolist() == [0.5, 0.5]


@pytest.mark.parametrize(
    ("pairs", "components", "strong"),
    [
        ([(0, 1, LEFT), (1, 0, LEFT)], 1, True),
        ([(0, 1, LEFT), (1, 2, LEFT)], 1, False),
        ([(0, 1, LEFT), (1, 2, LEFT), (2, 0, LEFT)], 1, True),
        ([(0, 1, LEFT), (2, 3, LEFT)], 2, False),
        ([(0, 1, NEITHER), (1, 2, NEITHER)], 1, True),
        ([(0, 1, LEFT), (1, 0, LEFT), (2, 3, LEFT), (3, 2, LEFT)], 2, True),
    ],
    ids=["both ways", "chain", "circle", "two groups", "ties", "two strong groups"],
)
def test_connectivity(pairs: list[tuple[int, int, int]], components: int, strong: bool) -> None:
    found = check_connectivity(votes_of(pairs, 5), ties=True)
    assert (found.components, found.strong) == (components, strong)
    if components > 1 or not strong:
        with pytest.raises(VoteError, match="no maximum of the likelihood"):
            fit_votes(votes_of(pairs, 5), 0, ties=True)
    assert np.isfinite(fit_votes(votes_of(pairs, 5), 0.1, ties=True).errors[:2]).all()


def test_groups_that_were_never_compared_are_far_apart_in_their_errors() -> None:
    pairs = [(0, 1, LEFT), (1, 0, LEFT)] * 40 + [(2, 3, LEFT), (3, 2, LEFT)] * 40
    apart = fit_votes(votes_of(pairs, 4), 1e-4).errors
    joined = fit_votes(votes_of(pairs + [(0, 2, LEFT), (2, 0, LEFT)] * 40, 4), 1e-4).errors
    assert (apart > 10 * joined).all()


@pytest.mark.parametrize(
    ("pairs", "alpha", "words"),
    [([(0, 0, LEFT)], 0.1, "compared with itself"), ([(0, 1, LEFT)], -1, "expected 0 or more")],
    ids=["itself", "penalty"],
)
def test_what_cannot_be_fitted(pairs: list[tuple[int, int, int]], alpha: float, words: str) -> None:
    with pytest.raises(VoteError, match=words):
        fit_votes(votes_of(pairs, 2), alpha)
