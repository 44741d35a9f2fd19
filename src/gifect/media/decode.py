"""From bytes to pixels: tells the format by its first bytes and hands the file to the decoder of that format."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gifect.errors import ClipError
from gifect.media.gif import decode_gif
from gifect.media.limits import Limits
from gifect.media.pictures import decode_animation, decode_still
from gifect.media.video import decode_video

__all__ = ["Decoded", "decode", "demuxer_of", "sniff_format"]

DEMUXERS = {
    "mp4": "mov",
    "mov": "mov",
    "webm": "matroska",
    "mkv": "matroska",
    "avi": "avi",
    "ogv": "ogg",
    "flv": "flv",
    "mpeg": "mpeg",
    "ts": "mpegts",
}
HURRIED_MS = 10  # browsers take a delay up to this for a mistake ...
HURRIED_PLAYS_MS = 100  # ... and show the frame for this long


@dataclass(frozen=True)
class Decoded:
    """What a decoder found: frames (T, H, W, 3) uint8 RGB, delays (T,) in ms, and the rest of a Clip."""

    frames: NDArray[np.uint8]
    delays_ms: NDArray[np.int64]
    raw_delays_ms: NDArray[np.int64]
    loops: int
    format: str
    warnings: tuple[str, ...] = ()
    has_sound: bool = False


def decode(data: bytes, background: tuple[int, int, int], limits: Limits) -> Decoded:
    """Decode a file of any format that gifect knows.

    Parameters
    ----------
    data : bytes
        The whole file.
    background : tuple of int
        RGB shown where the picture is transparent.
    limits : Limits
        What the clip may cost.

    Raises
    ------
    ClipError
        If the format is not known, nothing can be read or a limit is passed.
    """
    limits.check("file_bytes", len(data), "the size of the file in bytes")
    kind = sniff_format(data)
    if kind == "gif":
        frames, layout = decode_gif(data, background, limits)
        delays = np.array([frame.delay_ms for frame in layout.frames], np.int64)
        return Decoded(frames, as_played(delays), delays, layout.loops, kind, tuple(layout.warnings))
    if kind in DEMUXERS:
        video = decode_video(data, DEMUXERS[kind], limits)
        return Decoded(video.frames, video.delays_ms, video.delays_ms, 1, kind, video.warnings, video.has_sound)
    if kind in ("animated webp", "apng", "animated avif"):
        animation = decode_animation(data, kind, background, limits)
        delays = animation.delays_ms
        name = kind.removeprefix("animated ")
        return Decoded(animation.frames, as_played(delays), delays, animation.loops, name, animation.warnings)
    picture, warnings = decode_still(data, kind, background, limits)
    zero = np.zeros(1, np.int64)
    return Decoded(picture[None], as_played(zero), zero, 1, kind, warnings)


def demuxer_of(head: bytes) -> str:
    """Return FFmpeg's name of the container of a video, by its first 4,096 bytes.

    Raises
    ------
    ClipError
        If it is no video that gifect reads.
    """
    kind = sniff_format(head)
    if kind not in DEMUXERS:
        raise ClipError(f"the file is a {kind}, not a video; expected one of {', '.join(DEMUXERS)}")
    return DEMUXERS[kind]


def as_played(delays_ms: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the delays (ms) that a browser keeps to: one of 10 ms or less plays as 100 ms."""
    return np.where(delays_ms <= HURRIED_MS, HURRIED_PLAYS_MS, delays_ms)


def sniff_format(data: bytes) -> str:
    """Return the format of a file by its first bytes: ``"gif"``, ``"apng"``, ``"animated webp"``, ``"mp4"`` ...

    Raises
    ------
    ClipError
        If it is empty or of no format that gifect reads; the message says what it looks like.
    """
    head = data[:4096]
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return "gif"
    if head[:4] == b"RIFF":
        if head[8:12] == b"WEBP":
            return "animated webp" if head[12:16] == b"VP8X" and head[20:21] and head[20] & 2 else "webp"
        if head[8:12] == b"AVI ":
            return "avi"
    if head[:8] == b"\x89PNG\r\n\x1a\n":
        first_data = data.find(b"IDAT")
        return "apng" if data.find(b"acTL", 8, first_data if first_data > 0 else None) >= 0 else "png"
    if head[4:8] == b"ftyp":
        return _sniff_boxes(head)
    if head[4:8] in (b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "mov"
    if head[:4] == b"\x1a\x45\xdf\xa3":
        return "webm" if b"webm" in head[:64] else "mkv"
    for magic, kind in (
        (b"\xff\xd8\xff", "jpeg"),
        (b"BM", "bmp"),
        (b"OggS", "ogv"),
        (b"FLV\x01", "flv"),
        (b"\0\0\x01\xba", "mpeg"),
        (b"\0\0\x01\xb3", "mpeg"),
    ):
        if head.startswith(magic):
            return kind
    if head[:1] == b"G" and head[188:189] == b"G":
        return "ts"
    raise ClipError(_strange(head))


def _sniff_boxes(head: bytes) -> str:
    brands = head[8 : min(len(head), int.from_bytes(head[:4], "big"), 256)]
    if b"avif" in brands or b"avis" in brands:
        return "animated avif" if b"avis" in brands else "avif"
    if any(brand in brands for brand in (b"heic", b"heix", b"hevc", b"mif1")):
        raise ClipError("the file is an HEIF picture, which gifect does not read; save it as JPEG or PNG")
    return "mov" if brands.startswith(b"qt") else "mp4"


def _strange(head: bytes) -> str:
    known = "expected a GIF, WebP, PNG, APNG, AVIF, JPEG, BMP, MP4, MOV, WebM, MKV or AVI"
    if not head:
        return f"the file is empty; {known}"
    if b"\0" not in head and sum(byte < 9 for byte in head) == 0:
        kind = "a web page" if b"<html" in head[:1000].lower() else "text"
        return f"the file is {kind}, not a clip (it begins {head[:20]!r}); {known}"
    return f"the file is of no known format (it begins {head[:12]!r}); {known}"
