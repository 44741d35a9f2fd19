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

FINER: Final = (
    "admiration",
    "amusement",
    "anger",
    "annoyance",
    "approval",
    "caring",
    "confusion",
    "curiosity",
    "desire",
    "disappointment",
    "disapproval",
    "disgust",
    "embarrassment",
    "excitement",
    "fear",
    "gratitude",
    "grief",
    "joy",
    "love",
    "nervousness",
    "optimism",
    "pride",
    "realization",
    "relief",
    "remorse",
    "sadness",
    "surprise",
    "neutral",
)
"""What is told apart in texts: the emotions of GoEmotions (Demszky et al. 2020), in its order."""

SEVEN_OF_FINER: Final = {
    **dict.fromkeys(("anger", "annoyance", "disapproval"), "anger"),
    "disgust": "disgust",
    **dict.fromkeys(("fear", "nervousness"), "fear"),
    **dict.fromkeys(("joy", "amusement", "approval", "excitement", "gratitude", "love"), "happiness"),
    **dict.fromkeys(("optimism", "relief", "pride", "admiration", "desire", "caring"), "happiness"),
    **dict.fromkeys(("sadness", "disappointment", "embarrassment", "grief", "remorse"), "sadness"),
    **dict.fromkeys(("surprise", "realization", "confusion", "curiosity"), "surprise"),
    "neutral": "neutral",
}
"""Class of the seven for each of the finer emotions, as the authors of GoEmotions group them."""

SEVENTEEN_OF_FINER: Final = {
    "amusement": {"amusement": 1.0},
    "anger": {"anger": 1.0, "annoyance": 0.5},
    "contempt": {"disapproval": 0.6, "annoyance": 0.3, "disgust": 0.3},
    "contentment": {"relief": 0.5, "approval": 0.4, "caring": 0.4, "gratitude": 0.4, "joy": 0.4},
    "disgust": {"disgust": 1.0},
    "embarrassment": {"embarrassment": 1.0},
    "excitement": {"excitement": 1.0, "joy": 0.4, "desire": 0.4, "optimism": 0.3},
    "fear": {"fear": 1.0, "nervousness": 0.6},
    "guilt": {"remorse": 0.9},
    "happiness": {"joy": 1.0, "love": 0.7, "excitement": 0.7, "gratitude": 0.6, "amusement": 0.5, "admiration": 0.5},
    "pleasure": {"joy": 0.6, "love": 0.7, "excitement": 0.4, "admiration": 0.4, "gratitude": 0.3},
    "pride": {"pride": 1.0, "admiration": 0.2},
    "relief": {"relief": 1.0, "gratitude": 0.2},
    "sadness": {"sadness": 1.0, "grief": 1.0, "disappointment": 0.7, "remorse": 0.5},
    "satisfaction": {"pride": 0.6, "approval": 0.5, "relief": 0.5, "gratitude": 0.5, "joy": 0.5, "admiration": 0.4},
    "shame": {"embarrassment": 0.6, "remorse": 0.5},
    "surprise": {"surprise": 1.0, "realization": 0.3, "confusion": 0.3},
}
"""How far each of the finer emotions speaks for each of the seventeen, in [0, 1]: the project's own choice."""


def sector_at(degrees: float) -> str:
    """Return which of Russell's eight lies in a direction, in degrees counter-clockwise from pleasure."""
    return RUSSELL_EIGHT[int(degrees % 360 // SECTOR_DEGREES) % len(RUSSELL_EIGHT)]


def quadrant_at(degrees: float) -> str:
    """Return the quadrant of a direction, in degrees counter-clockwise from pleasure."""
    return QUADRANTS[int(degrees % 360 // (2 * SECTOR_DEGREES)) % len(QUADRANTS)]


def direction_of(valence: float, arousal: float) -> float:
    """Return the direction of a point of the circumplex in degrees [0, 360), counter-clockwise from pleasure."""
    return math.degrees(math.atan2(arousal, valence)) % 360
