"""Finding faces in frames."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from gifect import Clip
from gifect.faces.boxes import iou_matrix
from gifect.faces.detect import INPUT_SIDE, SIDE_STEP, detect_faces, letterbox

SAMPLES = Path(__file__).parents[2] / "samples"


@pytest.fixture(scope="module")
def face() -> np.ndarray:
    """Return a frame with one drawn face, its eyes about (160, 112)."""
    return Clip.open(SAMPLES / "laugh.gif").frames[6]


@pytest.mark.parametrize(
    ("width", "height"),
    [(320, 240), (240, 320), (64, 48), (1000, 50), (50, 1000), (1, 1), (1, 400), (321, 241)],
    ids=lambda n: str(n),
)
def test_a_frame_is_scaled_and_padded_for_the_network(width: int, height: int) -> None:
    canvas, scale = letterbox(np.full((height, width, 3), 200, np.uint8))
    assert max(canvas.shape[:2]) == INPUT_SIDE
    assert all(side % SIDE_STEP == 0 for side in canvas.shape[:2])
    assert scale == INPUT_SIDE / max(width, height)
    drawn = canvas[: max(round(height * scale), 1), : max(round(width * scale), 1)]
    assert (drawn == 200).all()
    assert canvas.astype(int).sum() == drawn.astype(int).sum()


def test_no_frames_no_faces() -> None:
    assert detect_faces(np.zeros((0, 240, 320, 3), np.uint8)) == []


@pytest.mark.parametrize("shape", [(240, 320), (1, 1), (7, 500), (900, 30)])
def test_a_plain_frame_has_no_face(shape: tuple[int, int]) -> None:
    found = detect_faces(np.full((2, *shape, 3), 128, np.uint8))
    assert [len(faces) for faces in found] == [0, 0]
    assert found[0].boxes.shape == (0, 4)
    assert found[0].points.shape == (0, 5, 2)


def test_where_a_face_and_its_parts_are(face: np.ndarray) -> None:
    found = detect_faces(face[None])[0]
    assert len(found) == 1
    x0, y0, x1, y1 = found.boxes[0]
    assert 90 < x0 < 125 and 195 < x1 < 230 and 40 < y0 < 90 and 170 < y1 < 215
    right_eye, left_eye, nose, right_corner, left_corner = found.points[0]
    assert right_eye[0] < nose[0] < left_eye[0]
    assert right_corner[0] < nose[0] < left_corner[0]
    assert max(right_eye[1], left_eye[1]) < nose[1] < min(right_corner[1], left_corner[1])


@pytest.mark.parametrize("factor", [0.5, 2.0, 4.0])
def test_boxes_are_in_pixels_of_the_frame_whatever_its_size(face: np.ndarray, factor: float) -> None:
    resized = cv2.resize(face, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    plain, scaled = detect_faces(face[None])[0], detect_faces(resized[None])[0]
    assert iou_matrix(plain.boxes[:1], scaled.boxes[:1] / factor).item() > 0.75


@pytest.mark.parametrize(
    ("left", "top", "right", "bottom"),
    [
        pytest.param(115, 0, 320, 240, id="left"),
        pytest.param(0, 70, 320, 240, id="top"),
        pytest.param(0, 0, 200, 240, id="right"),
        pytest.param(0, 0, 320, 180, id="bottom"),
    ],
)
def test_a_face_that_leaves_the_frame_has_its_box_cut(
    face: np.ndarray, left: int, top: int, right: int, bottom: int
) -> None:
    whole, part = detect_faces(face[None])[0], detect_faces(face[None, top:bottom, left:right])[0]
    assert len(part) == 1
    assert (part.boxes >= 0).all() and (part.boxes <= (right - left, bottom - top) * 2).all()
    seen = np.clip(whole.boxes, (left, top) * 2, (right, bottom) * 2) - (left, top) * 2
    assert iou_matrix(part.boxes, seen).item() > 0.75


def test_two_faces_side_by_side_are_two(face: np.ndarray) -> None:
    other = Clip.open(SAMPLES / "gasp.gif").frames[6]
    found = detect_faces(np.hstack([face[:, 60:260], other[:, 60:260]])[None])[0]
    assert sorted(int(box[:3:2].mean() > 200) for box in found.boxes) == [0, 1]
    assert (np.diff(found.scores) <= 0).all()


def test_a_frame_gives_the_same_alone_and_among_others(face: np.ndarray) -> None:
    alone, among = detect_faces(face[None])[0], detect_faces(np.stack([face[::-1], face]))[1]
    np.testing.assert_array_equal(alone.boxes, among.boxes)
