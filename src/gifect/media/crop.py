"""Square pictures of one size, cut from frames of any shape."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from gifect.errors import ClipError

__all__ = ["short_side", "square"]

LONGEST = 2.0  # sides of a scaled frame: what is longer is cut at both ends


def square(
    frames: NDArray[np.uint8], side: int, *, share: float = 1.0, place: tuple[float, float] = (0.5, 0.5)
) -> NDArray[np.uint8]:
    """Return a square part of each frame, scaled.

    With `side` 224 and `share` 224 / 256 this is what "short side to 256, crop 224" gives, without ever making the
    large picture that a frame of 1 x 2000 pixels would need for it.

    Parameters
    ----------
    frames : ndarray of uint8, shape (T, H, W, C)
        The frames.
    side : int
        Pixels of a side of the result.
    share : float
        Side of the part as a fraction of the frame's short side, in (0, 1].
    place : tuple of float
        Where the part lies down and across, from 0 (top, left) to 1 (bottom, right); (0.5, 0.5) is the centre.

    Returns
    -------
    ndarray of uint8, shape (T, side, side, C)

    Raises
    ------
    ClipError
        If `share` or `place` is out of range.
    """
    if not 0 < share <= 1 or not all(0 <= p <= 1 for p in place):
        raise ClipError(f"share must be in (0, 1] and place in [0, 1], not {share} and {place}")
    height, width = frames.shape[1:3]
    own = max(1, round(min(height, width) * share))
    top, left = round((height - own) * place[0]), round((width - own) * place[1])
    part = frames[:, top : top + own, left : left + own]
    how = cv2.INTER_AREA if own > side else cv2.INTER_LINEAR
    scaled = [cv2.resize(np.ascontiguousarray(f), (side, side), interpolation=how) for f in part]
    return np.stack(scaled).astype(np.uint8, copy=False).reshape(len(frames), side, side, frames.shape[3])


def short_side(frames: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """Return frames (T, H, W, C) scaled so that their short side has `side` pixels.

    A long side of more than twice that is cut to it, about the middle, before the frames are scaled.
    """
    height, width = frames.shape[1:3]
    own = min(height, width)
    rows, columns = (min(length, round(LONGEST * own)) for length in (height, width))
    top, left = (height - rows) // 2, (width - columns) // 2
    part = frames[:, top : top + rows, left : left + columns]
    size = round(columns * side / own), round(rows * side / own)
    how = cv2.INTER_AREA if own > side else cv2.INTER_LINEAR
    scaled = [cv2.resize(np.ascontiguousarray(f), size, interpolation=how) for f in part]
    return np.stack(scaled).astype(np.uint8, copy=False).reshape(len(frames), size[1], size[0], frames.shape[3])
