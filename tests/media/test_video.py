"""Videos: the right frames, upright, in the right colours, at the right times."""

from __future__ import annotations

import io
from fractions import Fraction

import av
import numpy as np
import pytest
import samples

from gifect.errors import ClipError
from gifect.media.clip import Clip

FRAMES = samples.moving_square()
BARS = np.repeat(np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [200, 120, 40]], np.uint8), 24, 0)
BARS = np.broadcast_to(BARS, (2, 64, 96, 3))


@pytest.mark.parametrize(
    ("container", "codec", "kind"),
    [
        ("mp4", "libx264", "mp4"),
        ("webm", "libvpx-vp9", "webm"),
        ("webm", "libsvtav1", "webm"),
        ("matroska", "mpeg4", "mkv"),
        ("mov", "mpeg4", "mov"),
        ("avi", "mpeg4", "avi"),
        ("mpegts", "libx264", "ts"),
    ],
)
def test_containers_and_codecs(container: str, codec: str, kind: str) -> None:
    frames = samples.moving_square(5, 72, 96)
    clip = Clip.open(samples.write_video(frames, container, codec))
    assert (clip.format, clip.frames.shape, clip.loops, clip.has_sound) == (kind, frames.shape, 1, False)
    assert np.abs(clip.frames.astype(int) - frames).mean() < 8
    assert clip.delays_ms[:4].tolist() == [40] * 4


def test_delays_are_the_true_ones() -> None:
    starts = [0, 40, 50, 550, 583]
    for container, codec in (("mp4", "libx264"), ("matroska", "libx264"), ("webm", "libvpx-vp9")):
        clip = Clip.open(samples.write_video(FRAMES, container, codec, starts))
        assert clip.starts_ms.tolist() == starts
        assert clip.delays_ms.tolist() == clip.raw_delays_ms.tolist()
        assert clip.delays_ms[-1] > 1


def test_sound_is_noticed() -> None:
    assert Clip.open(samples.write_video(FRAMES, "mp4", "libx264", sound=True)).has_sound
    assert not Clip.open(samples.write_video(FRAMES, "mp4", "libx264")).has_sound


@pytest.mark.parametrize("tag", [2, 1, 6], ids=["untagged", "BT.709", "BT.601"])
@pytest.mark.parametrize("times", [1, 12], ids=["small", "HD"])
def test_colours(tag: int, times: int) -> None:
    frames = np.repeat(np.repeat(BARS, times, 1), times, 2)
    written = 1 if tag == 2 and times == 12 else tag  # players take untagged HD for BT.709
    data = samples.write_video(frames, "mp4", "libx264", tag=written)
    if written != tag:
        data = data.replace(b"\x00\x12colrnclx", b"\x00\x12free\0\0\0\0").replace(b"colrnclx", b"freenclx")
    clip = Clip.open(data)
    middles = clip.frames[0, 20 * times, 12 * times :: 24 * times].astype(int)
    assert np.abs(middles - BARS[0, 0, 12::24]).max() <= 3


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_rotation(degrees: int) -> None:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as output:
        stream = output.add_stream("libx264", rate=25, options={"crf": "1"})
        stream.height, stream.width, stream.pix_fmt = 36, 48, "yuv420p"
        stream.set_display_rotation(degrees)
        for pixels in FRAMES:
            output.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        output.mux(stream.encode(None))
    clip = Clip.open(file.getvalue())
    turned = np.rot90(FRAMES, degrees // 90, axes=(1, 2))
    assert clip.frames.shape == turned.shape
    assert np.abs(clip.frames.astype(int) - turned).mean() < 8


def test_frames_that_change_size_are_scaled_to_the_first() -> None:
    file = io.BytesIO()
    with av.open(file, "w", format="mpegts") as output:
        packets = []
        for number, shape in enumerate(((36, 48), (72, 96))):
            context = av.CodecContext.create("libx264", "w")
            context.height, context.width, context.pix_fmt = *shape, "yuv420p"
            context.time_base = Fraction(1, 25)
            context.options = {"preset": "ultrafast", "tune": "zerolatency"}
            for index, pixels in enumerate(samples.moving_square(3, *shape)):
                frame = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuv420p")
                frame.pts, frame.time_base = 3 * number + index, Fraction(1, 25)
                packets += context.encode(frame)
            packets += context.encode(None)
        stream = output.add_stream("libx264", rate=25)
        stream.height, stream.width, stream.pix_fmt = 36, 48, "yuv420p"
        for packet in packets:
            packet.stream = stream
            output.mux(packet)
    clip = Clip.open(file.getvalue())
    assert clip.frames.shape[1:] == (36, 48, 3)
    assert clip.frame_count >= 5


@pytest.mark.parametrize("kind", ["webm", "mkv", "mp4", "mov", "avi"])
def test_video_cut_short_gives_its_whole_frames_or_an_error(kind: str) -> None:
    data = samples.every_kind()[kind]
    truth = Clip.open(data).frames
    for size in range(0, len(data), max(10, len(data) // 50 // 10 * 10)):
        try:
            clip = Clip.open(data[:size])
        except ClipError:
            continue
        assert clip.frame_count == len(clip.delays_ms) <= len(truth)
        np.testing.assert_array_equal(clip.frames, truth[: clip.frame_count])
        assert clip.warnings or clip.frame_count >= len(truth) - 1


def test_sound_alone_is_no_clip() -> None:
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as output:
        track = output.add_stream("aac", rate=16000)
        chunk = av.AudioFrame.from_ndarray(np.zeros((1, 16000), np.int16), format="s16", layout="mono")
        chunk.rate = 16000
        output.mux(track.encode(chunk))
        output.mux(track.encode(None))
    with pytest.raises(ClipError, match="no video track"):
        Clip.open(file.getvalue())


def test_metadata_of_another_encoding_is_no_trouble() -> None:
    data = samples.every_kind()["mkv"]
    at = data.index(b"Lavf")
    assert Clip.open(data[:at] + b"\xfc\xe9\x86f" + data[at + 4 :]).frame_count == 5
