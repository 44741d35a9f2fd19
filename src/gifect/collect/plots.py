"""Pictures of weak recognisers: how well they rank, and how the emotions cluster in what they learnt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gifect.collect.curves import RECALLS, Curve
from gifect.emotions import QUADRANT_OF, SEVENTEEN

__all__ = ["plot_clusters", "plot_correlations", "plot_curves"]

INK, FAINT = "#222222", "#8A8F98"
LINES = ("#8A8F98", "#56B4E9", "#009E73", "#E69F00", "#8C6D3F", "#B24C86", "#0072B2", "#D55E00")
MARKS = "osD^vP*X"

Floats = NDArray[np.float64]


def plot_curves(curves: Mapping[str, Curve]) -> Figure:
    """Return precision against recall of named rankings, up to eight."""
    figure = Figure(figsize=(8, 5.5), layout="constrained")
    axes = figure.add_subplot()
    for colour, (name, curve) in zip(LINES, curves.items(), strict=False):
        axes.plot(RECALLS, curve.precision, color=colour, linewidth=2, label=f"{name}  (AUC {curve.area:.3f})")
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel="recall", ylabel="precision, mean of the emotions")
    axes.set_title("Finding positive GIFs by ranking", loc="left", fontsize=13, color=INK)
    axes.legend(frameon=False, fontsize=9)
    _tidy(axes)
    return figure


def plot_clusters(coefficients: Floats, labels: NDArray[np.int64], silhouettes: Mapping[int, float]) -> Figure:
    """Return the silhouette of each number of clusters, and the emotions along the first two components.

    Parameters
    ----------
    coefficients : (17, d), a row an emotion in the order of ``SEVENTEEN``.
    labels : (17,), the cluster of each.
    silhouettes : by number of clusters.
    """
    figure = Figure(figsize=(12, 5.5), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1, 2))
    numbers, heights = list(silhouettes), list(silhouettes.values())
    best = int(np.argmax(heights))
    left.bar(numbers, heights, color=[LINES[6] if n == best else "#C9CDD3" for n in range(len(numbers))])
    left.set(xlabel="clusters", ylabel="silhouette", xticks=numbers)
    left.set_title("How many clusters", loc="left", fontsize=13, color=INK)
    centred = coefficients - coefficients.mean(0)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    points = u[:, :2] * s[:2]
    for k in np.unique(labels):
        own = labels == k
        colour = (LINES[3], LINES[6], LINES[2], LINES[5], LINES[4], LINES[1], LINES[7], LINES[0])[k % len(LINES)]
        right.scatter(*points[own].T, s=60, color=colour, marker=MARKS[k % len(MARKS)], label=f"cluster {k + 1}")
    _name_points(right, points)
    shares = s**2 / max(float((s**2).sum()), 1e-300)
    right.set(xlabel=f"first component ({shares[0]:.0%})", ylabel=f"second component ({shares[1]:.0%})")
    right.set_title("Emotions by what recognises them", loc="left", fontsize=13, color=INK)
    right.margins(0.16, 0.12)
    right.legend(frameon=False, fontsize=9)
    for axes in (left, right):
        _tidy(axes)
    return figure


def _name_points(axes: Any, points: Floats) -> None:
    """Write each name beside its point, or a little above or below, where it covers neither a name nor a point."""
    width, height = np.ptp(points, axis=0) + 1e-12
    near = np.array([0.24 * width, 0.05 * height])  # of a name
    taken: list[Floats] = []
    for place in np.argsort(points[:, 0]):
        spots = [points[place] + [0.02 * width, 0.025 * height * way * n] for n in range(30) for way in (1, -1)]

        def is_free(spot: Floats, own: int = int(place)) -> bool:
            clear = all((np.abs(spot - other) > near).any() for other in taken)
            others = np.delete(points, own, 0) - spot
            covered = (others[:, 0] > -0.02 * width) & (others[:, 0] < 0.17 * width)
            return clear and not (covered & (np.abs(others[:, 1]) < 0.6 * near[1])).any()

        spot = next(filter(is_free, spots), spots[0])
        taken.append(spot)
        line = {"arrowstyle": "-", "color": FAINT, "linewidth": 0.6}
        moved = abs(spot[1] - points[place, 1]) > 0.5 * near[1]
        style = {"fontsize": 9, "color": INK, "va": "center", "arrowprops": line if moved else None}
        axes.annotate(SEVENTEEN[place], points[place], spot, **style)


def plot_correlations(models: Mapping[str, Floats]) -> Figure:
    """Return for each named model (17, d) how its rows correlate, emotions in the order of their quadrants."""
    order = sorted(range(len(SEVENTEEN)), key=lambda k: _valence(SEVENTEEN[k]))
    names = [SEVENTEEN[k] for k in order]
    figure = Figure(figsize=(6.6 * len(models), 6.2), layout="constrained")
    panels = figure.subplots(1, len(models), squeeze=False)[0]
    for axes, (title, coefficients) in zip(panels, models.items(), strict=True):
        shown = axes.imshow(np.corrcoef(coefficients[order]), vmin=-1, vmax=1, cmap="RdBu_r")
        axes.set_xticks(range(len(names)), names, rotation=90, fontsize=9)
        axes.set_yticks(range(len(names)), names, fontsize=9)
        axes.set_title(title, loc="left", fontsize=13, color=INK)
        axes.tick_params(length=0)
    figure.colorbar(shown, ax=list(panels), shrink=0.7, label="correlation")
    return figure


def _valence(emotion: str) -> tuple[bool, str]:
    return not QUADRANT_OF[emotion].startswith("pleasure"), emotion


def _tidy(axes: Any) -> None:
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(FAINT)
    axes.tick_params(colors=FAINT)
