"""Words of captions: mending what a reader joins, telling names of sites, comparing lines."""

from __future__ import annotations

import re
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Final

from gifect.text.network import text_pieces

__all__ = ["alike", "is_site", "known_share", "letters_of", "mend", "words_of"]

SHORT: Final = frozenset("a i am an as at be by do go he if in is it me my no of oh on or so to up us we".split())
"""Words of one or two letters that a mended word may fall into."""
ALIKE: Final = 0.75  # of letters in common, from which on two lines are one

_SITE: Final = re.compile(
    r"(?:\w\.(?:com?|org|net|tv|gif|me|tumblr|io|uk|de|ru)\b)|^@\w+$|^/?r/\w+|https?:|www\.|"
    r"\b(?:giphy|tenor|imgur|tumblr|gfycat|gifbin|4gifs|gifsoup|imgflip|reddit|youtube|getty|shutterstock|instagram|"
    r"tiktok|snapchat|makeagif|ezgif|reactiongifs?|gifak|9gag|memecenter|quickmeme|photobucket|blogspot|livejournal)\b",
    re.IGNORECASE,
)
_WORD: Final = re.compile(r"[^\W_]+(?:['’*][^\W_]+)*")


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case, without marks."""
    return [re.sub(r"['’*]", "", word) for word in _WORD.findall(text.lower())]


def letters_of(text: str) -> str:
    """Return the letters and digits of a text in lower case."""
    return "".join(c for c in text.lower() if c.isalnum())


def is_site(text: str) -> bool:
    """Return whether a line names a site, an account or a file."""
    return bool(_SITE.search(text.strip()))


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
    """Return a line with the blanks that its reader left out: "Thatis what" becomes "That is what"."""
    return re.sub(r"[^\W\d_]{4,}", lambda found: _mended(found[0]), text)


@lru_cache(20_000)
def _mended(word: str) -> str:
    if _is_known(word.lower()):
        return word
    for at in _places(len(word)):
        first, second = word[:at], word[at:]
        if _may_stand(first.lower()) and _may_stand(second.lower()):
            return f"{first} {second}"
    return word


def _places(length: int) -> list[int]:
    """Return where a word of a length may be cut, the middle first."""
    return sorted(range(1, length), key=lambda at: abs(at - length / 2))


def _may_stand(word: str) -> bool:
    return word in SHORT if len(word) < 3 else _is_known(word)


def _is_known(word: str) -> bool:
    return word in text_pieces().number_of
