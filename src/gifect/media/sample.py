"""Which frames to look at: sampling schemes as indices into a clip."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gifect.errors import ClipError

__all__ = ["at_rate", "c3d_clips", "dense", "evenly_spaced", "every_frame", "looped", "segment_random", "sparse"]

Indices = NDArray[np.int64]

SPARSE_STEP = 10  # frames
SPARSE_SHORT = 30  # frames; shorter clips give first, middle and last
DENSE_ALL = 10  # frames; clips up to this give every frame
DENSE_HALF = 50  # frames; clips up to this give every other one
DENSE_MOST = DENSE_HALF // 2  # frames; longer clips give this many
C3D_FRAMES = 16  # frames per clip
C3D_STEP = C3D_FRAMES // 2  # frames from one clip to the next: half of it overlaps


def every_frame(count: int) -> Indices:
    """Return all indices of `count` frames, (count,)."""
    return np.arange(_positive("count", count))


def evenly_spaced(count: int, n: int) -> Indices:
    """Return the middle frames of `n` equal parts of `count` frames, (min(n, count),), increasing."""
    n = min(_positive("n", n), _positive("count", count))
    return (2 * np.arange(n) + 1) * count // (2 * n)


def segment_random(count: int, segments: int, rng: np.random.Generator | int) -> Indices:
    """Return one random frame of each of `segments` equal parts of `count` frames.

    The sampling of temporal segment networks (Wang et al., "Temporal Segment Networks", ECCV 2016).

    Parameters
    ----------
    count : int
        Frames of the clip.
    segments : int
        Parts. With more parts than frames, frames repeat.
    rng : numpy Generator or int
        Source of chance, or a seed.

    Returns
    -------
    ndarray of int64, shape (segments,)
        Never decreasing.
    """
    edges = np.arange(_positive("segments", segments) + 1) * _positive("count", count) // segments
    return np.random.default_rng(rng).integers(edges[:-1], np.maximum(edges[1:], edges[:-1] + 1))


def sparse(count: int) -> Indices:
    """Return the sparse sample of "Graphical feelings" (section 3): every 10th frame.

    Clips with fewer than 30 frames give their first, middle and last frame (fewer if they have fewer).
    """
    if _positive("count", count) < SPARSE_SHORT:
        return np.unique([0, count // 2, count - 1]).astype(np.int64)
    return np.arange(0, count, SPARSE_STEP)


def dense(count: int) -> Indices:
    """Return the dense sample of "Graphical feelings" (section 3).

    All frames up to 10, every other frame from 11 to 50, above that 25 frames evenly spread from first to last.
    """
    if _positive("count", count) <= DENSE_ALL:
        return np.arange(count)
    if count <= DENSE_HALF:
        return np.arange(0, count, 2)
    return np.arange(DENSE_MOST) * (count - 1) // (DENSE_MOST - 1)


def c3d_clips(count: int) -> Indices:
    """Return 16-frame clips that overlap by 8, as in GIFGIF+ (section 3.3; C3D of Tran et al., ICCV 2015).

    What is shorter than 16 frames or no multiple of 8 is first made longer by looping.

    Returns
    -------
    ndarray of int64, shape (clips, 16)
        Indices into the `count` frames.
    """
    padded = max(C3D_FRAMES, -(-_positive("count", count) // C3D_STEP) * C3D_STEP)
    starts = np.arange(0, padded - C3D_FRAMES + 1, C3D_STEP)
    return (starts[:, None] + np.arange(C3D_FRAMES)) % count


def at_rate(delays_ms: NDArray[np.int64], rate: float) -> Indices:
    """Return which frame shows at each tick of a steady rate, for one round of a clip.

    Parameters
    ----------
    delays_ms : ndarray of int, shape (T,)
        How long each frame stays, in ms.
    rate : float
        Ticks a second; the frame that shows in the middle of a tick counts.

    Returns
    -------
    ndarray of int64, shape (n,)
        Never decreasing; n is the playing time in ticks, rounded, at least 1.
    """
    if rate <= 0:
        raise ClipError(f"rate must be above 0 frames a second, not {rate}")
    ends = np.cumsum(delays_ms)
    total = int(ends[-1]) if _positive("count", len(delays_ms)) else 0
    ticks = max(1, round(total * rate / 1000))
    middles = (np.arange(ticks) + 0.5) * 1000 / rate
    return np.minimum(np.searchsorted(ends, middles, side="right"), len(delays_ms) - 1).astype(np.int64)


def looped(indices: Indices, length: int) -> Indices:
    """Return indices (n,) as they come when the clip plays again and again, (max(n, length),)."""
    _positive("count", len(indices))
    return np.resize(indices, max(len(indices), _positive("length", length)))


def _positive(name: str, value: int) -> int:
    if value < 1:
        raise ClipError(f"{name} must be at least 1, not {value}")
    return int(value)
