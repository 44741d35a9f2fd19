"""The partials of a sound, the peaks of its spectrum, and what depends on how they stand to each other."""

from __future__ import annotations

import numpy as np

from gifect.sound.spectra import Array

__all__ = ["PARTIALS", "irregularity", "partials", "roughness"]

PARTIALS = 20  # the strongest are kept
FAINTEST = 0.02  # of the strongest's amplitude; the side lobes of a Hamming window lie below


def partials(spectrum: Array, bins: Array) -> tuple[Array, Array]:
    """Return frequencies in Hz and amplitudes (T, 20) of the strongest peaks of amplitude spectra (T, F).

    Sorted by frequency; where there are fewer, amplitudes of 0 at 0 Hz come first. A peak between two bins is placed by
    the parabola through its three.
    """
    middle, left, right = spectrum[:, 1:-1], spectrum[:, :-2], spectrum[:, 2:]
    least = FAINTEST * spectrum.max(1, keepdims=True)
    heights = np.where((middle > left) & (middle >= right) & (middle > least), middle, 0)
    count = min(PARTIALS, heights.shape[1])
    places = np.argpartition(-heights, count - 1, axis=1)[:, :count]
    amplitudes = np.take_along_axis(heights, places, 1)
    a, b, c = (np.take_along_axis(s, places, 1) for s in (left, middle, right))
    curve = a - 2 * b + c
    shift = np.where(amplitudes > 0, (a - c) / np.where(curve < 0, 2 * curve, -1), 0)
    step = bins[1] - bins[0]
    frequencies = np.where(amplitudes > 0, (places + 1 + shift) * step, 0)
    order = np.argsort(frequencies, axis=1, kind="stable")
    ordered = (np.take_along_axis(v, order, 1).astype(np.float32) for v in (frequencies, amplitudes))
    found, heights = (np.pad(v, ((0, 0), (PARTIALS - count, 0))) for v in ordered)
    return found, heights


def roughness(frequencies: Array, amplitudes: Array) -> Array:
    """Return the sensory dissonance (T,) of partials (T, P), summed over all pairs.

    In frames of 40 ms partials less than some 75 Hz apart are one; that they beat shows in the flux.

    References
    ----------
    Plomp, R. and Levelt, W. J. M. (1965). Tonal consonance and critical bandwidth. JASA 38.
    Sethares, W. A. (2005). Tuning, Timbre, Spectrum, Scale. Springer: appendix E, with the lesser of two amplitudes.
    """
    low, high = np.triu_indices(frequencies.shape[1], 1)  # sorted by frequency: the first of a pair is the lower
    scale = 0.24 / (0.0207 * frequencies[:, low] + 18.96)
    away = scale * (frequencies[:, high] - frequencies[:, low])
    curve = 5 * (np.exp(-3.51 * away) - np.exp(-5.75 * away))
    return np.asarray(np.einsum("tp,tp->t", curve, np.minimum(amplitudes[:, low], amplitudes[:, high])), np.float32)


def irregularity(amplitudes: Array) -> Array:
    """Return the sum (T,) of squared differences of neighbouring partials (T, P) / the sum of their squares.

    Between 0 for one partial or all alike and 1 for none between strong ones.

    References
    ----------
    Jensen, K. (1999). Timbre models of musical sounds. University of Copenhagen.
    """
    there = (amplitudes[:, :-1] > 0) & (amplitudes[:, 1:] > 0)
    steps = np.where(there, np.diff(amplitudes, axis=1), 0)
    squares = np.einsum("tp,tp->t", amplitudes, amplitudes)
    return np.asarray(np.einsum("tp,tp->t", steps, steps) / np.maximum(squares, 1e-20), np.float32)
