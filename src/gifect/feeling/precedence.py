"""Face first, action where no face can be read: the fusion of the GIF emotion paper, beside the learnt one.

Each side names one emotion. The face's counts wherever a face can be read, since the paper finds faces to be the surer
sign; only without one does the emotion of the likeliest action count. The two are never mixed.

References
----------
Emotion in GIFs by action recognition and facial expression (the GIF emotion fusion paper), section on the final
emotion score of a GIF and figure 6.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gifect.actions.recognise import DoneAction
from gifect.emotions import EIGHT, SEVEN, SEVEN_OF_EIGHT
from gifect.faces.facs import PRESENT, RULES, parse_rule
from gifect.faces.layout import ACTION_UNITS
from gifect.feeling.cues import SeenFace
from gifect.feeling.fuse import Verdict

__all__ = ["action_emotion", "action_scores", "decide_by_action", "expression_emotion", "face_first", "rule_emotion"]


def face_first(face: str | None, action: str | None) -> tuple[str, str]:
    """Return the emotion of a clip and the cue that decided: "face", "action" or "none".

    Parameters
    ----------
    face : what the face shows, one of the seven; None if no face can be read. A face that is read as neutral is read.
    action : what the likeliest action shows; None if no action was recognised.

    Returns
    -------
    tuple of str
        Neutral by "none" if there is neither.
    """
    if face is not None:
        return face, "face"
    if action is not None:
        return action, "action"
    return "neutral", "none"


def rule_emotion(faces: Sequence[SeenFace]) -> str | None:
    """Return what the main face shows by the combinations of action units, None without a face.

    The combination (EMFACS) whose action units are strongest on average at any moment wins, a missing one counting 0;
    neutral if that mean is below .5. Contempt, which is one-sided, is not looked for.
    """
    if not faces:
        return None
    units = faces[0].units
    strength: dict[str, float] = {}
    for emotion, rules in RULES.items():
        for rule in (parse_rule(text) for text in rules):
            known = [ACTION_UNITS.index(need.unit) for need in rule if need.unit in ACTION_UNITS and not need.side]
            mean = float(units[:, known].sum(1).max()) / len(rule)
            strength[emotion] = max(strength.get(emotion, 0.0), mean)
    strongest = max(strength, key=strength.__getitem__)
    return SEVEN_OF_EIGHT[strongest] if strength[strongest] >= PRESENT else "neutral"


def expression_emotion(faces: Sequence[SeenFace]) -> str | None:
    """Return what the main face shows by the measuring network, over all its samples; None without a face."""
    if not faces:
        return None
    return SEVEN_OF_EIGHT[EIGHT[int(faces[0].expression.mean(0).argmax())]]


def action_emotion(actions: Sequence[DoneAction]) -> str | None:
    """Return what the likeliest of ``actions``, likeliest first, shows; None if there is none."""
    return actions[0].emotion if actions else None


def action_scores(actions: Sequence[DoneAction]) -> np.ndarray:
    """Return float (7,) of sum 1 in which the emotion of the likeliest action leads.

    It gets the chance that the action is done times the strength with which it shows the emotion; the rest is spread
    evenly over all seven, since nothing else is known. These are no calibrated probabilities.
    """
    sure = actions[0].score * actions[0].strength
    scores = np.full(len(SEVEN), (1 - sure) / len(SEVEN))
    scores[SEVEN.index(actions[0].emotion)] += sure
    return scores


def decide_by_action(verdict: Verdict, actions: Sequence[DoneAction]) -> Verdict:
    """Return ``verdict`` with the scores of the likeliest action, the same at every moment; for clips without a
    face."""
    scores = action_scores(actions)
    return replace(verdict, scores=scores, moments=np.tile(scores, (len(verdict.times), 1)))
