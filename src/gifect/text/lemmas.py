"""Lemmas by rule: the plain form of English verbs, nouns and adjectives, without a dictionary."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

__all__ = ["lemma"]

IRREGULAR: Final = {
    **dict.fromkeys(("am", "is", "are", "was", "were", "been", "being"), "be"),
    **dict.fromkeys(("has", "had", "having"), "have"),
    **dict.fromkeys(("does", "did", "done", "doing"), "do"),
    **dict.fromkeys(("went", "gone", "goes"), "go"),
    **dict.fromkeys(("felt", "feels"), "feel"),
    **dict.fromkeys(("said", "says"), "say"),
    **dict.fromkeys(("made", "makes", "making"), "make"),
    **dict.fromkeys(("got", "gotten"), "get"),
    **dict.fromkeys(("thought", "thinks"), "think"),
    "knew": "know",
    "known": "know",
    "saw": "see",
    "seen": "see",
    "came": "come",
    "took": "take",
    "taken": "take",
    "gave": "give",
    "given": "give",
    "told": "tell",
    "lost": "lose",
    "broke": "break",
    "broken": "break",
    "hurts": "hurt",
    "better": "good",
    "best": "good",
    "worse": "bad",
    "worst": "bad",
    "children": "child",
    "people": "person",
    "men": "man",
    "women": "woman",
}
"""Words that follow no rule."""

_DOUBLED: Final = re.compile(r"([bdgmnprt])\1$")
_VOWEL: Final = re.compile(r"[aeiouy]")
KEPT: Final = frozenset({"this", "his", "its", "us", "thus", "yes", "bus", "plus", "always", "thing", "nothing",
                         "something", "anything", "everything", "king", "ring", "bring", "sing", "during", "morning",
                         "evening", "news", "perhaps", "bed", "red", "need", "indeed", "speed", "feed", "seed",
                         "hundred"})  # fmt: skip
"""Words that only look as if a rule held."""


@lru_cache(50_000)
def lemma(word: str) -> str:
    """Return the plain form of a word in lower case; an unknown or plain one as it is."""
    if word in IRREGULAR:
        return IRREGULAR[word]
    if len(word) < 4 or word in KEPT or not word.isalpha():
        return word
    for ending in ("ing", "ed"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) > 2 and _VOWEL.search(stem):
            return _restored(stem)
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _restored(stem: str) -> str:
    """Return a verb without its ending as it is written alone: stopp -> stop, hop -> hope, cri -> cry."""
    if _DOUBLED.search(stem):
        return stem[:-1]
    if stem.endswith("i"):
        return stem[:-1] + "y"
    if re.search(r"(?:^|[^aeiou])[aeiou][bcdgkmnpstvz]$|[lrn][cgsv]$|[iu]r$|at$", stem) and len(stem) < 5:
        return stem + "e"
    return stem
