"""The clips that feel most like another one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO

import numpy as np

from gifect.emotions import SEVENTEEN
from gifect.errors import LibraryError
from gifect.feeling.reading import Reading
from gifect.library.engine import Engine
from gifect.library.files import whole_path
from gifect.library.matches import as_matches
from gifect.library.results import Entry, Filters, Match
from gifect.library.usual import USUAL
from gifect.library.words import WORD, words_of

__all__ = ["similar"]

FEELING = 0.6  # share of the feelings in the score; the words have the rest
MOST_WORDS = 16  # of a clip that are compared
FAR = 5.0  # distance of two clips' feelings, in deviations, at which they are half alike


def similar(
    engine: Engine, gif: str | os.PathLike[str] | bytes | BinaryIO, top: int | None, filters: Filters
) -> list[Match]:
    """Return the entries that are most like a clip; see ``Library.similar``."""
    index = engine.index()
    numbers, words, itself = _of(engine, gif)
    kept = engine.mask(index, filters) & (index.changes != itself)
    apart = USUAL.distance(index.numbers, index.squares, numbers)
    strongest = sorted(np.frombuffer(words, WORD).tolist(), key=lambda word: -word[1])[:MOST_WORDS]
    weights = {key: far / 255 * index.rarity(key) for key, far in strongest}
    most = sum(weights[key] * far / 255 for key, far in strongest)
    shared = index.word_scores(weights) / np.float32(most or 1.0)
    alike = np.float32(1) / (1 + (apart / np.float32(FAR)) ** 2)
    scores = FEELING * alike + (1 - FEELING) * np.minimum(shared, 1)
    rows = engine.best(index, np.asarray(scores, np.float32), kept, top)
    intensities = dict(zip(SEVENTEEN, numbers[-len(SEVENTEEN) :].tolist(), strict=True))
    return as_matches(engine, index, rows, scores, lambda entry: _reasons(entry, intensities, engine, words))


def _of(engine: Engine, gif: str | os.PathLike[str] | bytes | BinaryIO) -> tuple[np.ndarray, bytes, int]:
    """Return the numbers and words of a clip, and its own change if it is an entry, else -1."""
    if isinstance(gif, str | os.PathLike):
        name = os.fspath(gif)
        for place in (name, whole_path(name)):
            id = engine.store.find(place)
            if id is not None:
                return engine.store.features(id)
        if "://" not in name and not Path(name).exists():
            raise LibraryError(f"{name!r} is neither in the library nor a file: expected an id, a path or a URL")
    from gifect.feeling.read import read

    reading = read(gif)
    return (*features_of(reading), -1)


def features_of(reading: Reading) -> tuple[np.ndarray, bytes]:
    """Return the numbers (24,) and the words of a reading."""
    intensities = reading.intensities or dict.fromkeys(SEVENTEEN, 0.0)
    numbers = np.array([*reading.scores.values(), *intensities.values()], np.float32)
    tags = [(tag.name, tag.score) for tag in reading.weighed_tags]
    return numbers, words_of(tags, [caption.text for caption in reading.captions], ())


def _reasons(entry: Entry, intensities: dict[str, float], engine: Engine, words: bytes) -> list[str]:
    both = sorted(
        (name for name in SEVENTEEN if USUAL.standing(name, entry.intensities[name]) > 0.5),
        key=lambda name: -min(USUAL.standing(name, entry.intensities[name]), USUAL.standing(name, intensities[name])),
    )
    shared = [name for name in both if USUAL.standing(name, intensities[name]) > 0.5]
    reasons = [f"both show more {name} than most clips" for name in shared[:2]]
    keys = {int(key) for key in np.frombuffer(words, WORD)["key"]}
    alike = [
        tag for tag in entry.tags if {int(k) for k in np.frombuffer(words_of([(tag, 1.0)], (), ()), WORD)["key"]} & keys
    ]
    if alike:
        reasons.append(f"both are tagged {', '.join(alike[:3])}")
    return reasons or [f"it shows {entry.emotion} ({entry.scores[entry.emotion]:.0%})"]
