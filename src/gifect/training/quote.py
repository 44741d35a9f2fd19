"""How much the words of a caption count against the pictures: learnt on clips that the pictures' networks did not see.

    python -m gifect.training.quote

prints the numbers that stand in ``gifect.feeling.quote``.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from gifect.emotions import SEVEN
from gifect.feeling.cues import see
from gifect.feeling.fuse import fuse
from gifect.feeling.quote import LEAST, pooled
from gifect.media.clip import Clip
from gifect.text import recognise
from gifect.training.data.shared import reactions
from gifect.training.feel import held_back

TRIES = np.round(np.arange(0, 2.01, 0.05), 2)
FOLDS = 10


def learn_weight() -> tuple[float, dict[str, float], float]:
    """Return the weight of the words, the share of each class among the captions as the text network reads them, and
    the accuracy that the words add by cross-validation, over clips held back from the train split."""
    rows = reactions("train", ["id", "text", "e7", "mp4"])
    rows = rows[rows["text"].fillna("").astype(str) != ""].reset_index(drop=True)
    said = read_words(rows["text"].astype(str).tolist())
    shares = said.mean(0)
    held = np.flatnonzero(rows["id"].map(held_back).to_numpy())
    seen = picture_scores(rows.iloc[held])
    truth = rows["e7"].map(SEVEN.index).to_numpy()[held]
    evidence = np.maximum(said[held] / shares, LEAST)
    likely = np.stack([_log_score(seen, evidence, truth, weight) for weight in TRIES])
    folds = np.arange(len(held)) % FOLDS
    guess = np.zeros(len(held), int)
    for fold in range(FOLDS):
        weight = TRIES[likely[:, folds != fold].mean(1).argmax()]
        guess[folds == fold] = pooled(seen, evidence**weight).argmax(1)[folds == fold]
    gain = float((guess == truth).mean() - (seen.argmax(1) == truth).mean())
    return float(TRIES[likely.mean(1).argmax()]), dict(zip(SEVEN, map(float, shares), strict=True)), gain


def read_words(texts: list[str]) -> np.ndarray:
    """Return the seven scores (N, 7) of texts."""
    return np.array([list(reading.scores.values()) for reading in recognise(texts)])


def picture_scores(rows: pd.DataFrame) -> np.ndarray:
    """Return what the pictures alone say (N, 7) of the clips in the column ``mp4``."""
    clips = (Clip.open(mp4) for mp4 in rows["mp4"])
    return np.stack([fuse(clip, see(clip)).scores for clip in clips])


def _log_score(seen: np.ndarray, evidence: np.ndarray, truth: np.ndarray, weight: float) -> np.ndarray:
    return np.asarray(np.log(pooled(seen, evidence**weight)[np.arange(len(truth)), truth] + 1e-9))


if __name__ == "__main__":
    weight, shares, gain = learn_weight()
    print(f"WEIGHT = {weight}")
    print("SHARES =", {name: round(share, 3) for name, share in shares.items()})
    print(f"accuracy gained by cross-validation: {gain:+.3f}")
