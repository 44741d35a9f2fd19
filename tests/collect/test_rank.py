"""Readings rank, and labels teach what the readings miss."""

from __future__ import annotations

import numpy as np
import pytest

from gifect.collect.curves import mean_curve
from gifect.collect.rank import LEAST_LABELLED, rank_gifs
from gifect.emotions import SEVENTEEN
from gifect.errors import CollectError
from gifect.feeling.row import COLUMNS, Cell

COUNT = 300


@pytest.fixture(scope="module")
def study() -> tuple[dict[str, dict[str, Cell]], np.ndarray, dict[str, list[str]]]:
    """Rows of readings that tell a little of which emotions GIFs show, which they do show (N, 17), and telling tags."""
    random = np.random.default_rng(0)
    strengths = random.normal(0, 1, (COUNT, 17))
    shows = strengths > 1
    rows: dict[str, dict[str, Cell]] = {}
    for k, own in enumerate(strengths):
        row: dict[str, Cell] = {c.name: "" if c.kind == "string" else float(random.normal()) for c in COLUMNS}
        row |= {f"intensity_{name}": float(own[e] + random.normal(0, 2)) for e, name in enumerate(SEVENTEEN)}
        rows[f"g{k}"] = row
    tags = {f"g{k}": [name for e, name in enumerate(SEVENTEEN) if own[e] > 1.2] for k, own in enumerate(strengths)}
    return rows, shows, tags


def labels_of(shows: np.ndarray, count: int) -> dict[str, dict[str, bool]]:
    return {name: {f"g{k}": bool(shows[k, e]) for k in range(count)} for e, name in enumerate(SEVENTEEN)}


def test_without_labels_the_readings_rank(study: tuple) -> None:
    rows, shows, _ = study
    for said in (None, labels_of(shows, LEAST_LABELLED - 1)):
        ranking = rank_gifs(rows, said)
        assert ranking.labelled == 0
        fear = [rows[gif]["intensity_fear"] for gif in ranking.order("fear")]
        assert fear == sorted(fear, reverse=True)


def test_labels_and_tags_find_more(study: tuple) -> None:
    rows, shows, tags = study
    rest = slice(150, COUNT)
    alone = mean_curve(shows[rest], rank_gifs(rows).scores[rest]).area
    learnt = rank_gifs(rows, labels_of(shows, 150), tags)
    assert learnt.labelled == 150
    assert mean_curve(shows[rest], learnt.scores[rest]).area > alone + 0.15


def test_labels_that_say_nothing_new_cost_little(study: tuple) -> None:
    rows, shows, _ = study
    rest = slice(60, COUNT)
    alone = mean_curve(shows[rest], rank_gifs(rows).scores[rest]).area
    assert mean_curve(shows[rest], rank_gifs(rows, labels_of(shows, 60)).scores[rest]).area > alone - 0.03


def test_labels_of_one_emotion_and_of_unknown_gifs(study: tuple) -> None:
    rows, shows, _ = study
    said = {"fear": {f"g{k}": bool(shows[k, 7]) for k in range(80)} | {"elsewhere": True}}
    ranking = rank_gifs(rows, said)
    assert ranking.labelled == 80 and np.isfinite(ranking.scores).all()
    assert sorted(ranking.order("pride")) == sorted(rows)


def test_rows_of_something_else_are_told() -> None:
    with pytest.raises(CollectError, match="no column intensity_amusement"):
        rank_gifs({"a": {"size": 3}})
