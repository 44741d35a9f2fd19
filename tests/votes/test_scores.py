"""The table of scores, what it warns of, and its pictures."""

from __future__ import annotations

import csv
import io

import numpy as np
import pyarrow.parquet as pq
import pytest
from scipy.stats import spearmanr

from gifect.emotions import SEVENTEEN
from gifect.votes.ballots import Votes
from gifect.votes.plots import plot_distributions, plot_uncertainty
from gifect.votes.scores import COLUMNS, Scores, score_votes
from gifect.votes.simulate import simulate_votes

STRENGTHS = np.random.default_rng(3).normal(0, 2, (17, 60))


@pytest.fixture(scope="module")
def scores() -> Scores:
    votes = simulate_votes(STRENGTHS, [1500] * 17, np.random.default_rng(4), careless=0.05, neither=0.1)
    return score_votes(votes)


def test_known_strengths_are_recovered(scores: Scores) -> None:
    for k, truth in enumerate(STRENGTHS):
        assert spearmanr(scores.strength[k], truth).statistic > 0.95
        assert spearmanr(scores.ratings.mu[k], truth).statistic > 0.94


def test_the_table_is_the_same_in_csv_and_parquet(scores: Scores) -> None:
    text, binary = io.BytesIO(), io.BytesIO()
    scores.write_csv(text)
    scores.write_parquet(binary)
    rows = list(csv.reader(io.StringIO(text.getvalue().decode())))
    table = pq.read_table(binary)
    assert tuple(rows[0]) == tuple(table.column_names) == COLUMNS
    assert len(rows) - 1 == table.num_rows == 17 * 60
    assert [float(row[COLUMNS.index("strength")]) for row in rows[1:]] == table["strength"].to_pylist()
    first = dict(zip(COLUMNS, rows[1], strict=True))
    assert (first["emotion"], first["gif"]) == ("amusement", "gif-00000")
    assert float(first["conservative"]) == pytest.approx(float(first["mu"]) - 3 * float(first["sigma"]))


def test_votes_for_neither_are_counted_apart_or_taken_as_ties() -> None:
    votes = Votes.from_columns(["a", "b", "c", "d"], 3, [0, 0, 0, 2, 2, 2], [1, 1, 1, 3, 3, 3], [0, 2, 2, 0, 0, 0])
    apart, ties = score_votes(votes), score_votes(votes, ties=True)
    assert apart.votes[3].tolist() == [3, 3, 3, 3] and apart.neither[3].tolist() == [2, 2, 0, 0]
    assert ties.strength[3, 0] - ties.strength[3, 1] < apart.strength[3, 0] - apart.strength[3, 1] - 0.1
    assert ties.ratings.sigma[3, 0] < apart.ratings.sigma[3, 0]


def test_gaps_are_warned_of() -> None:
    votes = Votes.from_columns(["a", "b", "c", "d", "never shown"], 3, [0, 2], [1, 3], [0, 0])
    scores = score_votes(votes)
    assert any("contentment: the comparisons fall into 2 groups" in warning for warning in scores.warnings)
    assert "1 of 5 GIFs have no votes" in scores.warnings
    cells = next(row for row in scores.rows() if row[:2] == ("contentment", "never shown"))
    assert cells[COLUMNS.index("strength")] is cells[COLUMNS.index("strength_error")] is None


def test_a_store_without_votes_has_a_table_without_scores() -> None:
    scores = score_votes(Votes.from_columns(["a"], [], [], [], []))
    assert len(list(scores.rows())) == 17 and scores.fits == {}


@pytest.mark.parametrize("draw", [plot_distributions, plot_uncertainty])
def test_pictures_name_every_emotion(scores: Scores, draw: object) -> None:
    assert callable(draw)
    figure = draw(scores)
    titles = {axes.get_title("left") for axes in figure.axes}
    assert set(SEVENTEEN) <= titles
    stream = io.BytesIO()
    figure.savefig(stream, format="png")
    assert stream.getvalue().startswith(b"\x89PNG")
