"""What a sound is like from moment to moment: a sequence (T, D) of spectral descriptors.

A frame is 40 ms long, a new one begins every 10 ms. It is weighted with a Hamming window within the Fourier transform;
``FEATURES`` names every column with its unit. The definitions follow the toolboxes of music information retrieval: the
spectrum is taken as a distribution of amplitude over frequency (centroid to entropy), of energy where a share of energy
is meant (roll-off, brightness). Of a silent frame every descriptor is 0 but the cepstrum, which is that of the floor.

References
----------
Lartillot, O. and Toiviainen, P. (2007). A Matlab toolbox for musical feature extraction from audio. DAFx.
Peeters, G. (2004). A large set of audio features for sound description. IRCAM.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from gifect.errors import SoundError
from gifect.sound.partials import irregularity, partials, roughness
from gifect.sound.pitch import measure_pitch
from gifect.sound.spectra import (
    CHROMA,
    Array,
    chroma_filters,
    dct_matrix,
    frames_of,
    mel_filters,
    next_power_of_two,
    spectra,
)

__all__ = ["FEATURES", "FEATURE_NAMES", "FRAME_MS", "HOP_MS", "Feature", "describe", "frame_times"]

FRAME_MS = 40
HOP_MS = 10
ROLL_OFFS = (0.85, 0.95)  # shares of the energy
BRIGHT_HZ = 1500.0
MEL_BANDS = 40
CEPSTRUM = 13  # coefficients
DELTA_REACH = 4  # frames to either side
FLOOR = 1e-10  # power, -100 dB
SILENT = 1e-5  # amplitude: below a third of the last bit of 16
AT_ONCE = 256  # frames worked on together: what is between fits the cache


@dataclass(frozen=True)
class Feature:
    """One column of the sequence: its name, its unit, and what it is."""

    name: str
    unit: str
    meaning: str


FEATURES: Final = (
    Feature("centroid", "Hz", "mean frequency of the amplitude spectrum"),
    Feature("spread", "Hz", "standard deviation of the frequency around the centroid"),
    Feature("skewness", "1", "third moment around the centroid / spread cubed; above 0: a tail to the treble"),
    Feature("kurtosis", "1", "fourth moment around the centroid / spread to the fourth; 3 for a bell"),
    Feature("flatness", "0 to 1", "geometric / arithmetic mean of the energy; 1 for even noise, near 0 for a tone"),
    Feature("entropy", "0 to 1", "Shannon's, of the amplitude spectrum / its greatest value"),
    Feature("rolloff_85", "Hz", "frequency below which .85 of the energy lies"),
    Feature("rolloff_95", "Hz", "frequency below which .95 of the energy lies"),
    Feature("brightness", "0 to 1", "share of the energy above 1500 Hz"),
    Feature("flux", "full scale", "Euclidean distance to the spectrum of the frame before; 0 in the first"),
    Feature("roughness", "full scale", "dissonance of all pairs of the twenty strongest partials"),
    Feature("irregularity", "0 to 1", "squared steps between neighbouring partials / their squares"),
    Feature("zero_crossings", "1/s", "changes of sign"),
    Feature("rms", "full scale", "root of the mean square of the samples"),
    Feature("pitch", "Hz", "fundamental between 75 and 600 Hz; 0 where there is none"),
    Feature("harmonicity", "0 to 1", "autocorrelation at the period of the pitch; 1 for a periodic sound"),
    *(Feature(f"mfcc_{k}", "dB", "cepstrum of 40 mel bands" if k else "its level") for k in range(CEPSTRUM)),
    *(Feature(f"delta_{k}", "dB/frame", f"slope of mfcc_{k} over nine frames") for k in range(CEPSTRUM)),
    *(Feature(f"chroma_{name}", "0 to 1", f"energy of the pitch class {name} / the strongest's") for name in CHROMA),
)
"""The columns of the sequence, in order."""

FEATURE_NAMES: Final = tuple(feature.name for feature in FEATURES)


def describe(samples: Array, rate: int) -> Array:
    """Return the descriptors of a sound.

    Parameters
    ----------
    samples : ndarray of float32, shape (N,)
        Mono, in [-1, 1].
    rate : int
        Samples a second, 4000 or more.

    Returns
    -------
    ndarray of float32, shape (T, 54)
        One row every 10 ms, columns as ``FEATURES`` has them; T = 1 + (N - 40 ms) // 10 ms, and 1 for less.

    Raises
    ------
    SoundError
        If the samples are not of that form.
    """
    samples = np.asarray(samples, np.float32)
    if samples.ndim != 1 or not samples.size or not np.isfinite(samples).all():
        raise SoundError(f"expected finite samples of shape (N,), found shape {samples.shape}")
    if rate < 4000:
        raise SoundError(f"expected 4000 samples a second or more, found {rate}")
    samples = samples - samples.mean()
    window, hop = rate * FRAME_MS // 1000, rate * HOP_MS // 1000
    frames = frames_of(samples, window, hop)
    size = next_power_of_two(window)
    rows, last = [], np.zeros((0, size // 2 + 1), np.float32)
    for k in range(0, len(frames), AT_ONCE):
        part = frames[k : k + AT_ONCE]
        spectrum = spectra(part, size)
        rows.append(_rows(part, spectrum, last, rate, size))
        last = spectrum[-1:]
    table = np.concatenate(rows)
    cepstrum = table[:, 16 : 16 + CEPSTRUM]
    return np.concatenate([table[:, : 16 + CEPSTRUM], _slopes(cepstrum), table[:, 16 + CEPSTRUM :]], axis=1)


def frame_times(count: int) -> Array:
    """Return the middles of `count` frames, in ms from the first sample."""
    return np.asarray(np.arange(count) * HOP_MS + FRAME_MS / 2, np.float32)


def _rows(frames: Array, spectrum: Array, last: Array, rate: int, size: int) -> Array:
    """Return all columns but the deltas for a run of frames; ``last`` (0 or 1, F) is the spectrum before them."""
    bins = np.arange(size // 2 + 1, dtype=np.float32) * (rate / size)
    rms = np.sqrt(np.einsum("tn,tn->t", frames, frames) / frames.shape[1])
    power = spectrum**2
    peaks = partials(spectrum, bins)
    pitch, harmonicity = measure_pitch(frames, rate)
    columns = [
        *_shape(spectrum, bins),
        _flatness(power),
        _entropy(spectrum),
        *_energy_shares(power, bins),
        _flux(spectrum, last),
        roughness(*peaks),
        irregularity(peaks[1]),
        _zero_crossings(frames, rate),
        rms,
        pitch,
        harmonicity,
    ]
    table = np.stack(columns, axis=1)
    table[rms < SILENT] = 0
    mel = power @ mel_filters(rate, size, MEL_BANDS).T
    cepstrum = (10 * np.log10(np.maximum(mel, FLOOR))) @ dct_matrix(CEPSTRUM, MEL_BANDS).T
    chroma = power @ chroma_filters(rate, size).T
    chroma = chroma / np.maximum(chroma.max(1, keepdims=True), FLOOR)
    chroma[rms < SILENT] = 0
    return np.concatenate([table, cepstrum, chroma], axis=1, dtype=np.float32)


def _shape(spectrum: Array, bins: Array) -> tuple[Array, Array, Array, Array]:
    """Return centroid, spread, skewness and kurtosis (T,) of the amplitude over the frequency."""
    share = spectrum / np.maximum(spectrum.sum(1, keepdims=True), FLOOR)
    centroid = share @ bins
    away = bins - centroid[:, None]
    weighted = share * away
    second, third, fourth = (np.einsum("tf,tf->t", weighted, away**k) for k in (1, 2, 3))
    spread = np.sqrt(np.maximum(second, 0))
    safe = np.maximum(spread, 1e-3)
    return centroid, spread, third / safe**3, fourth / safe**4


def _flatness(power: Array) -> Array:
    power = np.maximum(power[:, 1:], FLOOR**2)
    return np.asarray(np.exp(np.log(power).mean(1)) / power.mean(1), np.float32)


def _entropy(spectrum: Array) -> Array:
    share = spectrum / np.maximum(spectrum.sum(1, keepdims=True), FLOOR)
    bits = np.einsum("tf,tf->t", share, np.log(np.maximum(share, 1e-12)))
    return np.asarray(-bits / np.log(spectrum.shape[1]), np.float32)


def _energy_shares(power: Array, bins: Array) -> tuple[Array, Array, Array]:
    """Return both roll-offs in Hz and the brightness (T,)."""
    below = np.cumsum(power, axis=1)
    total = np.maximum(below[:, -1:], FLOOR**2)
    rolls = [bins[np.minimum((below < share * total).sum(1), len(bins) - 1)] for share in ROLL_OFFS]
    bright = power[:, bins > BRIGHT_HZ].sum(1) / total[:, 0]
    return rolls[0], rolls[1], bright


def _flux(spectrum: Array, last: Array) -> Array:
    first = spectrum[:1] if not len(last) else last
    return np.asarray(np.linalg.norm(np.diff(np.concatenate([first, spectrum]), axis=0), axis=1))


def _zero_crossings(frames: Array, rate: int) -> Array:
    above = frames >= 0
    changes = (above[:, 1:] != above[:, :-1]).sum(1)
    return np.asarray(changes * (rate / (frames.shape[1] - 1)), np.float32)


def _slopes(values: Array) -> Array:
    """Return for each row the slope of the least-squares line through it and four rows to either side, the first and
    the last row repeated beyond the ends."""
    padded = np.pad(values, ((DELTA_REACH, DELTA_REACH), (0, 0)), mode="edge")
    steps = np.arange(-DELTA_REACH, DELTA_REACH + 1)
    around = np.lib.stride_tricks.sliding_window_view(padded, len(steps), axis=0)
    return np.asarray(around @ (steps / (steps**2).sum()), np.float32)
