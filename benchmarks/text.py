"""The network of texts: its bars, corpus by corpus, what it makes of misspelt texts, and its speed.

    python benchmarks/text.py [--write docs/results/text.md]

Needs the labelled data (``GIFECT_DATA``) and the extra ``train``.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score

from gifect.evaluation.tables import Table
from gifect.evaluation.texts import best_thresholds, ekman_truth, text_figures
from gifect.models.registry import model_card
from gifect.text import recognise
from gifect.text.clean import clean
from gifect.text.network import run_heads
from gifect.training.data.text import load_texts, misspelt

COMMAND = "python benchmarks/text.py"
CORPORA = ("goemotions", "tweet", "meld", "isear")
SHORT = 4000  # texts whose reading is timed


def one_of_seven(split: str, corpus: str) -> tuple[list[str], np.ndarray]:
    """Return the texts of a corpus that show one of the seven alone, and which (N,)."""
    texts = load_texts(split, (corpus,))
    one = np.flatnonzero(texts.targets["seven"].max(1) > 0.99)
    return [texts.texts[k] for k in one], texts.targets["seven"][one].argmax(1)


def across() -> Table:
    """Return the accuracy of models of one corpus, and of the one that ships, on each corpus."""
    table = Table("Trained on one corpus, read on another: accuracy over the seven", ["trained on", *CORPORA], COMMAND)
    tests = {name: one_of_seven("test", name) for name in CORPORA}
    common = {name: float(np.bincount(truth).max() / len(truth)) for name, (_, truth) in tests.items()}
    table.add("the commonest class of the test split", *common.values())
    for name in CORPORA:
        texts, truth = one_of_seven("train", name)
        vectors = TfidfVectorizer(ngram_range=(1, 2), min_df=2, max_features=40_000, sublinear_tf=True)
        net = LogisticRegression(C=2.0, max_iter=60).fit(vectors.fit_transform(map(clean, texts)), truth)
        hits = [net.predict(vectors.transform(map(clean, told[0]))) == told[1] for told in tests.values()]
        table.add(f"{name} alone, words and logistic regression", *(float(hit.mean()) for hit in hits))
    said = [run_heads(list(map(clean, texts)))[0].seven.argmax(1) == truth for texts, truth in tests.values()]
    table.add("all: the network that ships", *(float(hit.mean()) for hit in said))
    return table


def robustness() -> Table:
    """Return macro-F1 on GoEmotions as it is written, misspelt, in capitals and with letters drawn out."""
    texts = load_texts("test", ("goemotions",))
    truth, rng = ekman_truth(texts), np.random.default_rng(0)
    ways = {
        "as written": texts.texts,
        "slips of the finger in every sixth longer word": [misspelt(text, rng) for text in texts.texts],
        "in capitals": [text.upper() for text in texts.texts],
        "vowels drawn out": [text.replace("o", "oooo").replace("a", "aaaa") for text in texts.texts],
    }
    dev = load_texts("dev", ("goemotions",))
    limits = best_thresholds(run_heads(list(map(clean, dev.texts)))[0].several, ekman_truth(dev))
    table = Table("GoEmotions test, seven, written otherwise", ["written", "macro-F1"], COMMAND)
    for name, written in ways.items():
        several = run_heads(list(map(clean, written)))[0].several
        table.add(name, float(f1_score(truth, several >= limits, average="macro")))
    return table


def speed() -> Table:
    """Return texts a second of whole readings and of the network alone, on one core."""
    texts = load_texts("test", ("goemotions",)).texts[:SHORT]
    recognise(texts[:64])
    table = Table("Short texts a second, one thread", ["what", "a second of the clock", "of the processor"], COMMAND)
    for name, run in {
        "whole readings": recognise,
        "scores alone": lambda some: run_heads(list(map(clean, some))),
    }.items():
        wall, busy = time.perf_counter(), time.process_time()
        run(texts)
        wall, busy = time.perf_counter() - wall, time.process_time() - busy
        table.add(name, round(len(texts) / wall), round(len(texts) / busy))
    table.add("size of the network, MB", f"{model_card('text').size / 1e6:.2f}", "")
    table.notes.append("The clock's figure is of a machine that others use, too, if it is below the processor's.")
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    tables = [text_figures(COMMAND), across(), robustness(), speed()]
    for table in tables:
        print(table.to_text())
    if given.write:
        given.write.write_text("# Texts\n\n" + "\n".join(t.to_markdown() for t in tables))


if __name__ == "__main__":
    main()
