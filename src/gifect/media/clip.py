"""Clip: the frames of a GIF, animated picture, video or single picture, as a browser shows them."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gifect.errors import ClipError
from gifect.media.decode import decode
from gifect.media.limits import Limits

__all__ = ["Clip", "Limits"]

WHITE = (255, 255, 255)
CHUNK_BYTES = 1 << 20  # to ask a file for at a time


@dataclass(frozen=True, eq=False)
class Clip:
    """Frames and their times.

    Attributes
    ----------
    frames : ndarray of uint8, shape (T, H, W, 3)
        RGB, composited over the background. Read-only: copy it to draw on it.
    delays_ms : ndarray of int, shape (T,)
        How long each frame stays as played, in ms; a delay of 10 ms or less of an animated picture plays as 100 ms.
    raw_delays_ms : ndarray of int, shape (T,)
        The delays as the file has them, in ms.
    loops : int
        How often the clip plays, 0 for ever. A GIF without a loop block plays once, one that asks for n repeats plays
        n + 1 times; a video plays once.
    source : str
        Path or URL; ``"<bytes>"``, ``"<stream>"`` or ``"<frames>"`` where there is none.
    format : str
        ``"gif"``, ``"webp"``, ``"apng"``, ``"avif"``, ``"mp4"``, ``"webm"``, ``"png"`` ...; ``"frames"`` for arrays.
    warnings : tuple of str
        What could not be read and was left out.
    sound_file : bytes
        The file as it is, if it has a sound track, so that it can be listened to; else empty.
    digest : str
        SHA-256 of the file, in hexadecimal; of the frames' bytes for arrays.
    """

    frames: NDArray[np.uint8]
    delays_ms: NDArray[np.int64]
    raw_delays_ms: NDArray[np.int64]
    loops: int = 0
    source: str = "<frames>"
    format: str = "frames"
    warnings: tuple[str, ...] = ()
    sound_file: bytes = field(default=b"", repr=False)
    digest: str = ""

    def __post_init__(self) -> None:
        frames = self.frames
        if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[3] != 3 or 0 in frames.shape:
            raise ClipError(f"frames must be uint8 of shape (T, H, W, 3), not {frames.dtype} of shape {frames.shape}")
        for name, array in (("delays_ms", self.delays_ms), ("raw_delays_ms", self.raw_delays_ms)):
            if array.shape != (len(frames),) or array.dtype.kind not in "iu":
                raise ClipError(
                    f"{name} must be whole numbers of shape ({len(frames)},), not {array.dtype} of shape {array.shape}"
                )
            if array.min() < 0:
                raise ClipError(f"{name} must be 0 ms or more, not {array.min()}")
        if self.loops < 0:
            raise ClipError(f"loops must be 0 (for ever) or more, not {self.loops}")
        for held in (frames, self.delays_ms, self.raw_delays_ms):
            held.flags.writeable = False

    @classmethod
    def open(
        cls,
        source: str | os.PathLike[str] | bytes | BinaryIO,
        *,
        background: tuple[int, int, int] = WHITE,
        limits: Limits | None = None,
    ) -> Clip:
        """Read a clip.

        Parameters
        ----------
        source : str, path, bytes or binary file object
            A file, an http(s) URL, the bytes of a file, or something open that gives them.
        background : tuple of int, optional
            RGB (0-255) shown where the clip is transparent; white by default.
        limits : Limits, optional
            What the clip may cost; ``Limits()`` by default.

        Raises
        ------
        ClipError
            If nothing in it can be read as a clip, or a limit is passed.
        """
        limits = limits or Limits()
        colour = _checked_colour(background)
        data, name = _read_source(source, limits)
        try:
            decoded = decode(data, colour, limits)
        except ClipError as error:
            raise ClipError(f"{name}: {error}") from error
        fields = {part.name: getattr(decoded, part.name) for part in dataclasses.fields(decoded)}
        sound = data if fields.pop("has_sound") else b""
        return cls(**fields, source=name, sound_file=sound, digest=hashlib.sha256(data).hexdigest())

    @classmethod
    def from_frames(
        cls, frames: ArrayLike, delays_ms: ArrayLike = 100, *, loops: int = 0, source: str = "<frames>"
    ) -> Clip:
        """Make a clip of frames in memory.

        Parameters
        ----------
        frames : array_like of uint8, shape (T, H, W, 3)
            RGB. Copied.
        delays_ms : array_like of int, shape (T,), or one int for all
            How long each frame stays, in ms.
        loops : int, optional
            How often it plays, 0 for ever.

        Raises
        ------
        ClipError
            If a shape, type or value is not as described; the message has what was expected and what was found.
        """
        try:
            pixels: NDArray[Any] = np.array(frames)
            delays: NDArray[Any] = np.array(delays_ms)
        except ValueError as error:
            raise ClipError(f"frames must be one array of shape (T, H, W, 3): {error}") from error
        if delays.ndim == 0:
            delays = np.full(len(pixels) if pixels.ndim else 0, delays)
        digest = hashlib.sha256(pixels.tobytes()).hexdigest()
        return cls(pixels, delays, delays.copy(), loops=loops, source=source, digest=digest)

    @property
    def has_sound(self) -> bool:
        """Whether the file has a sound track."""
        return bool(self.sound_file)

    @property
    def frame_count(self) -> int:
        """Frames in the clip."""
        return len(self.frames)

    @property
    def height(self) -> int:
        """Pixels."""
        return int(self.frames.shape[1])

    @property
    def width(self) -> int:
        """Pixels."""
        return int(self.frames.shape[2])

    @property
    def duration_ms(self) -> int:
        """Playing time of one round, in ms."""
        return int(self.delays_ms.sum())

    @property
    def starts_ms(self) -> NDArray[np.int64]:
        """When each frame first shows, (T,) in ms from 0."""
        return np.cumsum(self.delays_ms) - self.delays_ms

    def __len__(self) -> int:
        return len(self.frames)

    def __repr__(self) -> str:
        size = f"{self.frame_count} frames of {self.width} x {self.height}, {self.duration_ms} ms"
        return f"<Clip {self.source!r}: {self.format}, {size}>"


def _checked_colour(background: tuple[int, int, int]) -> tuple[int, int, int]:
    colour = tuple(background)
    if len(colour) != 3 or not all(isinstance(part, int | np.integer) and 0 <= part <= 255 for part in colour):
        raise ClipError(f"background must be three whole numbers from 0 to 255 (RGB), not {background!r}")
    return int(colour[0]), int(colour[1]), int(colour[2])


def _read_source(source: str | os.PathLike[str] | bytes | BinaryIO, limits: Limits) -> tuple[bytes, str]:
    """Return the bytes of a source and its name."""
    if isinstance(source, bytes | bytearray | memoryview):
        return bytes(source), "<bytes>"
    if isinstance(source, str) and "://" in source[:12]:
        from gifect.media.fetch import fetch_url

        return fetch_url(source, limits), source
    if isinstance(source, str | os.PathLike):
        return _read_path(Path(source), limits), os.fspath(source)
    if not hasattr(source, "read"):
        raise ClipError(f"a clip is opened from a path, URL, bytes or binary file, not from {type(source).__name__}")
    name = getattr(source, "name", None)
    return _read_stream(source, limits), name if isinstance(name, str) else "<stream>"


def _read_path(path: Path, limits: Limits) -> bytes:
    try:
        if path.is_dir():
            raise ClipError(f"{path}: a folder, not a file")
        with path.open("rb") as file:
            limits.check("file_bytes", os.fstat(file.fileno()).st_size, f"{path}: the size of the file in bytes")
            return _read_stream(file, limits)
    except FileNotFoundError as error:
        raise ClipError(f"{path}: no such file") from error
    except (OSError, ValueError) as error:
        if isinstance(error, ClipError):
            raise
        raise ClipError(f"{path}: cannot be read: {error}") from error


def _read_stream(stream: BinaryIO | io.BufferedReader, limits: Limits) -> bytes:
    parts: list[bytes] = []
    total = 0
    while True:
        try:
            part = stream.read(CHUNK_BYTES)
        except (OSError, ValueError) as error:
            raise ClipError(f"the file object cannot be read: {error}") from error
        if not isinstance(part, bytes):
            raise ClipError(f"the file object gives {type(part).__name__}, not bytes; open it in binary mode")
        if not part:
            return b"".join(parts)
        parts.append(part)
        total += len(part)
        limits.check("file_bytes", total, "the size of the file in bytes")
