"""The pitch of a voice and how periodic it is, by autocorrelation.

References
----------
Boersma, P. (1993). Accurate short-term analysis of the fundamental frequency and the harmonics-to-noise ratio of a
sampled sound. IFA Proceedings 17.
"""

from __future__ import annotations

import numpy as np

from gifect.sound.spectra import Array, next_power_of_two

__all__ = ["HIGHEST_HZ", "LOWEST_HZ", "measure_pitch"]

LOWEST_HZ, HIGHEST_HZ = 75.0, 600.0
VOICED = 0.45  # autocorrelation below which there is no pitch
OCTAVE_COST = 0.04  # by which a period must be better than one half as long, an octave


def measure_pitch(frames: Array, rate: int) -> tuple[Array, Array]:
    """Return pitch in Hz, 0 where there is none, and harmonicity in [0, 1], both (T,), of frames (T, window).

    Harmonicity is the highest autocorrelation at a period between 1/600 and 1/75 s, that of the window divided out.
    """
    count = frames.shape[1]
    longest = min(int(rate / LOWEST_HZ), count - 2)
    shortest = max(int(rate / HIGHEST_HZ), 2)
    size = next_power_of_two(count + longest + 2)
    window = np.hanning(count + 2)[1:-1].astype(np.float32)
    own = np.fft.irfft(np.abs(np.fft.rfft(window, size)) ** 2)[: longest + 2].astype(np.float32)
    centred = (frames - frames.mean(1, keepdims=True)) * window
    transform = np.fft.rfft(centred, size, axis=1)
    energy = transform.real**2 + transform.imag**2
    lags = np.fft.irfft(energy, size, axis=1)[:, : longest + 2]
    curve = lags / np.maximum(lags[:, :1], 1e-12) / (own / own[0])
    a, b, c = (curve[:, shortest + k : longest + 1 + k] for k in (-1, 0, 1))
    peak = (b >= a) & (b > c)
    shift = np.where(peak, (a - c) / np.where(peak, 2 * (a - 2 * b + c), 1), 0)
    heights = np.where(peak, b - (a - c) * shift / 4, 0)
    periods = np.arange(shortest, longest + 1)
    cost = OCTAVE_COST * np.log2(periods / shortest).astype(np.float32)
    rows, place = np.arange(len(frames)), (heights - cost).argmax(1)
    strength = np.clip(heights[rows, place], 0, 1)
    pitch = np.where(strength >= VOICED, rate / (periods[place] + shift[rows, place]), 0)
    return np.asarray(pitch, np.float32), np.asarray(strength, np.float32)
