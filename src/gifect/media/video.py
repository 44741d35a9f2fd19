"""Videos by PyAV: the frames upright and in RGB, with the times at which they are really shown."""

from __future__ import annotations

import io
from dataclasses import dataclass

import av
import numpy as np
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace, VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from gifect.errors import ClipError
from gifect.media.limits import Limits

__all__ = ["Video", "decode_video"]

HD_HEIGHT = 720  # pixels; players take video without colour tags for BT.709 from here up, for BT.601 below
FALLBACK_DELAY_MS = 40  # of a single frame that says nothing
UNSPECIFIED = 2  # AVCOL_SPC_UNSPECIFIED
FRAMES_UNKNOWN = 64  # to make room for at first when the header does not say
SLACK_MS = 20  # by which a header may be wrong about the length
STUB_MS = 1  # many writers give the last frame one tick for want of a next one; it then stays as long as the one before


@dataclass(frozen=True)
class Video:
    """The frames (T, H, W, 3) of a video, their delays in ms, whether it has sound, and what went wrong."""

    frames: NDArray[np.uint8]
    delays_ms: NDArray[np.int64]
    has_sound: bool
    warnings: tuple[str, ...]


def decode_video(data: bytes, demuxer: str, limits: Limits) -> Video:
    """Decode the first video track of a file.

    Parameters
    ----------
    data : bytes
        The whole file.
    demuxer : str
        FFmpeg's name of the container. It is never guessed: some of FFmpeg's formats (playlists) open other files.
    limits : Limits
        Checked against the header, and again while frames come.

    Raises
    ------
    ClipError
        If no frame can be read or a limit is passed.
    """
    try:
        container = av.open(io.BytesIO(data), "r", format=demuxer, metadata_errors="replace")
    except (av.FFmpegError, ValueError) as error:
        raise ClipError(f"the video cannot be opened: {getattr(error, 'strerror', None) or error}") from error
    with container:
        if not container.streams.video:
            raise ClipError("the file has no video track")
        stream = container.streams.video[0]
        if stream.codec_context is None:
            raise ClipError("the video track has no codec that can be decoded")
        limits.check("pixels", stream.width * stream.height, f"the size of a frame ({stream.width} x {stream.height})")
        if container.duration:
            limits.check("seconds", container.duration / av.time_base, "the length of the video in seconds")
        reader = _Reader(limits, stream.frames or FRAMES_UNKNOWN)
        warnings: list[str] = []
        try:
            for frame in container.decode(stream):
                reader.add(frame)
        except av.FFmpegError as error:
            warnings.append(f"the video is damaged after frame {len(reader.frames)}: {error.strerror}")
        if not reader.starts:
            raise ClipError("no frame of the video can be read" + "".join(f": {text}" for text in warnings))
        if demuxer == "avi" and int.from_bytes(data[4:8], "little") + 8 > len(data):
            warnings.append("the video ends early: its index is missing")
        if not warnings and (missing := _what_is_missing(container, stream, reader)):
            warnings.append(missing)
        return Video(reader.frames, reader.delays_ms(), bool(container.streams.audio), tuple(warnings))


def _what_is_missing(container: InputContainer, stream: VideoStream, reader: _Reader) -> str:
    """Say what of the promised frames or time did not come; some demuxers take the end of the data for the end."""
    count, delays = len(reader.frames), reader.delays_ms()
    if "mp4" in container.format.name and stream.frames > count:  # an AVI counts pauses as frames
        return f"the video ends early: {count} of {stream.frames} frames are there"
    if stream.duration and stream.time_base:
        promised = float(1000 * stream.duration * stream.time_base)
    elif container.duration and len(container.streams) == 1:
        promised = 1000 * container.duration / av.time_base
    else:
        return ""
    found = int(delays.sum())
    if promised > found + max(SLACK_MS, int(delays.max()) // 2):
        return f"the video ends early: {found} of {promised:.0f} ms are there"
    return ""


class _Reader:
    """Collects frames of one size, and when each begins. `expected` is how many will come, as far as is known."""

    def __init__(self, limits: Limits, expected: int) -> None:
        self.limits = limits
        self.room = int(max(1, min(expected, limits.frames)))
        self.buffer = np.empty((0, 0, 0, 3), np.uint8)
        self.size = (0, 0)  # of the first frame as coded; later ones are scaled to it
        self.starts: list[float | None] = []
        self.last_duration = 0.0  # s
        self.reformatter = VideoReformatter()

    @property
    def frames(self) -> NDArray[np.uint8]:
        """The frames so far, (T, H, W, 3)."""
        return self.buffer[: len(self.starts)]

    def add(self, frame: VideoFrame) -> None:
        """Take a decoded frame in, unless it is damaged."""
        if frame.is_corrupt:
            return
        count = len(self.starts)
        self.size = self.size if count else (frame.width, frame.height)
        self.limits.check_frames(count + 1, *self.size)
        start = frame.time
        if start is not None and self.starts and self.starts[0] is not None:
            self.limits.check("seconds", start - self.starts[0], "the length of the video in seconds")
        picture = self._picture(frame)
        if count == len(self.buffer):
            larger = np.empty((max(self.room, count + count // 2), *picture.shape), np.uint8)
            if count:
                larger[:count] = self.frames
            self.buffer = larger
        self.buffer[count] = picture
        self.starts.append(start)
        self.last_duration = float((frame.duration or 0) * (frame.time_base or 0))

    def _picture(self, frame: VideoFrame) -> NDArray[np.uint8]:
        untagged = frame.colorspace == UNSPECIFIED
        source = Colorspace.ITU709 if untagged and frame.height >= HD_HEIGHT else None
        width, height = self.size
        rgb = self.reformatter.reformat(frame, width, height, "rgb24", src_colorspace=source)
        picture = rgb.to_ndarray().astype(np.uint8, copy=False)
        turns = round(frame.rotation / 90) % 4
        return np.rot90(picture, turns) if turns else picture

    def delays_ms(self) -> NDArray[np.int64]:
        """Return how long each frame stays, (T,) in ms, at least 1."""
        known = [start for start in self.starts if start is not None]
        if len(known) < len(self.starts):
            known = [index * (self.last_duration or FALLBACK_DELAY_MS / 1000) for index in range(len(self.starts))]
        ms = np.round(1000 * np.maximum(np.array(known) - known[0], 0)).astype(np.int64)
        last = round(1000 * self.last_duration)
        if last <= STUB_MS:
            last = int(ms[-1] - ms[-2]) if len(ms) > 1 else FALLBACK_DELAY_MS
        return np.maximum(np.diff(ms, append=ms[-1] + last), 1)
