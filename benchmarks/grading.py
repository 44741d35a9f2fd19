"""Graders of every kind on the same features and for the same time: the plain decoders, attention and segments.

    python benchmarks/grading.py [--epochs 30] [--splits 1] [--rows "RNN" ...] [--write docs/results/grading.md]

Needs the labelled data (``GIFECT_DATA``) and the extra ``train``. Epochs are chosen by the clips held back from train;
figures are of the valid split. With ``--splits 5`` each row is trained on five random splits of train. ``--write`` also
measures the grader of the package by whole readings and puts its figures on its card.
"""

from __future__ import annotations

import argparse
import hashlib
import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch

from gifect.errors import TrainingError
from gifect.evaluation.cards import write_figures
from gifect.evaluation.grading import (
    attention_figures,
    grading_figures,
    grading_table,
    headline,
    read_valid,
    trained_figures,
)
from gifect.evaluation.tables import Table
from gifect.models.registry import model_card
from gifect.training.data.clipfeatures import prepare_features
from gifect.training.data.clipsets import quadrant_target, reactions_set
from gifect.training.data.shared import cache_root
from gifect.training.linear import fit_linear, linear_statistics
from gifect.training.recipe import load_recipe

COMMAND = "python benchmarks/grading.py"
BUDGET = {"fit.patience": "8", "fit.warmup": "50", "fit.average": "0.99", "network.hidden": "128"}
ALONE = {f"loss.{part}": "0" for part in ("quadrant", "ranking", "heat", "seven", "acts")}
PLAIN = {**ALONE, "network.project": "0"}  # straight from the features
PROJECTED = {**ALONE, "network.project": "128"}

ROWS: dict[str, tuple[str, dict[str, str]]] = {
    "mean only": ("kavan", {**PLAIN, "network.decoder": "mean"}),
    "linear, first frame": ("kavan", {**PLAIN, "network.decoder": "first-frame", "fit.weight_decay": "0.3"}),
    "FC-MaxPool-2": ("kavan", {**PLAIN, "network.decoder": "max-pool", "network.layers": "2"}),
    "FC-MaxPool-4": ("kavan", {**PLAIN, "network.decoder": "max-pool", "network.layers": "4"}),
    "RNN-2": ("kavan", {**PROJECTED, "network.decoder": "recurrent", "network.layers": "2"}),
    "RNN-4": ("kavan", {**PROJECTED, "network.decoder": "recurrent", "network.layers": "4"}),
    "RNN-8": ("kavan", {**PROJECTED, "network.decoder": "recurrent", "network.layers": "8"}),
    "encoder + LSTM": ("kavan", {**PROJECTED, "network.decoder": "lstm", "network.attention": "false"}),
    "Soft-Att + LSTM": ("kavan", {**PROJECTED, "network.decoder": "lstm", "loss.heat": "1"}),
    "encoder + HS-LSTM": ("kavan", {**PROJECTED, "network.attention": "false"}),
    "encoder + HS-LSTM + multi-task": ("kavan", {"network.project": "128", "network.attention": "false"}),
    "Soft-Att + HS-LSTM": ("kavan", {**PROJECTED, "loss.heat": "1"}),
    "Soft-Att + HS-LSTM + multi-task": ("kavan", {"network.project": "128"}),
    "statistics": ("statistics", ALONE),
    "statistics + multi-task": ("statistics", {}),
}
"""Recipe and settings of each row; what stands in ``BUDGET`` is the same for all."""

CLOSED = "statistics, linear in closed form"

FIGURES = {
    "RMSE": "rmse",
    "explained variance": "explained",
    "nMSE": "nmse",
    "r": "r",
    "spread": "spread",
    "quadrant": "quadrant",
    "quadrant of the strongest": "quadrant_strongest",
}


def measure(name: str, epochs: int, splits: int) -> list[str]:
    """Train the row ``name`` and return its cells; a run that was cut short goes on."""
    base, settings = ROWS[name]
    fixed = {**BUDGET, "fit.epochs": str(epochs), "data.parts": str(splits), "data.folds": "5"}
    recipe = load_recipe(base, {**fixed, **settings})
    shas = [model_card(n).sha256 for n in ("detect", "measure", "scene")]
    digest = hashlib.sha256(repr((recipe, shas)).encode()).hexdigest()[:12]
    figures = trained_figures(recipe, cache_root() / "runs" / f"row-{digest}")
    if not recipe.loss.quadrant:
        figures.pop("quadrant")  # of a head that nothing taught
    cells = []
    for key in FIGURES.values():
        mean, deviation = figures.get(key, (None, 0.0))
        shown = "" if mean is None else f"{mean:.3f}"
        cells.append(f"{shown} ± {deviation:.3f}" if shown and splits > 1 else shown)
    return cells


def measure_linear(frames: int = 6) -> list[str]:
    """Fit the linear grader in closed form on the whole train split and return its cells."""
    clips = reactions_set()
    features = prepare_features(clips)
    train, valid = (np.flatnonzero(clips.split == name) for name in ("train", "valid"))
    net = fit_linear(clips, features, train, frames)
    with torch.no_grad():
        found = net.norm(linear_statistics(net, features, valid, frames))
        said, quadrant = net.intensities(found).numpy(), net.quadrant(found).numpy().argmax(1)
    truth = clips.quadrant[valid]
    strongest = quadrant_target(np.maximum(said, 0.0) + 1.0)  # of any strength
    figures = grading_figures(said, clips.intensities[valid])
    figures["quadrant"] = float((quadrant == truth)[truth >= 0].mean())
    figures["quadrant_strongest"] = float((strongest == truth)[truth >= 0].mean())
    return [f"{figures[key]:.3f}" for key in FIGURES.values()]


def grading_rows(names: list[str], epochs: int, splits: int) -> Table:
    """Return the table of the rows ``names``, printing each when it is there."""
    over = f", mean and deviation over {splits} splits of train" if splits > 1 else ""
    command = f"{COMMAND} --epochs {epochs} --splits {splits}"
    table = Table(f"Graders, at most {epochs} epochs, valid split{over}", ["network", *FIGURES], command)
    for name in (n for n in names if n != CLOSED):
        table.add(name, *measure(name, epochs, splits))
        print("  ".join(table.rows[-1]), flush=True)
    if CLOSED in names:
        table.add(CLOSED, *measure_linear())
    table.notes += [
        "All read the same features (maps of the scene and the main face of six frames, by the networks of the "
        "package) with 128 hidden units and early stopping. RNN and LSTM rows read them through a layer of 128 where "
        "they do not attend, the others as they are. RMSE, explained variance, nMSE and r are means over all emotions.",
        "Spread: deviation of the predictions over that of the labels. Quadrant: accuracy of the head, where it was "
        "trained, and of the quadrant that holds the emotion predicted strongest.",
        "Multi-task adds quadrant, ranking, seven classes and acts; Soft-Att learns to look where face keypoints lie.",
    ]
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--splits", type=int, default=1, choices=range(1, 6))
    parser.add_argument("--rows", nargs="+", metavar="NAME", help=f"any of: {', '.join(ROWS)}", default=[*ROWS, CLOSED])
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    if unknown := [name for name in given.rows if name not in (*ROWS, CLOSED)]:
        raise TrainingError(f"no row {unknown[0]!r}: expected any of {', '.join(ROWS)}")
    table = grading_rows(given.rows, given.epochs, given.splits)
    print(table.to_text())
    if given.write:
        graded = read_valid()
        attending = attention_figures()
        write_figures("grade", headline(graded))
        write_figures("attend", attending)
        tables = [grading_table(graded), attending, table]
        given.write.write_text("# Graders\n\n" + "\n".join(t.to_markdown() for t in tables))


if __name__ == "__main__":
    main()
