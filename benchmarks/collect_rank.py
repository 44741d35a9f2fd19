"""How much checking `gifect collect rank` saves: by readings alone, and by the labels of some GIFs.

    python benchmarks/collect_rank.py [--write docs/results/collect_rank.md]

Needs the labelled data (``GIFECT_DATA``) and the extras ``train`` and ``collect``. The clips of the valid split are
ranked; those that are labelled are of the train split, and none that the scene encoder learnt on. A clip shows an
emotion if the mean intensity of its labels is at least 1 of 4; tags are the first labeler's.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Mapping
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

import gifect
from gifect.collect.curves import mean_curve
from gifect.collect.rank import rank_gifs
from gifect.emotions import SEVENTEEN
from gifect.evaluation.tables import Table
from gifect.feeling.row import COLUMNS, Cell, flat
from gifect.training.data.shared import iterate_clips, reactions
from gifect.training.feel import held_back

COMMAND = "python benchmarks/collect_rank.py"
POSITIVE = 0.25  # mean intensity of the labels: 1 of 4
LABELLED = (0, 50, 100, 200, 400)


def read_clips(split: str, wanted: set[str]) -> dict[str, Mapping[str, Cell]]:
    """Return the readings of some clips of a split as rows, by id."""
    names = [column.name for column in COLUMNS]
    rows = {}
    for name, mp4 in iterate_clips(split):
        if name in wanted:
            rows[name] = dict(zip(names, flat(gifect.read(mp4)), strict=True))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    tables = {s: reactions(s, ["id", "label_1", *SEVENTEEN]).set_index("id") for s in ("train", "valid")}
    train = tables["train"][tables["train"].index.map(held_back)]
    valid = tables["valid"]
    rows = read_clips("train", set(train.index)) | read_clips("valid", set(valid.index))
    shows = {name: (table[list(SEVENTEEN)].to_numpy(float) >= POSITIVE) for name, table in (("t", train), ("v", valid))}
    tags = {
        name: json.loads(label).get("tags", []) for table in (train, valid) for name, label in table["label_1"].items()
    }
    table = Table("Ranking the valid split by one command", ["labelled GIFs", "tags", "AUC", "GIFs to check"], COMMAND)
    table.add("unsorted", "", mean_curve(shows["v"], np.zeros(shows["v"].shape)).area, "")
    for count in LABELLED:
        said = {
            name: dict(zip(train.index[:count], shows["t"][:count, k].tolist(), strict=True))
            for k, name in enumerate(SEVENTEEN)
        }
        for own in (None, tags) if count else (None,):
            ranking = rank_gifs(rows, said, own)
            place = {gif: k for k, gif in enumerate(ranking.gifs)}
            scores = ranking.scores[[place[name] for name in valid.index]]
            curve = mean_curve(shows["v"], scores)
            table.add(f"{count}", "with" if own else "without", curve.area, f"{curve.to_check():,.0f}")
    table.notes.append("GIFs to check: expected, for 3,000 of 50,000. Without labels the readings alone rank.")
    print(table.to_text())
    if given.write:
        given.write.write_text(table.to_markdown())


if __name__ == "__main__":
    main()
