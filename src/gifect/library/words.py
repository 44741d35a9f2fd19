"""The words by which entries are found, as numbers: concepts of the vocabulary and stems of tags and captions."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np

from gifect.feeling.vocabulary import STOP_WORDS, concepts_in, stems

__all__ = ["WORD", "concept_key", "stem_key", "words_of"]

WORD = np.dtype([("key", "<u4"), ("weight", "u1")])
"""A word of an entry: CRC-32 of its kind and text, and how far it stands for the entry, 0 to 255."""

PART = 0.7  # of a tag's score that each word of it has
CAPTION_STEM, CAPTION_CONCEPT = 0.9, 0.5


@lru_cache(200_000)
def concept_key(name: str) -> int:
    """Return the number of a concept."""
    return zlib.crc32(f"concept {name}".encode())


@lru_cache(200_000)
def stem_key(stem: str) -> int:
    """Return the number of a stem."""
    return zlib.crc32(f"stem {stem}".encode())


def words_of(tags: Iterable[tuple[str, float]], captions: Sequence[str], own: Sequence[str]) -> bytes:
    """Return the words of an entry as an array of ``WORD``, each word once.

    Parameters
    ----------
    tags : names and scores in [0, 1].
    captions : texts.
    own : tags that people gave, which count wholly.
    """
    found: dict[int, float] = {}

    def add(key: int, weight: float) -> None:
        found[key] = max(found.get(key, 0.0), weight)

    for name, score in (*tags, *((tag, 1.0) for tag in own)):
        for concept, far in concepts_in(name).items():
            add(concept_key(concept), score * far)
        words = [word for word in stems(name) if word not in STOP_WORDS]
        for word in words:
            add(stem_key(word), score if len(words) == 1 else score * PART)
    for caption in captions:
        for concept, far in concepts_in(caption).items():
            add(concept_key(concept), CAPTION_CONCEPT * far)
        for word in stems(caption):
            if word not in STOP_WORDS:
                add(stem_key(word), CAPTION_STEM)
    pairs = [(key, max(round(255 * weight), 1)) for key, weight in found.items() if weight > 0]
    return np.array(pairs, WORD).tobytes()
