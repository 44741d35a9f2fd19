"""What is usual: mean and deviation of the feelings of clips, against which a feeling is strong or weak."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gifect.emotions import SEVEN, SEVENTEEN

__all__ = ["USUAL", "Usual"]

FILE = Path(__file__).with_name("usual.json")
STEEP = 1.6  # of the logistic curve that is close to the normal distribution's

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Usual:
    """Mean and deviation (24,) of scores and intensities over the clips of the train split."""

    path: Path

    @cached_property
    def _parts(self) -> dict[str, Any]:
        parts: dict[str, Any] = json.loads(self.path.read_text(encoding="utf-8"))
        return parts

    @cached_property
    def _table(self) -> tuple[Floats, Floats]:
        return np.array(self._parts["mean"], np.float32), np.array(self._parts["deviation"], np.float32)

    @property
    def weights(self) -> dict[str, float]:
        """Weights of the parts of a message."""
        found: dict[str, float] = self._parts["weights"]
        return found

    @property
    def middle(self) -> float:
        """Score of a recommendation that becomes one half."""
        return float(self._parts["middle"])

    @property
    def spread(self) -> float:
        """Deviation of the scores of recommendations."""
        return float(self._parts["spread"])

    def deviations(self, numbers: Floats) -> Floats:
        """Return ``numbers`` (N, 24) in deviations from the usual."""
        mean, deviation = self._table
        return np.asarray((numbers - mean) / deviation, np.float32)

    def project(self, numbers: Floats, weights: Floats) -> Floats:
        """Return the weighted sum of deviations from the usual, (N,), of ``numbers`` (N, 24); ``weights`` are of all
        24 or of the seventeen intensities alone."""
        whole = np.zeros(len(SEVEN) + len(SEVENTEEN), np.float32)
        whole[-len(weights) :] = weights
        mean, deviation = self._table
        slope = whole / deviation
        return np.asarray(numbers @ slope - np.float32(mean @ slope), np.float32)

    def squares(self, numbers: Floats) -> Floats:
        """Return the squared lengths (N,) of ``numbers`` (N, 24) in deviations, for ``distance``."""
        return np.asarray(np.square(numbers / self._table[1]).sum(1), np.float32)

    def distance(self, numbers: Floats, squares: Floats, other: Floats) -> Floats:
        """Return how many deviations apart ``numbers`` (N, 24) and those of one other clip (24,) are, (N,)."""
        deviation = self._table[1]
        apart = squares - 2 * (numbers @ (other / deviation**2)) + np.square(other / deviation).sum()
        return np.asarray(np.sqrt(np.maximum(apart, 0)), np.float32)

    def share(self, deviations: Floats | np.float32) -> Floats:
        """Return about which share of clips lies below, in (0, 1)."""
        return np.asarray(1 / (1 + np.exp(np.float32(-STEEP) * deviations)), np.float32)

    def standing(self, emotion: str, intensity: float) -> float:
        """Return how many deviations above the usual an intensity lies."""
        k = len(SEVEN) + SEVENTEEN.index(emotion)
        mean, deviation = self._table
        return float((intensity - mean[k]) / deviation[k])


USUAL = Usual(FILE)
