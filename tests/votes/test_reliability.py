"""Voters who cannot be believed are flagged, and honest ones are not."""

from __future__ import annotations

import numpy as np
import pytest

from gifect.emotions import SEVENTEEN
from gifect.votes.ballots import LEFT, NEITHER, RIGHT, Votes
from gifect.votes.bradley_terry import fit_votes
from gifect.votes.reliability import VoterReport, judge_voters, pair_agreement
from gifect.votes.simulate import draw_choices

KINDS = ("honest", "coin", "always left", "contrary", "neither", "fast", "forgetful")


def study() -> Votes:
    """Return votes of 30 honest voters and one of each other kind."""
    random = np.random.default_rng(5)
    strengths = random.normal(0, 2, (17, 40))
    names = [f"honest {k}" for k in range(30)] + list(KINDS[1:])
    columns: list[list[int]] = []
    for voter, name in enumerate(names):
        for turn in range(120):
            emotion, left = int(random.integers(3)), int(random.integers(40))
            right = (left + int(random.integers(1, 40))) % 40
            choice = int(draw_choices(strengths[[emotion], [left]] - strengths[[emotion], [right]], random)[0])
            if name == "coin":
                choice = int(random.integers(2))
            elif name == "contrary":
                choice = RIGHT - choice
            elif name in ("always left", "neither"):
                choice = LEFT if name == "always left" else NEITHER
            elif name == "forgetful":
                emotion, left, right, choice = 0, turn % 20, 20 + turn % 20, (turn // 20) % 2
            columns.append([emotion, left, right, choice, voter, turn * (200 if name == "fast" else 5000)])
    return Votes.from_columns([str(g) for g in range(40)], *np.array(columns).T, voters=names)


@pytest.fixture(scope="module")
def reports() -> dict[str, VoterReport]:
    votes = study()
    decided = votes.where(votes.choice != NEITHER)
    fits = {name: fit_votes(decided.of(name)) for name in SEVENTEEN[:3]}
    return {report.voter: report for report in judge_voters(votes, fits)}


@pytest.mark.parametrize(
    ("name", "flag"),
    [
        ("coin", "disagrees"),
        ("always left", "one-sided"),
        ("contrary", "disagrees"),
        ("neither", "neither"),
        ("fast", "fast"),
        ("forgetful", "inconsistent"),
    ],
)
def test_each_kind_has_its_flag(reports: dict[str, VoterReport], name: str, flag: str) -> None:
    assert flag in reports[name].flags


def test_honest_voters_have_no_flags(reports: dict[str, VoterReport]) -> None:
    honest = [report for name, report in reports.items() if name.startswith("honest")]
    assert [report.flags for report in honest] == [()] * 30
    assert np.mean([report.agreement - report.expected for report in honest]) == pytest.approx(0, abs=0.08)


def test_figures_of_a_voter() -> None:
    votes = Votes.from_columns(
        ["a", "b", "c"],
        0,
        *([0, 1, 0, 1], [1, 0, 2, 2], [LEFT, RIGHT, NEITHER, LEFT], [0] * 4, [0, 1000, 59_999, 70_000]),
        voters=["ann"],
    )
    (report,) = judge_voters(votes, {})
    assert (report.votes, report.repeats, report.consistency, report.peak) == (4, 1, 1.0, 3)
    assert report.left_share == pytest.approx(2 / 3)
    assert np.isnan([report.agreement, report.expected]).all()


def test_votes_without_a_voter_are_nobodys() -> None:
    assert judge_voters(Votes.from_columns(["a", "b"], 0, [0], [1], [0]), {}) == []


@pytest.mark.parametrize(
    ("choices", "alpha"),
    [([LEFT, RIGHT] * 20, 1.0), ([LEFT, LEFT] * 20, -0.95)],
    ids=["all alike", "half and half"],
)
def test_agreement_of_pairs_looks_through_the_sides(choices: list[int], alpha: float) -> None:
    """Every pair is asked twice with its sides changed, so LEFT then RIGHT means the same GIF."""
    pairs = [(k, k + 1) for k in range(20)]
    turned = [pair if k % 2 == 0 else pair[::-1] for pair in pairs for k in range(2)]
    left, right = np.array(turned).T
    others = [c if (k // 2) % 2 else [RIGHT, LEFT][c] for k, c in enumerate(choices)]  # so that both sides occur
    votes = Votes.from_columns([str(g) for g in range(21)], 0, left, right, others)
    assert pair_agreement(votes) == pytest.approx(alpha, abs=0.1)


def test_agreement_needs_a_question_that_came_twice() -> None:
    assert np.isnan(pair_agreement(Votes.from_columns(["a", "b"], [0, 1], [0, 0], [1, 1], [0, 0])))
    assert np.isnan(pair_agreement(Votes.from_columns(["a", "b"], [], [], [], [])))
