"""Whether a text is English, by its letters and its commonest words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from functools import cache
from pathlib import Path
from typing import Final

from gifect.text.clean import read_stop_words

__all__ = ["is_english", "latin_share"]

LATIN: Final = 0.7  # share of Latin letters below which a text is in another script
KNOWN: Final = 0.5  # share of words that are known, where no common word tells

_DRAWN_OUT: Final = re.compile(r"(.)\1+")
COMMON_WORDS: Final = Path(__file__).with_name("commonwords.txt")


def latin_share(text: str) -> float:
    """Return which share of the letters of a text is Latin; 1 where there are none."""
    letters = [c for c in text if c.isalpha()]
    if not letters or text.isascii():
        return 1.0
    return sum(c.isascii() or unicodedata.name(c, "").startswith("LATIN") for c in letters) / len(letters)


def is_english(text: str, words: Sequence[str], known: Collection[str]) -> bool:
    """Return whether a text looks like English.

    Parameters
    ----------
    text : as it was given.
    words : of it, cleaned and in lower case.
    known : words of English; they decide where no common word does.
    """
    if latin_share(text) < LATIN:
        return False
    spoken = [word for word in words if word.isalpha()]
    common, foreign = _common_words()
    ours = sum(word in common for word in spoken)
    theirs = sum(word in foreign for word in spoken)
    if ours or theirs:
        return ours >= theirs
    found = sum(word in known or _DRAWN_OUT.sub(r"\1", word) in known for word in spoken)
    return found >= KNOWN * len(spoken)


@cache
def _common_words() -> tuple[frozenset[str], frozenset[str]]:
    """Return common words of English, and those of other languages that English lacks."""
    _, english, foreign = COMMON_WORDS.read_text(encoding="utf-8").split("\n\n")
    ours = frozenset(english.split()) | read_stop_words()
    return ours, frozenset(foreign.split()) - ours
