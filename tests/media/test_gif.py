"""Every pixel of a GIF is what a browser shows: against an exact renderer, and against Chromium itself."""

from __future__ import annotations

import os
import struct
from pathlib import Path

import chromium
import numpy as np
import pytest
from exact_gif import Gif, Image, encode, random_gif, render, sub_blocks
from exact_lzw import compress, decompress
from hypothesis import given, settings
from hypothesis import strategies as st

from gifect.errors import ClipError
from gifect.media.clip import Clip, Limits

SEEDS = 400
COLOURS = np.array([[250, 10, 20], [20, 240, 30], [40, 50, 230], [255, 255, 255]], np.uint8)
CHECKS = np.arange(64, dtype=np.uint8).reshape(8, 8) // 3 % 4


def square(**how) -> Image:
    return Image(**{"indices": CHECKS, "code_size": 2, **how})


def small(*images: Image, **how) -> bytes:
    return encode(Gif(**{"width": 8, "height": 8, "images": list(images), "palette": COLOURS, **how}))


def assert_exact(data: bytes, background: tuple[int, int, int] = (255, 255, 255)) -> None:
    truth, clip = render(data), Clip.open(data, background=background)
    np.testing.assert_array_equal(clip.frames, truth.over(background))
    assert clip.raw_delays_ms.tolist() == truth.delays_ms
    assert clip.delays_ms.tolist() == [delay if delay > 10 else 100 for delay in truth.delays_ms]
    assert (clip.loops, clip.format) == (truth.loops, "gif")


@pytest.mark.parametrize("code_size", range(1, 9))
def test_encoder_and_renderer_of_these_tests_undo_each_other(code_size: int) -> None:
    values = np.random.default_rng(code_size).integers(0, 1 << code_size, 30_000, np.uint8).tobytes()
    for chance in (0, 0.001):
        assert decompress(compress(values, code_size, chance), code_size, len(values)) == values


@pytest.mark.parametrize("tens", range(SEEDS // 10))
def test_every_mix_of_features_is_exact(tens: int) -> None:
    for seed in range(10 * tens, 10 * tens + 10):
        gif = random_gif(seed, sloppy=seed % 2 == 0)
        data = encode(gif)
        for image, read in zip(gif.images, render(data).indices, strict=True):
            np.testing.assert_array_equal(image.indices, read)
        assert_exact(data, (seed % 256, 200, 30))
        assert not Clip.open(data).warnings or not gif.trailer


@pytest.mark.parametrize("seed", range(1000, 1012))
def test_large_frames_that_fill_the_code_table_are_exact(seed: int) -> None:
    assert_exact(encode(random_gif(seed, largest=220)))


@settings(max_examples=100, deadline=None)
@given(seed=st.integers(0, 2**32), background=st.tuples(*[st.integers(0, 255)] * 3), sloppy=st.booleans())
def test_any_gif_over_any_background_is_exact(seed: int, background: tuple[int, int, int], sloppy: bool) -> None:
    assert_exact(encode(random_gif(seed, sloppy=sloppy)), background)


@pytest.mark.parametrize("disposal", range(8))
@pytest.mark.parametrize("first", [True, False], ids=["first", "second"])
def test_disposal(disposal: int, first: bool) -> None:
    special = square(disposal=disposal, transparent=2)
    corner = Image(CHECKS[:3, :3], code_size=2, left=1, top=2, disposal=disposal)
    images = [special, corner] if first else [square(), corner]
    assert_exact(small(*images, Image(CHECKS[:2, :2], code_size=2, left=4, top=4)))


def extension(label: int, body: bytes) -> bytes:
    return bytes((0x21, label)) + sub_blocks(body)


CONTROL = extension(0xF9, struct.pack("<BHB", 1, 33, 1))
NETSCAPE = b"\x21\xff\x0bNETSCAPE2.0"
BARE = small(square(control=False))
HEAD, BODY = BARE[:25], BARE[25:-1]

ODD_FILES = {
    "one pixel": encode(Gif(1, 1, [Image(np.ones((1, 1), np.uint8), code_size=2)], COLOURS)),
    "code size of one bit": small(square(indices=CHECKS % 2, code_size=1), square()),
    "code size above the palette": small(square(indices=CHECKS * 60, code_size=8)),
    "no palette anywhere": small(square(), square(transparent=1), palette=None),
    "no global palette": small(square(palette=COLOURS[::-1]), square(), palette=None),
    "zero-sized canvas": small(square(), square(), width=0, height=0),
    "first frame larger than the canvas": small(square(), square(), width=3, height=5),
    "first frame off the corner": small(square(left=6, top=7), square()),
    "second frame larger than the canvas": small(square(), Image(np.tile(CHECKS, (3, 3)), code_size=2), square()),
    "frame wholly outside": small(square(), square(left=300, top=9, disposal=2), square(transparent=0)),
    "frame wholly outside, restored": small(square(), square(left=65_000, disposal=3), square(transparent=0)),
    "frame without width": small(square(), Image(np.zeros((4, 0), np.uint8), code_size=2, disposal=2), square()),
    "first frame without height": small(Image(np.zeros((0, 4), np.uint8), code_size=2), square()),
    "longest delay": small(square(delay=65_535), square(delay=0), square(delay=1), square(delay=2)),
    "text between control and image": HEAD + CONTROL + extension(1, bytes(12)) + BODY + BODY + b";",
    "two controls": HEAD + extension(0xF9, struct.pack("<BHB", 9, 50, 2)) + CONTROL + BODY + BODY + b";",
    "loops after the first frame": HEAD + BODY + NETSCAPE + sub_blocks(b"\x01\x03\0") + BODY + b";",
    "loops twice": HEAD + NETSCAPE + sub_blocks(b"\x01\x03\0") + BODY + NETSCAPE + sub_blocks(b"\x01\0\0") + BODY,
    "loops of animexts": HEAD + extension(0xFF, b"")[:2] + b"\x0bANIMEXTS1.0" + sub_blocks(b"\x01\x09\0") + BODY + BODY,
    "interlaced, one row": small(square(indices=CHECKS[:1], interlaced=True)),
    "interlaced, two rows": small(square(indices=CHECKS[:2], interlaced=True)),
    "interlaced, odd rows": small(square(indices=np.tile(CHECKS, (2, 1))[:13], interlaced=True), height=13),
}


@pytest.mark.parametrize("name", ODD_FILES)
def test_odd_but_readable(name: str) -> None:
    assert_exact(ODD_FILES[name])


def test_loops_count_plays() -> None:
    for written, plays in ((None, 1), (0, 0), (1, 2), (65_535, 65_536)):
        assert Clip.open(small(square(), square(), loops=written)).loops == plays


def test_palette_of_256_colours_that_differ_only_in_red_is_no_trouble() -> None:
    palette = np.stack([np.arange(256), np.zeros(256), np.zeros(256)], 1).astype(np.uint8)
    indices = np.arange(256, dtype=np.uint8).reshape(16, 16)
    for transparent in (None, 0, 255):
        assert_exact(encode(Gif(16, 16, [Image(indices), Image(indices.T, transparent=transparent)], palette)))


DAMAGED = {  # name: (file, frames that are whole)
    "ends in the second frame": (HEAD + BODY + BODY[:-20], 1),
    "ends after the data, before the trailer": (small(square(), square(), square())[:-2], 3),
    "code that cannot be": (HEAD + BODY + BODY[:13] + b"\xff\xff\xff" + BODY[16:] + BODY + b";", 1),
    "too few pixels": (HEAD + BODY + BODY[:7] + b"\x09\0" + BODY[9:] + BODY + b";", 1),
    "nine-bit code size": (small(square(), square(indices=CHECKS * 60, code_size=9), square()), 1),
    "no block begins there": (HEAD + BODY + b"\x99" + BODY + b";", 1),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_damaged_file_gives_its_whole_frames_and_a_warning(name: str) -> None:
    data, whole = DAMAGED[name]
    clip = Clip.open(data)
    assert clip.frame_count == len(clip.delays_ms) == whole
    np.testing.assert_array_equal(clip.frames[0], Clip.open(BARE).frames[0])
    assert clip.warnings


@pytest.mark.parametrize("seed", [0, 3, 7])
def test_cut_at_every_tenth_byte_gives_a_prefix_or_an_error(seed: int) -> None:
    data = encode(random_gif(seed, largest=24))
    truth = Clip.open(data).frames
    most = 0
    for size in range(0, len(data) - 1, 10):
        try:
            clip = Clip.open(data[:size])
        except ClipError:
            assert most == 0
            continue
        np.testing.assert_array_equal(clip.frames, truth[: clip.frame_count])
        assert clip.warnings
        assert clip.frame_count >= most
        most = clip.frame_count
    assert most >= len(truth) - 1


def test_ten_thousand_frames() -> None:
    image = square(delay=4)
    data = encode(Gif(8, 8, [image], COLOURS))
    start, body = data[:25], data[25:-1]
    clip = Clip.open(start + 10_000 * body + b";")
    assert (clip.frame_count, clip.duration_ms) == (10_000, 400_000)


@pytest.mark.parametrize("limits", [Limits(), Limits(pixels=1e12)], ids=["by default", "with pixels allowed"])
def test_header_that_claims_the_largest_canvas_is_refused(limits: Limits) -> None:
    data = bytearray(small(square()))
    data[6:10] = b"\xff\xff\xff\xff"
    with pytest.raises(ClipError, match="over the limit"):
        Clip.open(bytes(data), limits=limits)


def test_frame_that_claims_the_largest_size_is_refused() -> None:
    second = bytearray(BODY)
    second[5:9] = b"\xff\xff\xff\xff"
    with pytest.raises(ClipError, match=r"size of a frame.*over the limit"):
        Clip.open(HEAD + BODY + bytes(second) + b";")


def test_many_frames_far_larger_than_the_canvas_are_refused() -> None:
    body = bytearray(BODY)
    body[5:9] = struct.pack("<HH", 8000, 8000)
    with pytest.raises(ClipError, match=r"size in bytes of 21 decoded frames.*over the limit"):
        Clip.open(HEAD + BODY + 20 * bytes(body) + b";")


def browser_files() -> dict[str, bytes]:
    files = {f"seed {seed}": encode(random_gif(seed, sloppy=seed % 2 == 0)) for seed in range(60)}
    files |= {f"large {seed}": encode(random_gif(seed, largest=220)) for seed in range(1000, 1006)}
    folder = Path(os.environ.get("GIFECT_DATA", "")) / "gifs" / "originals"
    originals = {path.name: path.read_bytes() for path in sorted(folder.glob("*.gif"))} if folder.is_dir() else {}
    return files | ODD_FILES | originals


@pytest.mark.browser
@pytest.mark.skipif(chromium.find_chromium() is None, reason="needs Chromium on the PATH")
def test_frames_are_those_of_chromium() -> None:
    files = browser_files()
    seen = chromium.decode_all({str(index): ("image/gif", data) for index, data in enumerate(files.values())})
    for index, (name, data) in enumerate(files.items()):
        theirs, clip = seen[str(index)], Clip.open(data)
        assert not theirs.error, (name, theirs.error)
        visible = np.where(theirs.frames[..., 3:] > 0, theirs.frames[..., :3], 255)
        np.testing.assert_array_equal(clip.frames, visible, err_msg=name)
        assert clip.raw_delays_ms.tolist() == theirs.delays_ms, name
        if clip.frame_count > 1:
            assert theirs.repeats == (str(clip.loops - 1) if clip.loops else "Infinity"), name
