"""Few colours for many frames: flat areas stay flat, and the file small."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def reduce_colours(frames: NDArray[np.uint8], count: int) -> NDArray[np.uint8]:
    """Return frames (T, H, W, 3) in at most ``count`` colours, the same for all, without dithering.

    Again and again the group of colours that differ most is split at its mean. A colour weighs the square root of
    its pixels, so that small things such as eyes keep theirs.
    """
    packed = frames.astype(np.int64) @ np.array([65536, 256, 1])
    found, where, pixels = np.unique(packed, return_inverse=True, return_counts=True)
    colours = np.stack([found >> 16, found >> 8 & 255, found & 255], 1).astype(float)
    weights = np.sqrt(pixels.astype(float))
    groups = [np.arange(len(colours))]
    spreads = [_spread(colours, weights)]
    while len(groups) < count and max(s.max() for s in spreads) > 0:
        widest = int(np.argmax([s.max() for s in spreads]))
        group, axis = groups.pop(widest), int(spreads.pop(widest).argmax())
        values = colours[group, axis]
        high = values > np.average(values, weights=weights[group])
        for part in (group[~high], group[high]):
            groups.append(part)
            spreads.append(_spread(colours[part], weights[part]))
    reduced = np.empty(colours.shape, np.uint8)
    for group in groups:
        reduced[group] = np.average(colours[group], axis=0, weights=weights[group]).round()
    return reduced[where.reshape(packed.shape)]


def _spread(colours: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for red, green and blue the weighted sum of squares about the mean."""
    away = colours - np.average(colours, axis=0, weights=weights)
    return np.asarray(weights @ away**2)
