"""The cue of what is done: the acts that the grader sees, and what they do to the scores that face and scene gave.

The scores are a logarithmic opinion pool,

    score(class) ~ score of face and scene(class) * evidence(class) ** weight,

where the evidence is the share of the class in clips with such acts over its share in all clips. The weight is larger
where no face can be read. Both were chosen on clips of the train split that no network had seen.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from gifect.actions.acts import ACTS, NAME, act_emotions, acts_say, usual_emotions
from gifect.actions.recognise import DoneAction
from gifect.emotions import SEVEN
from gifect.feeling.fuse import Verdict, pooled

__all__ = ["WEIGHT", "WEIGHT_FACELESS", "acts_done", "weigh_acts"]

WEIGHT: Final = 0.3  # of the acts where a face can be read
WEIGHT_FACELESS: Final = 0.5  # where none can
SHOWN: Final = 8  # acts that are named
LEAST: Final = 0.05  # chance from which an act is named


def acts_done(acts: np.ndarray) -> list[DoneAction]:
    """Return the likeliest of ``acts`` (A,), the chance of each of ``ACTS``, likeliest first."""
    best = np.argsort(-acts, kind="stable")[:SHOWN]
    shown = act_emotions()
    return [
        DoneAction(ACTS[k], float(acts[k]), SEVEN[int(shown[k].argmax())], float(shown[k].max()), NAME)
        for k in best
        if acts[k] >= LEAST
    ]


def weigh_acts(verdict: Verdict, acts: np.ndarray, face: bool) -> Verdict:
    """Return the verdict with what the acts add, the same at every moment.

    Parameters
    ----------
    acts : float (A,), the chance of each of ``ACTS``.
    face : whether a face can be read.
    """
    factor = (acts_say(acts) / usual_emotions()) ** (WEIGHT if face else WEIGHT_FACELESS)
    return replace(
        verdict,
        scores=pooled(verdict.scores, factor),
        without_face=pooled(verdict.without_face, factor),
        without_scene=pooled(verdict.without_scene, factor),
        without_acts=verdict.scores,
        moments=pooled(verdict.moments, factor),
    )
