"""Clips that repeat each other: small grey pictures of their first, middle and last frames differ little in where
brightness rises from left to right (a difference hash), whatever their size and compression."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from gifect.media.clip import Clip

__all__ = ["HASH_BITS", "NEAR", "clip_hash"]

HASH_SIDE = 8  # bits of a frame's hash on each side
HASH_BITS = 3 * HASH_SIDE**2
NEAR = 0.06  # share of differing bits up to which two clips are the same


def clip_hash(clip: Clip) -> NDArray[np.bool_]:
    """Return the difference hash of a clip, bool (192,)."""
    parts = []
    for k in (0, clip.frame_count // 2, clip.frame_count - 1):
        grey = cv2.cvtColor(clip.frames[k], cv2.COLOR_RGB2GRAY)
        small = cv2.resize(grey, (HASH_SIDE + 1, HASH_SIDE), interpolation=cv2.INTER_AREA).astype(int)
        parts.append((small[:, 1:] > small[:, :-1]).ravel())
    return np.concatenate(parts)
