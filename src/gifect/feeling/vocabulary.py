"""The words of tags and searches: their stems, and the concepts that words and phrases stand for."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

__all__ = ["GROUPS", "STOP_WORDS", "Vocabulary", "concepts_in", "stem", "stems", "vocabulary"]

FILE = Path(__file__).with_name("vocabulary.toml")
_TABLE: Final = tomllib.loads(FILE.read_text(encoding="utf-8"))
GROUPS: Final = ("feelings", "replies", "acts", "things")
SYNONYM: Final = 0.6  # how far another word means a concept; its name means it wholly
LONGEST: Final = 5  # words of a phrase

STOP_WORDS: Final = frozenset(_TABLE["words"]["stop"])
"""Words that tell nothing by themselves; within a phrase they count."""

_PLURAL: Final = re.compile("(?<=..)(?:(?<=i)es|(?<=ss|sh|ch)es|(?<=[xz])es|(?<![sui])s)$")
_ENDING: Final = re.compile("(.{3,}?)(?:fulness|fully|ness|ingly|edly|ing|ied|ed|ly|er)")
_WORD: Final = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_KEPT: Final = frozenset(_TABLE["words"]["kept"])


@lru_cache(100_000)
def stem(word: str) -> str:
    """Return what forms of a word in lower case have in common: ``dancing``, ``dances`` and ``dance`` -> ``danc``."""
    if len(word) < 4 or word in _KEPT:
        return word
    word = _PLURAL.sub("", word)
    if word in _KEPT:
        return word
    found = _ENDING.fullmatch(word)
    if found and re.search("[aeiouy]", found[1]):
        word = found[1]
        if len(word) > 3 and word[-1] == word[-2] and word[-1] in "bdgklmnprt":
            word = word[:-1]
    if len(word) > 3:
        word = re.sub("y$", "i", word.removesuffix("e"))
    return re.sub("^(..)i$", r"\1y", word)


def stems(text: str) -> list[str]:
    """Return the stems of a text's words, in order; case, accents, apostrophes and marks do not matter."""
    plain = unicodedata.normalize("NFKD", text.lower())
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return [stem(word.replace("'", "").replace("’", "")) for word in _WORD.findall(plain)]


@dataclass(frozen=True)
class Vocabulary:
    """The concepts: names in their order, group of each, phrases (as stems) with what they mean and how far, and the
    emotions of the seventeen that moods ask for."""

    names: tuple[str, ...]
    group: dict[str, str]
    phrases: dict[tuple[str, ...], dict[str, float]]
    moods: dict[str, tuple[str, ...]]


@cache
def vocabulary() -> Vocabulary:
    """Return the vocabulary that comes with the package."""
    group = {name: part for part in GROUPS for name in _TABLE[part]}
    phrases: dict[tuple[str, ...], dict[str, float]] = {}
    for part in GROUPS:
        for name, words in _TABLE[part].items():
            for k, phrase in enumerate((name, *words)):
                meant = phrases.setdefault(tuple(stems(phrase)), {})
                meant[name] = max(meant.get(name, 0.0), SYNONYM if k else 1.0)
    moods = {name: tuple(emotions) for name, emotions in _TABLE["moods"].items()}
    return Vocabulary(tuple(group), group, phrases, moods)


@lru_cache(50_000)
def concepts_in(text: str) -> Mapping[str, float]:
    """Return the concepts that a text names, each with how far in (0, 1]; the longest phrases are taken first."""
    words, known = stems(text), vocabulary().phrases
    found: dict[str, float] = {}
    place = 0
    while place < len(words):
        for size in range(min(LONGEST, len(words) - place), 0, -1):
            meant = known.get(tuple(words[place : place + size]))
            if meant:
                for name, weight in meant.items():
                    found[name] = max(found.get(name, 0.0), weight)
                break
        place += size
    return found
