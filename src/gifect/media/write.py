"""Clips to files: GIF, animated WebP and MP4, with their real delays."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from av.container import OutputContainer
from av.filter import Graph
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from gifect.errors import ClipError
from gifect.media.clip import Clip

__all__ = ["encode_clip", "write_clip"]

GIF_SIDE, WEBP_SIDE = 65_535, 16_383  # pixels
GIF_SHORTEST, GIF_LONGEST = 2, 65_535  # hundredths of a second; browsers play what is shorter as ten
WEBP_QUALITY = 90  # of 100
# Visually lossless; without frames out of order, since their durations get lost.
X264_OPTIONS = {"crf": "18", "preset": "veryfast", "bf": "0"}
BT709, LIMITED_RANGE = 1, 1  # AVCOL_SPC_BT709 (and _PRI_, _TRC_), AVCOL_RANGE_MPEG


def write_clip(clip: Clip, path: str | os.PathLike[str]) -> Path:
    """Write a clip to a file; the suffix tells the format: .gif, .webp or .mp4.

    The file is there whole or, when something fails, as it was before.

    Parameters
    ----------
    clip : Clip
        Its `delays_ms` and `loops` are kept as exactly as the format can: hundredths of a second in a GIF, ms
        elsewhere; an MP4 has no loops. An odd side is made even in an MP4 by repeating the last row or column.
    path : str or path
        Where to; the folder must be there.

    Raises
    ------
    ClipError
        If the suffix is not known, the clip does not fit the format or the file cannot be written.
    """
    target = Path(path)
    data = encode_clip(clip, target.suffix)
    temporary = None
    try:
        with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".", suffix=target.suffix, delete=False) as file:
            temporary = Path(file.name)
            file.write(data)
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(target)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise ClipError(f"{target}: cannot be written: {error.strerror or error}") from error
    return target


def encode_clip(clip: Clip, suffix: str) -> bytes:
    """Return the bytes of a clip as ``".gif"``, ``".webp"`` or ``".mp4"``; see `write_clip`."""
    encoders: dict[str, Callable[[Clip], bytes]] = {".gif": _encode_gif, ".webp": _encode_webp, ".mp4": _encode_mp4}
    if suffix.lower() not in encoders:
        raise ClipError(f"clips are written as {', '.join(encoders)}, not as {suffix or 'a file without a suffix'}")
    try:
        return encoders[suffix.lower()](clip)
    except (av.FFmpegError, cv2.error) as error:
        raise ClipError(f"the clip cannot be written as {suffix}: {error}") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _encode_gif(clip: Clip) -> bytes:
    _check_side(clip, GIF_SIDE, "GIF")
    edges = np.round(np.append(clip.starts_ms, clip.duration_ms) / 10).astype(np.int64)
    delays = np.clip(np.diff(edges), GIF_SHORTEST, GIF_LONGEST)
    starts = np.cumsum(delays) - delays
    file = io.BytesIO()
    repeats = {0: 0, 1: -1}.get(clip.loops, clip.loops - 1)  # -1 leaves the loop block out
    options = {"loop": str(repeats), "final_delay": str(delays[-1])}
    with av.open(file, "w", format="gif", options=options) as container:
        stream = container.add_stream("gif", rate=100)
        stream.width, stream.height, stream.pix_fmt = clip.width, clip.height, "pal8"
        stream.time_base = stream.codec_context.time_base = Fraction(1, 100)
        for frame, start in zip(_with_palette(clip.frames), starts, strict=True):
            frame.pts, frame.time_base = int(start), Fraction(1, 100)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return file.getvalue()


def _with_palette(frames: NDArray[np.uint8]) -> Iterator[VideoFrame]:
    """Give the frames in 256 colours made for all of them together.

    The dithering leaves colours alone when there are no more than that, but for one level of rounding.
    """
    graph = Graph()
    height, width = frames.shape[1:3]
    source = graph.add_buffer(width=width, height=height, format=av.VideoFormat("rgb24"), time_base=Fraction(1, 100))
    split, palette = graph.add("split"), graph.add("palettegen", "reserve_transparent=0")
    use, sink = graph.add("paletteuse", "dither=sierra2_4a"), graph.add("buffersink")
    source.link_to(split)
    split.link_to(palette, 0, 0)
    split.link_to(use, 1, 0)
    palette.link_to(use, 0, 1)
    use.link_to(sink)
    graph.configure()
    for index, pixels in enumerate(frames):
        frame = VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
        frame.pts = index
        source.push(frame)
    source.push(None)
    for _ in frames:
        pulled = sink.pull()
        assert isinstance(pulled, VideoFrame)
        yield pulled


def _encode_webp(clip: Clip) -> bytes:
    _check_side(clip, WEBP_SIDE, "WebP")
    animation = cv2.Animation()
    animation.frames = [cv2.cvtColor(frame, cv2.COLOR_RGB2BGR) for frame in clip.frames]
    animation.durations = clip.delays_ms.tolist()
    animation.loop_count = clip.loops
    done, data = cv2.imencodeanimation(".webp", animation, [cv2.IMWRITE_WEBP_QUALITY, WEBP_QUALITY])
    if not done:
        raise ClipError("the clip cannot be written as WebP")
    return bytes(data)


def _encode_mp4(clip: Clip) -> bytes:
    file = io.BytesIO()
    even = [(0, 0), (0, clip.height % 2), (0, clip.width % 2), (0, 0)]
    reformatter = VideoReformatter()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=1000, options=X264_OPTIONS)
        stream.width, stream.height = clip.width + even[2][1], clip.height + even[1][1]
        stream.pix_fmt = "yuv420p"
        context = stream.codec_context
        context.time_base = Fraction(1, 1000)
        context.colorspace = context.color_primaries = context.color_trc = BT709
        context.color_range = LIMITED_RANGE
        delays = dict(zip(clip.starts_ms.tolist(), clip.delays_ms.tolist(), strict=True))
        for pixels, start in zip(clip.frames, delays, strict=True):
            picture = np.pad(pixels, even[1:], mode="edge")
            frame = VideoFrame.from_ndarray(picture, format="rgb24")
            frame = reformatter.reformat(frame, format="yuv420p", dst_colorspace=Colorspace.ITU709)
            frame.pts, frame.time_base = start, Fraction(1, 1000)
            _mux_timed(container, stream.encode(frame), delays)
        _mux_timed(container, stream.encode(None), delays)
    return file.getvalue()


def _mux_timed(container: OutputContainer, packets: list[Packet[VideoStream]], delays: dict[int, int]) -> None:
    """Write packets with the durations {start: ms} of their frames, which the encoder does not keep."""
    for packet in packets:
        packet.duration = delays[int(packet.pts or 0)]
        container.mux(packet)


def _check_side(clip: Clip, longest: int, name: str) -> None:
    if max(clip.width, clip.height) > longest:
        raise ClipError(f"the clip is {clip.width} x {clip.height} pixels; a {name} has at most {longest} a side")
