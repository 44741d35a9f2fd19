"""How readings are put into words and signs, the same in the terminal and on the page."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence

from gifect.feeling.colours import COLOURS, rgb
from gifect.feeling.reading import Moment, Reading

__all__ = [
    "COLOURS",
    "best",
    "confidence_words",
    "face_count",
    "percent",
    "rgb",
    "seconds",
    "sentence",
    "sparkline",
    "strongest_units",
    "unit_words",
]

SURE = ((0.85, "very sure"), (0.65, "fairly sure"), (0.45, "not sure"))  # least confidence for the words
SPARKS = "▁▂▃▄▅▆▇█"
UNIT_SHOWN = 0.25  # intensity from which an action unit is worth naming


def confidence_words(confidence: float) -> str:
    """Return a calibrated confidence in [0, 1] in words."""
    return next((words for least, words in SURE if confidence >= least), "a guess")


def seconds(ms: float) -> str:
    """Return a time in ms as seconds for people: "0.84 s", "12.3 s", "75 s"."""
    s = ms / 1000
    return f"{s:.2f} s" if s < 10 else f"{s:.1f} s" if s < 60 else f"{s:.0f} s"


def percent(share: float) -> str:
    """Return a share in [0, 1] in per cent: "84 %"; what is neither nothing nor all is not rounded to it."""
    if 0 < share < 0.005:
        return "< 1 %"
    if 0.995 < share < 1:
        return "> 99 %"
    return f"{100 * share:.0f} %"


def best(scores: Mapping[str, float]) -> str:
    """Return the name with the highest score."""
    return max(scores, key=scores.__getitem__)


def sentence(text: str) -> str:
    """Return a text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def unit_words(name: str) -> str:
    """Return an action unit such as "AU12" in words, with the side of the face if it is one-sided ("AU14R")."""
    from gifect.faces.facs import UNIT_NAMES

    found = re.fullmatch(r"AU(\d+)([LR]?)", name)
    words = UNIT_NAMES.get(int(found[1])) if found else None
    if not found or words is None:
        return name
    return {"L": "left ", "R": "right "}.get(found[2], "") + words


def strongest_units(units: Mapping[str, float], count: int) -> list[tuple[str, float]]:
    """Return at most `count` action units that show, the strongest first, with their intensities in [0, 1]."""
    shown = [(name, value) for name, value in units.items() if value >= UNIT_SHOWN]
    return sorted(shown, key=lambda unit: -unit[1])[:count]


def sparkline(reading: Reading, width: int) -> list[tuple[str, str]]:
    """Return the course of a clip in `width` signs, evenly over time, or none if it has no course.

    Each is a block as high as the score of the reading's emotion is then, with the emotion that leads then.
    """
    if len(reading.timeline) < 2:
        return []
    signs = []
    for place in range(width):
        scores = _scores_at(reading.timeline, (place + 0.5) / width * reading.duration_ms)
        level = min(int(scores[reading.emotion] * len(SPARKS)), len(SPARKS) - 1)
        signs.append((SPARKS[level], best(scores)))
    return signs


def _scores_at(timeline: Sequence[Moment], ms: float) -> dict[str, float]:
    after = bisect_left(timeline, ms, key=lambda moment: moment.ms)
    if after in (0, len(timeline)):
        return timeline[max(after - 1, 0)].scores
    a, b = timeline[after - 1], timeline[after]
    share = (ms - a.ms) / (b.ms - a.ms)
    return {name: score + share * (b.scores[name] - score) for name, score in a.scores.items()}


def face_count(reading: Reading) -> str:
    """Return how many faces were followed, in words."""
    count = len(reading.faces)
    return "no face" if not count else "1 face" if count == 1 else f"{count} faces"
