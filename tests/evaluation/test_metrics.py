"""Metrics against answers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

pd = pytest.importorskip("pandas", reason="evaluation needs the extra train")
scores = pytest.importorskip("sklearn.metrics", reason="evaluation needs the extra train")

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


def regression(rows: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Return predictions and truth of three columns that go together more or less."""
    rng = np.random.default_rng(1)
    truth = rng.random((rows, 3))
    return 0.2 + 0.5 * truth + rng.normal(0, [0.05, 0.2, 0.6], truth.shape), truth


def test_regression_figures_are_those_of_scikit_learn() -> None:
    said, told = regression()
    each = scores.root_mean_squared_error(told, said, multioutput="raw_values")
    assert metrics.rmse(said, told) == pytest.approx(each.mean())
    assert metrics.explained_variance(said, told) == pytest.approx(scores.explained_variance_score(told, said))
    assert metrics.nmse(said, told) == pytest.approx(1 - scores.r2_score(told, said))
    by_hand = [np.corrcoef(said[:, k], told[:, k])[0, 1] for k in range(3)]
    np.testing.assert_allclose(metrics.correlations(said, told), by_hand)
    np.testing.assert_allclose(metrics.slopes(said, told), [np.polyfit(said[:, k], told[:, k], 1)[0] for k in range(3)])


def test_an_offset_costs_nmse_but_no_explained_variance() -> None:
    _, told = regression()
    assert metrics.explained_variance(told + 0.3, told) == pytest.approx(1.0)
    assert metrics.nmse(told + 0.3, told) > 0.5


def test_slope_tells_timid_predictions_from_bold_ones() -> None:
    _, told = regression()
    middle = told.mean(0)
    np.testing.assert_allclose(metrics.slopes(middle + 0.25 * (told - middle), told), 4.0)
    np.testing.assert_allclose(metrics.slopes(middle + 2 * (told - middle), told), 0.5)


def test_what_does_not_vary_has_no_r_and_no_slope() -> None:
    _, told = regression()
    still = np.full_like(told, 0.4)
    np.testing.assert_array_equal(metrics.correlations(still, told), 0.0)
    assert np.isnan(metrics.correlations(told, still)).all()
    assert np.isnan(metrics.slopes(still, told)).all()


def test_percentile_looks_at_the_strongest_emotion_alone() -> None:
    told = np.array([[0.9, 0.0], [0.0, 0.8], [0.0, 0.1]])
    assert metrics.percentile(told, told, 0.25) == 1.0
    assert metrics.percentile(1 - told, told, 0.25) == 0.0
    assert metrics.percentile(np.zeros((3, 2)), told, 0.25) == 0.5
    assert np.isnan(metrics.percentile(told, told * 0.1, 0.25))


def test_mean_average_precision_leaves_out_what_nobody_shows() -> None:
    rng = np.random.default_rng(2)
    truth, ranked = rng.random((50, 4)) < 0.3, rng.random((50, 4))
    truth[:, 3] = False
    expected = np.mean([scores.average_precision_score(truth[:, k], ranked[:, k]) for k in range(3)])
    assert metrics.mean_average_precision(ranked, truth) == pytest.approx(expected)
    assert metrics.mean_average_precision(np.array([[3.0], [2.0], [1.0]]), np.array([[1], [0], [1]]) > 0) == (
        pytest.approx((1 + 2 / 3) / 2)
    )


@pytest.mark.parametrize("least", [0, -1], ids=["all are called something", "some are called nothing"])
def test_class_report_is_that_of_scikit_learn(least: int) -> None:
    rng = np.random.default_rng(3)
    truth, guess = rng.choice([0, 1, 3], 80), rng.integers(least, 4, 80)
    matrix = metrics.confusion_matrix(guess, truth, 4)
    assert matrix.sum() == 80
    np.testing.assert_array_equal(matrix[:, :4], scores.confusion_matrix(truth, guess, labels=range(-1, 4))[1:, 1:])
    report = metrics.class_report(matrix)
    known = {"y_true": truth, "y_pred": guess, "zero_division": 0}
    expected = scores.precision_recall_fscore_support(**known, labels=range(4))
    for ours, theirs in zip((report.precision, report.recall, report.f1, report.support), expected, strict=True):
        np.testing.assert_allclose(ours, theirs)
    assert report.accuracy == pytest.approx((guess == truth).mean())
    assert report.macro_f1 == pytest.approx(scores.f1_score(**known, labels=[0, 1, 3], average="macro"))
    assert report.weighted_f1 == pytest.approx(scores.f1_score(**known, labels=[0, 1, 3], average="weighted"))


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
