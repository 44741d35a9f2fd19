"""Batches for the tests here: clips of their own, the command line, and what lies in a folder of results."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from gifect.media.clip import Clip
from gifect.media.write import encode_clip

COMMAND = [sys.executable, "-m", "gifect", "batch"]
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"}


def gif(seed: int, frames: int = 3, side: int = 64) -> bytes:
    """Return a small GIF of coloured squares that move."""
    coarse = np.random.default_rng(seed).integers(0, 255, (4, 4, 3), np.uint8)
    picture = coarse.repeat(side // 4, 0).repeat(side // 4, 1)
    return encode_clip(Clip.from_frames(np.stack([np.roll(picture, 5 * k, 1) for k in range(frames)]), 100), ".gif")


def batch(*arguments: object, code: int | None = 0) -> subprocess.CompletedProcess[str]:
    """Run ``gifect batch`` and check its exit code."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)], capture_output=True, text=True, env=ENVIRONMENT, timeout=600, check=False
    )
    assert code is None or done.returncode == code, done.stderr
    return done


def rows_of(output: Path) -> list[dict[str, Any]]:
    """Return all rows of a batch by number, and check that every number is there once."""
    rows = sorted(pq.read_table(output / "readings").to_pylist(), key=lambda row: row["number"])
    assert [row["number"] for row in rows] == list(range(len(rows)))
    return rows


def failed_of(output: Path) -> list[dict[str, str]]:
    with (output / "failed.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
