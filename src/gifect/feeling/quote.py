"""The caption cue: how the words that are drawn into a clip feel, and what that does to the scores of the pictures.

The words come late: the scores are a logarithmic opinion pool,

    score(class) ~ score of the pictures(class) * evidence(class) ** WEIGHT,

where the evidence is the calibrated score of the class for the words over the share that the class has among captions.
The shares are those of the train split. The weight was chosen on the clips of it that were held back from the training
of the scene encoder (``python -m gifect.training.quote``). Words that are not English, and no words, leave the scores
what they were.

References
----------
Genest, C. and Zidek, J. V. (1986). Combining probability distributions: a critique. Statistical Science 1(1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from gifect.captions.read import ReadCaption
from gifect.emotions import SEVEN
from gifect.feeling.fuse import Verdict
from gifect.text import recognise
from gifect.text.result import TextReading

__all__ = ["LEAST", "SHARES", "WEIGHT", "evidence_of_words", "quote", "weigh_captions"]

WEIGHT: Final = 0.45  # of the words against the pictures
SHARES: Final = dict(zip(SEVEN, (0.158, 0.025, 0.02, 0.243, 0.063, 0.101, 0.391), strict=True))
"""Mean score of each class over the captions of the train split."""
LEAST: Final = 0.05  # evidence below which a class does not fall


def quote(captions: Sequence[ReadCaption]) -> tuple[TextReading, list[TextReading]] | None:
    """Return how all captions of a clip feel together, and each by itself; None if there is nothing to read in them."""
    if not captions:
        return None
    whole, *each = recognise([" ".join(one.text for one in captions), *(one.text for one in captions)])
    return (whole, each) if _tells(whole) else None


def evidence_of_words(said: TextReading) -> np.ndarray:
    """Return the evidence (7,) of a text for each class, 1 where it is what chance would give."""
    if not _tells(said):
        return np.ones(len(SEVEN))
    return np.maximum([said.scores[name] / SHARES[name] for name in SEVEN], LEAST)


def weigh_captions(verdict: Verdict, captions: Sequence[ReadCaption]) -> Verdict:
    """Return the verdict with what the captions add: all of them to the clip, each to the moments that it is shown
    in; the same if there is nothing to read in them."""
    said = quote(captions)
    if said is None:
        return verdict
    whole, each = said
    factor = evidence_of_words(whole) ** WEIGHT
    local = np.ones((len(verdict.times), len(SEVEN)))
    for caption, reading in zip(captions, each, strict=True):
        shown = (verdict.times >= caption.first) & (verdict.times <= caption.last)
        local[shown] = evidence_of_words(reading) ** WEIGHT
    return replace(
        verdict,
        scores=pooled(verdict.scores, factor),
        without_face=pooled(verdict.without_face, factor),
        without_scene=pooled(verdict.without_scene, factor),
        without_sound=pooled(verdict.without_sound, factor),
        moments=pooled(verdict.moments, local),
    )


def pooled(scores: np.ndarray, factor: np.ndarray) -> np.ndarray:
    """Return scores (..., 7) times a factor, of sum 1 again."""
    product = scores * factor
    return np.asarray(product / product.sum(-1, keepdims=True))


def _tells(said: TextReading) -> bool:
    return said.english and sum(said.finer.values()) > 0
