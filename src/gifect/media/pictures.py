"""Single pictures and animated WebP, APNG and AVIF, by OpenCV."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from gifect.errors import ClipError
from gifect.media.chunks import scan_picture
from gifect.media.limits import Limits

__all__ = ["Animation", "decode_animation", "decode_still", "over_background"]

Colour = tuple[int, int, int]
TALKATIVE = ("png", "apng", "jpeg")  # their libraries have their own way to stderr
_log_lock = threading.Lock()


@dataclass(frozen=True)
class Animation:
    """Frames (T, H, W, 3) RGB, delays (T,) in ms as the file has them, plays (0 for ever), warnings."""

    frames: NDArray[np.uint8]
    delays_ms: NDArray[np.int64]
    loops: int
    warnings: tuple[str, ...]


@contextlib.contextmanager
def _quiet(kind: str) -> Iterator[None]:
    """Keep OpenCV from writing to stderr about damaged files: the caller says it better."""
    log = cv2.utils.logging
    with _log_lock, _stderr_to_nowhere() if kind in TALKATIVE else contextlib.nullcontext():
        level = log.getLogLevel()
        log.setLogLevel(log.LOG_LEVEL_SILENT)
        try:
            yield
        finally:
            log.setLogLevel(level)


@contextlib.contextmanager
def _stderr_to_nowhere() -> Iterator[None]:
    """Send what libpng and libjpeg write to the process's stderr nowhere; nothing else reaches them."""
    try:
        saved = os.dup(2)
    except OSError:  # there is no stderr
        yield
        return
    try:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 2)
        os.close(nowhere)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


def decode_animation(data: bytes, kind: str, background: Colour, limits: Limits) -> Animation:
    """Decode an animated WebP, APNG or AVIF; parameters and errors as `gifect.media.decode.decode`."""
    scan = scan_picture(data, kind)
    limits.check_frames(scan.count, scan.width, scan.height)
    with _quiet(kind):
        try:
            _, animation = cv2.imdecodeanimation(np.frombuffer(scan.data, np.uint8), 0, scan.count + 1)
        except cv2.error as error:
            raise ClipError(f"the {kind} file cannot be read: {error.err}") from error
    pictures = animation.frames
    if not len(pictures):
        raise ClipError(f"no frame of the {kind} file can be read" + "".join(f"; {text}" for text in scan.warnings))
    if len(pictures) < scan.count:
        scan.warnings.append(f"only {len(pictures)} of {scan.count} frames can be read")
    height, width = pictures[0].shape[:2]
    limits.check_frames(len(pictures), width, height)
    frames = np.empty((len(pictures), height, width, 3), np.uint8)
    for index, picture in enumerate(pictures):
        frames[index] = over_background(picture, background)
    delays = np.zeros(len(pictures), np.int64)
    given = np.asarray(animation.durations, np.int64).ravel()[: len(delays)]
    delays[: len(given)] = given
    return Animation(frames, np.maximum(delays, 0), max(0, int(animation.loop_count)), tuple(scan.warnings))


def decode_still(
    data: bytes, kind: str, background: Colour, limits: Limits
) -> tuple[NDArray[np.uint8], tuple[str, ...]]:
    """Decode a single picture, upright: RGB (H, W, 3), and warnings; errors as `gifect.media.decode.decode`."""
    scan = scan_picture(data, kind)
    limits.check_frames(1, scan.width, scan.height)
    flags = cv2.IMREAD_COLOR if kind == "jpeg" else cv2.IMREAD_UNCHANGED  # in colour OpenCV turns JPEG upright itself
    with _quiet(kind):
        try:
            picture = cv2.imdecode(np.frombuffer(scan.data, np.uint8), flags)
        except cv2.error as error:
            raise ClipError(f"the {kind} picture cannot be read: {error.err}") from error
    if picture is None:
        raise ClipError(f"the {kind} picture is damaged" + "".join(f": {text}" for text in scan.warnings))
    return upright(over_background(picture, background), scan.orientation), tuple(scan.warnings)


def over_background(picture: NDArray[Any], background: Colour) -> NDArray[np.uint8]:
    """Return a picture as RGB, (H, W, 3) uint8, its transparency filled with `background` (RGB).

    `picture` is grey, BGR or BGRA, uint8 or uint16.
    """
    if picture.dtype == np.uint16:
        picture = (picture >> 8).astype(np.uint8)
    if picture.dtype != np.uint8:
        raise ClipError(f"pictures of {picture.dtype} pixels are not read; expected 8 or 16 bits a channel")
    channels = 1 if picture.ndim == 2 else picture.shape[2]
    conversions = {1: cv2.COLOR_GRAY2RGB, 3: cv2.COLOR_BGR2RGB, 4: cv2.COLOR_BGRA2RGB}
    rgb = np.asarray(cv2.cvtColor(picture, conversions[channels]), np.uint8)
    if channels < 4 or picture[..., 3].min() == 255:
        return rgb
    weight = picture[..., 3:].astype(np.uint16)
    mixed = rgb * weight + np.array(background, np.uint16) * (255 - weight)
    mixed += 128
    mixed += mixed >> 8
    return np.asarray(mixed >> 8, np.uint8)  # together these divide by 255 and round to the nearest


def upright(picture: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """Turn and mirror a picture as its EXIF orientation (1-8) asks."""
    if orientation in (5, 6, 7, 8):
        picture = picture.swapaxes(0, 1)
    if orientation in (2, 3, 6, 7):
        picture = picture[:, ::-1]
    if orientation in (3, 4, 7, 8):
        picture = picture[::-1]
    return np.ascontiguousarray(picture)
