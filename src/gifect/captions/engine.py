"""The text detector and reader of rapidocr: lines in one frame."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from gifect.errors import MissingExtraError

__all__ = ["Line", "find_lines", "read_lines"]

FINDING_SIDE = 256  # pixels of the shorter side at which lines are looked for
READING_SIDE = 384  # pixels of the shorter side at which they are read


@dataclass(frozen=True)
class Line:
    """One line in one frame.

    Attributes
    ----------
    box : float (4,), x0, y0, x1, y1 as fractions of the frame.
    confidence : of the detector in [0, 1], or of the reader where there is a text.
    text : as it was read; empty where it was only found.
    """

    box: np.ndarray
    confidence: float
    text: str = ""


def find_lines(frame: np.ndarray) -> list[Line]:
    """Return where lines seem to be in a frame (H, W, 3) of uint8 RGB, without reading them: about 40 ms.

    Raises
    ------
    MissingExtraError
        If rapidocr is not installed.
    """
    found = _engine(FINDING_SIDE)(frame[:, :, ::-1], use_det=True, use_cls=False, use_rec=False)
    boxes = [] if found.boxes is None else found.boxes
    return [Line(_fraction(box, frame), float(score)) for box, score in zip(boxes, found.scores or (), strict=True)]


def read_lines(frame: np.ndarray) -> list[Line]:
    """Return the lines of a frame (H, W, 3) of uint8 RGB and what they say, from top to bottom."""
    read = _engine(READING_SIDE)(frame[:, :, ::-1], use_det=True, use_cls=False, use_rec=True)
    if read.boxes is None or getattr(read, "txts", None) is None:
        return []
    return [
        Line(_fraction(box, frame), float(score), text)
        for box, score, text in zip(read.boxes, read.scores, read.txts, strict=True)
    ]


def _fraction(corners: np.ndarray, frame: np.ndarray) -> np.ndarray:
    """Return the upright box around the four corners (4, 2) of a line, as fractions of the frame."""
    size = np.array([frame.shape[1], frame.shape[0]], float)
    return np.concatenate([corners.min(0) / size, corners.max(0) / size]).clip(0, 1)


@cache
def _engine(side: int) -> Any:
    try:
        from rapidocr import RapidOCR
    except ModuleNotFoundError as error:
        raise MissingExtraError("reading captions", "captions") from error
    settings = {
        "Global.log_level": "error",
        "Global.use_cls": False,
        "Det.limit_side_len": side,
        "EngineConfig.onnxruntime.intra_op_num_threads": 1,
        "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    }
    return RapidOCR(params=settings)
