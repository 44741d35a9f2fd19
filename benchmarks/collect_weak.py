"""Weak recognisers on the reactions set: how much checking a ranking saves, as table 2 of the GIFGIF+ paper.

    python benchmarks/collect_weak.py [--write docs/results/collect.md] [--plots docs/images]

Needs the labelled data (``GIFECT_DATA``) and the extras ``train`` and ``collect``. Visual features are what
``gifect.read`` sees: the pooled scene and the statistics of the faces. Tags are those of the first labeler, the truth
is that of both: a clip of the valid split is positive if their mean intensity is at least 1 of 4. Penalties are chosen
by cross-validation on the labelled clips of the train split.
"""

from __future__ import annotations

import argparse
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from sklearn.linear_model import Ridge
from sklearn.metrics import precision_recall_fscore_support

from gifect.collect.choose import choose_clusters, choose_penalty
from gifect.collect.curves import Curve, mean_curve
from gifect.collect.multitask import ClusteredRegression, LassoRegression, TraceNormRegression
from gifect.collect.plots import plot_clusters, plot_correlations, plot_curves
from gifect.collect.tags import bag_of_tags, make_dictionary
from gifect.collect.weak import BinaryRelevance, GaussianProcess
from gifect.emotions import SEVENTEEN
from gifect.evaluation.tables import Table
from gifect.feeling.cues import STATISTICS
from gifect.models.registry import model_card
from gifect.training.clipfaces import clip_statistics
from gifect.training.data.shared import cache_root, reactions
from gifect.training.feel import held_back

COMMAND = "python benchmarks/collect_weak.py"
POSITIVE = 0.25  # mean intensity of both labelers: 1 of 4
OUTLIER = 5.0  # deviations at which features are cut off
SHARES = (0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002)  # of the penalty that leaves nothing
RIDGES = (30.0, 10.0, 3.0, 1.0, 0.3)
SPREADS = (100.0, 30.0, 10.0, 3.0, 1.0)  # rho1 / rho2
TOLERANCE = 1e-3  # along the paths
PAPER = {
    "unsorted": ("0.250", "11,996"),
    "visual: lasso": ("0.336", "7,196"),
    "tags: lasso": ("0.504", "4,486"),
    "both: lasso": ("0.511", "4,302"),
    "both: Gaussian process": ("0.497", "4,550"),
    "both: trace norm": ("0.530", "4,247"),
    "both: clustered": ("0.555", "4,033"),
}
NOTES = {
    "few": "The labelled clips are those that the scene encoder was not trained on. The paper's figures are of GIFGIF, "
    "other candidates with other shares of positives: the order of its rows can be compared, not the rows.",
    "whole": "All of train: the scene encoder learnt on most of these labels, so its features fit them too well, and "
    "cross-validation inside of them chooses penalties that are too weak.",
}


def scenes(split: str) -> np.ndarray:
    """Return the pooled scene features (N, 512) of a split; cached for the weights that made them."""
    path = cache_root() / f"clip-scenes-{split}-{model_card('scene').sha256[:8]}.npy"
    if not path.exists():
        from gifect.training.data.sceneframes import prepare_scenes
        from gifect.training.refit import pooled_scenes

        np.save(path, pooled_scenes(prepare_scenes(split)))
    return np.asarray(np.load(path))


def visual_features() -> tuple[np.ndarray, np.ndarray]:
    """Return standardised visual features of train and valid; the faces' embedding is left out."""
    parts = []
    for split in ("train", "valid"):
        faces = clip_statistics(split)
        parts.append(np.concatenate([scenes(split), faces[:, : 4 * STATISTICS], faces[:, -5:]], 1).astype(float))
    mean, deviation = parts[0].mean(0), parts[0].std(0) + 1e-6
    scaled = [np.clip((part - mean) / deviation, -OUTLIER, OUTLIER) / np.sqrt(part.shape[1]) for part in parts]
    return scaled[0], scaled[1]


def tag_features() -> tuple[np.ndarray, np.ndarray]:
    """Return bags of the first labeler's tags of train and valid, over the dictionary of train."""
    tags = {
        s: [json.loads(t).get("tags", []) for t in reactions(s, ["label_1"])["label_1"]] for s in ("train", "valid")
    }
    dictionary = make_dictionary(tags["train"])
    return bag_of_tags(tags["train"], dictionary), bag_of_tags(tags["valid"], dictionary)


def fit_lasso(X: np.ndarray, Y: np.ndarray) -> LassoRegression:
    """Return the lasso with its penalty chosen by cross-validation."""
    most = np.abs((X - X.mean(0)).T @ (Y - Y.mean(0))).max()
    grid = [{"rho": share * most} for share in SHARES]
    chosen = choose_penalty(LassoRegression(tol=TOLERANCE), X, Y, grid)
    print("lasso", np.round(chosen.errors, 4), flush=True)
    return LassoRegression(**chosen.best, tol=1e-5).fit(X, Y)


def fit_trace_norm(X: np.ndarray, Y: np.ndarray) -> TraceNormRegression:
    """Return the trace-norm regression with its penalty chosen by cross-validation."""
    most = np.linalg.norm((X - X.mean(0)).T @ (Y - Y.mean(0)), 2)
    grid = [{"rho": share * most} for share in SHARES]
    chosen = choose_penalty(TraceNormRegression(tol=TOLERANCE), X, Y, grid)
    print("trace norm", np.round(chosen.errors, 4), flush=True)
    return TraceNormRegression(**chosen.best, tol=1e-5).fit(X, Y)


def fit_clustered(X: np.ndarray, Y: np.ndarray, k: int) -> ClusteredRegression:
    """Return the clustered regression with both penalties chosen by cross-validation."""
    grid = [{"rho1": ridge * spread, "rho2": ridge} for spread in SPREADS for ridge in RIDGES]
    chosen = choose_penalty(ClusteredRegression(k=k, tol=TOLERANCE), X, Y, grid)
    print("clustered", k, chosen.best, np.round(chosen.errors, 4), flush=True)
    return ClusteredRegression(k=k, **chosen.best, tol=1e-5).fit(X, Y)


def fit_ridge(X: np.ndarray, Y: np.ndarray) -> Ridge:
    """Return single-task ridge regression, of which the clustered one is a generalisation."""
    places = np.random.default_rng(0).permutation(len(X)) % 5
    errors = {}
    for ridge in RIDGES:
        folds = [Ridge(alpha=2 * ridge).fit(X[places != f], Y[places != f]).predict(X[places == f]) for f in range(5)]
        errors[ridge] = np.mean([((p - Y[places == f]) ** 2).mean() for f, p in enumerate(folds)])
    return Ridge(alpha=2 * min(errors, key=errors.__getitem__)).fit(X, Y)


def svm_row(X: np.ndarray, Y: np.ndarray, X_valid: np.ndarray, truth: np.ndarray) -> list[str]:
    """Return precision, recall and F1 of linear SVMs as mean ± deviation over the emotions, as the paper's table 4."""
    found = BinaryRelevance(C=0.3).fit(X, Y >= POSITIVE).predict(X_valid)
    figures = [
        precision_recall_fscore_support(truth[:, k], found[:, k], average="binary", zero_division=0)[:3]
        for k in range(truth.shape[1])
    ]
    return [f"{m:.2f} ± {s:.2f}" for m, s in zip(np.mean(figures, 0), np.std(figures, 0), strict=True)]


@dataclass(frozen=True)
class Split:
    """Features of labelled clips and of the valid split, by kind; intensities (N, 17) of the labelled ones, each
    emotion's with mean 0 and deviation 1, so that a penalty weighs on all alike. ``best`` (17,) are those of 1."""

    train: dict[str, np.ndarray]
    valid: dict[str, np.ndarray]
    targets: np.ndarray
    best: np.ndarray

    @classmethod
    def of(cls, kinds: dict[str, tuple[np.ndarray, np.ndarray]], intensities: np.ndarray, chosen: np.ndarray) -> Split:
        """Return the split that has the clips of train at ``chosen`` labelled."""
        mean, deviation = intensities[chosen].mean(0), intensities[chosen].std(0)
        train = {kind: pair[0][chosen] for kind, pair in kinds.items()}
        valid = {kind: pair[1] for kind, pair in kinds.items()}
        return cls(train, valid, (intensities[chosen] - mean) / deviation, (1 - mean) / deviation)


def rank(split: Split) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Return the scores of the valid split by each recogniser, and what the pictures show."""
    X, Y, V = split.train, split.targets, split.valid
    trace = fit_trace_norm(X["both"], Y)
    k, silhouettes, labels = choose_clusters(trace.coef_)
    clustered = fit_clustered(X["both"], Y, k)
    rankings = {
        "unsorted": np.zeros((len(V["both"]), Y.shape[1])),
        **{f"{kind}: lasso": fit_lasso(X[kind], Y).predict(V[kind]) for kind in ("visual", "tags", "both")},
        "both: Gaussian process": GaussianProcess().fit(X["both"], Y).ranking_score(V["both"], split.best),
        "both: ridge": fit_ridge(X["both"], Y).predict(V["both"]),
        "both: trace norm": trace.predict(V["both"]),
        "both: clustered": clustered.predict(V["both"]),
    }
    return rankings, {"trace": trace, "clustered": clustered, "k": k, "silhouettes": silhouettes, "labels": labels}


def ranking_table(title: str, curves: dict[str, Curve]) -> Table:
    """Return the rows of the paper's table 2, and the paper's own figures beside them."""
    columns = ["features: method", "AUC", "GIFs to check for 3,000 of 50,000", "paper's AUC", "paper's GIFs"]
    table = Table(title, columns, COMMAND)
    for name, curve in curves.items():
        table.add(name, curve.area, f"{curve.to_check():,.0f}", *PAPER.get(name, ("", "")))
    return table


def gaps(truth: np.ndarray, ours: np.ndarray, theirs: np.ndarray, resamples: int = 300) -> str:
    """Return how far two rankings lie apart in AUC and GIFs to check, with 95 % intervals over resampled clips."""
    random = np.random.default_rng(0)
    found = []
    for _ in range(resamples):
        rows = random.integers(len(truth), size=len(truth))
        pair = [mean_curve(truth[rows], scores[rows]) for scores in (ours, theirs)]
        found.append((pair[0].area - pair[1].area, pair[0].to_check() - pair[1].to_check()))
    (low, low_count), (high, high_count) = np.percentile(found, [2.5, 97.5], axis=0)
    return f"AUC {low:+.3f} to {high:+.3f}, GIFs to check {low_count:+,.0f} to {high_count:+,.0f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--plots", type=Path)
    given = parser.parse_args()
    rows = {s: reactions(s, ["id", *SEVENTEEN]) for s in ("train", "valid")}
    Y, Y_valid = (table[list(SEVENTEEN)].to_numpy(float) for table in rows.values())
    truth = Y_valid >= POSITIVE
    kinds = {"visual": visual_features(), "tags": tag_features()}
    kinds["both"] = tuple(np.concatenate(pair, 1) for pair in zip(*kinds.values(), strict=True))
    unseen = rows["train"]["id"].map(held_back).to_numpy(bool)
    few, whole = Split.of(kinds, Y, unseen), Split.of(kinds, Y, np.ones(len(Y), bool))
    tables = []
    for name, split in {"few": few, "whole": whole}.items():
        rankings, shown = rank(split)
        curves = {method: mean_curve(truth, scores) for method, scores in rankings.items()}
        tables.append(ranking_table(f"Ranking with {len(split.targets):,} labelled clips", curves))
        sizes = ", ".join(f"{features.shape[1]} {kind}" for kind, features in split.train.items())
        tables[-1].notes += [f"Features: {sizes}; {shown['k']} clusters by silhouette.", NOTES[name]]
        apart = gaps(truth, rankings["both: clustered"], rankings["both: lasso"])
        tables[-1].notes.append(f"Clustered less lasso, 95 % interval over resampled clips: {apart}.")
        if given.plots and name == "few":
            trace, clustered = shown["trace"].coef_, shown["clustered"].coef_
            plot_curves(curves).savefig(given.plots / "collect_curves.png", dpi=100)
            clusters = plot_clusters(trace, shown["labels"], shown["silhouettes"])
            clusters.savefig(given.plots / "collect_clusters.png", dpi=100)
            correlations = plot_correlations({"clustered": clustered, "trace norm": trace})
            correlations.savefig(given.plots / "collect_correlations.png", dpi=100)
    svm = Table("Linear SVM, one a label", ["features", "precision", "recall", "F1"], COMMAND)
    for kind in ("visual", "both"):
        svm.add(kind, *svm_row(kinds[kind][0], Y, kinds[kind][1], truth))
    svm.add("paper: C3D on GIFGIF+", "0.20 ± 0.11", "0.55 ± 0.12", "0.29 ± 0.13")
    for table in (*tables, svm):
        print(table.to_text())
    if given.write:
        given.write.write_text("# Weak recognisers\n\n" + "\n".join(t.to_markdown() for t in (*tables, svm)))


if __name__ == "__main__":
    main()
