"""From samples to frames and spectra: the ground on which the descriptors stand."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "CHROMA",
    "Array",
    "chroma_filters",
    "dct_matrix",
    "frames_of",
    "mel_filters",
    "next_power_of_two",
    "spectra",
]

Array = NDArray[np.float32]

CHROMA = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
A440 = 9  # place of A in CHROMA
LOWEST_NOTE, HIGHEST_NOTE = 55.0, 5000.0  # Hz between which energy counts for the pitch classes


def next_power_of_two(number: int) -> int:
    """Return the smallest power of two that is not below `number`."""
    return 1 << max(number - 1, 0).bit_length()


def frames_of(samples: Array, window: int, hop: int) -> Array:
    """Return the frames (T, window) of samples (N,), a view, T = 1 + (N - window) // hop; fewer samples than a window
    are filled up with zeros to one frame."""
    if len(samples) < window:
        samples = np.pad(samples, (0, window - len(samples)))
    return np.lib.stride_tricks.sliding_window_view(samples, window)[::hop]


def spectra(frames: Array, size: int) -> Array:
    """Return the amplitude spectra (T, size / 2 + 1) of frames (T, window), each less its mean, under a Hamming window.

    Frames are filled up with zeros to `size`. The scale is such that a sine of amplitude 1 has a peak of about 1.
    """
    window = np.hamming(frames.shape[1] + 1)[:-1].astype(np.float32)  # periodic: made for the Fourier transform
    centred = frames - frames.mean(1, keepdims=True)
    return np.asarray(np.abs(np.fft.rfft(centred * window, size, axis=1)) * (2 / window.sum()), np.float32)


@cache
def mel_filters(rate: int, size: int, count: int) -> Array:
    """Return the triangular filters (count, size / 2 + 1) of the mel scale from 0 Hz to half the rate, equal in area.

    References
    ----------
    Slaney, M. (1998). Auditory Toolbox, version 2. Interval Research Corporation.
    """
    edges = _from_mel(np.linspace(0, _to_mel(rate / 2), count + 2))
    bins = np.arange(size // 2 + 1) * rate / size
    widths = np.diff(edges)[:, None]
    rising = (bins - edges[:-2, None]) / widths[:-1]
    falling = (edges[2:, None] - bins) / widths[1:]
    triangles = np.maximum(0, np.minimum(rising, falling))
    return np.asarray(triangles * (2 / (edges[2:] - edges[:-2]))[:, None], np.float32)


def _to_mel(hertz: float) -> float:
    """Linear up to 1000 Hz (15 mel), logarithmic above."""
    return float(hertz * 3 / 200 if hertz < 1000 else 15 + 27 * np.log(hertz / 1000) / np.log(6.4))


def _from_mel(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(mel < 15, mel * 200 / 3, 1000 * 6.4 ** ((mel - 15) / 27))


@cache
def dct_matrix(count: int, bands: int) -> Array:
    """Return the first `count` rows of the orthonormal discrete cosine transform, type II, of `bands` numbers."""
    rows = np.cos(np.pi / bands * np.outer(np.arange(count), np.arange(bands) + 0.5)) * np.sqrt(2 / bands)
    rows[0] /= np.sqrt(2)
    return np.asarray(rows, np.float32)


@cache
def chroma_filters(rate: int, size: int) -> Array:
    """Return for each of the twelve pitch classes (equal temperament, A = 440 Hz) how much each bin of a spectrum
    counts for it: (12, size / 2 + 1). A bin between two semitones is shared by both."""
    bins = np.arange(size // 2 + 1) * rate / size
    used = (bins >= LOWEST_NOTE) & (bins <= min(HIGHEST_NOTE, rate / 2))
    semitone = 12 * np.log2(np.where(used, bins, 440) / 440) + A440
    away = np.abs((semitone[None] - np.arange(12)[:, None] + 6) % 12 - 6)
    return np.asarray(np.maximum(0, 1 - away) * used, np.float32)
