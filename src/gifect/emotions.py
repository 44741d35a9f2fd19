"""The vocabularies of emotion and every map between them.

References
----------
Russell, J. A. (1980). A circumplex model of affect. Journal of Personality and Social Psychology 39(6).
Russell, J. A. and Mehrabian, A. (1977). Evidence for a three-factor theory of emotions. Journal of Research in
Personality 11(3).
"""

from __future__ import annotations

import math
from typing import Final

SEVEN: Final = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")

EIGHT: Final = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt")
"""The expressions of a face, in the order of the FER+ votes."""

SEVENTEEN: Final = (
    "amusement",
    "anger",
    "contempt",
    "contentment",
    "disgust",
    "embarrassment",
    "excitement",
    "fear",
    "guilt",
    "happiness",
    "pleasure",
    "pride",
    "relief",
    "sadness",
    "satisfaction",
    "shame",
    "surprise",
)
"""The emotions of the GIFGIF collection, in its order."""

QUADRANTS: Final = ("pleasure-arousal", "misery-arousal", "misery-sleepiness", "pleasure-sleepiness")
"""The quarters of the circumplex, counter-clockwise from the one where valence and arousal are positive."""

QUADRANT_CODES: Final = dict(zip(QUADRANTS, ("PV-PA", "NV-PA", "NV-NA", "PV-NA"), strict=True))

QUADRANT_OF: Final = {
    **dict.fromkeys(("excitement", "happiness", "pleasure", "amusement", "surprise"), "pleasure-arousal"),
    **dict.fromkeys(("anger", "fear", "disgust", "contempt"), "misery-arousal"),
    **dict.fromkeys(("sadness", "guilt", "shame", "embarrassment"), "misery-sleepiness"),
    **dict.fromkeys(("relief", "contentment", "pride", "satisfaction"), "pleasure-sleepiness"),
}
"""Quadrant of each of the seventeen emotions (the project's own, conventional assignment)."""

CIRCUMPLEX: Final = {
    "amusement": (0.75, 0.45),
    "anger": (-0.65, 0.75),
    "contempt": (-0.60, 0.25),
    "contentment": (0.75, -0.45),
    "disgust": (-0.75, 0.35),
    "embarrassment": (-0.45, -0.15),
    "excitement": (0.70, 0.80),
    "fear": (-0.60, 0.80),
    "guilt": (-0.60, -0.25),
    "happiness": (0.90, 0.35),
    "pleasure": (0.85, 0.20),
    "pride": (0.70, -0.10),
    "relief": (0.60, -0.40),
    "sadness": (-0.75, -0.50),
    "satisfaction": (0.80, -0.25),
    "shame": (-0.65, -0.30),
    "surprise": (0.20, 0.85),
}
"""Valence and arousal in [-1, 1] of each of the seventeen: the project's own placement, each in its quadrant."""

RUSSELL_EIGHT: Final = ("happy", "aroused", "tensed", "frustrated", "miserable", "tired", "sleepy", "pleased")
"""Sectors of 45 degrees, counter-clockwise from 0; two make a quadrant."""

SECTOR_DEGREES: Final = 45
"""Width of one of Russell's eight sectors; a quadrant is 90 degrees wide."""

SPEECH_SEVEN: Final = ("anger", "boredom", "disgust", "fear", "happiness", "neutral", "sadness")
"""The emotions of the Emo-DB recordings, in the order of the alphabet; boredom stands where others have surprise."""

SPEECH_ANGLES: Final = {
    "happiness": 8,
    "anger": 99,
    "fear": 116,
    "disgust": 150,
    "sadness": 208,
    "boredom": 242,
    "neutral": 316,
}
"""Direction of each on the circumplex, in degrees counter-clockwise from pleasure: where Russell (1980, figure 2) has
happy, angry, afraid, sad and bored. Disgust is not among his words and stands at the direction of its mean pleasure and
arousal in Russell and Mehrabian (1977). Neutral has no direction; it is put where his calm is, the one place that the
others leave for it, and so stands for the quadrant of pleasure and sleepiness."""

SEVEN_OF_EIGHT: Final = {e: "disgust" if e == "contempt" else e for e in EIGHT}
"""Class of the seven for each expression of a face; contempt counts as disgust, its closest kin."""


def sector_at(degrees: float) -> str:
    """Return which of Russell's eight lies in a direction, in degrees counter-clockwise from pleasure."""
    return RUSSELL_EIGHT[int(degrees % 360 // SECTOR_DEGREES) % len(RUSSELL_EIGHT)]


def quadrant_at(degrees: float) -> str:
    """Return the quadrant of a direction, in degrees counter-clockwise from pleasure."""
    return QUADRANTS[int(degrees % 360 // (2 * SECTOR_DEGREES)) % len(QUADRANTS)]


def direction_of(valence: float, arousal: float) -> float:
    """Return the direction of a point of the circumplex in degrees [0, 360), counter-clockwise from pleasure."""
    return math.degrees(math.atan2(arousal, valence)) % 360
