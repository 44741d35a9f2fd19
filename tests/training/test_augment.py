"""A variant of a clip is the same clip: all frames change alike, and the same seed gives the same variant."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from gifect.errors import DataError
from gifect.training.data.augment import Augmentation, augment_clip

STRENGTHS = ("flip", "scale", "shift", "drop", "noise", "brightness", "contrast", "gamma", "hue", "grey")
CHANCES = ("scale_chance", "shift_chance", "drop_chance", "noise_chance", "colour_chance")
SEEDS = range(12)


def only(**strengths: float) -> Augmentation:
    """Return options that always change just what is named."""
    return Augmentation(**{**dict.fromkeys(STRENGTHS, 0.0), **dict.fromkeys(CHANCES, 1.0), **strengths})


def picture(height: int = 40, width: int = 60) -> np.ndarray:
    """Return one frame (H, W, 3) with a bright square on a sloping ground."""
    rows, columns = np.mgrid[:height, :width]
    frame = np.stack([rows * 3, columns * 2, np.full_like(rows, 90)], 2).astype(np.uint8)
    frame[10:20, 15:25] = (250, 180, 40)
    return frame


def moving(count: int = 20) -> np.ndarray:
    """Return frames (T, H, W, 3) that all differ: frame k has k in its corner's red."""
    frames = np.repeat(picture()[None], count, 0)
    frames[:, 0, 0, 0] = np.arange(count)
    return frames


@pytest.mark.parametrize("seed", SEEDS)
def test_all_frames_change_alike(seed: int) -> None:
    still = np.repeat(picture()[None], 6, 0)
    frames, _ = augment_clip(
        still,
        np.random.default_rng(seed),
        only(flip=0.5, scale=0.5, shift=0.3, drop=0.3, brightness=0.3, contrast=0.5, gamma=0.5, hue=0.5, grey=0.3),
    )
    assert (frames == frames[0]).all()
    assert (frames[0] != still[0]).any()


def test_salt_and_pepper_fall_elsewhere_in_each_frame() -> None:
    still = np.full((8, 50, 50, 3), 128, np.uint8)
    frames, _ = augment_clip(still, np.random.default_rng(0), only(noise=0.2))
    white, black = (frames == 255).all(3), (frames == 0).all(3)
    assert (white | black | (frames == 128).all(3)).all()
    assert white.any((1, 2)).all() and black.any((1, 2)).all()
    assert 0.5 < white.sum() / black.sum() < 2
    assert (white | black).mean() <= 0.2
    assert len({w.tobytes() for w in white}) == len(frames)


def test_the_same_seed_gives_the_same_variant_and_another_another() -> None:
    options = only(flip=0.5, scale=0.2, shift=0.1, drop=0.3, noise=0.05, brightness=0.2, hue=0.2)
    one, two, other = (augment_clip(moving(), np.random.default_rng(seed), options) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one[0], two[0])
    np.testing.assert_array_equal(one[1], two[1])
    assert one[0].shape != other[0].shape or (one[0] != other[0]).any()


@pytest.mark.parametrize("options", [only(), Augmentation(flip=0, grey=0, **dict.fromkeys(CHANCES, 0.0))])
@pytest.mark.parametrize("seed", SEEDS)
def test_no_strength_or_no_chance_changes_nothing(seed: int, options: Augmentation) -> None:
    given = moving()
    frames, kept = augment_clip(given, np.random.default_rng(seed), options)
    np.testing.assert_array_equal(frames, given)
    np.testing.assert_array_equal(kept, np.arange(len(given)))
    assert not np.shares_memory(frames, given)


@pytest.mark.parametrize("shape", [(1, 1, 1, 3), (1, 40, 60, 3), (2, 31, 17, 3), (9, 8, 200, 3)])
def test_shape_and_type_stay_and_the_given_frames_too(shape: tuple[int, ...]) -> None:
    given = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    given.flags.writeable = False
    for seed in SEEDS:
        frames, kept = augment_clip(given, np.random.default_rng(seed))
        assert frames.dtype == np.uint8
        assert frames.shape == (len(kept), *shape[1:])
        assert frames.flags.writeable


@pytest.mark.parametrize(("count", "least"), [(1, 1), (2, 2), (3, 2), (20, 2)])
def test_dropping_keeps_order_and_something_that_moves(count: int, least: int) -> None:
    counts = []
    for seed in range(40):
        frames, kept = augment_clip(moving(count), np.random.default_rng(seed), only(drop=1))
        assert (np.diff(kept) > 0).all()
        np.testing.assert_array_equal(frames, moving(count)[kept])
        counts.append(len(kept))
    assert min(counts) == least
    assert max(counts) <= count
    assert count < 3 or len(set(counts)) > 1


def test_no_more_frames_are_dropped_than_allowed() -> None:
    counts = [len(augment_clip(moving(), np.random.default_rng(s), only(drop=0.25))[1]) for s in range(40)]
    assert min(counts) == 15


def test_flipping_mirrors_every_pixel() -> None:
    frames, _ = augment_clip(moving(3), np.random.default_rng(0), only(flip=1))
    np.testing.assert_array_equal(frames, moving(3)[:, :, ::-1])


def test_half_of_the_clips_are_flipped() -> None:
    options = only(flip=0.5)
    given = moving(2)
    flipped = [(augment_clip(given, np.random.default_rng(s), options)[0] != given).any() for s in range(200)]
    assert 70 < sum(flipped) < 130


@pytest.mark.parametrize("seed", SEEDS)
def test_scale_and_shift_stay_within_bounds(seed: int) -> None:
    black = np.zeros((1, 100, 100, 3), np.uint8)
    black[:, 40:60, 40:60] = 255
    for options, sides, away in ((only(scale=0.5), (13, 31), 1), (only(shift=0.2), (19, 21), 21)):
        frames, _ = augment_clip(black, np.random.default_rng(seed), options)
        rows, columns = np.nonzero(frames[0, ..., 0] > 127)
        assert sides[0] <= np.ptp(rows) + 1 <= sides[1]
        assert sides[0] <= np.ptp(columns) + 1 <= sides[1]
        assert abs(rows.mean() - 49.5) <= away
        assert abs(columns.mean() - 49.5) <= away


def test_what_falls_free_is_filled_by_the_edge() -> None:
    white = np.full((1, 30, 30, 3), 255, np.uint8)
    frames, _ = augment_clip(white, np.random.default_rng(0), only(scale=1, shift=1))
    assert (frames == 255).all()


@pytest.mark.parametrize("seed", SEEDS)
def test_hue_leaves_grey_and_the_sum_of_colours_as_they_are(seed: int) -> None:
    given = np.array([[[[90, 90, 90], [120, 100, 80], [100, 110, 130]]]], np.uint8)
    frames, _ = augment_clip(given, np.random.default_rng(seed), only(hue=1))
    np.testing.assert_array_equal(frames[0, 0, 0], given[0, 0, 0])
    assert np.abs(frames.astype(int).sum(3) - given.astype(int).sum(3)).max() <= 2
    assert (frames != given).any()


def test_grey_has_no_colour_and_its_own_brightness() -> None:
    frames, _ = augment_clip(moving(2), np.random.default_rng(0), only(grey=1))
    assert (frames == frames[..., :1]).all()
    assert frames[0, 15, 20, 0] == round(0.299 * 250 + 0.587 * 180 + 0.114 * 40)


@pytest.mark.parametrize(("name", "fixed"), [("brightness", ()), ("contrast", (127, 128)), ("gamma", (0, 255))])
def test_light_changes_keep_the_order_of_values(name: str, fixed: tuple[int, ...]) -> None:
    ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, None, :, None], 3, 3)
    furthest = []
    for seed in SEEDS:
        values = augment_clip(ramp, np.random.default_rng(seed), only(**{name: 0.4}))[0][0, 0, :, 0].astype(int)
        assert (np.diff(values) >= 0).all()
        assert all(abs(values[v] - v) <= 1 for v in fixed)
        furthest.append(np.abs(values - np.arange(256)).max())
    assert 15 < max(furthest) <= 0.4 * 255 + 1


@pytest.mark.parametrize("wrong", [{"flips": 0.5}, {"flip": 1.5}, {"shift": -0.1}, {"noise": "much"}])
def test_options_that_are_unknown_or_no_shares_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        Augmentation(**wrong)


@pytest.mark.parametrize(
    "frames", [np.zeros((2, 8, 8, 3)), np.zeros((8, 8, 3), np.uint8), np.zeros((0, 8, 8, 3), np.uint8)]
)
def test_what_are_no_frames_is_named(frames: np.ndarray) -> None:
    with pytest.raises(DataError, match=r"uint8 of shape \(T, H, W, 3\), not"):
        augment_clip(frames, np.random.default_rng(0))
