"""Recommending clips for a message: what goes with its feeling, with what it does, and with its words.

A score is a weighted sum of the parts of ``message``; the weights are few and learnt from how well people's clips go
with messages (``gifect train recommend``).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from gifect.emotions import SEVEN, SEVENTEEN
from gifect.errors import LibraryError
from gifect.feeling.vocabulary import concepts_in, stems
from gifect.library.engine import Engine, Index
from gifect.library.matches import as_matches
from gifect.library.message import FEELINGS, WORDS, Message, understand_message
from gifect.library.results import Entry, Filters, Match
from gifect.library.usual import USUAL
from gifect.library.words import concept_key, stem_key

__all__ = ["part_scores", "recommend", "total_scores"]

Floats = NDArray[np.float32]

COMMON = 0.03  # share of a tag's weight over all entries that halves what it tells
ALIKE = 0.35  # of a score that a pick loses if it feels just like one before it
PICKED = 40  # picks that are held apart from each other
STRONG = 0.7  # deviations above the usual from which a feeling is given as a reason


def word_weights(index: Index, message: Message, part: str) -> dict[int, float]:
    """Return the weights of the words, by key, that one of ``WORDS`` asks for; rare ones tell more."""
    if part == "says":
        return {stem_key(word): index.rarity(stem_key(word)) for word in message.stems}
    return {
        (key := concept_key(name)): far * COMMON / (COMMON + index.share(key))
        for name, far in message.concepts[part].items()
    }


def part_scores(index: Index, message: Message) -> dict[str, Floats]:
    """Return for each part of the message its scores of all entries, (N,)."""
    scores = {part: USUAL.project(index.numbers, message.feelings[part]) for part in FEELINGS}
    return scores | {part: index.word_scores(word_weights(index, message, part)) for part in WORDS}


def total_scores(index: Index, message: Message, weights: Mapping[str, float]) -> Floats:
    """Return the weighted sum of all parts, (N,)."""
    feeling = np.sum([weights[part] * message.feelings[part] for part in FEELINGS], axis=0)
    words: dict[int, float] = {}
    for part in WORDS:
        for key, weight in word_weights(index, message, part).items():
            words[key] = words.get(key, 0.0) + weights[part] * weight
    return np.asarray(USUAL.project(index.numbers, feeling) + index.word_scores(words), np.float32)


def recommend(engine: Engine, sentence: str, top: int | None, seed: int | None, filters: Filters) -> list[Match]:
    """Return the entries that go best with a message; see ``Library.recommend``."""
    if not sentence.strip():
        raise LibraryError("an empty message: expected a sentence, such as 'my code finally compiles'")
    message, index = understand_message(sentence), engine.index()
    kept = engine.mask(index, filters)
    raw = total_scores(index, message, USUAL.weights)
    scores = USUAL.share((raw - np.float32(USUAL.middle)) / np.float32(USUAL.spread))
    if seed is not None:
        kept &= index.emotion == SEVEN.index(message.reading.emotion)
        rows = np.random.default_rng(seed).permutation(np.flatnonzero(kept))[:top]
        said = f"drawn at random (seed {seed}) among the clips that show {message.reading.emotion}, as the message does"
        return as_matches(engine, index, rows, scores, lambda entry: [said])
    rows = engine.best(index, scores, kept, None if top is None else max(4 * top, PICKED))
    rows = _held_apart(index, rows, scores)[:top]
    return as_matches(engine, index, rows, scores, lambda entry: _reasons(message, entry))


def _held_apart(index: Index, rows: NDArray[np.int64], scores: Floats) -> NDArray[np.int64]:
    """Return rows, best first, so that the first ones do not all feel alike."""
    left, picked = list(rows[: 4 * PICKED]), []
    numbers = USUAL.deviations(index.numbers[left])
    lengths = np.linalg.norm(numbers, axis=1)
    near = (numbers @ numbers.T) / np.maximum(np.outer(lengths, lengths), 1e-6)
    own, closest = scores[left].astype(float), np.full(len(left), -1.0)
    for _ in range(min(PICKED, len(left))):
        best = int(np.argmax(own * (1 - ALIKE * np.maximum(closest, 0) ** 4)))
        picked.append(left[best])
        own[best] = -np.inf
        closest = np.maximum(closest, near[best])
        closest[own == -np.inf] = -1.0
    taken = set(picked)
    return np.array([*picked, *(row for row in rows if row not in taken)], np.int64)


def _reasons(message: Message, entry: Entry) -> list[str]:
    """Return why an entry goes with a message, weightiest first."""
    said = [caption for caption in entry.captions if set(stems(caption)) & set(message.stems)]
    reasons = [f'its caption says "{caption}", as the message does' for caption in said]
    tagged = {name: tag for tag in reversed(entry.tags) for name in concepts_in(tag)}
    for intent in message.intents:
        fitting = list(dict.fromkeys(tagged[name] for name in intent.tags if name in tagged))
        if fitting:
            reasons.append(f'the message is {_what(intent.name)} ("{intent.cue}"), and the clip is tagged {fitting[0]}')
    spoken = [name for name in message.concepts["names"] if name in tagged]
    reasons += [f"the message speaks of {name}, and the clip is tagged {tagged[name]}" for name in spoken]
    wanted = sum(USUAL.weights[part] * message.feelings[part][len(SEVEN) :] for part in FEELINGS)
    order = np.argsort(-np.asarray(wanted))[:4]
    strong = [SEVENTEEN[k] for k in order if USUAL.standing(SEVENTEEN[k], entry.intensities[SEVENTEEN[k]]) > STRONG]
    if strong:
        reasons.append(f"it shows more {' and '.join(strong[:2])} than most clips, which such messages call for")
    feeling = message.reading
    if entry.emotion == feeling.emotion and feeling.english:
        reasons.append(f"message and clip both show {entry.emotion} ({feeling.confidence:.0%}, {entry.confidence:.0%})")
    return list(dict.fromkeys(reasons)) or [f"it comes nearest: it shows {entry.emotion} ({entry.confidence:.0%})"]


def _what(name: str) -> str:
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}" if name in COUNTED else f"about {name}"


COUNTED = frozenset(("greeting", "farewell", "mistake", "joke", "bad joke", "request"))
