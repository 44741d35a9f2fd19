"""``gifect train captions``: which clips have a caption, and which lines are one, learnt from the captions of the train
split as their labelers wrote them down."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from gifect.captions.read import (
    JUDGES,
    follow_lines,
    found_features,
    group_lines,
    likeliest,
    line_features,
)
from gifect.captions.words import words_of
from gifect.training.data.captions import WrittenClip, written_clips

RECALL = 0.985  # of the clips with a caption that the cheap test lets through, on clips held out
STRENGTH = 1.0  # inverse of the penalty
LINE_STRENGTH = 0.3
LIKELY = 0.4  # probability from which on lines are taken for a caption
FOLDS = 10
HALF = 0.5  # share of a line's words in the caption as it was written down, from which on it is one


def train_captions(clips: int = 180) -> Path:
    """Learn both judges from ``clips`` clips with a caption and as many without, and write them; return where."""
    found = written_clips("train", clips)
    judges = {
        "has_text": judge_of_lines([found_features(one.looks) for one in found], [bool(one.text) for one in found])
    }
    rows, truth = [], []
    for one in found:
        for group in group_lines(follow_lines(one.frames)):
            rows += [line_features(line, group) for line in group]
            truth += [is_caption(line.best.text, one) for line in group]
    judges["caption"] = (*_fitted(np.stack(rows), np.array(truth), LINE_STRENGTH), LIKELY)
    parts = [
        f"[{name}]\nweights = [{', '.join(f'{w:.4f}' for w in weights)}]\nbias = {bias:.4f}\nthreshold = {limit:.4f}\n"
        for name, (weights, bias, limit) in judges.items()
    ]
    JUDGES.write_text("# Written by: gifect train captions\n\n" + "\n".join(parts), encoding="utf-8")
    return JUDGES


def is_caption(line: str, clip: WrittenClip) -> bool:
    """Return whether at least half of the words of a line are in the caption as it was written down."""
    said, told = Counter(words_of(line)), Counter(words_of(clip.text))
    return bool(said) and (said & told).total() >= HALF * said.total()


def judge_of_lines(lines: list[np.ndarray], truth: list[bool]) -> tuple[np.ndarray, float, float]:
    """Return weights, bias and threshold of the judge of found lines; a line is taken to be a caption where its clip
    has one. The threshold is the one at which ``RECALL`` of the clips are let through, held out."""
    owner = np.concatenate([np.full(len(rows), k, int) for k, rows in enumerate(lines)])
    rows, told = np.concatenate([part for part in lines if len(part)]), np.array(truth)
    net = make_pipeline(StandardScaler(), LogisticRegression(C=STRENGTH, max_iter=1000))
    held = cross_val_predict(net, rows, told[owner], groups=owner, cv=GroupKFold(FOLDS), method="predict_proba")[:, 1]
    scores = np.array([likeliest(held[owner == k]) for k in range(len(lines))])
    return *_fitted(rows, told[owner], STRENGTH), float(np.quantile(scores[told], 1 - RECALL))


def _fitted(rows: np.ndarray, truth: np.ndarray, strength: float) -> tuple[np.ndarray, float]:
    """Return weights and bias of a logistic regression on rows (N, F)."""
    mean, spread = rows.mean(0), rows.std(0) + 1e-6
    net = LogisticRegression(C=strength, max_iter=1000).fit((rows - mean) / spread, truth)
    weights = net.coef_[0] / spread
    return weights, float(net.intercept_[0] - weights @ mean)
