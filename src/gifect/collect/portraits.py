"""Pictures of a collection: how its emotions overlap, its flags, the lengths of its clips."""

from __future__ import annotations

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from gifect.emotions import SEVENTEEN

__all__ = ["overlap", "plot_flags", "plot_lengths", "plot_overlap"]

INK, FAINT, BLUE = "#222222", "#C9CDD3", "#0072B2"
BINS = 24

Bools = NDArray[np.bool_]


def overlap(positive: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the share of the GIFs of each emotion (row) that also show each other (column), (17, 17); NaN rows for
    emotions without GIFs."""
    counts = positive.astype(float).T @ positive
    own = np.diag(counts)[:, None]
    return np.asarray(np.divide(counts, own, out=np.full_like(counts, np.nan), where=own > 0))


def plot_overlap(positive: Bools) -> Figure:
    """Return how far emotions overlap in GIFs, bool (N, 17)."""
    figure = Figure(figsize=(7.5, 6.5), layout="constrained")
    axes = figure.add_subplot()
    shown = axes.imshow(overlap(positive), vmin=0, vmax=1, cmap="Blues")
    axes.set_xticks(range(len(SEVENTEEN)), SEVENTEEN, rotation=90, fontsize=9)
    axes.set_yticks(range(len(SEVENTEEN)), SEVENTEEN, fontsize=9)
    axes.tick_params(length=0)
    axes.set_title("Emotions that share GIFs", loc="left", fontsize=13, color=INK)
    figure.colorbar(shown, shrink=0.8, label="share of the row's GIFs")
    return figure


def plot_flags(cartoon: Bools, multiple: Bools) -> Figure:
    """Return pies of two flags of GIFs, bool (N,) each."""
    figure = Figure(figsize=(8, 4), layout="constrained")
    panels = figure.subplots(1, 2)
    names = (("drawn", "live action"), ("several scenes or characters", "one"))
    for axes, flag, own in zip(panels, (cartoon, multiple), names, strict=True):
        share = float(flag.mean())
        labels = [f"{name} {part:.0%}" for name, part in zip(own, (share, 1 - share), strict=True)]
        axes.pie([share, 1 - share], colors=[BLUE, FAINT], startangle=90, wedgeprops={"width": 0.45})
        axes.set_title(labels[0], fontsize=12, color=INK)
        axes.text(0, 0, labels[1], ha="center", va="center", fontsize=9, color=INK)
    return figure


def plot_lengths(frames: NDArray[np.float64], delays_ms: NDArray[np.float64]) -> Figure:
    """Return how many frames clips have (N,), and how long one stays (N,), as histograms on logarithmic axes."""
    figure = Figure(figsize=(10, 4), layout="constrained")
    for axes, values, name, title in zip(
        figure.subplots(1, 2),
        (frames, delays_ms),
        ("frames", "mean delay in ms"),
        ("Frames of a clip", "How long a frame stays"),
        strict=True,
    ):
        low, high = max(float(values.min()), 1) / 1.05, float(values.max()) * 1.05
        axes.hist(values, bins=np.geomspace(low, high, BINS + 1), color=BLUE, edgecolor="white", linewidth=0.5)
        axes.axvline(float(np.median(values)), color=INK, linewidth=1)
        axes.text(
            float(np.median(values)),
            1.0,
            f" median {np.median(values):.0f}",
            transform=axes.get_xaxis_transform(),
            va="top",
            color=INK,
        )
        axes.set(xscale="log", xlabel=name, ylabel="clips")
        ticks = [t for t in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000) if low <= t <= high]
        axes.set_xticks(ticks, [f"{t:,}" for t in ticks])
        axes.minorticks_off()
        axes.set_title(title, loc="left", fontsize=13, color=INK)
        axes.spines[["top", "right"]].set_visible(False)
    return figure
