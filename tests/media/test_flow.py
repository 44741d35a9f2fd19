"""Optical flow of motion that is known, what a network gets of it, and frames of odd shapes."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from gifect.errors import ClipError
from gifect.media import flow as media_flow
from gifect.media.crop import short_side, square
from gifect.media.flow import cached_flow, estimate_flow, flow_methods, scale_flow, unit_flow


@pytest.fixture(scope="module")
def texture() -> np.ndarray:
    coarse = np.random.default_rng(1).integers(0, 255, (24, 32, 3), dtype=np.uint8)
    return cv2.resize(coarse, (320, 240), interpolation=cv2.INTER_CUBIC)


def moved(texture: np.ndarray, right: int, down: int, count: int = 3) -> np.ndarray:
    """Return frames whose content moves by so many pixels a frame."""
    views = []
    for k in range(count):
        top, left = 60 - down * k, 80 - right * k
        views.append(texture[top : top + 96, left : left + 128])
    return np.stack(views)


@pytest.mark.parametrize("method", flow_methods())
@pytest.mark.parametrize(("right", "down"), [(3, 0), (0, -2), (-4, 5)], ids=["right", "up", "left and down"])
def test_shifted_texture_has_the_flow_of_the_shift(texture: np.ndarray, method: str, right: int, down: int) -> None:
    flow = estimate_flow(moved(texture, right, down), method)
    assert flow.shape == (2, 96, 128, 2)
    inner = flow[:, 12:-12, 12:-12]
    assert np.linalg.norm(inner - [right, down], axis=-1).mean() < 0.15


def test_nothing_that_moves_has_no_flow(texture: np.ndarray) -> None:
    assert not estimate_flow(moved(texture, 0, 0)).any()


def test_one_frame_has_no_pairs(texture: np.ndarray) -> None:
    assert estimate_flow(texture[None]).shape == (0, 240, 320, 2)


@pytest.mark.parametrize("shape", [(1, 1), (1, 2000), (2000, 1), (3, 5), (15, 17)])
def test_tiny_and_thin_frames_are_no_fault(shape: tuple[int, int]) -> None:
    frames = np.random.default_rng(0).integers(0, 255, (3, *shape, 3), dtype=np.uint8)
    flow = estimate_flow(frames)
    assert flow.shape == (2, *shape, 2)
    assert np.isfinite(flow).all()


def test_scaled_flow_is_clipped_and_keeps_zero() -> None:
    flow = np.array([[-300, -20], [0, 0.04], [10, 20], [20.4, 1e6]], np.float32)
    scaled = scale_flow(flow)
    assert scaled.tolist() == [[-127, -127], [0, 0], [64, 127], [127, 127]]
    np.testing.assert_allclose(unit_flow(scaled), np.clip(flow / 20, -1, 1), atol=0.5 / 127)


def test_flow_is_computed_once(texture: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = moved(texture, 2, 1)
    first = cached_flow(frames, folder=tmp_path / "flow")
    monkeypatch.setitem(media_flow.METHODS, "dis", lambda: pytest.fail("computed again"))
    np.testing.assert_array_equal(cached_flow(frames, folder=tmp_path / "flow"), first)
    assert len(list((tmp_path / "flow").iterdir())) == 1


def test_damaged_cache_is_mended(texture: np.ndarray, tmp_path: Path) -> None:
    frames = moved(texture, 2, 1)
    first = cached_flow(frames, folder=tmp_path)
    (path,) = tmp_path.iterdir()
    for damage in (b"", path.read_bytes()[:-40], b"no archive"):
        path.write_bytes(damage)
        np.testing.assert_array_equal(cached_flow(frames, folder=tmp_path), first)
    assert path.stat().st_size > 100


def test_other_pixels_have_another_place_in_the_cache(texture: np.ndarray, tmp_path: Path) -> None:
    cached_flow(moved(texture, 2, 1), folder=tmp_path)
    cached_flow(moved(texture, 2, 2), folder=tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_cache_that_cannot_be_written_is_named(texture: np.ndarray, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ClipError, match="flow cannot be kept here"):
        cached_flow(moved(texture, 1, 0), folder=tmp_path / "file")


def test_unknown_method_lists_the_known_ones(texture: np.ndarray) -> None:
    with pytest.raises(ClipError, match="unknown flow method 'farneback': expected one of dis, tvl1"):
        estimate_flow(texture[None], "farneback")


@pytest.mark.skipif("tvl1" in flow_methods(), reason="this OpenCV has TV-L1")
def test_missing_method_says_what_to_install(texture: np.ndarray) -> None:
    with pytest.raises(ClipError, match="opencv-contrib-python-headless"):
        estimate_flow(texture[None], "tvl1")


def test_frames_of_another_shape_are_refused() -> None:
    with pytest.raises(ClipError, match=r"not uint8 of shape \(2, 8, 8\)"):
        estimate_flow(np.zeros((2, 8, 8), np.uint8))


@pytest.mark.parametrize("shape", [(1, 2000), (1, 1), (300, 200), (90, 400)])
def test_square_has_one_size_for_every_shape(shape: tuple[int, int]) -> None:
    frames = np.full((2, *shape, 3), 7, np.uint8)
    assert np.array_equal(square(frames, 224, share=0.875), np.full((2, 224, 224, 3), 7, np.uint8))


def test_square_is_what_scaling_and_cropping_gives(texture: np.ndarray) -> None:
    scaled = cv2.resize(texture, (341, 256), interpolation=cv2.INTER_LINEAR)
    cropped = scaled[16:240, 58:282].astype(int)
    ours = square(texture[None], 224, share=224 / 256)[0].astype(int)
    assert np.abs(ours - cropped).mean() < np.abs(cropped[1:] - cropped[:-1]).mean()  # within a pixel


def test_square_lies_where_it_is_asked_to() -> None:
    frame = np.zeros((40, 100, 3), np.uint8)
    frame[:, 60:] = 200
    assert square(frame[None], 20, place=(0, 0)).max() == 0
    assert square(frame[None], 20, place=(1, 1)).min() == 200


@pytest.mark.parametrize("wrong", [{"share": 0.0}, {"share": 1.5}, {"place": (0.5, 2.0)}])
def test_square_outside_of_the_frame_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ClipError, match="share must be in"):
        square(np.zeros((1, 8, 8, 3), np.uint8), 8, **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("shape", "scaled"),
    [((48, 64), (32, 43)), ((64, 48), (43, 32)), ((10, 10), (32, 32)), ((1, 2000), (32, 64)), ((2000, 1), (64, 32))],
)
def test_short_side_has_one_length(shape: tuple[int, int], scaled: tuple[int, int]) -> None:
    assert short_side(np.zeros((2, *shape, 3), np.uint8), 32).shape == (2, *scaled, 3)
