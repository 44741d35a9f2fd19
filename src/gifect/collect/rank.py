"""Candidates in the order in which labelers should look at them: by their readings, and by what labelers have said.

While few GIFs are labelled, the intensities of a reading rank. From ``LEAST_LABELLED`` GIFs on, a clustered multi-task
regression learns from the labels what the readings miss.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gifect.collect.choose import choose_penalty
from gifect.collect.multitask import ClusteredRegression
from gifect.collect.tags import bag_of_tags, make_dictionary
from gifect.emotions import SEVENTEEN
from gifect.errors import CollectError
from gifect.feeling.row import COLUMNS, Cell

__all__ = ["LEAST_LABELLED", "Ranking", "rank_gifs"]

LEAST_LABELLED: Final = 50  # GIFs with labels from which on they are learnt from
NOT_SEEN: Final = ("frames", "duration_ms", "width", "height", "loops", "peak_ms")  # numbers that are no feelings
SEEN: Final = [column.name for column in COLUMNS if column.kind != "string" and column.name not in NOT_SEEN]
OUTLIER: Final = 5.0  # deviations at which features are cut off
CLUSTERS: Final = 2  # of the emotions, as the GIFGIF+ paper found them: pleasant and not
GRID: Final = [{"rho1": 10.0 * r, "rho2": r} for r in (100.0, 30.0, 10.0, 3.0, 1.0)]

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Ranking:
    """Scores of GIFs.

    Attributes
    ----------
    gifs : names (N).
    scores : float (N, 17), the higher the sooner a GIF is looked at; no unit.
    labelled : GIFs whose labels were learnt from; 0 if the readings alone rank.
    """

    gifs: Sequence[str]
    scores: Floats
    labelled: int

    def order(self, emotion: str) -> list[str]:
        """Return the GIFs of an emotion, highest score first."""
        places = np.argsort(-self.scores[:, SEVENTEEN.index(emotion)], kind="stable")
        return [self.gifs[place] for place in places]


def rank_gifs(
    rows: Mapping[str, Mapping[str, Cell]],
    said: Mapping[str, Mapping[str, bool]] | None = None,
    tags: Mapping[str, Iterable[str]] | None = None,
) -> Ranking:
    """Rank GIFs for each of the seventeen emotions.

    Parameters
    ----------
    rows : by name, the reading as a row of ``feeling.row``.
    said : by emotion and name, what labelers agree on.
    tags : by name.

    Raises
    ------
    CollectError
        If a row lacks a column of readings.
    """
    gifs = list(rows)
    intensities = _numbers(rows, [f"intensity_{name}" for name in SEVENTEEN])
    targets = np.full(intensities.shape, np.nan)
    place = {gif: k for k, gif in enumerate(gifs)}
    for emotion, labels in (said or {}).items():
        for gif, positive in labels.items():
            if gif in place:
                targets[place[gif], SEVENTEEN.index(emotion)] = positive
    labelled = np.flatnonzero(np.isfinite(targets).any(1))
    if len(labelled) < LEAST_LABELLED:
        return Ranking(gifs, intensities, 0)
    features = np.clip(_standardised(_numbers(rows, SEEN)), -OUTLIER, OUTLIER) / np.sqrt(len(SEEN))
    if tags:
        own = [tags.get(gif, ()) for gif in gifs]
        features = np.concatenate([features, bag_of_tags(own, make_dictionary(own))], 1)
    read, told = _standardised(intensities), _standardised(targets)
    slope = _slope(read[labelled], told[labelled])
    # what the readings leave unsaid is learnt, so that few labels cannot spoil them
    rest = np.nan_to_num(told - slope * read)[labelled]
    chosen = choose_penalty(ClusteredRegression(k=CLUSTERS, tol=1e-3), features[labelled], rest, GRID).best
    model = ClusteredRegression(k=CLUSTERS).set_params(**chosen).fit(features[labelled], rest)
    return Ranking(gifs, slope * read + np.asarray(model.predict(features)), len(labelled))


def _numbers(rows: Mapping[str, Mapping[str, Cell]], columns: Sequence[str]) -> Floats:
    missing = next((name for row in rows.values() for name in columns if name not in row), None)
    if missing:
        raise CollectError(
            f"the readings have no column {missing}: expected a table of `gifect read` or `gifect batch`"
        )
    return np.array([[float(row[name] or 0.0) for name in columns] for row in rows.values()]).reshape(-1, len(columns))


def _standardised(columns: Floats) -> Floats:
    """Return columns with mean 0 and deviation 1, not counting what is not told."""
    counts = np.maximum(np.isfinite(columns).sum(0), 1)
    centred = columns - np.nansum(columns, 0) / counts
    deviation = np.sqrt(np.nansum(centred**2, 0) / counts)
    return np.asarray(centred / np.where(deviation > 1e-9, deviation, 1.0))


def _slope(x: Floats, y: Floats) -> float:
    """Return the slope of y over x, both of mean 0, where y is told."""
    told = np.isfinite(y)
    return max(float((x[told] * y[told]).sum() / max((x[told] ** 2).sum(), 1e-12)), 0.0)
