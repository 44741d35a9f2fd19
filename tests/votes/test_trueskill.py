"""Ratings are those of the package trueskill, whichever way they are computed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gifect.errors import VoteError
from gifect.votes.ballots import LEFT, NEITHER, RIGHT, Votes
from gifect.votes.trueskill import Model, Rating, rate_pair, rate_votes

GOLDEN = json.loads((Path(__file__).parent / "data" / "trueskill.json").read_text())


def votes_of(games: list[list[int]], gifs: int, emotion: object = 0) -> Votes:
    left, right, choice = np.array(games).reshape(-1, 3).T
    return Votes.from_columns([str(g) for g in range(gifs)], emotion, left, right, choice)


def rate_one_by_one(games: list[list[int]], gifs: int, model: Model) -> list[Rating]:
    ratings = [Rating(model.mu, model.sigma)] * gifs
    for left, right, choice in games:
        ratings[left], ratings[right] = rate_pair(ratings[left], ratings[right], choice, model)
    return ratings


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: case["name"])
def test_golden_sequences(case: dict[str, Any]) -> None:
    model = Model(**case["model"])
    batch = rate_votes(votes_of(case["games"], case["gifs"]), model, draws=case["model"]["draw_probability"] > 0)
    online = rate_one_by_one(case["games"], case["gifs"], model)
    for name in ("mu", "sigma"):
        np.testing.assert_allclose(getattr(batch, name)[0], case[name], atol=1e-6)
        np.testing.assert_allclose([getattr(rating, name) for rating in online], case[name], atol=1e-6)


GAMES = st.integers(2, 40).flatmap(
    lambda gifs: st.tuples(
        st.just(gifs),
        st.lists(
            st.tuples(st.integers(0, gifs - 1), st.integers(1, gifs - 1), st.integers(0, 2)).map(
                lambda game: [game[0], (game[0] + game[1]) % gifs, game[2]]
            ),
            max_size=200,
        ),
    )
)


@settings(max_examples=60, deadline=None)
@given(GAMES)
def test_all_at_once_is_one_by_one(drawn: tuple[int, list[list[int]]]) -> None:
    gifs, games = drawn
    together = rate_votes(votes_of(games, gifs), draws=True)
    singly = rate_one_by_one(games, gifs, Model())
    np.testing.assert_allclose(together.mu[0], [r.mu for r in singly], atol=1e-9)
    np.testing.assert_allclose(together.sigma[0], [r.sigma for r in singly], atol=1e-9)


def test_large_waves_are_as_small_ones() -> None:
    random = np.random.default_rng(1)
    games = [[2 * k, 2 * k + 1, int(random.integers(3))] for k in range(200)] * 3
    together = rate_votes(votes_of(games, 400), draws=True)
    singly = rate_one_by_one(games, 400, Model())
    np.testing.assert_allclose(together.mu[0], [r.mu for r in singly], atol=1e-9)


@given(st.floats(-40, 40), st.floats(0.2, 9), st.floats(0.2, 9), st.sampled_from([LEFT, RIGHT, NEITHER]))
def test_a_vote_moves_both_sides_the_right_way(gap: float, first: float, second: float, choice: int) -> None:
    before = Rating(25 + gap, first), Rating(25, second)
    left, right = rate_pair(*before, choice)
    assert np.isfinite([left.mu, left.sigma, right.mu, right.sigma]).all()
    assert left.sigma > 0 and left.sigma**2 < first**2 + Model().tau ** 2 + 1e-9
    if choice == NEITHER:
        assert abs(left.mu - right.mu) <= abs(gap) + 1e-9
    else:
        winner, loser = (left, right) if choice == LEFT else (right, left)
        old = before if choice == LEFT else before[::-1]
        assert winner.mu >= old[0].mu and loser.mu <= old[1].mu


@given(st.floats(-200, 200))
def test_mirrored_votes_give_mirrored_ratings(gap: float) -> None:
    a, b = Rating(25 + gap, 3.0), Rating(25, 5.0)
    assert rate_pair(a, b, LEFT) == rate_pair(b, a, RIGHT)[::-1]


def test_the_greatest_upsets_stay_finite() -> None:
    for choice in (LEFT, RIGHT, NEITHER):
        found = rate_pair(Rating(-1000, 0.5), Rating(1000, 0.5), choice)
        assert np.isfinite([value for rating in found for value in (rating.mu, rating.sigma)]).all()
    games = [[2 * k, 2 * k + 1, 0] for k in range(100)] * 60 + [[2 * k, 2 * k + 1, 1 + k % 2] for k in range(100)]
    assert np.isfinite(rate_votes(votes_of(games, 200), Model(tau=0), draws=True).mu).all()


def test_votes_for_neither_are_left_out_unless_asked_for() -> None:
    games = [[0, 1, LEFT], [0, 1, NEITHER]]
    alone = rate_votes(votes_of(games[:1], 2))
    np.testing.assert_array_equal(rate_votes(votes_of(games, 2)).mu, alone.mu)
    assert rate_votes(votes_of(games, 2), draws=True).sigma[0, 0] < alone.sigma[0, 0]


def test_emotions_are_rated_apart() -> None:
    ratings = rate_votes(votes_of([[0, 1, LEFT], [0, 1, RIGHT]], 2, emotion=[3, 9]))
    assert ratings.mu[3, 0] > 25 > ratings.mu[9, 0]
    assert (np.delete(ratings.mu, [3, 9], 0) == 25).all()
    assert ratings.score[0, 0] == pytest.approx(0)


@pytest.mark.parametrize(
    ("attempt", "words"),
    [
        (lambda: rate_pair(Rating(25, 8), Rating(25, 8), 3), "no choice 3"),
        (lambda: rate_pair(Rating(25, 8), Rating(25, 8), NEITHER, Model(draw_probability=0)), "draw probability is 0"),
        (lambda: rate_votes(votes_of([[0, 1, 2]], 2), Model(draw_probability=0), draws=True), "draw probability is 0"),
        (lambda: Model(draw_probability=1), "draw probability in"),
        (lambda: Model(beta=0), "sigma and beta above 0"),
    ],
    ids=["choice", "impossible draw", "impossible draw in a batch", "draw probability", "beta"],
)
def test_what_cannot_be(attempt: Any, words: str) -> None:
    with pytest.raises(VoteError, match=words):
        attempt()
