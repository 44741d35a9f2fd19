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

from gifect.emotions import SEVEN
from gifect.evaluation.cards import write_figures
from gifect.evaluation.metrics import seven_figures
from gifect.evaluation.run import evaluate_readings
from gifect.training.data.shared import reactions


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    table = evaluate_readings()
    table.command = "python benchmarks/readings.py"
    train, valid = (reactions(s, ["id", "e7", "clear", "face"]) for s in ("train", "valid"))
    common = SEVEN.index(train["e7"].mode()[0])
    majority = seven_figures(np.full(len(valid), common), valid)
    for key, name in {"all": "all", "clear": "clear", "face": "clear, with a face", "noface": "clear, without"}.items():
        table.add(f"{name}: always {SEVEN[common]}", majority[f"{key}_acc"], majority[f"{key}_f1"])
    print(table.to_text())
    if given.write:
        write_figures("fuse", table)
        given.write.write_text("# Readings\n\n" + table.to_markdown())


if __name__ == "__main__":
    main()
