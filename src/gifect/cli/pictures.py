"""The still pictures of a report: the frame of the peak, and each face at its own peak."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from gifect.feeling.attention import Attention, attend, draw_frame
from gifect.feeling.colours import rgb
from gifect.feeling.cues import Cues
from gifect.feeling.overlay import draw_corners
from gifect.feeling.reading import FaceSample, FaceTrack, Reading
from gifect.media.clip import Clip

__all__ = ["FacePicture", "Pictures", "take_pictures"]

POSTER_SIDE, THUMB_SIDE = 640, 240  # pixels of the longer side, at most
FACE_SIDE = 192  # pixels of a face's picture
FACE_MARGIN = 1.7  # side of a face's picture / longer side of its box
FACES_SHOWN = 12
PLAYED_FRAMES = 1500  # frames up to which a page plays a clip by its delays
JPEG_QUALITY = 86  # of 100

MEDIA_TYPES = {
    "gif": "image/gif",
    "webp": "image/webp",
    "apng": "image/png",
    "png": "image/png",
    "avif": "image/avif",
    "jpeg": "image/jpeg",
    "bmp": "image/bmp",
    "mp4": "video/mp4",
    "mov": "video/mp4",
    "webm": "video/webm",
}
"""What browsers show, by the format of a clip."""


@dataclass(frozen=True)
class FacePicture:
    """One face at the time (ms) when its expression shows most: a JPEG, and its expression then."""

    track: int
    ms: int
    expression: str
    score: float
    jpeg: bytes


@dataclass(frozen=True)
class Pictures:
    """What a page shows of one clip beside the file itself, all JPEG.

    ``attended`` are frames as bright as the grader attends to them, each with its time in ms; ``attention`` the masks
    that they were drawn by.
    ``media_type`` is None where browsers cannot show the format; ``delays_ms`` is empty where a page should not play
    the clip frame by frame.
    """

    poster: bytes
    poster_ms: int
    thumb: bytes
    faces: tuple[FacePicture, ...]
    attended: tuple[tuple[int, bytes], ...]
    attention: Attention
    media_type: str | None
    delays_ms: tuple[int, ...]


def take_pictures(clip: Clip, reading: Reading, cues: Cues | None = None) -> Pictures:
    """Return the pictures of a clip and its reading; ``cues``, what was seen of it, if that is at hand."""
    peak = reading.peak_ms or 0
    frame = _frame_at(clip, peak)
    attention = attend(clip, cues)
    played = 1 < clip.frame_count <= PLAYED_FRAMES
    return Pictures(
        poster=_jpeg(_shrunk(frame, POSTER_SIDE)),
        poster_ms=peak,
        thumb=_jpeg(_shrunk(frame, THUMB_SIDE)),
        faces=tuple(_face_picture(clip, face) for face in reading.faces[:FACES_SHOWN] if face.samples),
        attended=tuple(
            (int(clip.starts_ms[k]), _jpeg(_shrunk(draw_frame(clip, attention, int(k)), THUMB_SIDE)))
            for k in attention.frames
        ),
        attention=attention,
        media_type=MEDIA_TYPES.get(clip.format),
        delays_ms=tuple(int(delay) for delay in clip.delays_ms) if played else (),
    )


def _frame_at(clip: Clip, ms: int) -> NDArray[np.uint8]:
    frame: NDArray[np.uint8] = clip.frames[max(int(np.searchsorted(clip.starts_ms, ms, side="right")) - 1, 0)]
    return frame


def _peak_of(face: FaceTrack) -> FaceSample:
    """Return the sample in which the face can be read and shows its strongest expression."""
    leading = max(face.scores, key=face.scores.__getitem__)
    return max(face.samples, key=lambda sample: sample.scores[leading] * (0.1 + sample.readable))


def _face_picture(clip: Clip, face: FaceTrack) -> FacePicture:
    sample = _peak_of(face)
    expression = max(sample.scores, key=sample.scores.__getitem__)
    x0, y0, x1, y1 = sample.box
    side = max(x1 - x0, y1 - y0, 4) * FACE_MARGIN
    zoom = FACE_SIDE / side
    left, top = (x0 + x1 - side) / 2, (y0 + y1 - side) / 2
    move = np.array([[zoom, 0, -left * zoom], [0, zoom, -top * zoom]])
    how = cv2.INTER_AREA if zoom < 1 else cv2.INTER_CUBIC
    size = (FACE_SIDE, FACE_SIDE)
    frame = _frame_at(clip, sample.ms)
    crop = np.asarray(cv2.warpAffine(frame, move, size, flags=how, borderMode=cv2.BORDER_REPLICATE), np.uint8)
    box = (np.array(sample.box) - [left, top, left, top]) * zoom
    for colour, thick in (((0, 0, 0), 4), (rgb(expression), 2)):
        draw_corners(crop, box, colour, thick)
    return FacePicture(face.track, sample.ms, expression, sample.scores[expression], _jpeg(crop))


def _shrunk(frame: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    zoom = side / max(frame.shape[:2])
    if zoom >= 1:
        return frame
    size = (max(round(frame.shape[1] * zoom), 1), max(round(frame.shape[0] * zoom), 1))
    return np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)


def _jpeg(picture: NDArray[np.uint8]) -> bytes:
    done, data = cv2.imencode(
        ".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    )
    assert done, "JPEG takes every picture"
    return bytes(data)
