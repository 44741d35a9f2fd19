"""Boxes of single frames become tracks of faces."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gifect.faces.detect import FoundFaces
from gifect.faces.track import PATIENCE, Track, find_cuts, link_faces, prominence, smooth

Place = tuple[float, float, float]


def seen(*faces: Place) -> FoundFaces:
    """Return detections of square faces given as middle and side, in pixels."""
    boxes = np.array([(x - s / 2, y - s / 2, x + s / 2, y + s / 2) for x, y, s in faces]).reshape(-1, 4)
    return FoundFaces(boxes, np.full(len(faces), 0.9), np.zeros((len(faces), 5, 2)))


def no_cuts(count: int) -> np.ndarray:
    return np.arange(count) == 0


def linked(frames: list[FoundFaces], cuts: tuple[int, ...] = ()) -> list[Track]:
    starts = no_cuts(len(frames))
    starts[list(cuts)] = True
    return sorted(link_faces(frames, starts), key=lambda t: (t.steps[0], t.faces[0]))


def middles(track: Track) -> list[tuple[float, float]]:
    return [((b[0] + b[2]) / 2, (b[1] + b[3]) / 2) for b in track.boxes]


def test_a_moving_face_is_one_track() -> None:
    tracks = linked([seen((40 + 25 * t, 80 + 5 * t, 60)) for t in range(8)])
    assert len(tracks) == 1
    assert tracks[0].steps == list(range(8))
    assert middles(tracks[0])[-1] == (215, 115)


def test_a_face_that_comes_nearer_is_one_track() -> None:
    assert len(linked([seen((160, 120, 30 * 1.5**t)) for t in range(5)])) == 1


def test_faces_that_pass_each_other_keep_their_identity() -> None:
    frames = [seen((40 + 24 * t, 90, 60), (280 - 24 * t, 140, 60)) for t in range(10)]
    tracks = linked(frames)
    assert [len(t.steps) for t in tracks] == [10, 10]
    assert [middles(t)[-1] for t in tracks] == [(256, 90), (64, 140)]


def test_the_order_of_detections_does_not_matter() -> None:
    there, back = (60.0, 100.0, 50.0), (240.0, 100.0, 50.0)
    tracks = linked([seen(there, back), seen(back, there), seen(there, back)])
    assert [t.faces for t in tracks] == [[0, 1, 0], [1, 0, 1]]


def test_a_large_face_is_not_a_small_one_at_the_same_place() -> None:
    assert len(linked([seen((160, 120, 160)), seen((160, 120, 50))])) == 2


def test_a_face_far_from_all_before_is_new() -> None:
    tracks = linked([seen((50, 50, 40)), seen((50, 50, 40), (250, 180, 40)), seen((250, 180, 40))])
    assert [t.steps for t in tracks] == [[0, 1], [1, 2]]


@pytest.mark.parametrize(
    ("missing", "steps"),
    [
        pytest.param(1, [[0, 2]], id="one frame: the same"),
        pytest.param(2, [[0], [3]], id="two frames: another"),
    ],
)
def test_a_face_may_be_missing_for_a_moment(missing: int, steps: list[list[int]]) -> None:
    face = (160.0, 120.0, 60.0)
    tracks = linked([seen(face), *[seen()] * missing, seen(face)])
    assert [t.steps for t in tracks] == steps


def test_no_track_runs_across_a_cut() -> None:
    tracks = linked([seen((160, 120, 60))] * 6, cuts=(3,))
    assert [t.steps for t in tracks] == [[0, 1, 2], [3, 4, 5]]


def test_no_faces_no_tracks() -> None:
    assert linked([seen(), seen(), seen()]) == []
    assert link_faces([], np.zeros(0, bool)) == []


def test_everyone_in_a_crowd_has_a_track_of_their_own() -> None:
    def crowd(t: int) -> FoundFaces:
        return seen(*((30 + 45 * k + 6 * t, 60 + 70 * row + 2 * t, 32) for row in range(2) for k in range(6)))

    tracks = linked([crowd(t) for t in range(6)])
    assert len(tracks) == 12
    for track in tracks:
        assert track.steps == list(range(6))
        assert len(set(track.faces)) == 1


places = st.tuples(st.integers(0, 300), st.integers(0, 200), st.integers(8, 120))
clips = st.lists(st.lists(places, max_size=5), min_size=1, max_size=8)


@given(clips, st.data())
def test_every_detection_is_in_exactly_one_track(clip: list[list[Place]], data: st.DataObject) -> None:
    frames = [seen(*faces) for faces in clip]
    cuts = np.array([True, *data.draw(st.lists(st.booleans(), min_size=len(clip) - 1, max_size=len(clip) - 1))])
    tracks = link_faces(frames, cuts)
    used = [(step, face) for t in tracks for step, face in zip(t.steps, t.faces, strict=True)]
    assert sorted(used) == [(step, face) for step, faces in enumerate(clip) for face in range(len(faces))]
    for track in tracks:
        gaps = np.diff(track.steps)
        assert (gaps >= 1).all() and (gaps <= PATIENCE).all()
        assert not cuts[track.steps[0] + 1 : track.steps[-1] + 1].any()
        for step, face, box in zip(track.steps, track.faces, track.boxes, strict=True):
            assert (frames[step].boxes[face] == box).all()


def scene(seed: int, shift: int = 0) -> np.ndarray:
    """Return a frame (120, 160, 3) of large coloured tiles, moved sideways by ``shift`` pixels."""
    tiles = np.random.default_rng(seed).integers(0, 256, (4, 6, 3), dtype=np.uint8)
    return np.roll(tiles.repeat(30, 0).repeat(30, 1), shift, 1)[:, :160]


def test_a_moving_view_is_one_shot() -> None:
    assert find_cuts(np.stack([scene(1, 4 * t) for t in range(8)])).tolist() == [True] + [False] * 7


def test_a_cut_is_where_another_scene_starts() -> None:
    frames = [scene(1), scene(1, 3), scene(2), scene(2, 3), scene(1)]
    assert find_cuts(np.stack(frames)).tolist() == [True, False, True, False, True]


def test_a_flash_of_the_same_scene_is_no_cut() -> None:
    brighter = np.clip(scene(1).astype(int) // 2 + 120, 0, 255).astype(np.uint8)
    assert find_cuts(np.stack([scene(1) // 2, brighter])).tolist() == [True, False]


def test_a_still_picture_and_plain_colours_have_no_cut() -> None:
    assert find_cuts(np.stack([scene(1)])).tolist() == [True]
    assert find_cuts(np.full((3, 40, 40, 3), 90, np.uint8)).tolist() == [True, False, False]


def standing_out(*faces: Place, readable: float = 1.0) -> float:
    return prominence(seen(*faces).boxes, np.full(len(faces), readable), 320, 240)


@pytest.mark.parametrize(
    ("main", "other"),
    [
        pytest.param([(160, 120, 100)] * 3, [(160, 120, 40)] * 3, id="the larger"),
        pytest.param([(160, 120, 60)] * 3, [(30, 30, 60)] * 3, id="the one in the middle"),
        pytest.param([(160, 120, 60)] * 5, [(160, 120, 60)] * 2, id="the one seen longer"),
        pytest.param([(100, 100, 110)] * 2, [(160, 120, 24)] * 5, id="a large one over a small one in the middle"),
    ],
)
def test_the_main_face_stands_out(main: list[Place], other: list[Place]) -> None:
    assert standing_out(*main) > standing_out(*other)


def test_a_readable_face_stands_out_from_one_that_cannot_be_read() -> None:
    assert standing_out((160, 120, 60)) > standing_out((160, 120, 80), readable=0.1)


series = st.lists(st.floats(0, 1), min_size=1, max_size=10)


@given(series, st.floats(20, 500))
def test_smoothing_stays_between_what_was_measured(values: list[float], width: float) -> None:
    rows = np.array(values)[:, None]
    smoothed = smooth(rows, np.arange(len(rows)) * 90.0, width)
    assert smoothed.shape == rows.shape
    assert (smoothed >= rows.min() - 1e-12).all() and (smoothed <= rows.max() + 1e-12).all()


def test_smoothing_goes_by_time_not_by_count() -> None:
    values = np.array([[0.0], [1.0]])
    near, far = smooth(values, np.array([0.0, 50.0])), smooth(values, np.array([0.0, 5000.0]))
    assert near[0, 0] == pytest.approx(0.5, abs=0.03)
    assert far[:, 0] == pytest.approx([0, 1], abs=1e-6)


def test_smoothing_keeps_probabilities_that_sum_to_one() -> None:
    rows = np.random.default_rng(0).dirichlet(np.ones(8), 12)
    assert smooth(rows, np.arange(12) * 100.0).sum(1) == pytest.approx(1)
