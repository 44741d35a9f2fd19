"""Learn what an onlooker sees in a clip in which each act is done: the table of ``actions.acts``."""

from __future__ import annotations

import csv

import numpy as np

from gifect.actions.acts import TABLE
from gifect.emotions import SEVEN
from gifect.training.data.clipsets import ClipSet

CAUTION = 8.0  # clips of the usual mixture of emotions that are added to those of each act


def write_acts(clips: ClipSet) -> None:
    """Write the table from the clips of the train split: for each act the mean of their soft classes."""
    train = clips.split == "train"
    acts, seven = clips.acts[train].astype(float), clips.seven[train].astype(float)
    count = acts.sum(0)
    shares = (acts.T @ seven + CAUTION * seven.mean(0)) / (count[:, None] + CAUTION)
    with open(TABLE, "w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["act", "clips", *SEVEN])
        for name, clips_with, share in zip(clips.act_names, count, _rounded(shares), strict=True):
            rows.writerow([name, int(clips_with), *(f"{s:.3f}" for s in share)])


def _rounded(shares: np.ndarray) -> np.ndarray:
    """Return ``shares`` (A, 7) to three places, the greatest of each row such that the sum is 1."""
    rounded = np.round(shares, 3)
    best = np.arange(len(shares)), shares.argmax(1)
    rounded[best] += 1 - rounded.sum(1)
    return rounded
