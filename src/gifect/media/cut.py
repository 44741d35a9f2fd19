"""A stretch of a video as a file of its own: cut at the very frames, re-encoded, with its sound."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.container import InputContainer, OutputContainer
from av.packet import Packet
from av.video.frame import PictureType, VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from gifect.errors import ClipError
from gifect.media.decode import demuxer_of

__all__ = ["Cut", "NoFrameError", "cut_video"]

TICKS = 90_000  # a second, of the times that are written
X264_OPTIONS = {"crf": "18", "preset": "veryfast", "bf": "0"}  # without frames out of order: their durations get lost
SOUND_LAYOUTS = ("mono", "stereo")


class NoFrameError(ClipError):
    """A stretch in which a video has no frame."""


@dataclass(frozen=True)
class Cut:
    """What was written: frames, their size in pixels, and their playing time."""

    frames: int
    width: int
    height: int
    seconds: float


def cut_video(
    source: Path, target: Path, start_s: float = 0.0, end_s: float = float("inf"), short_side: int | None = None
) -> Cut:
    """Write the frames of a video that begin in [start, end), and the sound of that time, as an MP4.

    Parameters
    ----------
    source, target : files; ``target`` is there whole or not at all.
    start_s, end_s : seconds from the start of the video.
    short_side : of the frames in pixels, made even; larger ones are scaled down to it, None leaves them as they are.

    Raises
    ------
    NoFrameError
        If the video has no frame in that time.
    ClipError
        If there is no video, or it cannot be decoded.
    """
    if not 0 <= start_s < end_s:
        raise ClipError(f"from {start_s:g} to {end_s:g} s: expected a start from 0 and an end after it")
    part = target.with_name(f".{target.name}.part")
    try:
        with source.open("rb") as file:
            demuxer = demuxer_of(file.read(4096))
        with av.open(str(source), format=demuxer) as reader, av.open(str(part), "w", format="mp4") as writer:
            cut = _Cutter(reader, writer, start_s, end_s, short_side).run()
        part.replace(target)
    except (OSError, ValueError) as error:  # av.FFmpegError is one of both
        if isinstance(error, ClipError):
            raise
        raise ClipError(f"the video cannot be cut: {getattr(error, 'strerror', None) or error}") from error
    finally:
        part.unlink(missing_ok=True)
    return cut


class _Cutter:
    def __init__(
        self, reader: InputContainer, writer: OutputContainer, start_s: float, end_s: float, short_side: int | None
    ) -> None:
        if not reader.streams.video:
            raise ClipError("the file has no video track")
        self.reader, self.writer, self.start_s, self.end_s = reader, writer, start_s, end_s
        self.video = reader.streams.video[0]
        self.video.thread_type = "NONE"
        self.sound = reader.streams.audio[0] if reader.streams.audio else None
        self.origin = (reader.start_time or 0) / av.time_base
        self.reformatter = VideoReformatter()
        width, height = self.video.width, self.video.height
        scale = min(1.0, (short_side or min(width, height)) / min(width, height))
        self.width, self.height = (max(2, 2 * round(side * scale / 2)) for side in (width, height))
        rate = self.video.average_rate or self.video.guessed_rate or Fraction(25)
        self.written = writer.add_stream("libx264", rate=rate, options=X264_OPTIONS)
        self.written.width, self.written.height, self.written.pix_fmt = self.width, self.height, "yuv420p"
        self.written.codec_context.time_base = Fraction(1, TICKS)
        self.usual = int(TICKS / rate)  # duration of a frame that tells none
        self.heard = None
        if self.sound is not None:
            layout = self.sound.layout.name if self.sound.layout.name in SOUND_LAYOUTS else "stereo"
            self.heard = writer.add_stream("aac", rate=self.sound.rate, layout=layout)
        self.durations: dict[int, int] = {}  # of the frames written, by their start, both in ticks

    def run(self) -> Cut:
        if self.start_s > 0:
            self.reader.seek(int((self.start_s + self.origin) * av.time_base))
        streams = [stream for stream in (self.video, self.sound) if stream is not None]
        ended: set[int] = set()
        for packet in self.reader.demux(streams):
            for frame in packet.decode() if packet.stream.index not in ended else []:
                assert isinstance(frame, VideoFrame | AudioFrame)
                time = -1.0 if frame.time is None else frame.time - self.origin
                if time >= self.end_s:
                    ended.add(packet.stream.index)
                    break
                if time >= self.start_s:
                    self.add(frame, time - self.start_s)
            if len(ended) == len(streams):
                break
        if not self.durations:
            raise NoFrameError(f"no frame from {self.start_s:g} to {self.end_s:g} s{self._length()}")
        self.mux(self.written.encode(None))
        if self.heard is not None:
            self.writer.mux(self.heard.encode(None))
        end = max(start + duration for start, duration in self.durations.items())
        return Cut(len(self.durations), self.width, self.height, end / TICKS)

    def add(self, frame: VideoFrame | AudioFrame, time: float) -> None:
        """Write a frame that begins ``time`` seconds after the start of the cut."""
        if isinstance(frame, AudioFrame):
            if self.heard is not None:
                frame.pts, frame.time_base = round(time * frame.rate), Fraction(1, frame.rate)
                self.writer.mux(self.heard.encode(frame))
            return
        duration = float((frame.duration or 0) * (frame.time_base or 0))
        picture = self.reformatter.reformat(frame, self.width, self.height, "yuv420p")
        picture.pts, picture.time_base = round(time * TICKS), Fraction(1, TICKS)
        picture.pict_type = PictureType.NONE
        self.durations[picture.pts] = round(duration * TICKS) or self.usual
        self.mux(self.written.encode(picture))

    def mux(self, packets: list[Packet[VideoStream]]) -> None:
        for packet in packets:
            packet.duration = self.durations[int(packet.pts or 0)]
            self.writer.mux(packet)

    def _length(self) -> str:
        known = self.reader.duration
        return f": the video has {known / av.time_base:.1f} s" if known else ""
