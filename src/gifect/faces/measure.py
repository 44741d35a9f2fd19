"""Measuring faces: expression, valence, arousal, action units, landmarks and an embedding in one forward."""

from __future__ import annotations

from dataclasses import dataclass, fields

import cv2
import numpy as np

from gifect.faces.layout import CROP_MARGIN, INPUT_SIZE
from gifect.models.registry import load_session


@dataclass(frozen=True)
class FaceMeasures:
    """What was measured on N faces, row i for face i.

    Attributes
    ----------
    expression : float (N, 8), probabilities in the order of ``emotions.EIGHT``.
    affect : float (N, 2), valence in [-1, 1] and arousal in [0, 1].
    units : float (N, 19), intensities in [0, 1] in the order of ``layout.ACTION_UNITS``.
    readable : float (N,), probability that the face can be read.
    landmarks : float (N, 70, 3), x and y in pixels of the frame and confidence in [0, 1]; OpenPose's order.
    sides : float (N, 2) in [-1, 1], how much stronger lip corner puller and dimpler are on the subject's right.
    embedding : float (N, 256).
    """

    expression: np.ndarray
    affect: np.ndarray
    units: np.ndarray
    readable: np.ndarray
    landmarks: np.ndarray
    sides: np.ndarray
    embedding: np.ndarray

    def __len__(self) -> int:
        return len(self.expression)

    def part(self, rows: slice) -> FaceMeasures:
        """Return the measures of some of the faces."""
        return FaceMeasures(*(getattr(self, f.name)[rows] for f in fields(self)))


def face_crop(
    frame: np.ndarray, box: np.ndarray, size: int = INPUT_SIZE, margin: float = CROP_MARGIN
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return the square (size, size, 3) around a face, its upper left corner (x, y) and its side in pixels.

    The square stands around the middle of ``box``, ``margin`` x its longer side; beyond the frame its edge repeats.
    The defaults are what the network reads.
    """
    side = margin * float(max(box[2] - box[0], box[3] - box[1], 1.0))
    corner = (box[:2] + box[2:]) / 2 - side / 2
    scale = size / side
    affine = np.array([[scale, 0, -scale * corner[0]], [0, scale, -scale * corner[1]]])
    if scale < 0.5:
        edge = round(side * 0.1)
        x0, y0 = (max(int(c) - edge, 0) for c in corner)
        part = frame[y0 : int(corner[1] + side) + edge, x0 : int(corner[0] + side) + edge]
        frame = cv2.blur(part, (round(0.5 / scale),) * 2)
        affine[:, 2] += scale * np.array([x0, y0])
    crop = cv2.warpAffine(frame, affine, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return crop, corner, side


def measure_faces(frames: list[np.ndarray], boxes: np.ndarray) -> FaceMeasures:
    """Measure one face a frame.

    Parameters
    ----------
    frames : N frames (H, W, 3) uint8 RGB; the same frame may stand more than once.
    boxes : (N, 4), x0, y0, x1, y1 of the face in each.
    """
    crops = [face_crop(f, b) for f, b in zip(frames, boxes, strict=True)]
    images = np.stack([c[0] for c in crops]) if crops else np.zeros((0, INPUT_SIZE, INPUT_SIZE, 3), np.uint8)
    return measure_crops(images, np.array([c[1] for c in crops]).reshape(-1, 2), np.array([c[2] for c in crops]))


def measure_crops(
    images: np.ndarray, corners: np.ndarray | None = None, sides: np.ndarray | None = None
) -> FaceMeasures:
    """Measure crops (N, 64, 64, 3) uint8 RGB; landmarks are in pixels of the frame if the squares' ``corners``
    (N, 2) and ``sides`` (N,) are given, else in fractions of the crop."""
    out = load_session("measure").run(None, {"crops": images})
    measures = FaceMeasures(*out)
    if corners is not None and sides is not None:
        measures.landmarks[..., :2] = measures.landmarks[..., :2] * sides[:, None, None] + corners[:, None]
    return measures
