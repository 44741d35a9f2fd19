"""Pictures of what is in a library."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from gifect.emotions import QUADRANT_OF, QUADRANTS
from gifect.feeling.colours import COLOURS
from gifect.library.results import LibraryStats

__all__ = ["plot_stats", "save_stats"]

INK, SOFT, FAINT, BLUE = "#222222", "#666C75", "#E4E7EB", "#0072B2"
QUADRANT_COLOURS = dict(zip(QUADRANTS, ("#E69F00", "#D55E00", "#0072B2", "#009E73"), strict=True))
TAGS_SHOWN = 20
LONGEST_S = 10.0  # of the last bar of durations, which holds all longer ones


def save_stats(stats: LibraryStats, path: Path) -> None:
    """Write the picture as PNG, SVG or PDF, by the name."""
    plot_stats(stats).savefig(path, dpi=110)


def plot_stats(stats: LibraryStats) -> Figure:
    """Return a figure of four panels: emotions, mean intensities, the most frequent tags, durations."""
    figure = Figure(figsize=(12, 9), layout="constrained")
    grid = figure.add_gridspec(2, 2)
    emotions = [(name, stats.emotions.get(name, 0)) for name in COLOURS if name != "contempt"]
    emotions.sort(key=lambda pair: pair[1])
    _bars(figure.add_subplot(grid[0, 0]), emotions, [COLOURS[name] for name, _ in emotions], "Emotions, clips")
    tags = list(stats.tags.items())[:TAGS_SHOWN][::-1]
    panels = grid[:, 1].subgridspec(2, 1, height_ratios=[max(len(tags), 1), len(stats.intensities)])
    _bars(figure.add_subplot(panels[0]), tags, [BLUE] * len(tags), "Tags, clips")
    strengths = sorted(stats.intensities.items(), key=lambda pair: pair[1])
    colours = [QUADRANT_COLOURS[QUADRANT_OF[name]] for name, _ in strengths]
    _bars(figure.add_subplot(panels[1]), strengths, colours, "Intensities, mean over the clips", "{:.2f}")
    _durations(figure.add_subplot(grid[1, 0]), stats.durations_ms)
    figure.suptitle(f"{stats.count:,} clips", x=0.01, ha="left", fontsize=15, color=INK)
    return figure


def _bars(axes: Any, pairs: list[tuple[str, Any]], colours: list[str], title: str, form: str = "{:,}") -> None:
    bars = axes.barh([name for name, _ in pairs], [value for _, value in pairs], color=colours, height=0.7)
    axes.bar_label(bars, [form.format(value) for _, value in pairs], padding=4, fontsize=8, color=SOFT)
    axes.set_title(title, loc="left", fontsize=11, color=INK)
    axes.margins(x=0.12, y=0.01)
    axes.tick_params(length=0, labelsize=9, labelcolor=INK)
    axes.xaxis.set_visible(False)
    for side in axes.spines.values():
        side.set_visible(False)


def _durations(axes: Any, durations_ms: list[int]) -> None:
    seconds = np.minimum(np.array(durations_ms, float) / 1000, LONGEST_S)
    axes.hist(seconds, bins=np.linspace(0, LONGEST_S, 21), color=BLUE, rwidth=0.9)
    axes.set_title("Length of a loop, clips", loc="left", fontsize=11, color=INK)
    axes.set_xticks([0, 2, 4, 6, 8, 10], ["0", "2", "4", "6", "8", "10 s or more"])
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.tick_params(length=0, labelsize=9, labelcolor=SOFT)
    axes.set_axisbelow(True)
    axes.grid(axis="y", color=FAINT)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
