"""The network of texts: a small two-way LSTM over word pieces, and its vocabulary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from gifect.emotions import FINER, SEVEN
from gifect.errors import ModelError
from gifect.models.registry import load_session
from gifect.text.pieces import Pieces

__all__ = ["CHUNK", "MOST_CHUNKS", "Heads", "run_heads", "text_pieces", "text_thresholds"]

CHUNK = 64  # pieces that are read together
MOST_CHUNKS = 32  # of a text; what goes beyond is not read
BATCH = 64  # chunks a forward


@dataclass(frozen=True)
class Heads:
    """What the network says of texts: ``seven`` (N, 7), rows of sum 1, and ``finer`` (N, 28) probabilities, both
    calibrated; ``tweet`` (N, 6), the classes anger, fear, joy, love, sadness, surprise of the tweets that it learnt
    from, rows of sum 1; ``embedding`` (N, E), which the heads are read from."""

    seven: np.ndarray
    finer: np.ndarray
    tweet: np.ndarray
    embedding: np.ndarray


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
    """Return from which score on a text may be said to show each of the seven."""
    text_pieces()
    said = load_session("text").get_modelmeta().custom_metadata_map
    return tuple(float(part) for part in said["thresholds"].split(","))


def run_heads(cleaned: Sequence[str]) -> tuple[Heads, np.ndarray, np.ndarray]:
    """Return what the network says of cleaned texts, which of them are empty (N,), and which were cut off (N,)."""
    pieces = text_pieces()
    numbered = [pieces.numbers(text, CHUNK * MOST_CHUNKS + 1) for text in cleaned]
    empty = np.array([all(number == pieces.unknown for number in row) for row in numbered], bool)
    cut = np.array([len(row) > CHUNK * MOST_CHUNKS for row in numbered], bool)
    chunks: list[list[int]] = []
    owners: list[int] = []
    for k, row in enumerate(numbered):
        for start in range(0, min(max(len(row), 1), CHUNK * MOST_CHUNKS), CHUNK):
            chunks.append(row[start : start + CHUNK] or [pieces.unknown])
            owners.append(k)
    names = ["seven", "finer", "tweet", "embedding"]
    found: dict[str, np.ndarray] = {}
    order = np.argsort([len(chunk) for chunk in chunks], kind="stable")
    session = load_session("text")
    for start in range(0, len(order), BATCH):
        some = order[start : start + BATCH]
        numbers = np.full((len(some), len(chunks[some[-1]])), pieces.pad, np.int64)
        for place, k in enumerate(some):
            numbers[place, : len(chunks[k])] = chunks[k]
        for name, values in zip(names, session.run(names, {"numbers": numbers}), strict=True):
            found.setdefault(name, np.zeros((len(chunks), values.shape[1]), np.float32))[some] = values
    counts = np.bincount(owners, minlength=len(cleaned))[:, None] if len(cleaned) else np.ones((0, 1))
    widths = {"seven": len(SEVEN), "finer": len(FINER), "tweet": 6, "embedding": 1}
    means = {}
    for name in names:
        values = found.get(name, np.zeros((0, widths[name]), np.float32))
        means[name] = np.zeros((len(cleaned), values.shape[1]), np.float32)
        np.add.at(means[name], owners, values)
        means[name] /= counts
    means["seven"][empty] = 1 / len(SEVEN)
    means["finer"][empty] = 0
    return Heads(**means), empty, cut
