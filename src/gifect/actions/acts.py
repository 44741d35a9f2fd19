"""The acts that the embedded recogniser knows, and what an onlooker sees in a clip in which each is done.

The table ``acts.csv`` beside this file was learnt from the train split of the reactions set (``training.acts``) and is
there to be read: for each act the number of its clips and the share of each emotion in them, in [0, 1], sum 1.
"""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path

import numpy as np

from gifect.emotions import SEVEN

__all__ = ["ACTS", "NAME", "TABLE", "act_emotions", "acts_say", "usual_emotions"]

NAME = "acts"  # of the recogniser
TABLE = Path(__file__).parent / "acts.csv"


@cache
def _rows() -> list[dict[str, str]]:
    with open(TABLE, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


ACTS: tuple[str, ...] = tuple(row["act"] for row in _rows())
"""Names of the acts, in the order in which the recogniser gives them."""


@cache
def act_emotions() -> np.ndarray:
    """Return float (A, 7): the share of each emotion in the clips with each act."""
    return np.array([[float(row[e]) for e in SEVEN] for row in _rows()])


@cache
def usual_emotions() -> np.ndarray:
    """Return float (7,): the share of each emotion over all acts, each counted by its clips."""
    clips = np.array([float(row["clips"]) for row in _rows()])
    return np.asarray(clips @ act_emotions() / clips.sum())


def acts_say(acts: np.ndarray) -> np.ndarray:
    """Return the seven emotions (..., 7), sum 1, that go with ``acts`` (..., A), the chance of each: the mean of their
    shares, each act counted by its chance."""
    shares = acts @ act_emotions() + 1e-3 * usual_emotions()
    return np.asarray(shares / shares.sum(-1, keepdims=True))
