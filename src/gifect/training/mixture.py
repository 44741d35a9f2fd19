"""What several graders and a linear one say together."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import Tensor

from gifect.evaluation.metrics import STILL
from gifect.training.data.clipfeatures import ClipFeatures, segment_frames
from gifect.training.linear import LinearGrader
from gifect.training.networks.kavan import Grader

LEAST = 0.01  # share of a class that a linear model is taken to say at least
_SOFTMAX = partial(torch.softmax, dim=1)
_AS_SHARES: dict[str, Callable[[Tensor], Tensor]] = {
    "intensities": torch.nn.Identity(),
    "quadrant": _SOFTMAX,
    "seven": _SOFTMAX,
    "acts": torch.sigmoid,
}


def mixed_grades(said: list[dict[str, Tensor]], linear: dict[str, Tensor] | None, share: float) -> dict[str, Tensor]:
    """Return the mean of what graders say, of classes and acts the mean probability, mixed with ``share`` of what a
    linear grader says; its kinds as they are."""
    mean = {k: torch.stack([way(s[k]) for s in said]).mean(0) for k, way in _AS_SHARES.items()}
    if linear is None:
        return mean
    seven = linear["seven"].clamp(min=LEAST)
    other = {**linear, "quadrant": _SOFTMAX(linear["quadrant"]), "seven": seven / seven.sum(1, keepdim=True)}
    mixed = {k: (1 - share) * mean[k] + share * other[k] for k in mean}
    return {**mean, **mixed, "kinds": other["kinds"]}


def grade_mixed(
    nets: list[Grader], linear: LinearGrader | None, share: float, features: ClipFeatures, rows: np.ndarray, frames: int
) -> dict[str, np.ndarray]:
    """Return ``mixed_grades`` of the clips at ``rows``, of each ``frames`` frames."""
    parts: list[dict[str, Tensor]] = []
    with torch.no_grad():
        for k in range(0, len(rows), 128):
            read = features.read(rows[k : k + 128], segment_frames(frames, len(rows[k : k + 128]), None))
            inputs = {n: torch.from_numpy(v) for n, v in read.items()}
            said = [net(**inputs) for net in nets]
            parts.append(mixed_grades(said, linear(**inputs) if linear is not None else None, share))
    return {n: torch.cat([p[n] for p in parts]).numpy() for n in parts[0]}


def calibrating_line(said: np.ndarray, told: np.ndarray) -> np.ndarray:
    """Return slope and offset (2, K) that bring each column of ``said`` (N, K) nearest to ``told`` (N, K); a column
    that never moves, in either, stays as it is."""
    lines = []
    for x, y in zip(said.T.astype(float), told.T.astype(float), strict=True):
        lines.append(np.polyfit(x, y, 1) if min(x.std(), y.std()) > STILL else (1.0, 0.0))
    return np.array(lines).T
