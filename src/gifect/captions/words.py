"""Words of captions: mending what a reader joins, telling names of sites, comparing lines."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import lru_cache
from math import log
from typing import Final

from gifect.text.network import text_pieces

__all__ = ["alike", "is_site", "known_share", "letters_of", "mend", "words_of"]

SHORT: Final = frozenset(("a", "i", "am", "an", "as", "at", "be", "by", "do", "go", "he", "if", "im", "in", "is", "it",
                          "me", "my", "no", "of", "oh", "on", "or", "so", "to", "up", "us", "we"))  # fmt: skip
"""Words of one or two letters that a mended word may fall into."""
LONGEST: Final = 14  # letters of a word that a line is cut into
RARE: Final = 9000  # place in the vocabulary from which on a word is too rare to be cut out
DEAREST: Final = 3.0  # nats a letter, above which cutting a word makes less sense than leaving it whole
ALIKE: Final = 0.75  # of letters in common, from which on two lines are one

_SITE: Final = re.compile(
    r"(?:\w\.(?:com?|org|net|tv|gif|me|tumblr|io|uk|de|ru)\b)|^@\w+$|^/?r/\w+|https?:|www\.|"
    r"\b(?:giphy|tenor|imgur|tumblr|gfycat|gifbin|4gifs|gifsoup|imgflip|reddit|youtube|getty|shutterstock|instagram|"
    r"tiktok|snapchat|makeagif|ezgif|reactiongifs?|gifak|9gag|memecenter|quickmeme|photobucket|blogspot|livejournal)\b",
    re.IGNORECASE,
)
_LIKE_A_SITE: Final = re.compile(r"(?:\w{3,}gifs?|\w*gif(?:\W?[ck]om?|ecom)|\w{4,}[.,][ck]om?)\W*", re.IGNORECASE)
_AFTER_APOSTROPHE: Final = re.compile(r"(\w['’](?:s|t|re|ve|ll|d|m))(?=[^\W\d_]{2,})", re.IGNORECASE)
_WORD: Final = re.compile(r"[^\W_]+(?:['’*][^\W_]+)*")


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case, without marks."""
    return [re.sub(r"['’*]", "", word) for word in _WORD.findall(text.lower())]


def letters_of(text: str) -> str:
    """Return the letters and digits of a text in lower case."""
    return "".join(c for c in text.lower() if c.isalnum())


def is_site(text: str) -> bool:
    """Return whether a line names a site, an account or a file."""
    text = text.strip()
    return bool(_SITE.search(text) or _LIKE_A_SITE.fullmatch(text))


def known_share(text: str) -> float:
    """Return which share of the letters of a text is in words that are known; 0 where it has none."""
    words = words_of(text)
    total = sum(map(len, words))
    return sum(len(word) for word in words if _is_known(word)) / total if total else 0.0


def alike(one: str, other: str) -> bool:
    """Return whether two lines are one, read twice or still being written."""
    a, b = letters_of(one), letters_of(other)
    if not a or not b:
        return False
    if min(len(a), len(b)) >= 3 and (a in b or b in a):
        return True
    return SequenceMatcher(None, a, b, autojunk=False).ratio() >= ALIKE


def mend(text: str) -> str:
    """Return a line with the blanks that its reader left out: "Letmelaugh" becomes "Let me laugh"."""
    text = _AFTER_APOSTROPHE.sub(r"\1 ", text)
    return re.sub(r"[^\W\d_]{4,}", lambda found: _mended(found[0]), text)


@lru_cache(20_000)
def _mended(word: str) -> str:
    """Return a word that is not known as the commonest words that it can be cut into, if it can."""
    plain = word.lower()
    if _is_known(plain):
        return word
    best: list[tuple[float, list[str]] | None] = [(0.0, [])]
    for stop in range(1, len(word) + 1):
        ways = [
            (before[0] + _cost(plain[start:stop]), [*before[1], word[start:stop]])
            for start in range(max(stop - LONGEST, 0), stop)
            if (before := best[start]) is not None and _may_stand(plain[start:stop])
        ]
        best.append(min(ways, default=None))
    found = best[-1]
    return " ".join(found[1]) if found is not None and found[0] <= DEAREST * len(word) else word


def _cost(word: str) -> float:
    """Return the surprise of a word, in nats: MiniLM's vocabulary, which ours keeps the order of, begins with the
    commonest words."""
    return log(text_pieces().number_of.get(word, RARE) + 100.0)


def _may_stand(word: str) -> bool:
    return word in SHORT if len(word) < 3 else text_pieces().number_of.get(word, RARE) < RARE


def _is_known(word: str) -> bool:
    return word in text_pieces().number_of
