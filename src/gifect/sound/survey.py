"""The most representative stretch of a long sound track, found with a few numbers a second.

Every second is described by the level in 24 bands of the mel scale and by how much its level moves within it. Chosen is
the stretch whose mean and deviation over its seconds lie closest to those of the whole track (each number in units of
its deviation over the track), so that it holds what the track holds, in the same shares. Seconds that are silent (40 dB
below the loudest, or no sound at all) count for neither; the stretch must sound in as large a share of its seconds as
the track does. Of equals the earliest is taken.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gifect.sound.spectra import mel_filters

__all__ = ["Survey"]

BANDS = 24
WINDOW = 2048  # samples; not overlapping
SILENT_DB = 40.0  # below the loudest second
FLOOR = 1e-10  # power of full scale, -100 dB: what is below is no sound


class Survey:
    """Takes a track in blocks and keeps of each second what the choice needs: 25 numbers and a level."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.bank = mel_filters(rate, WINDOW, BANDS)
        self.rows: list[NDArray[np.float32]] = []
        self.powers: list[float] = []
        self.waiting: list[NDArray[np.int16]] = []
        self.count = 0  # samples waiting

    def add(self, block: NDArray[np.int16]) -> None:
        """Take the next block (2, n) of the track, 16 bit."""
        self.waiting.append(block)
        self.count += block.shape[1]
        if self.count < self.rate:
            return
        held = np.concatenate(self.waiting, axis=1)
        whole = held.shape[1] // self.rate
        for k in range(whole):
            self._describe(held[:, k * self.rate : (k + 1) * self.rate])
        rest = held[:, whole * self.rate :].copy()
        self.waiting, self.count = [rest], rest.shape[1]

    def _describe(self, second: NDArray[np.int16]) -> None:
        frames = max(second.shape[1] // WINDOW, 1)
        used = second[:, : frames * WINDOW].astype(np.float32) / 32768
        padded = np.pad(used, ((0, 0), (0, frames * WINDOW - used.shape[1])))
        parts = padded.reshape(2, frames, WINDOW)
        parts = parts - parts.mean(2, keepdims=True)
        power = (np.abs(np.fft.rfft(parts * np.hanning(WINDOW).astype(np.float32))) ** 2).mean(0)
        bands = 10 * np.log10(power.mean(0) @ self.bank.T / WINDOW + FLOOR)
        levels = 10 * np.log10((parts**2).mean((0, 2)) + FLOOR)
        self.rows.append(np.append(bands, levels.std()).astype(np.float32))
        self.powers.append(float((parts**2).mean()))

    def choose(self, seconds: float) -> int:
        """Return at which second of the track the most representative stretch of that length begins."""
        rows, powers = np.asarray(self.rows), np.asarray(self.powers)
        length = int(np.ceil(seconds))
        last = len(rows) - length
        if last <= 0 or powers.max() <= FLOOR:
            return 0
        sounding = (powers > max(FLOOR, powers.max() * 10 ** (-SILENT_DB / 10))).astype(np.float64)
        counts = _windows(sounding[:, None], length)[: last + 1, 0]
        scale = rows[sounding > 0].std(0) + 1e-3
        rows = (rows - rows[sounding > 0].mean(0)) / scale  # the track's mean is 0 now, its deviation 1
        means = _windows(rows * sounding[:, None], length)[: last + 1] / np.maximum(counts, 1)[:, None]
        squares = _windows(rows**2 * sounding[:, None], length)[: last + 1] / np.maximum(counts, 1)[:, None]
        spread = np.sqrt(np.maximum(squares - means**2, 0))
        away = (means**2).sum(1) + ((spread - 1) ** 2).sum(1)
        away[counts < min(sounding.mean() * length, counts.max())] = np.inf
        return int(away.round(9).argmin())


def _windows(values: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """Return the sums over every ``length`` successive rows."""
    sums = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, 0)])
    return np.asarray(sums[length:] - sums[:-length])
