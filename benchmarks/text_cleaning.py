"""What each step of cleaning texts is worth, by a linear model over words on the dev split of GoEmotions.

    python benchmarks/text_cleaning.py [--write docs/results/cleaning.md]

Needs the labelled data (``GIFECT_DATA``) and the extra ``train``.
"""

from __future__ import annotations

import argparse
import os
from dataclasses import fields, replace
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score

from gifect.emotions import SEVEN
from gifect.evaluation.tables import Table
from gifect.evaluation.texts import best_thresholds, ekman_truth
from gifect.text.clean import Cleaning, clean
from gifect.training.data.text import load_texts

COMMAND = "python benchmarks/text_cleaning.py"


def cleaning_steps() -> Table:
    """Return macro-F1 on the dev split of GoEmotions of a linear model, with each step of cleaning turned over."""
    train, dev = load_texts("train", ("goemotions",)), load_texts("dev", ("goemotions",))
    told, truth = ekman_truth(train), ekman_truth(dev)

    def figure(steps: Cleaning) -> float:
        vectors = TfidfVectorizer(
            ngram_range=(1, 2),
            min_df=2,
            max_features=30_000,
            sublinear_tf=True,
            token_pattern=r"\w+|[^\w\s]",
            lowercase=False,
        )
        rows = vectors.fit_transform([clean(text, steps) for text in train.texts])
        other = vectors.transform([clean(text, steps) for text in dev.texts])
        scores = np.stack(
            [
                LogisticRegression(C=2.0, max_iter=40, solver="liblinear")
                .fit(rows, told[:, k])
                .predict_proba(other)[:, 1]
                for k in range(len(SEVEN))
            ],
            1,
        )
        return float(f1_score(truth, scores >= best_thresholds(scores, truth), average="macro"))

    table = Table(
        "Steps of cleaning, GoEmotions dev, words and logistic regression", ["steps", "macro-F1", "against"], COMMAND
    )
    base = figure(Cleaning())
    table.add("the default steps", base, "")
    for step in fields(Cleaning):
        turned = not getattr(Cleaning(), step.name)
        value = figure(replace(Cleaning(), **{step.name: turned}))
        table.add(f"{'with' if turned else 'without'} {step.name.replace('_', ' ')}", value, f"{value - base:+.4f}")
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    table = cleaning_steps()
    print(table.to_text())
    if given.write:
        given.write.write_text("# Cleaning texts\n\n" + table.to_markdown())


if __name__ == "__main__":
    main()
