"""Pictures of scores: how they are distributed, and how sure they are, emotion by emotion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from gifect.emotions import QUADRANT_OF, QUADRANTS, SEVENTEEN

if TYPE_CHECKING:
    from gifect.votes.scores import Scores

__all__ = ["QUADRANT_COLOURS", "plot_distributions", "plot_uncertainty"]

QUADRANT_COLOURS = dict(zip(QUADRANTS, ("#E69F00", "#D55E00", "#0072B2", "#009E73"), strict=True))
INK, FAINT = "#222222", "#8A8F98"
BINS = 40
COLUMNS, ROWS = 4, 5


def plot_distributions(scores: Scores) -> Figure:
    """Return histograms of the scaled Bradley-Terry scores, one for each emotion."""
    figure, panels = _panels("Scores by emotion (Bradley-Terry, scaled to 0 … 1)")
    for axes, name, row in zip(panels, SEVENTEEN, scores.scaled, strict=False):
        known = row[np.isfinite(row)]
        colour = QUADRANT_COLOURS[QUADRANT_OF[name]]
        if len(known):
            axes.hist(known, bins=BINS, range=(0, 1), color=colour, alpha=0.85)
            axes.axvline(float(np.median(known)), color=INK, linewidth=1)
        _name(axes, name, f"{len(known):,} GIFs" if len(known) else "no votes")
        axes.set_xlim(0, 1)
        axes.set_yticks([])
    _legend(panels[len(SEVENTEEN) :], "line: median")
    return figure


def plot_uncertainty(scores: Scores) -> Figure:
    """Return the Bayesian ratings of each emotion: sigma against mu, one point a GIF."""
    figure, panels = _panels("Bayesian ratings: how strong (mu), how sure (sigma)")
    mu, sigma = scores.ratings.mu, scores.ratings.sigma
    for axes, name, x, y, votes in zip(panels, SEVENTEEN, mu, sigma, scores.votes, strict=False):
        there = votes > 0
        axes.plot(x[there], y[there], ".", color=QUADRANT_COLOURS[QUADRANT_OF[name]], markersize=2, alpha=0.5)
        _name(axes, name, f"{int(votes.sum()) // 2:,} votes")
        axes.set_xlim(float(mu.min()) - 1, float(mu.max()) + 1)
        axes.set_ylim(0, float(sigma.max()) * 1.05)
    _legend(panels[len(SEVENTEEN) :], "across: mu, up: sigma")
    return figure


def _panels(title: str) -> tuple[Figure, list[Any]]:
    figure = Figure(figsize=(12, 11), layout="constrained")
    figure.suptitle(title, fontsize=15, color=INK, x=0.01, ha="left")
    panels = [figure.add_subplot(ROWS, COLUMNS, k + 1) for k in range(ROWS * COLUMNS)]
    for axes in panels:
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.tick_params(colors=FAINT, labelsize=8)
        axes.spines["bottom"].set_color(FAINT)
    return figure, panels


def _name(axes: Any, name: str, note: str) -> None:
    axes.set_title(name, fontsize=11, color=INK, loc="left")
    axes.set_title(note, fontsize=8, color=FAINT, loc="right")


def _legend(panels: list[Any], note: str) -> None:
    """Use the panels that are left over for what the colours mean."""
    for axes in panels:
        axes.set_axis_off()
    for k, (name, colour) in enumerate(QUADRANT_COLOURS.items()):
        panels[0].text(0.06, 0.85 - 0.18 * k, "■", color=colour, fontsize=13, va="center")
        panels[0].text(0.14, 0.85 - 0.18 * k, name, color=INK, fontsize=10, va="center")
    panels[0].text(0.06, 0.85 - 0.18 * len(QUADRANT_COLOURS), note, color=FAINT, fontsize=9, va="center")
