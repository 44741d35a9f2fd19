"""The Gaussian process, the SVMs, tags, curves, clusters and their pictures."""

from __future__ import annotations

import io
import warnings

import numpy as np
import pytest
from sklearn.exceptions import SkipTestWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.metrics import average_precision_score
from sklearn.utils.estimator_checks import check_estimator

from gifect.collect.choose import choose_clusters
from gifect.collect.curves import RECALLS, curve_of, mean_curve
from gifect.collect.plots import plot_clusters, plot_correlations, plot_curves
from gifect.collect.tags import bag_of_tags, make_dictionary, top_tags
from gifect.collect.weak import BinaryRelevance, GaussianProcess
from gifect.emotions import SEVENTEEN
from gifect.errors import CollectError


def waves(samples: int = 120, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return features and two tasks that no line follows."""
    random = np.random.default_rng(seed)
    X = random.uniform(-3, 3, (samples, 2))
    Y = np.stack([np.sin(X[:, 0]), np.cos(X[:, 1])], 1) + 0.1 * random.normal(size=(samples, 2))
    return X, Y


def test_manners_of_the_gaussian_process() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkipTestWarning)
        check_estimator(GaussianProcess())


def test_gaussian_process_is_that_of_scikit_learn_with_the_same_kernel() -> None:
    X, Y = waves()
    ours = GaussianProcess().fit(X, Y)
    mean, deviation = ours.predict(X[:20] + 0.1, return_std=True)
    for task in range(2):
        signal = float(ours.variance_[task])
        kernel = ConstantKernel(signal) * RBF(ours.length_) + WhiteKernel(signal * ours.noise_)
        centre = Y[:, task].mean()
        theirs = GaussianProcessRegressor(kernel, optimizer=None).fit(X, Y[:, task] - centre)
        expected, spread = theirs.predict(X[:20] + 0.1, return_std=True)
        np.testing.assert_allclose(mean[:, task], expected + centre, atol=1e-6)
        np.testing.assert_allclose(deviation[:, task], spread, rtol=1e-5)


def test_gaussian_process_follows_what_it_saw_and_doubts_what_it_did_not() -> None:
    X, Y = waves(300)
    process = GaussianProcess().fit(X, Y)
    near, near_deviation = process.predict(X, return_std=True)
    _, far_deviation = process.predict(X + 100, return_std=True)
    assert 1 - ((near - Y) ** 2).mean() / Y.var() > 0.95
    assert far_deviation.min() > 2 * near_deviation.max()


def test_ranking_score_prefers_high_means_and_then_certainty() -> None:
    X, Y = waves(200)
    process = GaussianProcess().fit(X, Y)
    mean, deviation = process.predict(X, return_std=True)
    np.testing.assert_allclose(process.ranking_score(X, 2.0), -(2.0 - mean) / (2 * deviation**2))


def test_svms_and_labels_that_nobody_or_everybody_has() -> None:
    X = np.random.default_rng(0).normal(size=(80, 3))
    labels = np.stack([X[:, 0] > 0, np.zeros(80, bool), np.ones(80, bool)], 1)
    model = BinaryRelevance().fit(X, labels)
    found = model.predict(X)
    assert (found[:, 0] == labels[:, 0]).mean() > 0.95
    assert not found[:, 1].any() and found[:, 2].all()
    with pytest.raises(CollectError, match=r"expected labels of shape \(80, t\), found \(80,\)"):
        model.fit(X, labels[:, 0])


TAGS = [["#Happy", "tv", "smile"], ["happy", "HAPPY ", "cat"], ["sad"], ["smile", "sad"], []]


def test_top_tags_of_positive_samples_without_generic_ones() -> None:
    assert top_tags(TAGS, [True, True, False, True, True]) == ["happy", "smile", "cat", "sad"]
    assert top_tags(TAGS, [True] * 5, count=1) == ["happy"]
    assert top_tags(TAGS, [False] * 5) == []


def test_dictionary_keeps_what_is_frequent_enough() -> None:
    tags = [["common"]] * 1 + [["rare"]] * 4 + [["common", "edge"]] * 5 + [["common"]] * 990
    assert make_dictionary(tags) == ["common", "edge"]
    assert make_dictionary(tags, 1.0) == ["common", "edge", "rare"]
    with pytest.raises(CollectError, match="sparsity is 2"):
        make_dictionary(tags, 2)


def test_bags_have_length_one_or_zero() -> None:
    bag = bag_of_tags(TAGS, ["happy", "smile"])
    np.testing.assert_allclose(bag, [[0.5**0.5, 0.5**0.5], [1, 0], [0, 0], [0, 1], [0, 0]])


def test_areas_are_those_of_scikit_learn() -> None:
    random = np.random.default_rng(0)
    for share in (0.05, 0.5):
        truth, scores = random.random(300) < share, np.round(random.normal(size=300), 1)
        curve = curve_of(truth, scores)
        assert curve is not None
        assert curve.area == pytest.approx(average_precision_score(truth, scores))


def test_a_perfect_ranking_checks_what_is_wanted_and_none_checks_by_chance() -> None:
    truth = np.arange(1000) < 250
    perfect, unsorted = curve_of(truth, -np.arange(1000.0)), curve_of(truth, np.zeros(1000))
    assert perfect is not None and unsorted is not None
    assert (perfect.area, perfect.to_check()) == (1.0, 3000.0)
    assert (unsorted.area, unsorted.to_check()) == (0.25, 12_000.0)
    assert (unsorted.precision == 0.25).all() and len(unsorted.precision) == len(RECALLS)


def test_tasks_without_positives_are_left_out_of_the_mean() -> None:
    truth = np.array([[True, False], [False, False]])
    scores = np.array([[1.0, 0.0], [0.0, 1.0]])
    assert curve_of(truth[:, 1], scores[:, 1]) is None
    assert mean_curve(truth, scores).area == 1.0
    with pytest.raises(CollectError, match="no task has a positive sample"):
        mean_curve(truth[:, 1:], scores[:, 1:])
    with pytest.raises(CollectError, match="expected between 1 and 10"):
        mean_curve(truth, scores).to_check(11, 10)


def models(groups: int, seed: int = 0) -> np.ndarray:
    """Return models (17, 30) of emotions in equal groups."""
    random = np.random.default_rng(seed)
    return random.normal(size=(groups, 30))[np.arange(17) % groups] + 0.2 * random.normal(size=(17, 30))


@pytest.mark.parametrize("groups", [2, 3, 5])
def test_the_number_of_clusters_is_found(groups: int) -> None:
    best, silhouettes, labels = choose_clusters(models(groups))
    assert best == groups and max(silhouettes) == 8
    assert len(set(zip(labels.tolist(), (np.arange(17) % groups).tolist(), strict=True))) == groups
    with pytest.raises(CollectError, match="found 2 tasks"):
        choose_clusters(models(2)[:2])


def test_pictures() -> None:
    best, silhouettes, labels = choose_clusters(models(2))
    truth = np.arange(100)[:, None] % 3 == 0
    curve = mean_curve(truth, np.arange(100.0)[:, None])
    figures = {
        "clusters": plot_clusters(models(best), labels, silhouettes),
        "correlations": plot_correlations({"clustered": models(2), "trace norm": models(5)}),
        "curves": plot_curves({"unsorted": curve}),
    }
    for figure in figures.values():
        stream = io.BytesIO()
        figure.savefig(stream, format="png")
        assert stream.getvalue().startswith(b"\x89PNG")
    named = {text.get_text() for text in figures["clusters"].axes[1].texts}
    assert named == set(SEVENTEEN)
