"""What the people in a clip do: the likeliest actions, by which recogniser, and the emotion that each shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from gifect.actions.acts import NAME
from gifect.actions.i3d import i3d_logits
from gifect.actions.kinetics import CLASSES, emotion_of
from gifect.errors import ModelError
from gifect.media.clip import Clip

__all__ = ["RECOGNISERS", "DoneAction", "recognise_actions", "top_actions"]

RECOGNISERS: Final = ("i3d",)  # beside the embedded one, ``feeling.acting``
SHOWN = 5  # actions that are named


@dataclass(frozen=True)
class DoneAction:
    """One action.

    Attributes
    ----------
    name : of the recogniser's classes.
    score : probability in [0, 1].
    emotion, strength : of the seven, and how strongly the action shows it, in (0, 1].
    recogniser : who says so: "acts", "i3d", "i3d-rgb" or "i3d-flow".
    """

    name: str
    score: float
    emotion: str
    strength: float
    recogniser: str


def recognise_actions(clip: Clip, recogniser: str = "i3d") -> list[DoneAction]:
    """Return the five likeliest actions of ``clip``, likeliest first.

    With I3D the logits of the RGB and the flow stream are averaged; where the network of one stream is at hand alone,
    that stream speaks alone, and its name says so.

    Raises
    ------
    ModelError
        If the recogniser is unknown, or none of its networks is at hand.
    """
    if recogniser not in RECOGNISERS:
        raise ModelError(
            f"unknown recogniser of actions {recogniser!r}: expected one of {', '.join((NAME, *RECOGNISERS))}"
        )
    said = i3d_logits(clip)
    return top_actions(said.logits, "i3d" if len(said.streams) == 2 else f"i3d-{said.streams[0]}")


def top_actions(logits: np.ndarray, recogniser: str) -> list[DoneAction]:
    """Return the five likeliest of the 400 classes by their logits (400,)."""
    shifted = np.exp(logits.astype(float) - logits.max())
    chances = shifted / shifted.sum()
    best = np.argsort(-chances, kind="stable")[:SHOWN]
    return [DoneAction(CLASSES[k], float(chances[k]), *emotion_of(CLASSES[k]), recogniser) for k in best]
