"""From facial action units to emotions by rule, and in words.

The combinations are those of EMFACS as printed in the literature (Ekman & Friesen's Facial Action Coding System);
where publications differ, the variants stand beside each other and the best fulfilled one counts. Intensities run
from 0 to 1; the letters A (trace) to E (maximum) are its fifths.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from gifect.errors import GifectError

Scoring = Literal["all", "mean", "mean_if_all"]

PRESENT = 0.5  # intensity from which an action unit without a printed letter counts as present

UNIT_NAMES = {
    1: "inner brow raiser",
    2: "outer brow raiser",
    4: "brow lowerer",
    5: "upper lid raiser",
    6: "cheek raiser",
    7: "lid tightener",
    9: "nose wrinkler",
    10: "upper lip raiser",
    11: "nasolabial deepener",
    12: "lip corner puller",
    13: "sharp lip puller",
    14: "dimpler",
    15: "lip corner depressor",
    16: "lower lip depressor",
    17: "chin raiser",
    18: "lip pucker",
    20: "lip stretcher",
    22: "lip funneler",
    23: "lip tightener",
    24: "lip pressor",
    25: "lips part",
    26: "jaw drop",
    27: "mouth stretch",
    28: "lip suck",
    43: "eyes closed",
    45: "blink",
    61: "tongue show",
}

RULES: dict[str, tuple[str, ...]] = {
    "happiness": ("6+12", "6+12+25"),
    "sadness": ("1+4+15",),
    "surprise": ("1+2+5B+26", "1+2+5+26"),
    "fear": ("1+2+4+5+7+20+26", "1+2+4+5+20+26"),
    "anger": ("4+5+7+23", "4+5+7+24"),
    "disgust": ("9+15+16", "10+17+4"),
    "contempt": ("R12A+R14A", "L12A+L14A"),
}

_PATTERN = re.compile(r"(?P<side>[RL]?)(?P<unit>\d+)(?P<letter>[A-E]?)")


@dataclass(frozen=True)
class Requirement:
    """One action unit of a rule: its number, the side of the face it must be alone on ("" = any), the intensity
    above which it counts."""

    unit: int
    side: str = ""
    floor: float = PRESENT

    @property
    def name(self) -> str:
        """The unit in words, with its side if it has one."""
        side = {"R": "right ", "L": "left "}.get(self.side, "")
        return side + UNIT_NAMES.get(self.unit, f"action unit {self.unit}")


def letter_of(intensity: float) -> str:
    """Return the FACS letter of an intensity in [0, 1]: "" for 0, "A" up to .2, … "E" above .8."""
    if not 0 <= intensity <= 1:
        raise GifectError(f"intensity {intensity} is outside 0 to 1")
    return "" if intensity == 0 else "ABCDE"[min(int(intensity * 5 - 1e-9), 4)]


def parse_rule(rule: str) -> tuple[Requirement, ...]:
    """Return the requirements of a combination such as "1+2+5B+26" or "R12A+R14A".

    A printed letter is the least intensity: B means above .2. Without one the unit must reach ``PRESENT``.
    """
    parts = []
    for term in rule.split("+"):
        found = _PATTERN.fullmatch(term.strip())
        if not found:
            raise GifectError(f"{term!r} in {rule!r} is no action unit: expected a form such as 12, 5B or R14A")
        floor = "ABCDE".index(found["letter"]) / 5 if found["letter"] else PRESENT
        parts.append(Requirement(int(found["unit"]), found["side"], floor))
    return tuple(parts)


def intensity_of(need: Requirement, units: Mapping[str, float]) -> float:
    """Return how strongly ``need`` is met, 0 if not.

    ``units`` maps names such as "AU12" to intensities; one-sided rules read "AU12R" and "AU12L" (the subject's
    right and left), and count only what the other side lacks.
    """
    if need.side:
        other = {"R": "L", "L": "R"}[need.side]
        value = units.get(f"AU{need.unit}{need.side}", 0.0) - units.get(f"AU{need.unit}{other}", 0.0)
    else:
        value = units.get(f"AU{need.unit}", 0.0)
    met = value >= need.floor if need.floor == PRESENT else value > need.floor  # no letter's floor is PRESENT
    return value if met else 0.0


def score_rule(rule: str, units: Mapping[str, float], scoring: Scoring = "mean_if_all") -> float:
    """Return in [0, 1] how well ``units`` fulfil ``rule``.

    "all": 1 if every unit is present; "mean": mean intensity of the units of the rule that are present, 0 if none;
    "mean_if_all": that mean, but 0 unless every unit is present.
    """
    values = [intensity_of(need, units) for need in parse_rule(rule)]
    present = [v for v in values if v > 0]
    complete = len(present) == len(values)
    if scoring == "all":
        return float(complete)
    if scoring == "mean":
        return sum(present) / len(present) if present else 0.0
    if scoring == "mean_if_all":
        return sum(present) / len(present) if complete else 0.0
    raise GifectError(f"unknown scoring {scoring!r}: expected all, mean or mean_if_all")


def emotions_of_units(units: Mapping[str, float], scoring: Scoring = "mean_if_all") -> dict[str, float]:
    """Return for each emotion of ``RULES`` the score of its best fulfilled variant, in [0, 1]."""
    return {e: max(score_rule(rule, units, scoring) for rule in rules) for e, rules in RULES.items()}


def explain_units(units: Mapping[str, float], emotion: str) -> str:
    """Return in words which action units speak for ``emotion``: "cheek raiser + lip corner puller -> happiness".

    Only the units that are present are named, of the variant that they fulfil best; "" if none is present.
    """
    best: tuple[float, list[str]] = (0.0, [])
    for rule in RULES.get(emotion, ()):
        needs = parse_rule(rule)
        met = [(intensity_of(n, units), n.name) for n in needs]
        strength = sum(v for v, _ in met) / len(needs)
        if strength > best[0]:
            best = strength, [name for v, name in met if v > 0]
    return f"{' + '.join(best[1])} -> {emotion}" if best[1] else ""
