"""What is written can be read again: frames, delays and loops."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import samples
from PIL import Image

from gifect.errors import ClipError
from gifect.media.clip import Clip
from gifect.media.write import encode_clip, write_clip

DELAYS = [40, 100, 77, 1000, 350]
MOVING = Clip.from_frames(samples.moving_square(5, 35, 47), DELAYS, loops=3)


def noise(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.abs(first.astype(int) - second).mean())


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".mp4", ".GIF"])
def test_comes_back(tmp_path: Path, suffix: str) -> None:
    path = write_clip(MOVING, tmp_path / f"überlagert{suffix}")
    clip = Clip.open(path)
    expected = [40, 100, 80, 1000, 350] if suffix.lower() == ".gif" else DELAYS
    assert clip.format == suffix[1:].lower()
    assert clip.delays_ms.tolist() == expected
    assert clip.loops == (1 if suffix == ".mp4" else 3)
    assert noise(clip.frames[:, :35, :47], MOVING.frames) < 7
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_video_sides_are_made_even() -> None:
    clip = Clip.open(encode_clip(MOVING, ".mp4"))
    assert (clip.width, clip.height) == (48, 36)
    assert noise(clip.frames[:, -1], clip.frames[:, -2]) < 6


@pytest.mark.parametrize("loops", [0, 1, 2, 10])
@pytest.mark.parametrize("suffix", [".gif", ".webp"])
def test_loops_are_kept(loops: int, suffix: str) -> None:
    clip = Clip.from_frames(MOVING.frames, 100, loops=loops)
    assert Clip.open(encode_clip(clip, suffix)).loops == loops


def test_gif_delays_do_not_drift_and_never_turn_into_the_browser_default() -> None:
    frames = np.repeat(MOVING.frames, 20, 0)
    for delay in (33, 37, 45, 125):
        clip = Clip.open(encode_clip(Clip.from_frames(frames, delay), ".gif"))
        assert np.abs(clip.starts_ms - delay * np.arange(100)).max() <= 10
    assert Clip.open(encode_clip(Clip.from_frames(frames, 4), ".gif")).delays_ms.max() == 20
    assert Clip.open(encode_clip(Clip.from_frames(frames[:2], 10**6), ".gif")).delays_ms.max() == 655_350


def test_gif_of_few_colours_keeps_them() -> None:
    rng = np.random.default_rng(5)
    colours = rng.integers(0, 256, (12, 3), np.uint8)
    frames = colours[rng.integers(0, 12, (6, 30, 40))]
    frames[3] = frames[2]
    clip = Clip.open(encode_clip(Clip.from_frames(frames, 50), ".gif"))
    assert np.abs(clip.frames.astype(int) - frames).max() <= 1


def test_other_programs_read_it(tmp_path: Path) -> None:
    for suffix in (".gif", ".webp"):
        with Image.open(write_clip(MOVING, tmp_path / f"a{suffix}")) as picture:
            assert (picture.n_frames, picture.size) == (5, (47, 35))


def test_one_frame_and_one_pixel() -> None:
    for suffix in (".gif", ".webp", ".mp4"):
        clip = Clip.open(encode_clip(Clip.from_frames(np.full((1, 1, 1, 3), 200, np.uint8)), suffix))
        assert clip.frame_count == 1
        assert np.abs(clip.frames[0, 0, 0].astype(int) - 200).max() <= 4


def test_overwrites_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "a.gif"
    path.write_text("old")
    tall = Clip.from_frames(np.zeros((1, 70_000, 1, 3), np.uint8))
    with pytest.raises(ClipError, match="at most 65535"):
        write_clip(tall, path)
    assert path.read_text() == "old"
    write_clip(MOVING, path)
    assert Clip.open(path).frame_count == 5


def test_no_such_folder_or_format(tmp_path: Path) -> None:
    with pytest.raises(ClipError, match="cannot be written: No such file"):
        write_clip(MOVING, tmp_path / "absent" / "a.gif")
    (tmp_path / "folder.gif").mkdir()
    with pytest.raises(ClipError, match="cannot be written"):
        write_clip(MOVING, tmp_path / "folder.gif")
    for name in ("a.bmp", "a"):
        with pytest.raises(ClipError, match=r"written as \.gif, \.webp, \.mp4"):
            write_clip(MOVING, tmp_path / name)
    assert [file.name for file in tmp_path.iterdir()] == ["folder.gif"]
