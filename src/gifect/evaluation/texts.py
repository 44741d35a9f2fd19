"""Figures of the text network on the texts that it never saw."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from sklearn.metrics import f1_score

from gifect.emotions import FINER, SEVEN, SEVEN_OF_FINER
from gifect.evaluation.metrics import calibration_error
from gifect.evaluation.tables import Table

if TYPE_CHECKING:
    from gifect.training.data.text import Texts


def ekman_truth(texts: Texts) -> np.ndarray:
    """Return which of the seven (N, 7) bool the finer labels of texts fall into, perhaps several."""
    groups = np.array([[SEVEN_OF_FINER[finer] == seven for seven in SEVEN] for finer in FINER], float)
    return np.asarray(texts.targets["finer"] @ groups > 0)


def best_thresholds(scores: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return for each column of ``scores`` (N, K) the threshold (K,) at which F1 against ``truth`` (N, K) is best."""
    tries = np.linspace(0.05, 0.7, 66)
    found = [[f1_score(truth[:, k], scores[:, k] >= t) for t in tries] for k in range(scores.shape[1])]
    return np.asarray(tries[np.argmax(found, 1)])


def text_figures(command: str = "gifect evaluate text") -> Table:
    """Return what the shipped network reaches on the test splits, its thresholds chosen on dev."""
    from gifect.text.clean import clean
    from gifect.text.network import run_heads, text_thresholds
    from gifect.training.data.text import TWEET, load_texts

    table = Table("The network of texts, on texts that it never saw", ["what", "figure"], command)
    said = {name: load_texts("test", (name,)) for name in ("goemotions", "tweet", "meld", "isear")}
    heads = {name: run_heads([clean(text) for text in texts.texts])[0] for name, texts in said.items()}
    truth = ekman_truth(said["goemotions"])
    chosen = heads["goemotions"].several >= np.array(text_thresholds())
    table.add("GoEmotions, seven, several at once: macro-F1", float(f1_score(truth, chosen, average="macro")))
    tweets = said["tweet"].targets["tweet"].argmax(1)
    guess = heads["tweet"].tweet.argmax(1)
    table.add(f"tweets, {len(TWEET)} classes: accuracy", float((guess == tweets).mean()))
    table.add(f"tweets, {len(TWEET)} classes: macro-F1", float(f1_score(tweets, guess, average="macro")))
    sure, right = [], []
    for name, texts in said.items():
        seven, told = heads[name].seven, texts.targets["seven"]
        one = told.max(1) > 0.99
        hit = seven.argmax(1)[one] == told.argmax(1)[one]
        table.add(f"{name}, one of seven: accuracy", float(hit.mean()))
        table.add(f"{name}: the commonest class", float(told[one].mean(0).max()))
        sure.append(seven.max(1)[one])
        right.append(hit)
    table.add(
        "calibration error of the confidence, all", calibration_error(np.concatenate(sure), np.concatenate(right))
    )
    return table
