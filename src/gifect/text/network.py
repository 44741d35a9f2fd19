"""The network of texts: a small two-way LSTM over word pieces, and its vocabulary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from gifect.emotions import FINER, SEVEN, SEVEN_OF_FINER
from gifect.errors import ModelError
from gifect.models.registry import load_session
from gifect.text.pieces import Pieces

__all__ = ["CHUNK", "MOST_CHUNKS", "Heads", "run_heads", "several_of", "text_pieces", "text_thresholds"]

CHUNK = 64  # pieces that are read together
MOST_CHUNKS = 32  # of a text; what goes beyond is not read
BATCH = 64  # chunks a forward
GROUPS = np.array([[SEVEN_OF_FINER[finer] == seven for seven in SEVEN] for finer in FINER], np.float32)


@dataclass(frozen=True)
class Heads:
    """What the network says of texts: ``seven`` (N, 7), rows of sum 1, and ``finer`` (N, 28) probabilities, both
    calibrated; ``tweet`` (N, 6), the classes anger, fear, joy, love, sadness, surprise of the tweets that it learnt
    from, rows of sum 1; ``embedding`` (N, E), which the heads are read from."""

    seven: np.ndarray
    finer: np.ndarray
    tweet: np.ndarray
    embedding: np.ndarray

    @property
    def several(self) -> np.ndarray:
        """Probability (N, 7) that a text shows each of the seven, perhaps beside others."""
        return several_of(self.finer)


def several_of(finer: np.ndarray) -> np.ndarray:
    """Return the probability (N, 7) that any of the finer emotions (N, 28) of a class is shown, these taken to be
    independent."""
    return np.asarray(1 - np.exp(np.log1p(-finer.clip(0, 0.999)) @ GROUPS))


@cache
def text_pieces() -> Pieces:
    """Return the vocabulary of the network.

    Raises
    ------
    ModelError
        If the network carries none.
    """
    said = load_session("text").get_modelmeta().custom_metadata_map
    if "pieces" not in said or "thresholds" not in said:
        raise ModelError("the network text carries no vocabulary: train it again with gifect train text")
    return Pieces(said["pieces"].split("\n"))


@cache
def text_thresholds() -> tuple[float, ...]:
    """Return from which probability on a text is said to show each of the seven."""
    text_pieces()
    said = load_session("text").get_modelmeta().custom_metadata_map
    return tuple(float(part) for part in said["thresholds"].split(","))


def run_heads(cleaned: Sequence[str]) -> tuple[Heads, np.ndarray, np.ndarray]:
    """Return what the network says of cleaned texts, which of them are empty (N,), and which were cut off (N,)."""
    pieces, most = text_pieces(), CHUNK * MOST_CHUNKS
    numbered = [pieces.numbers(text, most + 1) for text in cleaned]
    empty = np.array([all(number == pieces.unknown for number in row) for row in numbered], bool)
    cut = np.array([len(row) > most for row in numbered], bool)
    parts = [
        (k, row[start : start + CHUNK] or [pieces.unknown])
        for k, row in enumerate(numbered)
        for start in range(0, min(max(len(row), 1), most), CHUNK)
    ]
    owners = np.array([k for k, _ in parts], int)
    means = {}
    for name, values in _run([chunk for _, chunk in parts], pieces.pad).items():
        means[name] = np.zeros((len(cleaned), values.shape[1]), np.float32)
        np.add.at(means[name], owners, values)
        means[name] /= np.bincount(owners, minlength=len(cleaned))[:, None]
    means["seven"][empty] = 1 / len(SEVEN)
    means["finer"][empty] = 0
    return Heads(**means), empty, cut


def _run(chunks: list[list[int]], pad: int) -> dict[str, np.ndarray]:
    """Return the outputs (N, K) of the network for chunks of numbers, those of like length read together."""
    session = load_session("text")
    names = ["seven", "finer", "tweet", "embedding"]
    found = {out.name: np.zeros((len(chunks), out.shape[1]), np.float32) for out in session.get_outputs()}
    order = np.argsort([len(chunk) for chunk in chunks], kind="stable")
    for start in range(0, len(order), BATCH):
        some = order[start : start + BATCH]
        numbers = np.full((len(some), len(chunks[some[-1]])), pad, np.int64)
        for place, k in enumerate(some):
            numbers[place, : len(chunks[k])] = chunks[k]
        for name, values in zip(names, session.run(names, {"numbers": numbers}), strict=True):
            found[name][some] = values
    return found
