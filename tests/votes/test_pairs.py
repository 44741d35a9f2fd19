"""Questions tell much, vary, are fair to all emotions, and never come twice to one voter."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from scipy.stats import norm, spearmanr

from gifect.emotions import SEVENTEEN
from gifect.errors import VoteError
from gifect.votes.ballots import LEFT, Votes
from gifect.votes.bradley_terry import fit_votes, posterior
from gifect.votes.design import expected_information, order_gain
from gifect.votes.pairs import Chooser
from gifect.votes.simulate import draw_choices


def chooser_of(gifs: int, seed: int = 0) -> Chooser:
    return Chooser(Votes.from_columns([str(g) for g in range(gifs)], [], [], [], []), seed=seed)


def information_by_integration(mean: float, variance: float, beta: float) -> float:
    """Return the mutual information of outcome and difference, straight from its definition."""
    d = np.linspace(mean - 9 * variance**0.5, mean + 9 * variance**0.5, 20_001)
    weight = norm.pdf(d, mean, variance**0.5)
    weight /= weight.sum()

    def entropy(p: np.ndarray) -> np.ndarray:
        p = np.clip(p, 1e-300, 1 - 1e-16)
        return -p * np.log2(p) - (1 - p) * np.log2(1 - p)

    p = norm.cdf(d / (2**0.5 * beta))
    return float(entropy(np.array([(weight * p).sum()]))[0] - (weight * entropy(p)).sum())


@pytest.mark.parametrize("mean", [0.0, 3.0, 12.0])
@pytest.mark.parametrize("variance", [1.0, 30.0, 139.0])
def test_expected_information_is_near_its_definition(mean: float, variance: float) -> None:
    found = float(expected_information(np.array([mean]), np.array([variance]), 4.0)[0])
    assert found == pytest.approx(information_by_integration(mean, variance, 4.0), abs=0.02)


def test_the_gain_is_what_a_vote_lowers() -> None:
    random = np.random.default_rng(4)
    mean, factor = random.normal(0, 1, 6), random.normal(0, 0.5, (6, 6))
    covariance = factor @ factor.T + 0.1 * np.eye(6)

    pairs = list(zip(*np.triu_indices(6, 1), strict=True))

    def loss(now: np.ndarray) -> float:
        first, second = np.triu_indices(6, 1)
        variance = np.array([covariance[i, i] + covariance[j, j] - 2 * covariance[i, j] for i, j in pairs])
        weights = norm.pdf(mean[first] - mean[second], 0, np.sqrt(variance))
        return float(weights @ [now[i, i] + now[j, j] - 2 * now[i, j] for i, j in pairs])

    gain, lowered = order_gain(mean, covariance), []
    for i, j in pairs:
        along = np.eye(6)[i] - np.eye(6)[j]
        d = np.linspace(-12, 12, 20_001)
        belief = norm.pdf(d, mean[i] - mean[j], np.sqrt(along @ covariance @ along))
        curvature = float((belief * np.exp(d) / (1 + np.exp(d)) ** 2).sum() / belief.sum())
        after = np.linalg.inv(np.linalg.inv(covariance) + curvature * np.outer(along, along))
        lowered.append(loss(covariance) - loss(after))
    ratio = np.array(lowered) / [gain[i, j] for i, j in pairs]
    assert ratio == pytest.approx(np.full(len(pairs), ratio.mean()), rel=0.06)


@pytest.mark.parametrize("spread", [0.7, 2.4])
def test_the_prior_becomes_as_wide_as_the_votes_tell(spread: float) -> None:
    random = np.random.default_rng(1)
    strengths = random.normal(0, spread, 60)
    chooser = chooser_of(60)
    for turn in range(1200):
        left, right = random.choice(60, 2, replace=False).tolist()
        choice = int(draw_choices(strengths[[left]] - strengths[[right]], random)[0])
        chooser.take(f"voter {turn // 30}", "fear", left, right, choice)
    chooser.next_question("ann", "fear")
    belief = chooser.beliefs[SEVENTEEN.index("fear")]
    assert belief.prior == pytest.approx(strengths.var(), rel=0.35)
    votes = Votes.from_columns(chooser.gifs, 7, *np.array(chooser.votes[7]).T)
    assert belief.mean == pytest.approx(posterior(votes, belief.prior)[0], abs=0.15)


def test_nobody_sees_a_pair_twice_and_all_are_seen() -> None:
    chooser = chooser_of(7)
    seen = []
    while (question := chooser.next_question("ann")) is not None:
        pair = int(question.left), int(question.right)
        seen.append(tuple(sorted(pair)))
        chooser.take("ann", question.emotion, *pair, LEFT)
    assert len(seen) == len(set(seen)) == 7 * 6 // 2
    assert chooser.next_question("bob") is not None


def test_what_the_store_knows_is_not_asked_again() -> None:
    votes = Votes.from_columns(["a", "b", "c"], 3, [0, 2], [1, 1], [0, 0], [0, 0], None, ["ann"])
    question = Chooser(votes, seed=1).next_question("ann")
    assert question is not None and {question.left, question.right} == {"a", "c"}


def test_emotions_take_turns() -> None:
    chooser = chooser_of(40)
    asked: Counter[str] = Counter()
    for turn in range(17 * 6):
        voter = f"voter {turn % 3}"
        question = chooser.next_question(voter)
        assert question is not None
        asked[question.emotion] += 1
        chooser.take(voter, question.emotion, int(question.left), int(question.right), LEFT)
    assert set(asked.values()) == {6}
    assert set(asked) == set(SEVENTEEN)


def test_gifs_and_sides_vary() -> None:
    chooser = chooser_of(200)
    shown: list[str] = []
    lower_left = 0
    for _ in range(60):
        question = chooser.next_question("ann", "pride")
        assert question is not None
        assert not {question.left, question.right} & set(shown[-12:])
        shown += [question.left, question.right]
        lower_left += int(question.left) < int(question.right)
        chooser.take("ann", "pride", int(question.left), int(question.right), LEFT)
    assert max(Counter(shown).values()) <= 4
    assert 15 <= lower_left <= 45


def test_questions_with_a_known_answer_are_avoided() -> None:
    votes = Votes.from_columns(["weak", "strong", "fresh 1", "fresh 2"], 0, [0] * 60, [1] * 60, [1] * 60)
    question = Chooser(votes, seed=0).next_question("ann", "amusement")
    assert question is not None and {question.left, question.right} != {"weak", "strong"}


def accuracy(active: bool, votes: int, seed: int) -> float:
    """Return the rank correlation of scores from simulated votes with the strengths behind them."""
    random = np.random.default_rng(seed)
    strengths = random.normal(0, 2.4, 60)
    chooser = chooser_of(60, seed)
    rows = []
    for turn in range(votes):
        if active:
            question = chooser.next_question(f"voter {turn // 30}", "fear")
            assert question is not None
            left, right = int(question.left), int(question.right)
        else:
            left, right = random.choice(60, 2, replace=False).tolist()
        choice = int(draw_choices(strengths[[left]] - strengths[[right]], random, careless=0.05)[0])
        chooser.take(f"voter {turn // 30}", "fear", left, right, choice)
        rows.append((left, right, choice))
    fit = fit_votes(Votes.from_columns(chooser.gifs, 7, *np.array(rows).T), errors=False)
    return float(spearmanr(fit.scores, strengths, nan_policy="omit").statistic)


def test_chosen_pairs_need_fewer_votes_than_random_ones() -> None:
    chosen = np.mean([accuracy(True, 400, seed) for seed in range(3)])
    assert chosen > np.mean([accuracy(False, 600, seed) for seed in range(3)]) - 0.005
    assert chosen > np.mean([accuracy(False, 400, seed) for seed in range(3)])


@pytest.mark.parametrize("gifs", [0, 1])
def test_fewer_than_two_gifs_are_no_pair(gifs: int) -> None:
    with pytest.raises(VoteError, match=f"found {gifs} GIFs: expected two or more"):
        chooser_of(gifs).next_question("ann")


def test_an_emotion_that_does_not_exist() -> None:
    with pytest.raises(VoteError, match="no emotion 'joy'"):
        chooser_of(3).next_question("ann", "joy")
