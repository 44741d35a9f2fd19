"""Drawing readings on clips."""

from __future__ import annotations

import numpy as np
import pytest

from gifect.emotions import EIGHT, SEVEN
from gifect.errors import GifectError
from gifect.feeling.colours import rgb
from gifect.feeling.overlay import draw_overlay, faces_at, scores_at
from gifect.feeling.reading import FaceSample, FaceTrack, Moment, Reading
from gifect.media.clip import Clip

GREY = 128


def grey_clip(width: int = 320, height: int = 240, frames: int = 11) -> Clip:
    return Clip.from_frames(np.full((frames, height, width, 3), GREY, np.uint8), 100)


def certain(names: tuple[str, ...], name: str) -> dict[str, float]:
    return {other: float(other == name) for other in names}


def sample(ms: int, x: float, *, landmarks: bool = True) -> FaceSample:
    points = [(x + 5 + k % 10 * 4, 65 + k // 10 * 4, 1.0) for k in range(70)]
    return FaceSample(
        ms=ms,
        box=(x, 60, x + 60, 120),
        confidence=0.9,
        readable=0.9,
        scores=certain(EIGHT, "happiness"),
        valence=0.5,
        arousal=0.5,
        action_units={},
        landmarks=points if landmarks else None,
    )


def reading_of(clip: Clip, *samples: FaceSample) -> Reading:
    """Return a reading that goes from fear to happiness at 0, 500 and 1000 ms."""
    fear, happiness = certain(SEVEN, "fear"), certain(SEVEN, "happiness")
    face = FaceTrack(
        track=0,
        first_ms=samples[0].ms if samples else 0,
        last_ms=samples[-1].ms if samples else 0,
        scores=certain(EIGHT, "happiness"),
        action_units={},
        samples=list(samples),
    )
    return Reading(
        source="x",
        frames=clip.frame_count,
        duration_ms=clip.duration_ms,
        width=clip.width,
        height=clip.height,
        loops=0,
        emotion="happiness",
        confidence=1.0,
        scores=happiness,
        timeline=[Moment(ms=ms, scores=scores) for ms, scores in ((0, fear), (500, fear), (1000, happiness))],
        faces=[face] if samples else [],
    )


def count_of(pixels: np.ndarray, emotion: str) -> int:
    return int((pixels == rgb(emotion)).all(axis=-1).sum())


def test_scores_go_evenly_between_moments() -> None:
    reading = reading_of(grey_clip())
    happiness, fear = SEVEN.index("happiness"), SEVEN.index("fear")
    scores = scores_at(reading, np.array([250, 600, 750, 1050]))
    assert scores[:, happiness] == pytest.approx([0, 0.2, 0.5, 1])
    assert scores[:, fear] == pytest.approx([1, 0.8, 0.5, 0])


def test_without_a_timeline_the_scores_stay() -> None:
    reading = reading_of(grey_clip()).model_copy(update={"timeline": []})
    assert scores_at(reading, 400)[SEVEN.index("happiness")] == 1


def test_boxes_and_landmarks_move_evenly_between_samples() -> None:
    reading = reading_of(grey_clip(), sample(0, 20), sample(500, 120), sample(1000, 120))
    (face,) = faces_at(reading, 250)
    assert face.box == pytest.approx([70, 60, 130, 120])
    assert face.landmarks is not None
    assert face.landmarks[0] == pytest.approx([75, 65, 1])


@pytest.mark.parametrize(("ms", "count"), [(200, 0), (260, 1), (500, 1), (740, 1), (760, 0)])
def test_a_face_is_there_for_half_a_step_around_its_samples(ms: int, count: int) -> None:
    assert len(faces_at(reading_of(grey_clip(), sample(500, 20)), ms)) == count


def test_delays_and_frames_stay() -> None:
    clip = Clip.from_frames(grey_clip().frames, np.arange(11) * 10 + 20, loops=3)
    drawn = draw_overlay(clip, reading_of(clip, sample(0, 20)))
    assert (drawn.frame_count, drawn.loops, list(drawn.delays_ms)) == (11, 3, list(clip.delays_ms))
    assert not np.shares_memory(drawn.frames, clip.frames)


def test_the_box_is_drawn_where_the_face_is() -> None:
    clip = grey_clip()
    drawn = draw_overlay(clip, reading_of(clip, sample(0, 20), sample(1000, 220)))
    for k, x in ((0, 20), (5, 120), (10, 220)):
        around = drawn.frames[k, 50:130, x - 10 : x + 70]
        elsewhere = drawn.frames[k, :240].copy()
        elsewhere[30:130, x - 10 : x + 80] = GREY
        assert count_of(around, "happiness") > 100
        assert (elsewhere == GREY).all()


def test_landmarks_are_drawn_where_they_are_known() -> None:
    clip = grey_clip()
    with_dots, without = (
        draw_overlay(clip, reading_of(clip, sample(0, 100, landmarks=known))).frames[0, 64:96, 104:142]
        for known in (True, False)
    )
    assert (with_dots > 200).all(axis=-1).sum() > 40
    assert (without == GREY).mean() > 0.95


@pytest.mark.parametrize(
    ("width", "height", "zoom"), [(1, 1, 2), (60, 40, 2), (240, 100, 2), (241, 100, 1), (641, 359, 1)]
)
def test_small_clips_grow_and_sides_are_even(width: int, height: int, zoom: int) -> None:
    clip = grey_clip(width, height, 2)
    frames = draw_overlay(clip, reading_of(clip)).frames
    assert frames.shape[2] >= width * zoom
    assert frames.shape[1] > height * zoom
    assert frames.shape[1] % 2 == frames.shape[2] % 2 == 0
    left = (max(width * zoom, 176) - width * zoom) // 2
    assert (frames[0, : height * zoom, left : left + width * zoom] == GREY).all()


def test_the_bars_follow_the_time() -> None:
    clip = grey_clip()
    drawn = draw_overlay(clip, reading_of(clip))
    panel = drawn.frames[:, 240 + 12 :]  # below the ribbon, which shows all times at once
    fear = [count_of(frame, "fear") for frame in panel]
    happiness = [count_of(frame, "happiness") for frame in panel]
    assert fear[0] > 400
    assert fear[10] == 0
    assert sorted(fear, reverse=True) == fear
    assert sorted(happiness) == happiness
    assert happiness[10] > happiness[0] + 400


def test_a_face_at_the_rim_is_drawn_as_far_as_it_goes() -> None:
    clip = grey_clip()
    outside = sample(0, -30).model_copy(update={"box": (-30.0, -20.0, 400.0, 300.0)})
    assert draw_overlay(clip, reading_of(clip, outside)).frame_count == 11


def test_a_reading_of_another_clip_is_refused() -> None:
    with pytest.raises(GifectError, match="320 x 240 pixels, this one has 100 x 100"):
        draw_overlay(grey_clip(100, 100), reading_of(grey_clip()))
