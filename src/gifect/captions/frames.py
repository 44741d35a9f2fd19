"""Which frames of a clip are worth reading: few, sharp, one for each text that is shown; and what stands in them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from gifect.captions.engine import Line, find_lines, read_lines
from gifect.faces.boxes import iou_matrix
from gifect.media.clip import Clip
from gifect.media.sample import evenly_spaced

__all__ = ["LOOKS", "Look", "ReadFrame", "Shown", "look_for_lines", "read_frames", "worth_reading"]

LOOKS = 8  # frames in which lines are looked for
MOST_READ = 4  # frames that are read
ALIKE = 0.75  # overlap of lines from which on they may be the same
SAME = 0.12  # mean difference of two pictures of a line, of the range of grey, below which they are the same text
SIDE = (48, 12)  # pixels at which they are compared


@dataclass(frozen=True)
class Look:
    """One frame of the clip and the lines that were found in it."""

    frame: int
    lines: list[Line]


@dataclass(frozen=True)
class Shown:
    """Looks in a row with the same lines: the frame to read, and the first and last in which they were seen."""

    frame: int
    first: int
    last: int


@dataclass(frozen=True)
class ReadFrame:
    """What was read in one frame, and over which looks it was shown."""

    shown: Shown
    lines: list[Line]


def look_for_lines(clip: Clip) -> list[Look]:
    """Return the lines that seem to be in a few frames spread over a clip."""
    return [Look(int(k), find_lines(clip.frames[k])) for k in evenly_spaced(clip.frame_count, LOOKS)]


def worth_reading(clip: Clip, looks: list[Look]) -> list[Shown]:
    """Return the frames to read: of looks in a row with the same lines the sharpest; at most ``MOST_READ``, those with
    the most writing, in the order of time."""
    groups: list[list[Look]] = []
    for look in looks:
        if not look.lines:
            continue
        if groups and _same(clip, groups[-1][-1], look):
            groups[-1].append(look)
        else:
            groups.append([look])
    groups = sorted(groups, key=lambda group: -max(map(_writing, group)))[:MOST_READ]
    shown = [
        Shown(max(group, key=lambda look: _sharpness(clip, look)).frame, group[0].frame, group[-1].frame)
        for group in groups
    ]
    return sorted(shown, key=lambda one: one.first)


def read_frames(clip: Clip, looks: list[Look]) -> list[ReadFrame]:
    """Return what is written in the frames of a clip that are worth reading."""
    return [ReadFrame(one, read_lines(clip.frames[one.frame])) for one in worth_reading(clip, looks)]


def _writing(look: Look) -> float:
    """Return how much is written: the widths of the lines in their heights."""
    return sum(float((x1 - x0) / max(y1 - y0, 1e-3)) for x0, y0, x1, y1 in (line.box for line in look.lines))


def _same(clip: Clip, one: Look, other: Look) -> bool:
    if len(one.lines) != len(other.lines):
        return False
    overlaps = iou_matrix(np.stack([line.box for line in one.lines]), np.stack([line.box for line in other.lines]))
    if (overlaps.max(1) < ALIKE).any():
        return False
    for line in one.lines:
        pictures = [_picture(clip, look.frame, line.box) for look in (one, other)]
        if np.abs(pictures[0] - pictures[1]).mean() > SAME:
            return False
    return True


def _picture(clip: Clip, frame: int, box: np.ndarray) -> np.ndarray:
    x0, y0, x1, y1 = _pixels(clip, box)
    part = cv2.cvtColor(np.ascontiguousarray(clip.frames[frame][y0:y1, x0:x1]), cv2.COLOR_RGB2GRAY)
    return cv2.resize(part, SIDE, interpolation=cv2.INTER_AREA).astype(np.float32) / 255


def _pixels(clip: Clip, box: np.ndarray) -> tuple[int, int, int, int]:
    x0, y0, x1, y1 = box * np.array([clip.width, clip.height, clip.width, clip.height])
    return int(x0), int(y0), max(int(np.ceil(x1)), int(x0) + 1), max(int(np.ceil(y1)), int(y0) + 1)


def _sharpness(clip: Clip, look: Look) -> float:
    found = []
    for line in look.lines:
        x0, y0, x1, y1 = _pixels(clip, line.box)
        grey = cv2.cvtColor(np.ascontiguousarray(clip.frames[look.frame][y0:y1, x0:x1]), cv2.COLOR_RGB2GRAY)
        found.append(float(cv2.Laplacian(grey, cv2.CV_32F).var()))
    return float(np.mean(found))
