"""Clips that repeat each other: small grey pictures of their first, middle and last frames differ little in where
brightness rises from left to right (a difference hash) and in brightness, whatever their size and compression."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from gifect.media.clip import Clip

__all__ = ["HASH_BITS", "NEAR", "SAME_TONE", "TONES", "clip_hash", "clip_tones"]

HASH_SIDE = 8  # bits of a frame's hash on each side
HASH_BITS = 3 * HASH_SIDE**2
TONES = 3 * HASH_SIDE * (HASH_SIDE + 1)
NEAR = 0.06  # share of differing bits up to which two clips are the same
SAME_TONE = 24  # levels of 256 by which the grey of the same clip may differ, in the mean


def clip_hash(clip: Clip) -> NDArray[np.bool_]:
    """Return the difference hash of a clip, bool (192,)."""
    tones = clip_tones(clip).reshape(3, HASH_SIDE, HASH_SIDE + 1)
    return np.asarray((tones[:, :, 1:] > tones[:, :, :-1]).ravel())


def clip_tones(clip: Clip) -> NDArray[np.int64]:
    """Return small grey pictures of a clip's first, middle and last frames, 0 to 255, (216,)."""
    parts = []
    for k in (0, clip.frame_count // 2, clip.frame_count - 1):
        grey = cv2.cvtColor(clip.frames[k], cv2.COLOR_RGB2GRAY)
        parts.append(cv2.resize(grey, (HASH_SIDE + 1, HASH_SIDE), interpolation=cv2.INTER_AREA).ravel())
    return np.concatenate(parts).astype(np.int64)
