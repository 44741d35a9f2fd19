"""What the words of a message ask for: feelings of clips and tags, by vectors of words.

A text is the mean of its words' vectors, common words weighing less; two linear maps make of it the feelings and the
concepts of the clips that are tagged or captioned with such texts.

References
----------
Arora, S., Liang, Y. and Ma, T. (2017). A simple but tough-to-beat baseline for sentence embeddings. ICLR.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gifect.emotions import SEVENTEEN
from gifect.errors import ModelError
from gifect.feeling.vocabulary import vocabulary
from gifect.models.registry import model_card, verify

__all__ = ["RARE", "Lexicon", "load_lexicon"]

RARE = 1e-3  # share of all words at which a word weighs half
MOST_WORDS = 200  # of a text that are looked at

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Lexicon:
    """Vectors (N, D) of N words, their weights (N,), and the map (D, 17 + C) to feelings and concepts."""

    place: dict[str, int]
    vectors: Floats
    weights: Floats
    means: Floats

    @classmethod
    def make(cls, words: list[str], vectors: np.ndarray, weights: np.ndarray, means: np.ndarray) -> Lexicon:
        """Return a lexicon of its parts, in the order of ``words``."""
        numbers = (np.asarray(part, np.float32) for part in (vectors, weights, means))
        return cls({word: k for k, word in enumerate(words)}, *numbers)

    def save(self, path: Path) -> None:
        """Write the lexicon, its vectors as 8-bit numbers."""
        small = np.round(self.vectors * 127).astype(np.int8)
        concepts = np.array(vocabulary().names)
        weights, means = self.weights.astype(np.float16), self.means.astype(np.float16)
        words = np.array(list(self.place))
        np.savez_compressed(path, words=words, vectors=small, concepts=concepts, weights=weights, means=means)

    @classmethod
    def load(cls, path: Path) -> Lexicon:
        """Return the lexicon of a file.

        Raises
        ------
        ModelError
            If it was made for another vocabulary of tags.
        """
        with np.load(path, allow_pickle=False) as parts:
            if tuple(parts["concepts"].tolist()) != vocabulary().names:
                raise ModelError(f"{path} was made for other tags: run gifect train lexicon")
            vectors = parts["vectors"].astype(np.float32) / 127
            return cls.make(parts["words"].tolist(), vectors, parts["weights"], parts["means"])

    def vector(self, text: str) -> Floats:
        """Return the vector (D,) of a text, of length 1; all 0 if it has no known word."""
        words = re.findall(r"[a-z][a-z']+", text.lower().replace("’", "'"))[:MOST_WORDS]
        rows = [self.place[word] for word in words if word in self.place]
        mean = self.weights[rows] @ self.vectors[rows]
        return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-6), np.float32)

    def meaning(self, text: str) -> tuple[Floats, Floats]:
        """Return the feelings (17,) that a text asks for, in deviations from the usual, and how much likelier than
        usual each concept (C,) is."""
        said = self.vector(text) @ self.means
        return said[: len(SEVENTEEN)], said[len(SEVENTEEN) :]


@cache
def load_lexicon() -> Lexicon:
    """Return the lexicon that comes with the package, its checksum checked.

    Raises
    ------
    ModelError
        If it is damaged.
    """
    if not verify("lexicon"):
        raise ModelError(f"{model_card('lexicon').path} is missing or damaged: install gifect again")
    return Lexicon.load(model_card("lexicon").path)
