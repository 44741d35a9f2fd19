"""Sounds changed in ways that leave the feeling as it was, so that a network does not learn a voice or a microphone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from gifect.sound.features import describe
from gifect.sound.recognise import MODEL_RATE, levelled

__all__ = ["VARIANTS", "prepare_variants"]

Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def _faster(low: float, high: float) -> Change:
    """Return a change of speed, and of pitch with it, by a factor between two."""

    def change(wave: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        factor = rng.uniform(low, high)
        places = np.arange(int(len(wave) / factor)) * factor
        return np.asarray(np.interp(places, np.arange(len(wave)), wave))

    return change


def _noisier(low: float, high: float) -> Change:
    """Return the addition of noise, white to pink, this many dB below the sound."""

    def change(wave: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        spectrum = np.fft.rfft(rng.normal(size=len(wave)))
        spectrum /= (np.arange(len(spectrum)) + 10.0) ** rng.uniform(0, 0.7)
        noise = np.fft.irfft(spectrum, len(wave))
        return np.asarray(wave + noise / noise.std() * wave.std() * 10 ** (-rng.uniform(low, high) / 20))

    return change


def _tilted(wave: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the sound with up to 3 dB an octave more treble or bass."""
    hertz = np.maximum(np.fft.rfftfreq(len(wave), 1 / MODEL_RATE), 50)
    return np.fft.irfft(np.fft.rfft(wave) * 10 ** (rng.uniform(-3, 3) / 20 * np.log2(hertz / 1000)), len(wave))


def _telephoned(wave: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return the sound as a telephone has it, about 150-350 to 3000-5000 Hz."""
    hertz = np.maximum(np.fft.rfftfreq(len(wave), 1 / MODEL_RATE), 1)
    low, high = rng.uniform(150, 350), rng.uniform(3000, 5000)
    gain = 1 / (1 + (low / hertz) ** 8) / (1 + (hertz / high) ** 12)
    return np.fft.irfft(np.fft.rfft(wave) * gain, len(wave))


VARIANTS: Final[dict[str, tuple[Change, ...]]] = {
    "plain": (),
    "slow": (_faster(0.88, 0.95),),
    "fast": (_faster(1.05, 1.13),),
    "noisy": (_noisier(5, 25),),
    "other room": (_faster(0.9, 1.1), _noisier(15, 35), _tilted),
    "telephone": (_telephoned, _noisier(15, 40)),
}


def prepare_variants(waves: list[np.ndarray], seed: int = 0) -> dict[str, list[np.ndarray]]:
    """Return for each variant the descriptors (T, 54) of every sound."""
    rng = np.random.default_rng(seed)
    tables: dict[str, list[np.ndarray]] = {}
    for name, changes in VARIANTS.items():
        tables[name] = []
        for wave in waves:
            for change in changes:
                wave = change(wave, rng)
            tables[name].append(describe(levelled(wave.astype(np.float32)), MODEL_RATE))
    return tables
