"""Seven emotions of whole readings on the valid split, beside the simplest baselines.

    python benchmarks/readings.py [--write docs/results/readings.md]

Needs the labelled data (``GIFECT_DATA``) and the extra ``train``.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd

from gifect.emotions import SEVEN
from gifect.evaluation.cards import write_figures
from gifect.evaluation.metrics import seven_figures
from gifect.evaluation.run import evaluate_readings
from gifect.evaluation.tables import Table
from gifect.models.registry import load_session
from gifect.training.clipfaces import clip_statistics
from gifect.training.data.shared import reactions

COMMAND = "python benchmarks/readings.py"


GROUPS = {"all": "all", "clear": "clear", "face": "clear, with a face", "noface": "clear, without"}


def add_baselines(table: Table, valid: pd.DataFrame) -> None:
    """Add rows for the commonest class alone."""
    common = SEVEN.index(reactions("train", ["e7"])["e7"].mode()[0])
    figures = seven_figures(np.full(len(valid), common), valid)
    for key, name in GROUPS.items():
        table.add(f"{name}: always {SEVEN[common]}", figures[f"{key}_acc"], figures[f"{key}_f1"])


def without_scene(valid: pd.DataFrame) -> Table:
    """Return the figures of the fusion when it is given the faces alone."""
    faces = clip_statistics("valid")
    blank = {"scene": np.zeros((len(faces), 512), np.float32), "scene_seen": np.zeros((len(faces), 1), np.float32)}
    scores = load_session("fuse").run(["scores"], {"face": faces, **blank})[0]
    figures = seven_figures(scores.argmax(1), valid)
    table = Table("The same without the scene", ["what", "accuracy", "macro-F1"], COMMAND)
    for key, name in GROUPS.items():
        table.add(f"{name}: faces alone", figures[f"{key}_acc"], figures[f"{key}_f1"])
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    valid = reactions("valid", ["id", "e7", "clear", "face"])
    tables = [evaluate_readings(), without_scene(valid)]
    tables[0].command = COMMAND
    if given.write:
        write_figures("fuse", tables[0])
        write_figures("scene", tables[1])
    add_baselines(tables[0], valid)
    for table in tables:
        print(table.to_text())
    if given.write:
        given.write.write_text("# Readings\n\n" + "\n".join(t.to_markdown() for t in tables))


if __name__ == "__main__":
    main()
