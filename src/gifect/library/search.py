"""Searching by words and moods: full text over tags and captions with their synonyms, and the feelings of clips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gifect.emotions import SEVENTEEN
from gifect.errors import LibraryError
from gifect.feeling.vocabulary import STOP_WORDS, concepts_in, stems, vocabulary
from gifect.library.engine import Engine, Index
from gifect.library.lexicon import load_lexicon
from gifect.library.matches import as_matches
from gifect.library.results import Entry, Filters, Match
from gifect.library.usual import USUAL
from gifect.library.words import concept_key, stem_key

__all__ = ["LONGEST_QUERY", "search"]

LONGEST_QUERY = 2000  # letters that are looked at
STEM, CONCEPT = 1.0, 0.8  # weights of a word itself and of what it stands for
AKIN = 1.0  # weight of the tags that clips with such words have besides, by how much likelier they are
MOST_AKIN = 12
MOOD = 0.35  # share of the feelings in the score of a query that names a mood
LEAST = 0.01  # score of the words below which an entry does not match
STRONG = 1.0  # deviations above the usual from which an intensity is worth telling


@dataclass(frozen=True)
class Query:
    """A query: the weights of its words by their keys, the concepts and stems they come from, what clips with such
    words are tagged besides, and its mood as weights of the seventeen emotions (17,), all 0 without one."""

    words: dict[int, float]
    concepts: Mapping[str, float]
    akin: Sequence[str]
    stems: Sequence[str]
    mood: NDArray[np.float32]


def understand(index: Index, text: str) -> Query:
    """Return what a query asks for; a word counts the more, the fewer entries have it."""
    text = text[:LONGEST_QUERY]
    own = [word for word in dict.fromkeys(stems(text)) if word not in STOP_WORDS]
    concepts = concepts_in(text)
    words = {stem_key(word): STEM * index.rarity(stem_key(word)) for word in own}
    for name, far in concepts.items():
        key = concept_key(name)
        words[key] = words.get(key, 0.0) + CONCEPT * far * index.rarity(key)
    likelier = load_lexicon().meaning(text)[1]
    akin = {vocabulary().names[k]: float(likelier[k]) for k in np.argsort(-likelier)[:MOST_AKIN] if likelier[k] > 0}
    for name, far in akin.items():
        key = concept_key(name)
        words[key] = words.get(key, 0.0) + AKIN * far * index.rarity(key)
    mood = np.zeros(len(SEVENTEEN), np.float32)
    for name, far in concepts.items():
        for emotion in vocabulary().moods.get(name, ()):
            mood[SEVENTEEN.index(emotion)] = max(mood[SEVENTEEN.index(emotion)], far)
    return Query(words, concepts, list(akin), own, mood / max(float(mood.sum()), 1e-6))


def search(engine: Engine, text: str, top: int | None, filters: Filters) -> list[Match]:
    """Return the entries that go best with a query; see ``Library.search``."""
    if not text.strip():
        raise LibraryError("an empty query: expected words or a mood, such as 'happy dance'")
    index = engine.index()
    query = understand(index, text)
    kept = engine.mask(index, filters)
    scores = index.word_scores(query.words)
    most = sum(query.words.values())
    if most:
        scores /= np.float32(most)
    matched = scores > LEAST
    if query.mood.any():
        feeling = USUAL.share(USUAL.project(index.numbers, query.mood))
        matched |= feeling > USUAL.share(np.float32(STRONG))
        scores = (1 - MOOD) * scores + MOOD * feeling
    rows = engine.best(index, scores, kept & matched, top)
    return as_matches(engine, index, rows, scores, lambda entry: _reasons(query, entry))


def _reasons(query: Query, entry: Entry) -> list[str]:
    said = [caption for caption in entry.captions if set(stems(caption)) & set(query.stems)]
    reasons = [f'its caption says "{caption}"' for caption in said]
    for tag in entry.tags:
        shared = set(concepts_in(tag)) & set(query.concepts)
        if set(stems(tag)) & set(query.stems):
            reasons.append(f"it is tagged {tag}")
        elif shared:
            reasons.append(f"it is tagged {tag}" + ("" if tag in shared else f", which is akin to {min(shared)}"))
    strong = [(name, weight) for name, weight in zip(SEVENTEEN, query.mood, strict=True) if weight > 0]
    for name, _ in sorted(strong, key=lambda pair: -pair[1]):
        if USUAL.standing(name, entry.intensities[name]) > STRONG:
            reasons.append(f"its {name} is stronger than in most clips ({entry.intensities[name]:.0%})")
    tagged = {name: tag for tag in reversed(entry.tags) for name in concepts_in(tag)}
    if not reasons and (akin := [tagged[name] for name in query.akin if name in tagged]):
        reasons.append(f"it is tagged {akin[0]}, as clips with such words often are")
    return list(dict.fromkeys(reasons)) or [f"it shows {entry.emotion} ({entry.scores[entry.emotion]:.0%})"]
