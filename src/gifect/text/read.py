"""How texts feel: clean, cut into pieces, read, and say what it means."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gifect.emotions import FINER, SEVEN, SEVENTEEN, SEVENTEEN_OF_FINER
from gifect.errors import TextError
from gifect.text.clean import clean
from gifect.text.language import is_english
from gifect.text.network import CHUNK, MOST_CHUNKS, run_heads, text_pieces, text_thresholds
from gifect.text.pieces import split_words
from gifect.text.result import TextReading

__all__ = ["recognise"]

SPOKEN_FOR = np.array([[SEVENTEEN_OF_FINER[e].get(name, 0) for name in FINER] for e in SEVENTEEN], np.float32)
NOTHING = "there is nothing to read in it"
NOT_ENGLISH = "this does not look like English, the one language that the network knows: its answer means little"


def recognise(texts: Sequence[str]) -> list[TextReading]:
    """Return which feelings each text shows.

    A long text is read in parts, and their mean counts; an empty one, or one in other letters, says nothing, and a
    warning says so.

    Raises
    ------
    TextError
        If something else than a list of strings is given.
    """
    if isinstance(texts, str) or not all(isinstance(text, str) for text in texts):
        raise TextError('expected a list of texts: recognise(["..."])')
    cleaned = [clean(text) for text in texts]
    said, empty, cut = run_heads(cleaned)
    several, graded = said.several >= text_thresholds(), _graded(said.finer)
    readings = []
    for k, text in enumerate(texts):
        warnings = [NOTHING] if empty[k] else []
        words = split_words(cleaned[k])
        english = is_english(text, words, text_pieces().number_of)
        if not english:
            warnings.append(NOT_ENGLISH)
        if cut[k]:
            warnings.append(f"only the first {MOST_CHUNKS * CHUNK} pieces of it were read")
        best = SEVEN.index("neutral") if empty[k] else int(said.seven[k].argmax())
        readings.append(
            TextReading(
                text=text,
                emotion=SEVEN[best],
                confidence=_named(SEVEN, said.seven[k])[SEVEN[best]],
                scores=_named(SEVEN, said.seven[k]),
                labels=[name for name, shown in zip(SEVEN, several[k], strict=True) if shown],
                intensities=_named(SEVENTEEN, graded[k]),
                finer=_named(FINER, said.finer[k]),
                english=english,
                warnings=warnings,
            )
        )
    return readings


def _graded(finer: np.ndarray) -> np.ndarray:
    """Return the intensities (N, 17) that the finer emotions (N, 28) speak for: of each the strongest that does."""
    return np.stack([(finer * shares).max(1) for shares in SPOKEN_FOR], 1)


def _named(names: tuple[str, ...], values: np.ndarray) -> dict[str, float]:
    return dict(zip(names, values.astype(float).clip(0, 1).round(4).tolist(), strict=True))
