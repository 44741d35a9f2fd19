"""Metrics against answers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

pd = pytest.importorskip("pandas", reason="evaluation needs the extra train")
pytest.importorskip("sklearn", reason="evaluation needs the extra train")

from gifect.evaluation import metrics  # noqa: E402
from gifect.evaluation.tables import Table  # noqa: E402
from gifect.faces.layout import ACTION_UNITS  # noqa: E402


def test_expression_accuracy_leaves_out_ties_and_rows_without_a_strict_winner() -> None:
    votes = np.zeros((4, 8))
    votes[0, 1] = 6
    votes[1, 2] = 6
    votes[2, [1, 2]] = 5  # a tie
    votes[3, 3] = 4
    others = np.array([[0, 0], [0, 0], [0, 0], [6, 0]])  # most say: unknown
    scores = np.eye(8)[[1, 3, 1, 3]]
    assert metrics.expression_accuracy(scores, votes, others) == (0.5, 2)


def test_unit_auc_skips_rare_units_and_unknown_labels() -> None:
    rng = np.random.default_rng(0)
    truth = np.full((40, len(ACTION_UNITS)), np.nan)
    truth[:, 0] = np.arange(40) < 20
    truth[:, 1] = np.arange(40) < 5
    scores = rng.random(truth.shape)
    scores[:, 0] = np.where(truth[:, 0] == 1, 0.9, 0.1)
    mean, each = metrics.unit_auc(scores, truth)
    assert mean == 1.0
    assert each == {ACTION_UNITS[0]: 1.0}


def test_landmark_error_is_in_eye_distances() -> None:
    truth = np.zeros((1, 70, 2))
    truth[0, 36:42] = [10, 0]
    truth[0, 42:48] = [30, 0]
    np.testing.assert_allclose(metrics.landmark_error(truth + [0, 2], truth), [0.1])


def test_nmse_of_the_mean_is_one() -> None:
    truth = np.random.default_rng(0).random((50, 17))
    assert metrics.nmse(np.repeat(truth.mean(0)[None], 50, 0), truth) == pytest.approx(1.0)


def test_agreement_counts_agreed_faces_once_and_claims_by_any_teacher() -> None:
    face, other = np.array([[0, 0, 10, 10.0]]), np.array([[50, 50, 60, 60.0]])
    found = [(np.concatenate([face, other]), np.array([0.9, 0.8])), (other, np.array([0.2]))]
    truth = [(face, face), (face, np.concatenate([face, other]))]
    figures = metrics.agreement(found, truth, 0.5)
    assert figures == {"recall": 0.5, "precision": 0.5, "faces": 2, "claims": 2}


def test_calibration_error_of_honest_and_boastful_confidence() -> None:
    right = np.arange(100) < 70
    assert metrics.calibration_error(np.full(100, 0.7), right) == pytest.approx(0.0)
    assert metrics.calibration_error(np.full(100, 0.95), right) == pytest.approx(0.25)


def test_seven_figures_by_group() -> None:
    rows = pd.DataFrame({"e7": ["anger", "anger", "neutral"], "clear": [True, True, False], "face": [1, 0, 0]})
    figures = metrics.seven_figures(np.array([0, 6, 6]), rows)
    assert figures["all_acc"] == pytest.approx(2 / 3)
    assert (figures["face_acc"], figures["noface_acc"], figures["clear_acc"]) == (1.0, 0.0, 0.5)


def test_table_refuses_a_row_of_another_length() -> None:
    table = Table("t", ["a", "b"], "x")
    table.add("one", 0.12345)
    assert "0.123" in table.to_text()
    assert "| one | 0.123 |" in table.to_markdown()
    with pytest.raises(ValueError, match="expected 2 cells, found 1"):
        table.add("alone")
