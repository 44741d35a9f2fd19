"""Word pieces: a word that the vocabulary lacks is cut into the longest pieces that it has.

References
----------
Schuster, M. and Nakajima, K. (2012). Japanese and Korean voice search. ICASSP.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

__all__ = ["PAD", "UNKNOWN", "Pieces", "split_words"]

PAD: Final = "[PAD]"
UNKNOWN: Final = "[UNK]"
LONGEST: Final = 40  # letters of a word; a longer one is unknown
REMEMBERED: Final = 50_000  # words whose pieces are kept at hand

_WORD: Final = re.compile(r"\w+|[^\w\s]")


def split_words(text: str) -> list[str]:
    """Return words and marks of a text, without accents."""
    if not text.isascii():
        plain = unicodedata.normalize("NFD", text)
        text = "".join(c for c in plain if unicodedata.category(c) != "Mn")
    return _WORD.findall(text.replace("_", " "))


class Pieces:
    """A vocabulary of word pieces; those that go on a word begin with ``##``.

    Parameters
    ----------
    vocabulary : the pieces, in the order of their numbers; it holds ``[PAD]`` and ``[UNK]``.
    """

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self.vocabulary = tuple(vocabulary)
        self.number_of = {piece: k for k, piece in enumerate(self.vocabulary)}
        self.pad, self.unknown = self.number_of[PAD], self.number_of[UNKNOWN]
        self._known: dict[str, list[int]] = {}

    def numbers(self, text: str, most: int) -> list[int]:
        """Return the numbers of the first ``most`` pieces of a text."""
        found: list[int] = []
        for word in split_words(text):
            found += self._known[word] if word in self._known else self._cut(word)
            if len(found) >= most:
                break
        return found[:most]

    def _cut(self, word: str) -> list[int]:
        found: list[int] = []
        start = 0 if len(word) <= LONGEST else len(word) + 1
        while start < len(word):
            for stop in range(len(word), start, -1):
                number = self.number_of.get(word[start:stop] if start == 0 else f"##{word[start:stop]}")
                if number is not None:
                    found.append(number)
                    start = stop
                    break
            else:
                found, start = [self.unknown], len(word)
        found = found or [self.unknown]
        if len(self._known) < REMEMBERED:
            self._known[word] = found
        return found
