"""Following faces through a clip: detections of single frames become tracks."""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from gifect.faces.boxes import iou_matrix
from gifect.faces.detect import FoundFaces

LEAST_IOU = 0.2  # of two boxes that can be one face
FAR = 0.9  # face sides that a face may move between two looked-at frames
GROWTH = 1.9  # factor by which its size may change
CUT_DIFFERENCE = 40.0  # mean difference of two 16 x 16 thumbnails, of 255, that makes a cut likely
CUT_LIKENESS = 0.55  # correlation of the thumbnails below which it is one
PATIENCE = 2  # looked-at frames from one sight of a face to the next, at most: it may be missing in one between
THUMBNAIL = 16  # pixels a side


@dataclass
class Track:
    """One face: in which of the looked-at frames it is (``steps``), and as which of their detections (``faces``)."""

    steps: list[int] = field(default_factory=list)
    faces: list[int] = field(default_factory=list)
    boxes: list[np.ndarray] = field(default_factory=list)


def find_cuts(frames: np.ndarray) -> np.ndarray:
    """Return for each of ``frames`` (T, H, W, 3) whether a new shot starts with it: bool (T,), the first is True."""
    small = np.stack([cv2.resize(f, (THUMBNAIL, THUMBNAIL), interpolation=cv2.INTER_AREA) for f in frames])
    flat = small.reshape(len(small), -1).astype(np.float32)
    cuts = np.ones(len(flat), bool)
    for t in range(1, len(flat)):
        before, now = flat[t - 1] - flat[t - 1].mean(), flat[t] - flat[t].mean()
        likeness = float(before @ now) / (float(np.linalg.norm(before) * np.linalg.norm(now)) + 1e-6)
        cuts[t] = np.abs(flat[t] - flat[t - 1]).mean() > CUT_DIFFERENCE and likeness < CUT_LIKENESS
    return cuts


def link_faces(found: list[FoundFaces], cuts: np.ndarray) -> list[Track]:
    """Return the tracks of the faces ``found`` in consecutive looked-at frames; none runs across a cut.

    A face goes on as the free box that overlaps it most, or else lies near and is alike in size.
    """
    closed: list[Track] = []
    live: list[Track] = []
    for step, faces in enumerate(found):
        stale = [t for t in live if cuts[step] or step - t.steps[-1] > PATIENCE]
        closed += stale
        live = [t for t in live if t not in stale]
        free = set(range(len(faces)))
        if live and free:
            pairs = _affinity(np.array([t.boxes[-1] for t in live]), faces.boxes)
            for i, j in sorted(np.ndindex(*pairs.shape), key=lambda p: -pairs[p]):
                if pairs[i, j] > 0 and j in free and live[i].steps[-1] < step:
                    _extend(live[i], step, j, faces)
                    free.discard(j)
        for j in sorted(free):
            live.append(Track())
            _extend(live[-1], step, j, faces)
    return closed + live


def _extend(track: Track, step: int, face: int, faces: FoundFaces) -> None:
    track.steps.append(step)
    track.faces.append(face)
    track.boxes.append(faces.boxes[face])


def _affinity(before: np.ndarray, now: np.ndarray) -> np.ndarray:
    """Return (N, M) scores of box ``now[j]`` being face ``before[i]``; 0 where it cannot be."""
    overlap = iou_matrix(before, now)
    side_before, side_now = (np.maximum((b[:, 2:] - b[:, :2]).mean(1), 1) for b in (before, now))
    middle_before, middle_now = ((b[:, :2] + b[:, 2:]) / 2 for b in (before, now))
    away = np.linalg.norm(middle_before[:, None] - middle_now[None], axis=2) / np.sqrt(
        side_before[:, None] * side_now[None]
    )
    growth = np.abs(np.log(side_now[None] / side_before[:, None]))
    possible = (growth < np.log(GROWTH)) & ((overlap >= LEAST_IOU) | (away < FAR))
    return np.asarray(np.where(possible, 1 + overlap - 0.5 * away - 0.3 * growth, 0.0).clip(0))


def prominence(boxes: np.ndarray, readable: np.ndarray, width: int, height: int) -> float:
    """Return how much a track stands out: the sum over its samples of size x readability x nearness to the middle.

    ``boxes`` (N, 4), ``readable`` (N,) in [0, 1], both of the track's samples.
    """
    size = np.sqrt(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1) / (width * height))
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2 / np.array([width, height]) - 0.5
    return float((size * (0.1 + readable) * (1 - 0.5 * np.linalg.norm(middle, axis=1))).sum())


def smooth(values: np.ndarray, times_ms: np.ndarray, width_ms: float = 160.0) -> np.ndarray:
    """Return ``values`` (N, D) averaged over time with Gaussian weights of deviation ``width_ms``."""
    weights = np.exp(-0.5 * ((times_ms[:, None] - times_ms[None]) / width_ms) ** 2)
    return np.asarray(weights @ values / weights.sum(1, keepdims=True))
