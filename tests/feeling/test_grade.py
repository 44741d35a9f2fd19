"""Grades and attention of whole clips: scales, places, what happens without a face, and where the light falls."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import gifect
from gifect.emotions import CIRCUMPLEX, QUADRANT_OF, QUADRANTS, SEVENTEEN
from gifect.feeling.attention import Attention, attend, draw_attention, mask_at
from gifect.feeling.cues import Cues, see
from gifect.feeling.grade import FACE_SIZE, LEAST, face_vectors, grade

SAMPLES = Path(__file__).parents[2] / "samples"


@pytest.fixture(scope="module")
def laugh() -> gifect.Clip:
    return gifect.Clip.open(SAMPLES / "laugh.gif")


@pytest.fixture(scope="module")
def seen(laugh: gifect.Clip) -> Cues:
    return see(laugh)


def test_every_emotion_stands_in_its_quadrant() -> None:
    for name, (valence, arousal) in CIRCUMPLEX.items():
        pleasant, excited = QUADRANT_OF[name].split("-")
        assert (valence > 0) == (pleasant == "pleasure"), name
        assert (arousal > 0) == (excited == "arousal"), name


@pytest.mark.parametrize(
    ("name", "strong", "weak", "quadrant"),
    [
        ("laugh", "happiness", "sadness", "pleasure-arousal"),
        ("tears", "sadness", "happiness", None),
        ("glare", "anger", "happiness", None),
        ("gasp", "surprise", "sadness", None),
    ],
)
def test_samples_are_graded_as_they_are_drawn(name: str, strong: str, weak: str, quadrant: str | None) -> None:
    reading = gifect.read(SAMPLES / f"{name}.gif")
    assert reading.intensities is not None
    assert tuple(reading.intensities) == SEVENTEEN
    assert all(0 <= value <= 1 for value in reading.intensities.values())
    assert reading.intensities[strong] > reading.intensities[weak] + 0.1
    assert quadrant is None or reading.quadrant == quadrant


def test_happy_clips_lie_on_the_pleasant_side_and_sad_ones_do_not() -> None:
    happy, sad = (gifect.read(SAMPLES / f"{name}.gif") for name in ("laugh", "tears"))
    assert happy.valence is not None
    assert sad.valence is not None
    assert happy.valence > 0.3 > -0.1 > sad.valence


def test_a_clip_without_anybody_has_a_grade_and_no_quadrant_where_nothing_is_strong() -> None:
    clip = gifect.Clip.from_frames(np.full((3, 60, 80, 3), 200, np.uint8))
    got = grade(clip, see(clip))
    assert ((got.intensities >= 0) & (got.intensities <= 1)).all()
    assert (got.quadrant is None) == (got.intensities.max() < LEAST)
    assert got.quadrant is None or got.quadrant in QUADRANTS
    assert abs(got.valence) <= 1
    assert abs(got.arousal) <= 1


@pytest.mark.parametrize("count", [1, 2, 5])
def test_short_clips_are_graded(laugh: gifect.Clip, count: int) -> None:
    clip = gifect.Clip.from_frames(laugh.frames[:count])
    assert grade(clip, see(clip)).intensities.shape == (17,)


def test_the_main_face_fills_the_rows_of_its_frames(laugh: gifect.Clip, seen: Cues) -> None:
    rows = face_vectors(seen.faces, seen.looked, laugh.width, laugh.height)
    assert rows.shape == (len(seen.looked), FACE_SIZE)
    assert (rows[:, -1] == 1).all()
    np.testing.assert_allclose(rows[:, :8], seen.faces[0].measures.expression, rtol=1e-6)
    half = face_vectors(seen.faces, np.array([seen.looked[0], seen.looked[1] + 1]), laugh.width, laugh.height)
    assert half[0, -1] == 1
    assert not half[1].any()
    assert not face_vectors([], seen.looked, laugh.width, laugh.height).any()


def test_how_a_face_is_held_is_told(laugh: gifect.Clip, seen: Cues) -> None:
    face = seen.faces[0]
    start = FACE_SIZE - 257 - 8
    x, y, side, roll, _, below, _, _ = face_vectors([face], face.frames[:1], laugh.width, laugh.height)[
        0, start : start + 8
    ]
    assert 0.3 < x < 0.7
    assert 0.2 < y < 0.8
    assert np.exp(side) == pytest.approx(
        np.sqrt(np.prod(face.boxes[0, 2:] - face.boxes[0, :2]) / (laugh.width * laugh.height)), rel=1e-4
    )
    assert abs(roll) < 0.3
    assert below > 0
    angle = np.deg2rad(40)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    marks = face.measures.landmarks.copy()
    marks[..., :2] = marks[..., :2] @ turn.T
    turned = replace(face, measures=replace(face.measures, landmarks=marks))
    other = face_vectors([turned], face.frames[:1], laugh.width, laugh.height)[0, start : start + 8]
    assert other[3] - roll == pytest.approx(angle, abs=1e-3)
    assert other[5] == pytest.approx(below, abs=1e-3)


def test_attention_lies_on_the_face(laugh: gifect.Clip, seen: Cues) -> None:
    attention = attend(laugh, seen)
    assert attention.masks.shape == (len(attention.frames), 6, 8)
    np.testing.assert_allclose(attention.masks.sum((1, 2)), 1, rtol=1e-4)
    x0, y0, x1, y1 = seen.faces[0].boxes.mean(0).astype(int)
    mask = np.mean([mask_at(laugh, attention, int(k)) for k in attention.frames], 0)
    inside = mask[y0:y1, x0:x1].mean()
    outside = (mask.sum() - mask[y0:y1, x0:x1].sum()) / (mask.size - (y1 - y0) * (x1 - x0))
    assert inside > 1.5 * outside


def test_between_two_frames_attention_goes_over_evenly(laugh: gifect.Clip) -> None:
    masks = np.zeros((2, 6, 8), np.float32)
    masks[0, 1, 1] = masks[1, 4, 6] = 1.0
    attention = Attention(np.array([2, 8]), masks)
    first, middle, last = (mask_at(laugh, attention, k) for k in (0, 5, 15))
    assert np.unravel_index(first.argmax(), first.shape) < (laugh.height / 2, 0)
    assert middle[laugh.height // 4, laugh.width // 5] > 0.5
    assert middle[laugh.height * 3 // 4, laugh.width * 4 // 5] > 0.5
    np.testing.assert_allclose(first, mask_at(laugh, attention, 2))
    np.testing.assert_allclose(last, mask_at(laugh, attention, 8))


def test_what_is_not_attended_to_is_dim(laugh: gifect.Clip) -> None:
    masks = np.zeros((1, 6, 8), np.float32)
    masks[0, :, :4] = 1 / 24
    drawn = draw_attention(laugh, Attention(np.array([0]), masks))
    assert drawn.frame_count == laugh.frame_count
    np.testing.assert_array_equal(drawn.delays_ms, laugh.delays_ms)
    quarter = laugh.width // 4
    assert drawn.frames[:, :, :quarter].mean() > 0.97 * laugh.frames[:, :, :quarter].mean()
    assert drawn.frames[:, :, -quarter:].mean() < 0.4 * laugh.frames[:, :, -quarter:].mean()


@pytest.mark.parametrize("shape", [(1, 1, 1), (2, 1, 300), (3, 300, 1)])
def test_clips_of_any_shape_can_be_drawn(shape: tuple[int, int, int]) -> None:
    clip = gifect.Clip.from_frames(np.zeros((*shape, 3), np.uint8))
    drawn = draw_attention(clip, attend(clip))
    assert drawn.frame_count == shape[0]
