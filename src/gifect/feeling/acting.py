"""What the grader adds to the first fusion of faces and scene: its own view of the classes, and the acts that it sees.

``fuse`` sees how face and scene change over the clip, the grader weighs the clip as a whole and knows more of it. So
the scores of the clip are the grader's, pooled with what the acts say,

    score(class) ~ grader's score(class) * (share of the class in clips with such acts / its share in all) ** WEIGHT,

and a moment of the clip differs from the whole clip as ``fuse`` says that it does. That the grader alone decides the
whole, and the weight, were chosen on clips of the train split that no network had seen.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from gifect.actions.acts import ACTS, NAME, act_emotions, acts_say, usual_emotions
from gifect.actions.recognise import DoneAction
from gifect.emotions import SEVEN
from gifect.feeling.cues import Cues
from gifect.feeling.fuse import Verdict, fuse, pooled
from gifect.feeling.grade import Grade, grade
from gifect.media.clip import Clip

__all__ = ["WEIGHT", "acts_done", "acts_factor", "weigh_grade", "weigh_pictures"]

WEIGHT: Final = 0.6  # of the acts
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


def acts_factor(acts: np.ndarray) -> np.ndarray:
    """Return what acts (..., A) make of the odds of each class, (..., 7)."""
    return np.asarray((acts_say(acts) / usual_emotions()) ** WEIGHT)


def weigh_pictures(clip: Clip, cues: Cues) -> tuple[Verdict, Grade]:
    """Return what the pictures of a clip say: the verdict before captions and sound, and the grader's own."""
    graded = grade(clip, cues)
    return weigh_grade(fuse(clip, cues), graded), graded


def weigh_grade(verdict: Verdict, graded: Grade) -> Verdict:
    """Return the verdict of ``fuse`` with what the grader says of the same clip."""
    factor = acts_factor(graded.acts)
    moments = pooled(verdict.moments, graded.seven / verdict.scores)
    scores = pooled(graded.seven, factor)
    return replace(
        verdict,
        scores=scores,
        without_face=pooled(graded.faceless, factor),
        without_acts=graded.seven,
        without_caption=scores,
        without_sound=scores,
        moments=pooled(moments, factor),
    )
