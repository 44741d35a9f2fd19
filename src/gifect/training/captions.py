"""``gifect train captions``: which clips have a caption, and which lines are one, learnt from the captions of the train
split as their labelers wrote them down."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_predict

from gifect.captions.read import JUDGES, FollowedLine, follow_lines, found_features, group_features, group_lines
from gifect.captions.words import words_of
from gifect.training.data.captions import WrittenClip, written_clips

RECALL = 0.97  # of the clips with a caption that the cheap test lets through, on clips held out
STRENGTH = 1.0  # inverse of the penalty
LIKELY = 0.35  # probability from which on lines are taken for a caption
HALF = 0.5  # share of a line's words in the caption as it was written down, from which on it is one


def train_captions(clips: int = 180) -> Path:
    """Learn both judges from ``clips`` clips with a caption and as many without, and write them; return where."""
    found = written_clips("train", clips)
    with_lines = [one for one in found if any(look.lines for look in one.looks)]
    judges = {
        "has_text": _fitted(
            np.stack([found_features(one.looks) for one in with_lines]),
            np.array([bool(one.text) for one in with_lines]),
            None,
        )
    }
    rows, truth = [], []
    for one in found:
        for group in group_lines(follow_lines(one.frames)):
            rows.append(group_features(group))
            truth.append(is_caption(group, one))
    judges["caption"] = _fitted(np.stack(rows), np.array(truth), LIKELY)
    parts = [
        f"[{name}]\nweights = [{', '.join(f'{w:.4f}' for w in weights)}]\nbias = {bias:.4f}\nthreshold = {limit:.4f}\n"
        for name, (weights, bias, limit) in judges.items()
    ]
    JUDGES.write_text("# Written by: gifect train captions\n\n" + "\n".join(parts), encoding="utf-8")
    return JUDGES


def is_caption(group: list[FollowedLine], clip: WrittenClip) -> bool:
    """Return whether at least half of the words of lines that belong together are in the caption as written down."""
    said = Counter(word for line in group for word in words_of(line.best.text))
    told = Counter(words_of(clip.text))
    return bool(said) and (said & told).total() >= HALF * said.total()


def _fitted(rows: np.ndarray, truth: np.ndarray, limit: float | None) -> tuple[np.ndarray, float, float]:
    """Return weights, bias and threshold of a logistic regression on rows (N, F); without a ``limit`` the threshold is
    the one at which ``RECALL`` is reached on rows held out."""
    spread = rows.std(0) + 1e-6
    net = LogisticRegression(C=STRENGTH, max_iter=1000)
    if limit is None:
        held = cross_val_predict(net, rows / spread, truth, cv=10, method="predict_proba")[:, 1]
        limit = float(np.quantile(held[truth], 1 - RECALL))
    net.fit(rows / spread, truth)
    return net.coef_[0] / spread, float(net.intercept_[0]), limit
