"""Sampling schemes give the frames that their papers say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gifect.errors import ClipError
from gifect.media import sample

COUNTS = st.integers(1, 500)


@given(COUNTS)
def test_every_frame(count: int) -> None:
    assert sample.every_frame(count).tolist() == list(range(count))


@given(COUNTS, st.integers(1, 60))
def test_evenly_spaced_is_spread_and_symmetric(count: int, n: int) -> None:
    chosen = sample.evenly_spaced(count, n)
    assert len(chosen) == min(n, count)
    steps = np.diff(chosen)
    assert (steps > 0).all()
    assert not len(steps) or steps.max() - steps.min() <= 1
    assert abs(int(chosen[0]) - (count - 1 - int(chosen[-1]))) <= 1


def test_evenly_spaced_by_hand() -> None:
    assert sample.evenly_spaced(10, 5).tolist() == [1, 3, 5, 7, 9]
    assert sample.evenly_spaced(9, 3).tolist() == [1, 4, 7]
    assert sample.evenly_spaced(9, 1).tolist() == [4]


@given(COUNTS, st.integers(1, 30), st.integers(0, 99))
def test_segment_random_takes_one_of_each_part(count: int, segments: int, seed: int) -> None:
    chosen = sample.segment_random(count, segments, seed)
    assert chosen.tolist() == sample.segment_random(count, segments, np.random.default_rng(seed)).tolist()
    assert len(chosen) == segments
    assert chosen.min() >= 0
    assert chosen.max() < count
    if count >= segments:
        parts = [part for part, rest in ((k, np.arange(count)) for k in range(segments))]
        bounds = [(part * count // segments, (part + 1) * count // segments) for part in parts]
        assert all(low <= index < high for index, (low, high) in zip(chosen, bounds, strict=True))


def test_segment_random_reaches_every_frame() -> None:
    rng = np.random.default_rng(0)
    seen = {index for _ in range(300) for index in sample.segment_random(11, 4, rng).tolist()}
    assert seen == set(range(11))


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, [0]), (2, [0, 1]), (3, [0, 1, 2]), (29, [0, 14, 28]), (30, [0, 10, 20]), (41, [0, 10, 20, 30, 40])],
)
def test_sparse(count: int, expected: list[int]) -> None:
    assert sample.sparse(count).tolist() == expected


@pytest.mark.parametrize(
    ("count", "expected"),
    [(1, [0]), (10, list(range(10))), (11, list(range(0, 11, 2))), (50, list(range(0, 50, 2)))],
)
def test_dense_of_short_clips(count: int, expected: list[int]) -> None:
    assert sample.dense(count).tolist() == expected


@given(st.integers(51, 5000))
def test_dense_of_long_clips_is_25_frames_from_first_to_last(count: int) -> None:
    chosen = sample.dense(count)
    assert (len(chosen), chosen[0], chosen[-1]) == (25, 0, count - 1)
    assert np.ptp(np.diff(chosen)) <= 1


@pytest.mark.parametrize(
    ("count", "clips"), [(1, 1), (5, 1), (15, 1), (16, 1), (17, 2), (24, 2), (25, 3), (32, 3), (100, 12)]
)
def test_c3d_clips(count: int, clips: int) -> None:
    chosen = sample.c3d_clips(count)
    assert chosen.shape == (clips, 16)
    assert chosen.ravel().tolist() == [(8 * clip + k) % count for clip in range(clips) for k in range(16)]
    assert set(chosen.ravel()) == set(range(count))


@pytest.mark.parametrize("call", [sample.every_frame, sample.sparse, sample.dense, sample.c3d_clips])
def test_no_frames_is_an_error(call) -> None:
    with pytest.raises(ClipError, match="at least 1, not 0"):
        call(0)
    with pytest.raises(ClipError, match="n must be"):
        sample.evenly_spaced(3, 0)


@given(st.lists(st.integers(1, 400), min_size=1, max_size=40), st.sampled_from([5.0, 12.5, 25.0, 60.0]))
def test_a_steady_rate_shows_each_frame_for_its_time(delays: list[int], rate: float) -> None:
    chosen = sample.at_rate(np.array(delays), rate)
    assert len(chosen) == max(1, round(sum(delays) * rate / 1000))
    assert (np.diff(chosen) >= 0).all()
    assert chosen[0] >= 0 and chosen[-1] < len(delays)
    shown = np.bincount(chosen, minlength=len(delays)) * 1000 / rate
    assert (np.abs(shown - delays) <= 1000 / rate + 1e-6).all()


def test_a_steady_rate_by_hand() -> None:
    assert sample.at_rate(np.array([100, 40, 20, 40]), 25).tolist() == [0, 0, 1, 2, 3]
    assert sample.at_rate(np.array([40, 40, 40]), 25).tolist() == [0, 1, 2]
    assert sample.at_rate(np.array([0]), 25).tolist() == [0]


def test_a_rate_of_nothing_is_refused() -> None:
    with pytest.raises(ClipError, match="rate must be above 0"):
        sample.at_rate(np.array([40]), 0)
    with pytest.raises(ClipError, match="count must be at least 1"):
        sample.at_rate(np.array([], np.int64), 25)


def test_what_is_too_short_plays_again() -> None:
    assert sample.looped(np.array([3, 4, 9]), 7).tolist() == [3, 4, 9, 3, 4, 9, 3]
    assert sample.looped(np.array([3, 4, 9]), 2).tolist() == [3, 4, 9]
    assert sample.looped(np.array([5]), 4).tolist() == [5] * 4
