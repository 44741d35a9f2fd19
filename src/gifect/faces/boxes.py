"""Arithmetic on boxes [x0, y0, x1, y1]."""

from __future__ import annotations

import numpy as np


def iou_matrix(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the intersection over union of every box of ``a`` (N, 4) with every box of ``b`` (M, 4): (N, M)."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.prod(np.clip(high - low, 0, None), axis=2)
    area_a, area_b = (np.prod(np.clip(x[:, 2:] - x[:, :2], 0, None), axis=1) for x in (a, b))
    return np.asarray(shared / np.maximum(area_a[:, None] + area_b[None] - shared, 1e-9))


def keep_best(boxes: np.ndarray, scores: np.ndarray, overlap: float) -> np.ndarray:
    """Return the indices of boxes that greedy non-maximum suppression keeps, best first."""
    order = np.argsort(-scores, kind="stable")
    kept: list[int] = []
    overlaps = iou_matrix(boxes, boxes)
    for i in order:
        if all(overlaps[i, j] <= overlap for j in kept):
            kept.append(int(i))
    return np.array(kept, dtype=np.int64)
