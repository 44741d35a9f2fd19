"""Clip.open takes what people have, and says plainly what is wrong with the rest."""

from __future__ import annotations

import hashlib
import io
import os
from pathlib import Path

import numpy as np
import pytest
import samples
from exact_gif import encode, random_gif

from gifect.errors import ClipError
from gifect.media.clip import Clip, Limits

GIF = encode(random_gif(2))
PICTURE = samples.moving_square(1)[0]


@pytest.mark.parametrize("name", ["party.gif", "Überraschung 驚き 😀.gif", "no suffix", "wrong.mp4"])
def test_opens_a_file_whatever_its_name(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(GIF)
    for source in (path, str(path)):
        clip = Clip.open(source)
        assert (clip.source, clip.format, clip.digest) == (str(path), "gif", hashlib.sha256(GIF).hexdigest())


def test_opens_bytes_and_file_objects(tmp_path: Path) -> None:
    (tmp_path / "a.gif").write_bytes(GIF)
    named = (tmp_path / "a.gif").open("rb")
    with named:
        clips = [Clip.open(source) for source in (GIF, bytearray(GIF), io.BytesIO(GIF), named)]
    assert [clip.source for clip in clips] == ["<bytes>", "<bytes>", "<stream>", str(tmp_path / "a.gif")]
    for clip in clips:
        np.testing.assert_array_equal(clip.frames, clips[0].frames)


def test_file_object_without_a_name_is_called_a_stream() -> None:
    class Nameless:
        """Gives 10 bytes at a time, as a pipe may."""

        rest = GIF

        def read(self, size: int) -> bytes:
            part, self.rest = self.rest[: min(size, 10)], self.rest[min(size, 10) :]
            return part

    clip = Clip.open(Nameless())
    assert (clip.source, clip.frame_count) == ("<stream>", 3)


def test_closed_file_is_an_error() -> None:
    stream = io.BytesIO(GIF)
    stream.close()
    with pytest.raises(ClipError, match="cannot be read: I/O operation on closed file"):
        Clip.open(stream)


def test_measures() -> None:
    clip = Clip.from_frames(np.zeros((3, 4, 5, 3), np.uint8), [100, 20, 80])
    assert (clip.frame_count, len(clip), clip.height, clip.width, clip.duration_ms) == (3, 3, 4, 5, 200)
    assert clip.starts_ms.tolist() == [0, 100, 120]
    assert repr(clip) == "<Clip '<frames>': frames, 3 frames of 5 x 4, 200 ms>"


def test_frames_cannot_be_changed_by_accident() -> None:
    with pytest.raises(ValueError, match="read-only"):
        Clip.open(GIF).frames[0] = 0


def test_from_frames_keeps_its_own_copy() -> None:
    frames = np.zeros((2, 4, 5, 3), np.uint8)
    clip = Clip.from_frames(frames)
    frames[:] = 9
    assert clip.frames.max() == 0
    assert clip.delays_ms.tolist() == [100, 100]


@pytest.mark.parametrize(
    ("frames", "delays", "message"),
    [
        (np.zeros((4, 5, 3), np.uint8), 100, r"\(T, H, W, 3\), not uint8 of shape \(4, 5, 3\)"),
        (np.zeros((2, 4, 5, 4), np.uint8), 100, r"not uint8 of shape \(2, 4, 5, 4\)"),
        (np.zeros((2, 4, 5, 3)), 100, "not float64"),
        (np.zeros((0, 4, 5, 3), np.uint8), 100, r"shape \(0, 4, 5, 3\)"),
        ([np.zeros((4, 5, 3), np.uint8), np.zeros((4, 6, 3), np.uint8)], 100, "one array"),
        (np.zeros((2, 4, 5, 3), np.uint8), [100], r"shape \(2,\), not int64 of shape \(1,\)"),
        (np.zeros((2, 4, 5, 3), np.uint8), [100, -1], "0 ms or more, not -1"),
        (np.zeros((2, 4, 5, 3), np.uint8), 33.3, "whole numbers"),
    ],
)
def test_from_frames_says_what_it_expects(frames: object, delays: object, message: str) -> None:
    with pytest.raises(ClipError, match=message):
        Clip.from_frames(frames, delays)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"GIF89a", "6 bytes"),
        (b"This is not a GIF at all.\n" * 9, "the file is text"),
        (b"<!doctype html><HTML><body>404</body></html>", "a web page"),
        (os.urandom(8).replace(b"G", b"x") + bytes(99), "no known format"),
        (b"GIF89a" + bytes(7), "no frame"),
        (b"\x89PNG\r\n\x1a\n", "header"),
        (b"\xff\xd8\xff", "header"),
        (b"RIFF\x04\0\0\0WEBP", "WebP"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIF"),
        (b"\0\0\0\x18ftypisom\0\0\0\0isomiso2", "cannot be opened|no video"),
        (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", "text"),
    ],
)
def test_what_is_no_clip_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "renamed.gif"
    path.write_bytes(content)
    with pytest.raises(ClipError, match=message) as caught:
        Clip.open(path)
    assert str(path) in str(caught.value)


def test_missing_path_and_folder(tmp_path: Path) -> None:
    with pytest.raises(ClipError, match="no such file"):
        Clip.open(tmp_path / "absent.gif")
    with pytest.raises(ClipError, match="a folder"):
        Clip.open(tmp_path)
    with pytest.raises(ClipError, match="cannot be read"):
        Clip.open("nul\0byte.gif")


def test_wrong_kind_of_source() -> None:
    with pytest.raises(ClipError, match="not from int"):
        Clip.open(7)  # type: ignore[arg-type]
    with pytest.raises(ClipError, match="binary mode"):
        Clip.open(io.StringIO("GIF89a"))  # type: ignore[arg-type]


@pytest.mark.parametrize("background", [(255, 255), (256, 0, 0), (0.5, 0, 0), "red"])
def test_background_must_be_a_colour(background: object) -> None:
    with pytest.raises(ClipError, match="0 to 255"):
        Clip.open(GIF, background=background)  # type: ignore[arg-type]


@pytest.mark.parametrize("limit", ["pixels", "frames", "file_bytes", "decoded_bytes"])
@pytest.mark.parametrize("kind", ["gif0", "apng", "webp", "moving avif", "mp4", "webm"])
def test_limits_hold_for_every_format(kind: str, limit: str) -> None:
    with pytest.raises(ClipError, match=rf"over the limit of 1; .*Limits\({limit}=.*GIFECT_MAX_{limit.upper()}"):
        Clip.open(samples.every_kind()[kind], limits=Limits(**{limit: 1}))


@pytest.mark.parametrize("kind", ["png", "jpeg", "bmp", "still webp", "avif"])
def test_pixel_limit_holds_for_pictures(kind: str) -> None:
    with pytest.raises(ClipError, match="GIFECT_MAX_PIXELS"):
        Clip.open(samples.every_kind()[kind], limits=Limits(pixels=36 * 48 - 1))
    assert Clip.open(samples.every_kind()[kind], limits=Limits(pixels=36 * 48)).frame_count == 1


def test_length_limit_holds_for_videos_only() -> None:
    with pytest.raises(ClipError, match="GIFECT_MAX_SECONDS"):
        Clip.open(samples.every_kind()["mp4"], limits=Limits(seconds=0.1))
    assert Clip.open(samples.every_kind()["gif0"], limits=Limits(seconds=0.1)).duration_ms > 100_000


def test_file_beyond_the_limit_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.gif"
    with path.open("wb") as file:
        file.truncate(100 << 30)
    with pytest.raises(ClipError, match="GIFECT_MAX_FILE_BYTES"):
        Clip.open(path)


def test_endless_stream_is_not_read_to_its_end() -> None:
    class Endless(io.RawIOBase):
        def read(self, size: int = -1) -> bytes:
            assert size >= 0
            return bytes(size)

    with pytest.raises(ClipError, match="size of the file"):
        Clip.open(Endless(), limits=Limits(file_bytes=1000))  # type: ignore[arg-type]


def test_limits_can_be_taken_away(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(samples.every_kind()["mp4"])
    inf = float("inf")
    limits = Limits(pixels=inf, frames=inf, seconds=inf, file_bytes=inf, decoded_bytes=inf)
    assert Clip.open(path, limits=limits).frame_count == 5


def test_environment_sets_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIFECT_MAX_FRAMES", "1")
    with pytest.raises(ClipError, match="number of frames"):
        Clip.open(GIF)
    assert Clip.open(GIF, limits=Limits(frames=100)).frame_count == 3
    for wrong in ("many", "-1", "0", "nan"):
        monkeypatch.setenv("GIFECT_MAX_FRAMES", wrong)
        with pytest.raises(ClipError, match=r"GIFECT_MAX_FRAMES is '.*'; expected a number above 0"):
            Clip.open(GIF)
