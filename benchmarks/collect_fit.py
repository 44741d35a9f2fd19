"""Time and memory of one fit of each multi-task regression at the paper's size: 4,235 features, 17 tasks, 4,000 clips.

python benchmarks/collect_fit.py [--write docs/results/collect_fit.md]
"""

from __future__ import annotations

import argparse
import os
import resource
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from gifect.collect.multitask import ClusteredRegression, LassoRegression, TraceNormRegression
from gifect.evaluation.tables import Table

COMMAND = "python benchmarks/collect_fit.py"
CLIPS, VISUAL, TAGS, TASKS = 4000, 4096, 139, 17


def paper_like(random: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return features as in the paper (visual ones and tags, each of length 1) and targets of two groups of tasks."""
    scales = 1 / np.sqrt(1 + np.arange(VISUAL))
    visual = np.maximum(random.normal(size=(CLIPS, VISUAL)) * scales, 0)
    tags = (random.random((CLIPS, TAGS)) < 0.03).astype(float)
    parts = [part / np.maximum(np.linalg.norm(part, axis=1, keepdims=True), 1e-9) for part in (visual, tags)]
    X = np.concatenate(parts, 1)
    centres = random.normal(size=(X.shape[1], 2))
    W = centres[:, np.arange(TASKS) % 2] + 0.3 * random.normal(size=(X.shape[1], TASKS))
    return X, X @ W + random.normal(size=(CLIPS, TASKS))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    X, Y = paper_like(np.random.default_rng(0))
    centred = (X - X.mean(0)).T @ (Y - Y.mean(0))
    models = {
        "lasso": LassoRegression(0.1 * float(np.abs(centred).max())),
        "trace norm": TraceNormRegression(0.1 * float(np.linalg.norm(centred, 2))),
        "clustered": ClusteredRegression(rho1=10, rho2=3, k=2),
    }
    columns = ["fit", "processor seconds", "bar", "steps", "peak memory of the process", "bar "]
    table = Table(f"One fit: {X.shape[1]:,} features, {TASKS} tasks, {CLIPS:,} clips", columns, COMMAND)
    for name, model in models.items():
        start = time.process_time()
        model.fit(X, Y)
        seconds = time.process_time() - start
        megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        table.add(name, f"{seconds:.1f} s", "60 s", model.n_iter_, f"{megabytes:.0f} MB", "2 GB")
    table.notes.append("One thread. Ends when a step changes the model by less than a millionth of its size.")
    print(table.to_text())
    if given.write:
        given.write.write_text(table.to_markdown())


if __name__ == "__main__":
    main()
