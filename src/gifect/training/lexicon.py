"""Learn what words mean where GIFs are sent: vectors of words out of a sentence network, and from them the feelings and
the concepts of the clips that annotators tag or caption so."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from gifect.emotions import SEVENTEEN
from gifect.evaluation.cards import write_card
from gifect.feeling.vocabulary import vocabulary
from gifect.library.lexicon import RARE, Lexicon
from gifect.models.registry import WEIGHTS
from gifect.training.data.shared import cache_root, data_root, reactions
from gifect.training.tags import tag_targets

__all__ = ["train_lexicon"]

CORPORA = {
    "goemotions": "text",
    "meld": "text",
    "isear": "text",
    "tweet_emotion": "text",
    "tgif_captions": "description",
}
LEAST_COUNT = 4  # texts that a word is in
SIZE = 64  # of a word's vector
PENALTY = 30.0
AT_ONCE = 256  # words that the teacher reads


def train_lexicon() -> Path:
    """Make the lexicon and write it as ``lexicon.npz``."""
    counts = _word_counts()
    words = [word for word, count in counts.most_common() if count >= LEAST_COUNT]
    vectors = _teacher_vectors(words)
    vectors -= vectors.mean(0)
    _, _, axes = np.linalg.svd(vectors.T @ vectors)
    vectors = vectors @ axes[:SIZE].T
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    share = np.array([counts[word] for word in words], float)
    weights = RARE / (RARE + share / share.sum())
    nothing = np.zeros((SIZE, len(SEVENTEEN) + len(vocabulary().names)), np.float32)
    lexicon = Lexicon.make(words, vectors, weights, nothing)
    texts, times, target = _said_of_clips()
    rows = np.stack([lexicon.vector(text) for text in texts])
    weighed = rows * np.sqrt(times)[:, None]
    means = np.linalg.solve(weighed.T @ rows + PENALTY * np.eye(SIZE), weighed.T @ target)
    path = WEIGHTS / "lexicon.npz"
    Lexicon.make(words, vectors, weights, means).save(path)
    write_card(
        "lexicon",
        "says which feelings and tags the words of a message ask for",
        "word vectors of the network all-MiniLM-L6-v2 (Apache-2.0); tags, captions and intensities of reaction "
        "GIFs by vision-language models that saw six frames of each",
        file=path.name,
    )
    return path


def _word_counts() -> Counter[str]:
    """Return in how many texts each word occurs."""
    counts: Counter[str] = Counter()
    for name, column in CORPORA.items():
        for text in pd.read_parquet(data_root() / "text" / f"{name}.parquet", columns=[column])[column]:
            counts.update(set(_words(text)))
    return counts


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z][a-z']+", text.lower().replace("’", "'"))


def _teacher_vectors(words: list[str]) -> np.ndarray:
    """Return what MiniLM says of each word alone, (N, 384) of length 1; kept in the cache."""
    path = cache_root() / "lexicon-words.npz"
    if path.exists():
        with np.load(path) as kept:
            if kept["words"].tolist() == words:
                return np.asarray(kept["vectors"], np.float64)
    from gifect.training.networks.minilm import MiniLM, minilm_pieces

    net, pieces = MiniLM(1).eval(), minilm_pieces()
    net.head = torch.nn.Identity()  # type: ignore[assignment]
    parts = []
    for start in range(0, len(words), AT_ONCE):
        numbers = [pieces.numbers(word, 12) for word in words[start : start + AT_ONCE]]
        longest = max(map(len, numbers))
        with torch.no_grad():
            parts.append(net(torch.tensor([own + [0] * (longest - len(own)) for own in numbers])).numpy())
    vectors = np.concatenate(parts)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    np.savez(path, words=np.array(words), vectors=vectors)
    return vectors.astype(np.float64)


def _said_of_clips() -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return the tags and captions (N) of the train clips, how often each occurs (N,), and what is usual of its clips:
    deviations of the seventeen intensities, then of the shares of the concepts, (N, 17 + C)."""
    clips = reactions("train", ["tags", "text", *SEVENTEEN])
    feelings = clips[list(SEVENTEEN)].to_numpy(float)
    feelings = (feelings - feelings.mean(0)) / feelings.std(0)
    concepts = tag_targets("train")[1]
    concepts = concepts - concepts.mean(0)
    both = np.concatenate([feelings, concepts], 1)
    said: dict[str, list[int]] = defaultdict(list)
    for k, (tags, text) in enumerate(zip(clips["tags"], clips["text"], strict=True)):
        for one in (*tags, *([text.lower()] * 2 if text else ())):
            said[one].append(k)
    times = np.array([len(rows) for rows in said.values()], float)
    return list(said), times, np.stack([both[rows].mean(0) for rows in said.values()])
