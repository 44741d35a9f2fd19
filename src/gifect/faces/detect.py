"""Finding faces in frames with the small detector that ships with the package."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from gifect.faces.boxes import keep_best
from gifect.models.registry import load_session

INPUT_SIDE = 320  # pixels of the longer side as the network sees it
SIDE_STEP = 32  # pixels; both sides are padded to a multiple of it
THRESHOLD = 0.47  # least confidence of a face
NEIGHBOURS = np.ones((3, 3), np.uint8)  # cells within which only the warmest is a face
OVERLAP = 0.4  # IoU above which the weaker of two boxes goes


@dataclass(frozen=True)
class FoundFaces:
    """Faces of one frame: ``boxes`` float (N, 4) as x0, y0, x1, y1 in pixels of the frame, ``scores`` float (N,)
    in [0, 1], best first, ``points`` float (N, 5, 2): right and left eye, nose, right and left corner of the mouth
    (the subject's sides).
    """

    boxes: np.ndarray
    scores: np.ndarray
    points: np.ndarray

    def __len__(self) -> int:
        return len(self.boxes)


def letterbox(frame: np.ndarray, side: int = INPUT_SIDE) -> tuple[np.ndarray, float]:
    """Return ``frame`` scaled so that its longer side is ``side`` and padded with black at the right and bottom to
    multiples of 32, and the scale."""
    scale = side / max(frame.shape[:2])
    size = max(round(frame.shape[1] * scale), 1), max(round(frame.shape[0] * scale), 1)
    small = cv2.resize(frame, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    height, width = (-(-s // SIDE_STEP) * SIDE_STEP for s in small.shape[:2])
    canvas = np.zeros((height, width, 3), np.uint8)
    canvas[: small.shape[0], : small.shape[1]] = small
    return canvas, scale


def detect_faces(frames: np.ndarray, threshold: float = THRESHOLD) -> list[FoundFaces]:
    """Return the faces of each of ``frames`` (T, H, W, 3) uint8 RGB; one entry a frame, empty where there is none."""
    session = load_session("detect")
    limit = np.array([frames.shape[2], frames.shape[1]] * 2, np.float32)
    found = []
    for frame in frames:
        canvas, scale = letterbox(frame)
        scores, boxes, points = (m[0] for m in session.run(None, {"frames": canvas[None]}))
        rows, columns = np.nonzero((scores >= threshold) & (scores == cv2.dilate(scores, NEIGHBOURS)))
        score, box = scores[rows, columns], boxes[:, rows, columns].T / scale
        kept = keep_best(box, score, OVERLAP)
        point = points[:, rows, columns].T.reshape(-1, 5, 2)[kept] / scale
        found.append(FoundFaces(np.clip(box[kept], 0, limit), score[kept], point))
    return found
