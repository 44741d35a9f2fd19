"""Cleaning texts before they are read; each step can be left out, and which are worth it is measured
(``docs/results/text.md``)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from gifect.text.emoji import name_emoji, replace_emoticons
from gifect.text.lemmas import lemma
from gifect.text.pieces import split_words

__all__ = ["STOP_WORDS", "Cleaning", "clean", "read_stop_words"]

STOP_WORDS: Final = Path(__file__).with_name("stopwords.txt")

_URL: Final = re.compile(r"(?:https?://|www\.)\S+|\b\w+\.(?:com|org|net)(?:/\S*)?\b", re.IGNORECASE)
_MENTION: Final = re.compile(r"(?<!\w)(?:@\w+|/?[ru]/\w+)")
_LENGTHENED: Final = re.compile(r"([^\W\d])\1{2,}|([!?.,])\2+")
_APOSTROPHES: Final = str.maketrans({"’": "'", "‘": "'", "´": "'", "`": "'", "“": '"', "”": '"', "…": "."})
_SHORT: Final = re.compile(r"\b(\w+)'(s|t|m|re|ve|ll|d)\b", re.IGNORECASE)
_MARK: Final = re.compile(r"[^\w\s]")


@dataclass(frozen=True)
class Cleaning:
    """Which steps are taken, in this order; those that are on by default are the ones that help.

    Attributes
    ----------
    urls : leave out addresses and @names.
    emoticons : put the emoji for emoticons, and the names of emoji for them.
    lengthened : "sooooo" becomes "soo", "!!!!" "!".
    lower : lower case.
    joined : "don't" becomes "dont", as most people who chat write it.
    punctuation : leave out marks.
    stop_words : leave out the words of the list.
    lemmas : put words into their plain form.
    """

    urls: bool = True
    emoticons: bool = True
    lengthened: bool = True
    lower: bool = True
    joined: bool = False
    punctuation: bool = False
    stop_words: bool = False
    lemmas: bool = False


def clean(text: str, steps: Cleaning | None = None, stop_words: frozenset[str] | None = None) -> str:
    """Return a text with words, marks and names of emoji, a blank between them where a word step is on.

    Parameters
    ----------
    stop_words : in lower case; those of ``STOP_WORDS`` if not given.
    """
    steps = steps or Cleaning()
    if not text.isascii():
        text = text.translate(_APOSTROPHES)
    if steps.urls:
        text = _MENTION.sub(" ", _URL.sub(" ", text))
    if steps.emoticons:
        text = name_emoji(replace_emoticons(text))
    if steps.lengthened:
        text = _LENGTHENED.sub(lambda found: 2 * found[1] if found[1] else found[2], text)
    if steps.lower:
        text = text.lower()
    if steps.joined:
        text = _SHORT.sub(r"\1\2", text)
    if steps.punctuation:
        text = _MARK.sub(" ", text)
    if steps.stop_words or steps.lemmas:
        text = " ".join(_words(split_words(text), steps, stop_words))
    return " ".join(text.split())


def _words(words: Iterable[str], steps: Cleaning, stop_words: frozenset[str] | None) -> list[str]:
    if steps.stop_words:
        left_out = read_stop_words() if stop_words is None else stop_words
        words = [word for word in words if word.lower() not in left_out]
    return [lemma(word) for word in words] if steps.lemmas else list(words)


@cache
def read_stop_words(path: Path = STOP_WORDS) -> frozenset[str]:
    """Return the words of a list: one a line, remarks behind a #."""
    lines = (line.partition("#")[0].strip().lower() for line in path.read_text(encoding="utf-8").splitlines())
    return frozenset(filter(None, lines))
