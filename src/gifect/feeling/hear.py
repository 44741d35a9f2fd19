"""The sound cue: how a clip's sound track feels, and what that does to the scores that the pictures gave.

There is no collection of GIFs with sound and labels on which the weight of this cue could be fitted, so it is a late
combination with one number set by hand: the scores are a logarithmic opinion pool,

    score(class) ~ score of the pictures(class) * evidence(class) ** (WEIGHT * familiarity),

where the evidence is the sound's calibrated score of the class over what chance would give (1: the sound says nothing
of it) and the familiarity says how like the sounds of its training the track is. Without a sound track, with a silent
one and with one unlike anything heard in training the scores stay what they were. Speech heard with .90 for one emotion
multiplies its odds against another by about three.

References
----------
Genest, C. and Zidek, J. V. (1986). Combining probability distributions: a critique. Statistical Science 1(1).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from gifect.emotions import QUADRANT_OF, SEVEN, SPEECH_SEVEN
from gifect.errors import SoundError
from gifect.feeling.fuse import Verdict
from gifect.feeling.quote import pooled
from gifect.media.clip import Clip
from gifect.sound.recognise import listen
from gifect.sound.result import SoundReading

__all__ = ["WEIGHT", "evidence_of", "hear", "weigh_sound"]

WEIGHT: Final = 0.3  # of the sound against the pictures; by hand, see above
LEAST: Final = 0.05  # evidence below which a class does not fall

HEARD_AS: Final = {
    **{name: (name,) for name in SEVEN},
    "neutral": ("neutral", "boredom"),
    "surprise": ("fear", "happiness"),
}
"""Emotions of speech whose mean score speaks for each class: nobody acted surprise, which lies between two others."""


def hear(clip: Clip) -> tuple[SoundReading | None, list[str]]:
    """Return how the sound track of a clip feels, or None if there is nothing to hear, and what went wrong."""
    if not clip.has_sound:
        return None, []
    try:
        heard = listen(clip.sound_file)
    except SoundError as error:
        return None, [str(error)]
    return heard, list(heard.warnings)


def evidence_of(scores: dict[str, float], quadrants: dict[str, float]) -> np.ndarray:
    """Return the evidence (7,) of a sound for each class, 1 where it is what chance would give.

    Parameters
    ----------
    scores : of the network's own classes; if they are no emotions, ``quadrants`` stand for them.
    """
    if tuple(scores) == SPEECH_SEVEN:
        found = [float(len(scores) * np.mean([scores[n] for n in HEARD_AS[emotion]])) for emotion in SEVEN]
    else:
        found = [len(quadrants) * quadrants[QUADRANT_OF.get(emotion, "pleasure-sleepiness")] for emotion in SEVEN]
    return np.maximum(found, LEAST)


def weigh_sound(verdict: Verdict, clip: Clip, heard: SoundReading | None) -> Verdict:
    """Return the verdict with what the sound adds, for the clip and for each moment; the same if nothing is heard."""
    if heard is None:
        return verdict
    weight = WEIGHT * heard.familiarity
    factor = evidence_of(heard.scores, heard.quadrants) ** weight
    local = factor
    if tuple(heard.scores) == SPEECH_SEVEN:
        times = [moment.ms for moment in heard.timeline]
        near = [int(np.abs(np.subtract(times, ms)).argmin()) for ms in clip.starts_ms[verdict.times]]
        local = np.stack([evidence_of(heard.timeline[k].scores, heard.quadrants) for k in near]) ** weight
    return replace(
        verdict,
        scores=pooled(verdict.scores, factor),
        without_face=pooled(verdict.without_face, factor),
        without_scene=pooled(verdict.without_scene, factor),
        without_caption=pooled(verdict.without_caption, factor),
        moments=pooled(verdict.moments, local),
    )
