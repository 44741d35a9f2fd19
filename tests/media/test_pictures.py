"""Single pictures and animated WebP, APNG and AVIF: against exact compositing, Pillow, and Chromium."""

from __future__ import annotations

import io
import struct

import animated
import chromium
import numpy as np
import pytest
import samples
from PIL import Image, ImageOps

from gifect.errors import ClipError
from gifect.media.clip import Clip

WRITERS = {"apng": (animated.write_apng, 3, False), "webp": (animated.write_webp, 2, True)}
FRAMES = samples.moving_square()


def drawn(kind: str, seed: int) -> tuple[bytes, int, int, list[animated.Part]]:
    """Return a random animation; that of an even seed is see-through only all or nothing."""
    write, disposals, even = WRITERS[kind]
    width, height, parts = animated.random_parts(seed, disposals, seed % 2 == 0, even)
    return write(width, height, parts, seed % 3), width, height, parts


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("seed", range(60))
def test_blending_and_disposal(kind: str, seed: int) -> None:
    data, width, height, parts = drawn(kind, seed)
    background = (seed, 100, 255)
    truth = animated.over(animated.composite(width, height, parts), background)
    clip = Clip.open(data, background=background)
    error = np.abs(clip.frames.astype(int) - truth)
    assert clip.frames.shape == truth.shape
    assert error.max() <= (0 if seed % 2 == 0 else 3)  # 8-bit steps in between lose a little where alpha is soft
    assert clip.raw_delays_ms.tolist() == [part.delay for part in parts]
    assert clip.delays_ms.tolist() == [part.delay if part.delay > 10 else 100 for part in parts]
    assert (clip.loops, clip.format, clip.warnings) == (seed % 3, kind, ())


def test_cover_of_an_apng_is_not_a_frame() -> None:
    width, height, parts = animated.random_parts(8, 1, True, False)
    cover = np.full((height, width, 4), 255, np.uint8)
    clip = Clip.open(animated.write_apng(width, height, parts, cover=cover))
    np.testing.assert_array_equal(clip.frames, animated.over(animated.composite(width, height, parts), (255,) * 3))


@pytest.mark.browser
@pytest.mark.skipif(chromium.find_chromium() is None, reason="needs Chromium on the PATH")
def test_animations_are_those_of_chromium() -> None:
    files = {f"{kind}{seed}": drawn(kind, seed)[0] for kind in WRITERS for seed in range(30)}
    seen = chromium.decode_all({name: (f"image/{name[:4]}", data) for name, data in files.items()})
    for name, data in files.items():
        theirs, clip = seen[name], Clip.open(data)
        assert not theirs.error, (name, theirs.error)
        visible = animated.over(theirs.frames / [1, 1, 1, 255], (255, 255, 255))
        error = np.abs(clip.frames.astype(int) - visible)
        assert error.max() <= (0 if int(name[4:]) % 2 == 0 else 3), name
        assert clip.raw_delays_ms.tolist() == theirs.delays_ms


def test_moving_avif() -> None:
    clip = Clip.open(samples.write_avif(FRAMES))
    assert (clip.format, clip.raw_delays_ms.tolist()) == ("avif", [120] * 5)
    assert np.abs(clip.frames.astype(int) - FRAMES).mean() < 4


@pytest.mark.parametrize("kind", ["PNG", "BMP", "WEBP", "JPEG", "AVIF"])
def test_single_picture(kind: str) -> None:
    data = samples.save(Image.fromarray(FRAMES[0]), kind, **({"lossless": True} if kind == "WEBP" else {}))
    clip = Clip.open(data)
    assert (clip.frame_count, clip.loops, clip.format) == (1, 1, kind.lower())
    error = np.abs(clip.frames[0].astype(int) - FRAMES[0])
    assert error.mean() < 6 if kind in ("JPEG", "AVIF") else error.max() == 0


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_png_of_every_mode(mode: str) -> None:
    soft = np.dstack([FRAMES[0], np.arange(36 * 48).reshape(36, 48) % 256]).astype(np.uint8)
    if mode == "I;16":
        picture = Image.fromarray(np.arange(36 * 48, dtype=np.uint16).reshape(36, 48) * 37)
        truth = np.repeat((np.asarray(picture) >> 8).astype(np.uint8)[..., None], 3, 2)
    else:
        picture = Image.fromarray(soft).convert(mode)
        rgba = np.asarray(picture.convert("RGBA"))
        truth = animated.over(rgba / [1, 1, 1, 255], (9, 99, 199))
    clip = Clip.open(samples.save(picture, "PNG"), background=(9, 99, 199))
    np.testing.assert_array_equal(clip.frames[0], truth)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation(kind: str, orientation: int) -> None:
    picture = Image.fromarray(FRAMES[0])
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = samples.save(picture, kind, exif=exif, **({"lossless": True} if kind == "WEBP" else {}))
    truth = np.asarray(ImageOps.exif_transpose(Image.open(io.BytesIO(data))).convert("RGB"))
    clip = Clip.open(data)
    assert clip.frames[0].shape == truth.shape
    assert np.abs(clip.frames[0].astype(int) - truth).max() <= (8 if kind == "JPEG" else 0)


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("seed", [1, 6, 11])
def test_animation_cut_short_gives_its_whole_frames(kind: str, seed: int) -> None:
    data = drawn(kind, seed)[0]
    truth, most = Clip.open(data).frames, 0
    for size in range(0, len(data) - 12, 10):
        try:
            clip = Clip.open(data[:size])
        except ClipError:
            assert most == 0
            continue
        np.testing.assert_array_equal(clip.frames, truth[: clip.frame_count])
        assert clip.warnings
        most = max(most, clip.frame_count)
    assert most >= len(truth) - 1


def test_flipped_bit_in_an_apng_frame_gives_the_frames_before_it() -> None:
    data = bytearray(drawn("apng", 6)[0])
    truth = Clip.open(bytes(data)).frames
    data[data.rfind(b"fdAT") + 12] ^= 4
    clip = Clip.open(bytes(data))
    np.testing.assert_array_equal(clip.frames, truth[:-1])
    assert "damaged" in clip.warnings[0]


@pytest.mark.parametrize("kind", ["png", "jpeg", "bmp", "still webp", "avif", "apng", "webp"])
def test_huge_size_in_the_header_is_refused_before_decoding(kind: str) -> None:
    data = bytearray(samples.every_kind()[kind])
    at, value = {
        "png": (16, struct.pack(">II", 65_535, 65_535)),
        "apng": (16, struct.pack(">II", 65_535, 65_535)),
        "jpeg": (data.find(b"\xff\xc0") + 5, b"\xff\xff\xff\xff"),
        "bmp": (18, struct.pack("<ii", 65_535, -65_535)),
        "still webp": (26, b"\xff\x3f\xff\x3f"),
        "webp": (24, b"\xff\xff\0\xff\xff\0"),
        "avif": (data.find(b"ispe") + 8, struct.pack(">II", 65_535, 65_535)),
    }[kind]
    data[at : at + len(value)] = value
    with pytest.raises(ClipError, match="over the limit"):
        Clip.open(samples.right_checksums(bytes(data)) if "png" in kind else bytes(data))


@pytest.mark.parametrize("kind", ["png", "palette png", "jpeg", "still webp", "apng"])
def test_damaged_pictures_print_nothing(kind: str, capfd: pytest.CaptureFixture[str]) -> None:
    data = samples.every_kind()[kind]
    for size in range(len(data) // 2, len(data), 5):
        damaged = bytearray(data)
        damaged[size] ^= 0x5A
        for file in (data[:size], bytes(damaged), samples.right_checksums(bytes(damaged))):
            try:
                Clip.open(file)
            except ClipError as error:
                assert len(str(error)) > 20
    assert capfd.readouterr() == ("", "")
