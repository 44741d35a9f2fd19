"""Arithmetic on boxes, against the plainest way to do it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gifect.faces.boxes import iou_matrix, keep_best

Box = tuple[int, int, int, int]

boxes = st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(1, 8), st.integers(1, 8)).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)


def pixels(box: Box) -> set[tuple[int, int]]:
    return {(x, y) for x in range(box[0], box[2]) for y in range(box[1], box[3])}


def counted_iou(a: Box, b: Box) -> float:
    return len(pixels(a) & pixels(b)) / len(pixels(a) | pixels(b))


@given(st.lists(boxes, min_size=1, max_size=5), st.lists(boxes, min_size=1, max_size=5))
def test_overlap_is_what_counting_pixels_gives(a: list[Box], b: list[Box]) -> None:
    expected = [[counted_iou(x, y) for y in b] for x in a]
    np.testing.assert_allclose(iou_matrix(np.array(a, float), np.array(b, float)), expected, atol=1e-9)


@pytest.mark.parametrize(
    ("a", "b", "iou"),
    [
        pytest.param((0, 0, 10, 10), (0, 0, 10, 10), 1.0, id="the same"),
        pytest.param((0, 0, 10, 10), (10, 0, 20, 10), 0.0, id="touching"),
        pytest.param((0, 0, 10, 10), (30, 30, 40, 40), 0.0, id="apart on both axes"),
        pytest.param((0, 0, 10, 10), (5, 0, 15, 10), 1 / 3, id="half over"),
        pytest.param((0, 0, 10, 10), (2, 2, 7, 7), 0.25, id="inside"),
        pytest.param((5, 5, 5, 5), (0, 0, 10, 10), 0.0, id="a point"),
        pytest.param((5, 5, 5, 5), (5, 5, 5, 5), 0.0, id="two points"),
        pytest.param((10, 10, 0, 0), (0, 0, 10, 10), 0.0, id="inside out"),
    ],
)
def test_overlap_of(a: Box, b: Box, iou: float) -> None:
    assert iou_matrix(np.array([a], float), np.array([b], float)).item() == pytest.approx(iou)


def test_no_boxes_give_an_empty_matrix() -> None:
    assert iou_matrix(np.zeros((0, 4)), np.zeros((3, 4))).shape == (0, 3)


def greedily_kept(boxes: list[Box], scores: list[float], overlap: float) -> list[int]:
    left = sorted(range(len(boxes)), key=lambda i: -scores[i])
    kept = []
    while left:
        best = left.pop(0)
        kept.append(best)
        left = [i for i in left if counted_iou(boxes[best], boxes[i]) <= overlap]
    return kept


@given(
    st.lists(st.tuples(boxes, st.integers(0, 4)), min_size=1, max_size=8), st.sampled_from([0.0, 0.2, 0.4, 0.55, 1.0])
)
def test_suppression_keeps_what_the_plain_algorithm_keeps(found: list[tuple[Box, int]], overlap: float) -> None:
    places, scores = [b for b, _ in found], [s / 4 for _, s in found]
    # Two pixel counts can round to either side of the limit.
    if any(0 < abs(counted_iou(a, b) - overlap) < 1e-6 for a in places for b in places):
        return
    kept = keep_best(np.array(places, float), np.array(scores), overlap)
    assert kept.tolist() == greedily_kept(places, scores, overlap)


def test_suppression_of_nothing_keeps_nothing() -> None:
    kept = keep_best(np.zeros((0, 4)), np.zeros(0), 0.4)
    assert kept.shape == (0,) and kept.dtype == np.int64
