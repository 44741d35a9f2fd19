"""Sound tracks by PyAV: any container and codec, streamed, so that an hour of sound needs no more room than a minute.

What is kept of a track is one stretch of it, mono, at the rate that was asked for. Of a track that is longer than the
stretch, the most representative part is taken (see ``gifect.sound.survey``); finding it takes a pass over the whole
track that keeps a few numbers a second, cutting it out a second pass that ends where the stretch ends.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from gifect.errors import SoundError
from gifect.sound.formats import sniff_sound
from gifect.sound.survey import Survey

__all__ = ["FULL_SCALE", "PAPER_RATE", "STRETCH_S", "Sound", "Source", "load_sound", "mix", "stream_sound", "stretches"]

PAPER_RATE = 44_100  # Hz
STRETCH_S = 30.0  # s of a track that are kept
FULL_SCALE = 32_768  # of 16-bit samples
FAINT = 0.03  # a channel this much weaker than the other (30 dB) is taken for dead
CANCELLED = 0.1  # share of the channels' energy below which their sum is taken to cancel itself out
LEAST_RATE, MOST_RATE = 4_000, 192_000  # Hz

Source = str | os.PathLike[str] | bytes | BinaryIO
Samples = NDArray[np.int16]


@dataclass(frozen=True, eq=False)
class Sound:
    """One stretch of a sound track.

    Attributes
    ----------
    samples : ndarray of float32, shape (N,), N >= 1
        Mono, in [-1, 1], of 16-bit precision. Read-only.
    rate : int
        Samples a second.
    start_ms : int
        Where the stretch begins in the track.
    track_ms : int
        How long the whole track is, as far as it can be decoded.
    warnings : tuple of str
        What could not be read and was left out.
    """

    samples: NDArray[np.float32]
    rate: int
    start_ms: int = 0
    track_ms: int = 0
    warnings: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        samples = self.samples
        if samples.dtype != np.float32 or samples.ndim != 1 or not samples.size:
            raise SoundError(f"samples must be float32 of shape (N,), not {samples.dtype} of shape {samples.shape}")
        samples.flags.writeable = False

    @property
    def duration_ms(self) -> int:
        """Of the stretch."""
        return round(1000 * len(self.samples) / self.rate)


def load_sound(source: Source, *, rate: int = PAPER_RATE, seconds: float = STRETCH_S) -> Sound:
    """Return the most representative stretch of the first sound track of a file.

    Parameters
    ----------
    source : path, bytes or seekable binary file object
        A video, or a file of sound alone.
    rate : int
        Hz to which the sound is resampled.
    seconds : float
        The longest stretch to return; a shorter track is returned whole.

    Raises
    ------
    SoundError
        If there is no sound track, or nothing in it can be decoded.
    """
    if not LEAST_RATE <= rate <= MOST_RATE or not seconds > 0:
        raise SoundError(
            f"expected a rate of {LEAST_RATE} to {MOST_RATE} Hz and seconds above 0, not {rate}, {seconds}"
        )
    most = max(int(seconds * rate), 1)
    warnings: list[str] = []
    survey = Survey(rate)
    kept: list[Samples] = []
    total = 0
    for block in stream_sound(source, rate, warnings):
        if total <= most:
            kept.append(block)
        total += block.shape[1]
        if total > most:
            kept.clear()
        survey.add(block)
    if not total:
        raise SoundError("nothing of the sound track can be decoded" + "".join(f": {text}" for text in warnings))
    start = 0
    if total > most:
        start = survey.choose(seconds) * rate
        kept = list(_cut(stream_sound(source, rate, []), start, start + most))
    samples = mix(np.concatenate(kept, axis=1))
    return Sound(samples, rate, round(1000 * start / rate), round(1000 * total / rate), tuple(warnings))


def stretches(source: Source, rate: int, warnings: list[str]) -> Iterator[Sound]:
    """Yield the whole of a sound track in stretches of 30 s, the last one shorter; see ``stream_sound``."""
    most, start = int(STRETCH_S * rate), 0
    held: list[Samples] = []
    for block in stream_sound(source, rate, warnings):
        held.append(block)
        if sum(part.shape[1] for part in held) < most:
            continue
        joined = np.concatenate(held, axis=1)
        yield Sound(mix(joined[:, :most]), rate, round(1000 * start / rate))
        held, start = [joined[:, most:].copy()], start + most
    if sum(part.shape[1] for part in held):
        yield Sound(mix(np.concatenate(held, axis=1)), rate, round(1000 * start / rate))


def _cut(blocks: Iterator[Samples], start: int, stop: int) -> Iterator[Samples]:
    """Yield what of the blocks lies between two samples."""
    at = 0
    for block in blocks:
        here = block[:, max(start - at, 0) : max(stop - at, 0)]
        if here.size:
            yield here.copy()
        at += block.shape[1]
        if at >= stop:
            return


def mix(channels: Samples) -> NDArray[np.float32]:
    """Return two channels (2, N) as one (N,) in [-1, 1].

    Their mean; but a channel 30 dB below the other is dead and left out, and of two that cancel each other out (one
    is the other turned over) the louder is taken.
    """
    sound = channels.astype(np.float32) / FULL_SCALE
    centred = sound - sound.mean(1, keepdims=True)
    powers = np.einsum("cn,cn->c", centred, centred) / sound.shape[1]
    loud, faint = int(powers.argmax()), int(powers.argmin())
    mean: NDArray[np.float32] = sound.mean(0)
    both = float(np.mean((mean - mean.mean()) ** 2))
    if powers[faint] < FAINT**2 * powers[loud] or both < CANCELLED * powers.mean():
        return np.ascontiguousarray(sound[loud])
    return mean


def stream_sound(source: Source, rate: int, warnings: list[str]) -> Iterator[Samples]:
    """Yield the first sound track of a file as blocks of two channels (2, n), 16 bit, at `rate` Hz.

    Damaged parts are left out and told in `warnings`. Mono is on both channels; of more than two, FFmpeg's own mix.

    Raises
    ------
    SoundError
        If the file cannot be opened or has no sound track.
    """
    with ExitStack() as stack:
        file = _opened(source, stack)
        container = stack.enter_context(_container(file))
        if not container.streams.audio:
            raise SoundError("the file has no sound track")
        track = container.streams.audio[0]
        if track.codec_context is None:
            raise SoundError("the sound track has a codec that cannot be decoded")
        reader = _Reader(rate)
        damaged, ended = 0, ""
        packets = container.demux(track)
        while True:
            try:
                packet = next(packets, None)
            except (av.FFmpegError, IndexError) as error:  # the latter of a packet of a track that there is not
                ended = f"the sound ends early: {getattr(error, 'strerror', None) or 'the file is damaged'}"
                break
            if packet is None:
                break
            try:
                frames = [f for f in packet.decode() if isinstance(f, AudioFrame) and not f.is_corrupt]
                blocks = [block for frame in frames for block in reader.blocks(frame)]
            except (av.FFmpegError, ValueError):  # the latter of a frame whose form makes no sense
                damaged += 1
                continue
            yield from blocks
        yield from reader.rest()
        if damaged:
            warnings.append(f"{damaged} damaged {'part' if damaged == 1 else 'parts'} of the sound left out")
        if ended:
            warnings.append(ended)


class _Reader:
    """Brings decoded frames to one form; a track whose form changes on the way gets a new resampler."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.form: tuple[object, ...] = ()
        self.resampler: AudioResampler | None = None

    def blocks(self, frame: AudioFrame) -> Iterator[Samples]:
        """Yield what a frame gives, resampled."""
        form = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self.resampler is None or form != self.form:
            yield from self.rest()
            layout = "mono" if frame.layout.nb_channels == 1 else "stereo"
            self.form, self.resampler = form, AudioResampler("s16p", layout, self.rate)
        frame.pts = None  # gaps in the time stamps are no silence, and steps back no reason to stop
        yield from map(_both, self.resampler.resample(frame))

    def rest(self) -> Iterator[Samples]:
        """Yield what the resampler still holds."""
        resampler, self.resampler = self.resampler, None
        if resampler is not None:
            with suppress(av.FFmpegError):  # one that damaged sound has broken holds nothing more
                yield from map(_both, resampler.resample(None))


def _both(frame: AudioFrame) -> Samples:
    """Return a frame as two channels (2, n)."""
    return np.broadcast_to(frame.to_ndarray().astype(np.int16, copy=False), (2, frame.samples))


def _opened(source: Source, stack: ExitStack) -> BinaryIO:
    if isinstance(source, bytes | bytearray | memoryview):
        return io.BytesIO(source)
    if isinstance(source, str | os.PathLike):
        path = Path(source)
        try:
            if path.is_dir():
                raise SoundError(f"{path}: a folder, not a file")
            return stack.enter_context(path.open("rb"))
        except FileNotFoundError as error:
            raise SoundError(f"{path}: no such file") from error
        except (OSError, ValueError) as error:
            if isinstance(error, SoundError):
                raise
            raise SoundError(f"{path}: cannot be read: {error}") from error
    if not hasattr(source, "seek") or not source.seekable():
        raise SoundError("sound is read from a path, bytes or a binary file that can be read twice (seekable)")
    source.seek(0)
    return source


def _container(file: BinaryIO) -> av.container.InputContainer:
    head = file.read(4096)
    if not isinstance(head, bytes):
        raise SoundError(f"the file object gives {type(head).__name__}, not bytes; open it in binary mode")
    file.seek(0)
    demuxer = sniff_sound(head)
    try:
        return av.open(file, "r", format=demuxer, metadata_errors="replace")
    except (av.FFmpegError, ValueError, OSError) as error:
        raise SoundError(f"the file cannot be opened: {getattr(error, 'strerror', None) or error}") from error
