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
    limits = text_thresholds()
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
                confidence=_rounded(said.seven[k, best]),
                scores=_named(SEVEN, said.seven[k]),
                labels=[name for name, p, least in zip(SEVEN, said.seven[k], limits, strict=True) if p >= least],
                intensities=_named(SEVENTEEN, _graded(said.finer[k])),
                finer=_named(FINER, said.finer[k]),
                english=english,
                warnings=warnings,
            )
        )
    return readings


def _graded(finer: np.ndarray) -> np.ndarray:
    """Return the intensities (17,) that the finer emotions (28,) speak for: of each the strongest that does."""
    of = dict(zip(FINER, finer, strict=True))
    return np.array([max(share * of[name] for name, share in SEVENTEEN_OF_FINER[e].items()) for e in SEVENTEEN])


def _rounded(value: float) -> float:
    return round(float(min(max(value, 0.0), 1.0)), 4)


def _named(names: tuple[str, ...], values: np.ndarray) -> dict[str, float]:
    return {name: _rounded(value) for name, value in zip(names, values, strict=True)}
