"""Texts with feelings: GoEmotions, tweets, MELD, ISEAR, emoji with ratings, and captions of GIFs without labels."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass

import numpy as np
import pandas as pd

from gifect.emotions import FINER, SEVEN, SEVEN_OF_FINER
from gifect.errors import DataError
from gifect.training.data.shared import data_root

TWEET = ("anger", "fear", "joy", "love", "sadness", "surprise")
ISEAR = ("anger", "disgust", "fear", "guilt", "joy", "sadness", "shame")
MELD = ("anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise")
HEADS = {"finer": FINER, "seven": SEVEN, "tweet": TWEET, "isear": ISEAR, "meld": MELD}
"""What a network says of a text, head by head: several at once of "finer", one of each other."""

AS_SEVEN = {"joy": "happiness", "love": "happiness", "shame": "sadness", "guilt": "sadness"}
CORPORA = ("goemotions", "tweet", "meld", "isear", "emoji", "gifs")
SPLITS = ("train", "dev", "test")
_HIDDEN = re.compile(r"\[(NAME|RELIGION)\]")


@dataclass(frozen=True)
class Texts:
    """Texts and what is known of each.

    Attributes
    ----------
    texts : list of str (N,).
    corpus : str (N,), one of ``CORPORA``.
    targets : head -> float32 (N, K), a row of NaN where the corpus has no such labels.
    """

    texts: list[str]
    corpus: np.ndarray
    targets: dict[str, np.ndarray]

    def subset(self, rows: np.ndarray) -> Texts:
        """Return the texts at ``rows`` (indices or a mask)."""
        chosen = np.arange(len(self.texts))[rows]
        return Texts(
            [self.texts[k] for k in chosen], self.corpus[chosen], {h: t[chosen] for h, t in self.targets.items()}
        )


def head_slices() -> dict[str, slice]:
    """Return where each head lies among the outputs of a network."""
    ends = np.cumsum([len(labels) for labels in HEADS.values()])
    starts = [0, *ends[:-1]]
    return {head: slice(int(a), int(b)) for head, a, b in zip(HEADS, starts, ends, strict=True)}


def load_texts(split: str, corpora: tuple[str, ...] = CORPORA) -> Texts:
    """Return the texts of a split: those of the corpora that have splits of their own, tenths by hash of the others.

    Raises
    ------
    DataError
        If the split is unknown or a file is not there.
    """
    if split not in SPLITS:
        raise DataError(f"no split {split!r}: expected one of {', '.join(SPLITS)}")
    readers = {"goemotions": _goemotions, "tweet": _tweet, "meld": _meld, "isear": _isear, "emoji": _emoji,
               "gifs": _gifs}  # fmt: skip
    parts = [readers[name](split) for name in corpora]
    return Texts(
        [text for part in parts for text in part.texts],
        np.concatenate([part.corpus for part in parts]),
        {head: np.concatenate([part.targets[head] for part in parts]) for head in HEADS},
    )


def _table(name: str) -> pd.DataFrame:
    path = data_root() / "text" / name
    if not path.is_file():
        raise DataError(f"no {path}: set GIFECT_DATA to the folder that holds text/{name}")
    return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)


def _known(corpus: str, texts: pd.Series, **targets: np.ndarray) -> Texts:
    unknown = {h: np.full((len(texts), len(labels)), np.nan, np.float32) for h, labels in HEADS.items()}
    known = {head: target.astype(np.float32) for head, target in targets.items()}
    return Texts(texts.astype(str).tolist(), np.full(len(texts), corpus), unknown | known)


def _one_hot(labels: pd.Series, names: tuple[str, ...]) -> np.ndarray:
    return np.asarray(labels.to_numpy()[:, None] == np.array(names), np.float32)


def _tenth(text: str) -> int:
    return hashlib.sha256(text.encode()).digest()[0] % 10


def split_of(text: str) -> str:
    """Return the split into which a text falls whose corpus has none."""
    return {0: "test", 1: "dev"}.get(_tenth(text), "train")


def _goemotions(split: str) -> Texts:
    rows = _table("goemotions.parquet")
    rows = rows[rows["split"] == split]
    finer = np.stack([[name in labels for name in FINER] for labels in rows["labels"]]).astype(np.float32)
    seven = finer @ np.stack([[SEVEN_OF_FINER[f] == s for s in SEVEN] for f in FINER]).astype(np.float32)
    seven = np.minimum(seven, 1)
    texts = rows["text"].map(lambda text: _HIDDEN.sub(lambda found: found[1].lower(), text))
    return _known("goemotions", texts, finer=finer, seven=seven / seven.sum(1, keepdims=True))


def _tweet(split: str) -> Texts:
    wanted = {"dev": "val"}.get(split, split)
    rows = _table("tweet_emotion.parquet")
    rows = rows[rows["split"] == wanted]
    return _known(
        "tweet",
        rows["text"],
        tweet=_one_hot(rows["label"], TWEET),
        seven=_one_hot(rows["label"].replace(AS_SEVEN), SEVEN),
    )


def _meld(split: str) -> Texts:
    rows = _table("meld.parquet")
    rows = rows[rows["split"] == split]
    return _known(
        "meld", rows["text"], meld=_one_hot(rows["label"], MELD), seven=_one_hot(rows["label"].replace(AS_SEVEN), SEVEN)
    )


def _isear(split: str) -> Texts:
    rows = _table("isear.parquet").drop_duplicates("text")
    rows = rows[rows["text"].map(split_of) == split]
    return _known(
        "isear",
        rows["text"],
        isear=_one_hot(rows["label"], ISEAR),
        seven=_one_hot(rows["label"].replace(AS_SEVEN), SEVEN),
    )


def _emoji(split: str) -> Texts:
    rows = _table("emotag1200.csv")
    rows = rows[rows["emoji"].map(split_of) == split]
    rated = rows[["anger", "disgust", "fear", "joy", "sadness", "surprise"]].to_numpy(float)
    rated = np.column_stack([rated, np.maximum(0.5 - rated.max(1), 0)])
    return _known("emoji", rows["emoji"], seven=rated / rated.sum(1, keepdims=True))


def _gifs(split: str) -> Texts:
    texts = _table("tgif_captions.parquet")["description"].drop_duplicates()
    return _known("gifs", texts[texts.map(split_of) == split])


def ekman_check() -> None:
    """Compare our map of the finer emotions with the one that comes with the corpus.

    Raises
    ------
    DataError
        If they differ.
    """
    given = json.loads((data_root() / "text" / "goemotions_ekman_mapping.json").read_text())
    theirs = {finer: AS_SEVEN.get(seven, seven) for seven, several in given.items() for finer in several}
    if theirs | {"neutral": "neutral"} != SEVEN_OF_FINER:
        raise DataError("the corpus maps its emotions to Ekman's otherwise than gifect.emotions does")


def misspelt(text: str, rng: np.random.Generator) -> str:
    """Return a text with the slip of a finger: in about every sixth longer word two letters change places, or one is
    lost, doubled or struck wrong."""
    words = text.split(" ")
    for k, word in enumerate(words):
        if len(word) < 4 or rng.random() > 1 / 6:
            continue
        at, slip = int(rng.integers(1, len(word) - 1)), int(rng.integers(4))
        letters = (word[at + 1] + word[at], word[at + 1], word[at] + word[at] + word[at + 1],
                   chr(97 + int(rng.integers(26))) + word[at + 1])  # fmt: skip
        words[k] = word[:at] + letters[slip] + word[at + 2 :]
    return " ".join(words)
