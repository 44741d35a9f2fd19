"""A clip with its reading drawn on it: boxes, landmarks, and under the picture the course of the seven emotions."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from gifect.emotions import SEVEN
from gifect.errors import GifectError
from gifect.feeling.colours import rgb
from gifect.feeling.reading import FaceSample, FaceTrack, Moment, Reading
from gifect.media.clip import Clip

__all__ = ["FaceNow", "draw_corners", "draw_face", "draw_overlay", "faces_at", "scores_at"]

SMALL = 240  # pixels of the longer side of a frame up to which a clip is drawn at twice its size
SCALE_OF = 360  # pixels of width at which the panel has its plain size; it grows with the root of the width
PANEL = (24, 27, 33)
INK = (238, 240, 243)
DIM = (150, 156, 166)
TRACK = (52, 57, 66)
FONT = cv2.FONT_HERSHEY_DUPLEX

Picture = NDArray[np.uint8]
Colour = tuple[int, int, int]


@dataclass(frozen=True)
class FaceNow:
    """One face at one time: box x0, y0, x1, y1 and landmarks (70, 3) or None, in pixels of the source."""

    emotion: str
    score: float
    box: NDArray[np.float64]
    landmarks: NDArray[np.float64] | None


def scores_at(reading: Reading, ms: float | NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the seven scores at times (...) in ms, (..., 7); between two moments they go evenly."""
    moments = reading.timeline or [Moment(ms=0, scores=reading.scores)]
    times = [moment.ms for moment in moments]
    courses = [np.interp(ms, times, [moment.scores[name] for moment in moments]) for name in SEVEN]
    return np.stack(courses, axis=-1)


def faces_at(reading: Reading, ms: float) -> list[FaceNow]:
    """Return the faces that are seen at a time, in ms; between two samples a face moves evenly.

    A face is shown for half of the usual distance between two samples before its first and after its last one.
    """
    slack = _usual_step(reading) / 2
    return [
        _face_at(face, ms)
        for face in reading.faces
        if face.samples and face.first_ms - slack <= ms <= face.last_ms + slack
    ]


def _usual_step(reading: Reading) -> float:
    times = [moment.ms for moment in reading.timeline]
    return float(np.median(np.diff(times))) if len(times) > 1 else float(reading.duration_ms)


def _face_at(face: FaceTrack, ms: float) -> FaceNow:
    times = [sample.ms for sample in face.samples]
    after = min(int(np.searchsorted(times, ms)), len(times) - 1)
    before = max(after - 1, 0) if times[after] > ms else after
    a, b = face.samples[before], face.samples[after]
    share = (ms - a.ms) / (b.ms - a.ms) if b.ms > a.ms else 0.0
    share = min(max(share, 0.0), 1.0)
    nearest = a if share < 0.5 else b
    emotion = max(nearest.scores, key=nearest.scores.__getitem__)
    box = (1 - share) * np.array(a.box) + share * np.array(b.box)
    return FaceNow(emotion, nearest.scores[emotion], box, _landmarks_between(a, b, share))


def _landmarks_between(a: FaceSample, b: FaceSample, share: float) -> NDArray[np.float64] | None:
    if a.landmarks is None or b.landmarks is None:
        return None
    return (1 - share) * np.array(a.landmarks, np.float64) + share * np.array(b.landmarks, np.float64)


def draw_overlay(clip: Clip, reading: Reading) -> Clip:
    """Return a clip with boxes, landmarks and the emotion drawn on its frames.

    A small clip is drawn at twice its size, and every clip gets a panel below the picture, so that the panel hides
    nothing. Delays and loops stay.

    Parameters
    ----------
    clip : Clip
        The clip that was read.
    reading : Reading
        What was read; landmarks are drawn where its faces have them.

    Raises
    ------
    GifectError
        If the reading is of a clip of another size.
    """
    if (reading.width, reading.height) != (clip.width, clip.height):
        raise GifectError(
            f"the reading is of a clip of {reading.width} x {reading.height} pixels, "
            f"this one has {clip.width} x {clip.height}"
        )
    zoom = 2 if max(clip.width, clip.height) <= SMALL else 1
    panel = _Panel(reading, clip.width * zoom)
    height = clip.height * zoom
    frames = np.empty((clip.frame_count, _even(height + panel.height), _even(panel.width), 3), np.uint8)
    frames[:] = PANEL
    left = (panel.width - clip.width * zoom) // 2
    for frame, source, ms in zip(frames, clip.frames, clip.starts_ms, strict=True):
        picture = (
            cv2.resize(source, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_CUBIC) if zoom > 1 else source.copy()
        )
        for face in faces_at(reading, float(ms)):
            draw_face(picture, face, zoom)
        frame[:height, left : left + picture.shape[1]] = picture
        frame[height : height + panel.height, : panel.width] = panel.at(float(ms))
    return replace(clip, frames=frames, format="frames")


def _even(pixels: int) -> int:
    """Return the next even number: video wants its sides even."""
    return pixels + pixels % 2


def draw_face(picture: Picture, face: FaceNow, zoom: int) -> None:
    """Draw one face on a picture (RGB) that shows the source ``zoom`` times as large."""
    colour = rgb(face.emotion)
    x0, y0, x1, y1 = (round(v * zoom) for v in face.box)
    thick = max(2, round(max(picture.shape[:2]) / 240))
    if face.landmarks is not None:
        _draw_landmarks(picture, face.landmarks, zoom, max(x1 - x0, y1 - y0))
    draw_corners(picture, (x0, y0, x1, y1), (0, 0, 0), thick + 2)
    draw_corners(picture, (x0, y0, x1, y1), colour, thick)
    size = min(max((x1 - x0) / 130, 0.36), 0.6)
    text = face.emotion if x1 - x0 >= 48 else face.emotion[:4]
    _tag(picture, text, x0, y0 - thick, colour, size)


def _draw_landmarks(picture: Picture, landmarks: NDArray[np.float64], zoom: int, side: float) -> None:
    """Draw dots with a dark rim, at a quarter of a pixel's exactness."""
    radius = max(side / 110, 0.7)
    for x, y, sure in landmarks:
        if sure < 0.2:
            continue
        at = (round((x * zoom + (zoom - 1) / 2) * 16), round((y * zoom + (zoom - 1) / 2) * 16))
        cv2.circle(picture, at, round((radius + 0.6) * 16), (20, 20, 20), -1, cv2.LINE_AA, 4)
        cv2.circle(picture, at, round(radius * 16), (255, 255, 255), -1, cv2.LINE_AA, 4)


def draw_corners(picture: Picture, box: ArrayLike, colour: Colour, thick: int) -> None:
    """Draw the four corners of a box x0, y0, x1, y1, with legs a third of its sides long."""
    x0, y0, x1, y1 = np.rint(np.asarray(box)).astype(int).tolist()
    for x, towards_x in ((x0, x1), (x1, x0)):
        for y, towards_y in ((y0, y1), (y1, y0)):
            bend = [(x + (towards_x - x) * 3 // 10, y), (x, y), (x, y + (towards_y - y) * 3 // 10)]
            cv2.polylines(picture, [np.array(bend, np.int32)], False, colour, thick, cv2.LINE_AA)


def _text(picture: Picture, text: str, x: int, y: int, size: float, colour: Colour) -> None:
    """Write with the left end of the base line at x, y."""
    cv2.putText(picture, text, (x, y), FONT, size, colour, 1, cv2.LINE_AA)


def _text_size(text: str, size: float) -> tuple[int, int]:
    (width, height), _ = cv2.getTextSize(text, FONT, size, 1)
    return width, height


def _tag(picture: Picture, text: str, x: int, bottom: int, colour: Colour, size: float) -> None:
    """Write a label on a patch of its colour, inside the picture."""
    width, height = _text_size(text, size)
    pad = 3
    tall = height + 2 * pad
    x = min(max(x, 0), max(picture.shape[1] - width - 2 * pad, 0))
    top = max(bottom - tall, 0)
    cv2.rectangle(picture, (x, top), (x + width + 2 * pad, top + tall), colour, -1)
    _text(picture, text, x + pad, top + tall - pad, size, (0, 0, 0) if sum(colour) > 330 else (255, 255, 255))


class _Panel:
    """The strip under the picture: emotion and confidence, the course of the clip with a playhead, seven bars."""

    def __init__(self, reading: Reading, width: int) -> None:
        self.reading = reading
        self.width = max(width, 176)
        unit = min(max(math.sqrt(self.width / SCALE_OF), 0.76), 2.5)
        self.unit = unit
        self.ribbon = round(10 * unit)
        self.pad = round(10 * unit)
        self.row = round(13 * unit)
        self.height = self.ribbon + 2 * self.pad + 7 * self.row
        self.base = np.empty((self.height, self.width, 3), np.uint8)
        self.base[:] = PANEL
        self._draw_ribbon()
        self._draw_verdict()
        self._draw_names()

    def _px(self, plain: float) -> int:
        return round(plain * self.unit)

    def _draw_ribbon(self) -> None:
        """Draw the seven scores stacked over time, one column of colours for each pixel."""
        levels = np.linspace(1, 0, self.ribbon, endpoint=False)[:, None]  # from the top down, the first emotion lowest
        colours = np.array([rgb(name) for name in SEVEN], np.uint8)
        times = (np.arange(self.width) + 0.5) / self.width * self.reading.duration_ms
        tops = np.cumsum(scores_at(self.reading, times), axis=1)  # (width, 7)
        which = (levels[:, :, None] >= tops[None]).sum(axis=2).clip(0, len(SEVEN) - 1)
        self.base[: self.ribbon] = colours[which]

    def _draw_verdict(self) -> None:
        reading, x = self.reading, self.pad
        top = self.ribbon + self.pad
        name, size = reading.emotion, 0.62 * self.unit
        while _text_size(name, size)[0] > self.width * 0.46 - x:
            size *= 0.95
        tall = _text_size(name, size)[1]
        _text(self.base, name, x, top + tall, size, INK)
        stroke = top + tall + self._px(7)
        cv2.rectangle(self.base, (x, stroke), (x + self._px(34), stroke + self._px(3)), rgb(name), -1)
        line = top + tall + self._px(28)
        _text(self.base, f"{100 * reading.confidence:.0f} % sure", x, line, 0.42 * self.unit, INK)
        said = f"{len(reading.faces)} face{'s' * (len(reading.faces) != 1)}" if reading.faces else "no face read"
        _text(self.base, said, x, line + self._px(18), 0.36 * self.unit, DIM)

    def _draw_names(self) -> None:
        size = 0.34 * self.unit
        widest = max(_text_size(name, size)[0] for name in SEVEN)
        self.names = round(self.width * 0.48)
        self.bars = self.names + widest + self._px(8)
        for i, name in enumerate(SEVEN):
            tall = _text_size("x", size)[1]
            colour = INK if name == self.reading.emotion else DIM
            _text(self.base, name, self.names, self._middle(i) + tall // 2, size, colour)

    def _middle(self, i: int) -> int:
        return self.ribbon + self.pad + i * self.row + self.row // 2

    def at(self, ms: float) -> Picture:
        """Return the panel at a time in ms, (height, width, 3)."""
        panel = self.base.copy()
        right, half = self.width - self.pad, max(self._px(7) // 2, 2)
        for i, (name, score) in enumerate(zip(SEVEN, scores_at(self.reading, ms), strict=True)):
            y = self._middle(i)
            cv2.rectangle(panel, (self.bars, y - half), (right, y + half), TRACK, -1)
            end = self.bars + round((right - self.bars) * float(score))
            if end > self.bars:
                cv2.rectangle(panel, (self.bars, y - half), (end, y + half), rgb(name), -1)
        head = min(round(ms / max(self.reading.duration_ms, 1) * self.width), self.width - 1)
        cv2.rectangle(panel, (head - 2, 0), (head + 2, self.ribbon + 2), (0, 0, 0), -1)
        cv2.rectangle(panel, (head - 1, 0), (head + 1, self.ribbon + 2), INK, -1)
        return panel
