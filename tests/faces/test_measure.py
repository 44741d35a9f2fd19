"""Measuring faces: where the crop is taken, and what comes back."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gifect import Clip
from gifect.emotions import EIGHT
from gifect.faces.detect import detect_faces
from gifect.faces.layout import (
    ACTION_UNITS,
    CROP_MARGIN,
    FLIP,
    INPUT_SIZE,
    LANDMARK_COUNT,
    LEFT_EYE,
    RIGHT_EYE,
)
from gifect.faces.measure import face_crop, measure_crops, measure_faces

SAMPLES = Path(__file__).parents[2] / "samples"


def ramp(height: int, width: int) -> np.ndarray:
    """Return a frame whose red tells x and whose green tells y, as shares of 250."""
    y, x = np.mgrid[:height, :width]
    return np.stack([x * 250 / width, y * 250 / height, np.zeros_like(x)], 2).round().astype(np.uint8)


@pytest.mark.parametrize(
    "box",
    [
        pytest.param((100, 60, 164, 124), id="as large as the crop"),
        pytest.param((100, 60, 130, 100), id="small and tall"),
        pytest.param((20, 20, 300, 200), id="large and wide"),
        pytest.param((0, 0, 90, 110), id="in a corner"),
    ],
)
def test_the_crop_is_the_square_around_the_box(box: tuple[int, int, int, int]) -> None:
    frame = ramp(240, 320)
    crop, corner, side = face_crop(frame, np.array(box, float))
    assert crop.shape == (INPUT_SIZE, INPUT_SIZE, 3)
    assert side == pytest.approx(CROP_MARGIN * max(box[2] - box[0], box[3] - box[1]))
    assert corner + side / 2 == pytest.approx([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2])
    for row, column in ((8, 8), (32, 32), (20, 50), (56, 12)):
        x, y = corner + np.array([column, row]) * side / INPUT_SIZE
        expected = np.clip([x, y], 0, [319, 239]) * 250 / np.array([320, 240])
        assert crop[row, column, :2] == pytest.approx(expected, abs=3 + side / 60)


def test_beyond_the_frame_its_edge_repeats() -> None:
    frame = np.full((100, 100, 3), 90, np.uint8)
    assert (face_crop(frame, np.array([60.0, 60.0, 140.0, 140.0]))[0] == 90).all()


def test_a_box_without_area_still_gives_a_crop() -> None:
    assert face_crop(ramp(40, 40), np.array([5.0, 5.0, 5.0, 5.0]))[0].shape == (INPUT_SIZE, INPUT_SIZE, 3)


def test_no_faces_give_empty_measures() -> None:
    measures = measure_faces([], np.zeros((0, 4)))
    assert len(measures) == 0
    assert measures.expression.shape == (0, 8)
    assert measures.landmarks.shape == (0, LANDMARK_COUNT, 3)


@pytest.fixture(scope="module")
def seen() -> tuple[list[np.ndarray], np.ndarray]:
    """Return frames of three sample clips with the box of the face in each."""
    frames = [Clip.open(SAMPLES / f"{name}.gif").frames[8] for name in ("laugh", "gasp", "tears")]
    return frames, np.concatenate([faces.boxes[:1] for faces in detect_faces(np.stack(frames))])


def test_every_measure_is_in_its_range(seen: tuple[list[np.ndarray], np.ndarray]) -> None:
    m = measure_faces(*seen)
    assert m.expression.shape == (3, len(EIGHT))
    assert m.expression.sum(1) == pytest.approx(1, abs=1e-4)
    assert (m.expression >= 0).all()
    assert (np.abs(m.affect[:, 0]) <= 1).all() and (m.affect[:, 1] >= 0).all() and (m.affect[:, 1] <= 1).all()
    assert m.units.shape == (3, len(ACTION_UNITS))
    assert (m.units >= 0).all() and (m.units <= 1).all()
    assert (m.readable > 0.5).all() and (m.readable <= 1).all()
    assert m.sides.shape == (3, 2) and (np.abs(m.sides) <= 1).all()
    assert m.embedding.shape == (3, 256)


def test_landmarks_lie_on_the_face(seen: tuple[list[np.ndarray], np.ndarray]) -> None:
    frames, boxes = seen
    landmarks = measure_faces(frames, boxes).landmarks
    assert ((landmarks[..., 2] >= 0) & (landmarks[..., 2] <= 1)).all()
    for points, box in zip(landmarks[..., :2], boxes, strict=True):
        right, left, mouth = points[RIGHT_EYE].mean(0), points[LEFT_EYE].mean(0), points[48:60].mean(0)
        # The drawings have their eyes 0.33 x 74 pixels to either side of the middle.
        assert np.linalg.norm(left - right) == pytest.approx(49, rel=0.25)
        assert box[0] < right[0] < mouth[0] < left[0] < box[2]
        assert box[1] < max(right[1], left[1]) < mouth[1] < box[3]


def test_a_part_of_the_measures_keeps_its_rows(seen: tuple[list[np.ndarray], np.ndarray]) -> None:
    m = measure_faces(*seen)
    part = m.part(slice(1, 3))
    assert len(part) == 2
    np.testing.assert_array_equal(part.embedding, m.embedding[1:3])


def test_faces_are_measured_alike_alone_and_together(seen: tuple[list[np.ndarray], np.ndarray]) -> None:
    frames, boxes = seen
    together, alone = measure_faces(frames, boxes), measure_faces(frames[1:2], boxes[1:2])
    np.testing.assert_allclose(together.expression[1], alone.expression[0], atol=1e-4)


def test_landmarks_of_bare_crops_are_fractions(seen: tuple[list[np.ndarray], np.ndarray]) -> None:
    crop, corner, side = face_crop(seen[0][0], seen[1][0])
    fractions = measure_crops(crop[None]).landmarks[0, :, :2]
    pixels = measure_faces(seen[0][:1], seen[1][:1]).landmarks[0, :, :2]
    np.testing.assert_allclose(fractions * side + corner, pixels, atol=0.05)


def test_flipping_twice_gives_the_same_landmarks() -> None:
    assert FLIP[FLIP].tolist() == list(range(LANDMARK_COUNT))
    assert FLIP[RIGHT_EYE].min() == LEFT_EYE.min() and set(FLIP[RIGHT_EYE]) == set(LEFT_EYE)
