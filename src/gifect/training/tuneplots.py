"""Plots of a search: how the objective went from trial to trial, and against each value that was drawn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import log, log10
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from optuna.distributions import CategoricalDistribution, FloatDistribution

from gifect.training.tune import OBJECTIVES, SPACE, SWITCHED, Tried, best_of

OFF = 0.16  # share of an axis that stands apart for "off"
BOUND = 3.0  # quartile distances beyond the upper quartile from which a value is drawn at the edge
GREY, INK, BLUE, BEST = "#8a8f98", "#1c1f24", "#0072b2", "#d55e00"
STYLE: Any = {
    "font.size": 10,
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
}


@dataclass(frozen=True)
class Scale:
    """An axis of what was drawn: ``place`` brings a value to [0, 1], ``ticks`` are places and their texts."""

    name: str
    place: Callable[[float], float]
    ticks: list[tuple[float, str]]


def draw(found: list[Tried], objective: str, folder: Path) -> list[Path]:
    """Draw ``history.png``, ``slices.png`` and ``parallel.png`` into ``folder`` and return their paths."""
    figures = {"history": plot_history, "slices": plot_slices, "parallel": plot_parallel}
    paths = []
    with mpl.rc_context(STYLE):
        for name, plot in figures.items():
            paths.append(folder / f"{name}.png")
            plot(found, objective).savefig(paths[-1], dpi=130)
    return paths


def plot_history(found: list[Tried], objective: str) -> Figure:
    """Return the objective of each trial and the best so far; failed trials stand as crosses at the lower edge."""
    figure = Figure(figsize=(8, 4.4), layout="constrained")
    axes = figure.subplots()
    done, values = _done(found)
    shown, low, high = _bounded(values, objective)
    numbers = np.array([t.number for t in done])
    cut = shown != values
    axes.scatter(numbers[~cut], shown[~cut], s=34, color=GREY, label="trial", zorder=2)
    if cut.any():
        axes.scatter(numbers[cut], shown[cut], s=44, color=GREY, marker=_edge(objective), label="beyond the edge")
    running = np.minimum.accumulate(values) if _falls(objective) else np.maximum.accumulate(values)
    ends = np.append(numbers, max(t.number for t in found) + 0.5)
    axes.step(ends, np.append(running, running[-1]), where="post", color=BEST, lw=2, label="best so far", zorder=3)
    failed = [t.number for t in found if t.value is None]
    room = 0.08 * (high - low)
    if failed:
        axes.scatter(failed, np.full(len(failed), low - room), s=34, color=INK, marker="x", label="failed", zorder=2)
    axes.set(xlabel="trial", ylabel=_label(objective), ylim=(low - 1.6 * room, high + room))
    axes.set_xlim(-0.5, max(t.number for t in found) + 0.5)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.grid(axis="y", color=GREY, alpha=0.25)
    axes.legend(frameon=False, ncols=4, loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0)
    return figure


def plot_slices(found: list[Tried], objective: str) -> Figure:
    """Return the objective against each value that was drawn, the best trial marked."""
    figure = Figure(figsize=(12, 3.6), layout="constrained")
    done, values = _done(found)
    shown, low, high = _bounded(values, objective)
    best, cut = _best_place(done, objective), shown != values
    panels = figure.subplots(1, len(SPACE), sharey=True)
    for axes, scale in zip(panels, _scales(), strict=True):
        places = np.array([scale.place(t.drawn[scale.name]) for t in done])
        jitter = np.random.default_rng(0).uniform(-0.02, 0.02, len(done))
        for chosen, marker in ((~cut, "o"), (cut, _edge(objective))):
            at = (places + jitter)[chosen]
            axes.scatter(at, shown[chosen], color=BLUE, alpha=0.55, s=38, edgecolor="white", lw=0.5, marker=marker)
        axes.scatter(places[best] + jitter[best], shown[best], s=70, color=BEST, zorder=3, label="best")
        if scale.name in SWITCHED:
            axes.axvline(OFF / 2, color=GREY, lw=1, ls=":")
        axes.set_xticks([p for p, _ in scale.ticks], [t for _, t in scale.ticks])
        axes.set(xlabel=_words(scale.name), xlim=(-0.08, 1.08))
        axes.grid(axis="y", color=GREY, alpha=0.25)
    room = 0.08 * (high - low)
    panels[0].set(ylabel=_label(objective), ylim=(low - room, high + room))
    panels[-1].legend(frameon=False, loc="lower right", bbox_to_anchor=(1, 1), borderaxespad=0)
    return figure


def plot_parallel(found: list[Tried], objective: str) -> Figure:
    """Return a line for each trial through what it drew to what it reached, the better the darker, the best marked."""
    figure = Figure(figsize=(11, 5), layout="constrained")
    axes = figure.subplots()
    done, values = _done(found)
    shown, low, high = _bounded(values, objective)
    reached = (shown - low) / (high - low)
    ranks = np.argsort(np.argsort(values if _falls(objective) else -values))
    merit = 1 - ranks / max(len(done) - 1, 1)
    scales = _scales()
    colours = mpl.colormaps["Blues"]
    best = _best_place(done, objective)
    for k in np.argsort(merit):
        heights = [scale.place(done[k].drawn[scale.name]) for scale in scales] + [reached[k]]
        colour, width = (BEST, 2.6) if k == best else (colours(0.15 + 0.8 * merit[k] ** 2), 1.3)
        axes.plot(range(len(heights)), heights, color=colour, lw=width, zorder=3 if k == best else 2)
    end = len(scales)
    ticks = [(p, f"{low + p * (high - low):.3f}") for p in np.linspace(0, 1, 5)]
    for at, marks in enumerate([*(s.ticks for s in scales), ticks]):
        axes.axvline(at, color=GREY, lw=1, zorder=1)
        for place, text in marks:
            box = {"boxstyle": "round,pad=.12", "fc": "white", "ec": "none", "alpha": 0.8}
            axes.text(at + 0.04, place, text, fontsize=9, va="center", bbox=box, zorder=4)
    names = [*(_words(s.name) for s in scales), _label(objective)]
    axes.set_xticks(range(end + 1), names)
    axes.tick_params(length=0)
    axes.set(yticks=[], xlim=(-0.1, end + 0.35), ylim=(-0.04, 1.04))
    axes.spines[["left", "bottom"]].set_visible(False)
    return figure


def _scales() -> list[Scale]:
    return [_scale(key) for key in SPACE]


def _scale(key: str) -> Scale:
    space, base = SPACE[key], OFF if key in SWITCHED else 0.0
    if isinstance(space, CategoricalDistribution):
        places = {c: k / (len(space.choices) - 1) for k, c in enumerate(space.choices)}
        return Scale(key, lambda value: places[value], [(p, str(c)) for c, p in places.items()])
    assert isinstance(space, FloatDistribution)
    warp: Callable[[float], float] = log if space.log else float
    least, most = warp(space.low), warp(space.high)

    def place(value: float) -> float:
        if key in SWITCHED and value == 0:
            return 0.0
        return base + (1 - base) * (warp(value) - least) / (most - least)

    powers = [10.0**k for k in range(-9, 3) if space.low <= 10.0**k <= space.high]
    marks = powers if space.log else [float(v) for v in np.linspace(space.low, space.high, 3)]
    texts = [f"$10^{{{round(log10(v))}}}$" if space.log else f"{v:g}" for v in marks]
    ticks = [(place(v) if v else base, text) for v, text in zip(marks, texts, strict=True)]
    return Scale(key, place, [(0.0, "off"), *ticks] if key in SWITCHED else ticks)


def _done(found: list[Tried]) -> tuple[list[Tried], np.ndarray]:
    done = [t for t in found if t.value is not None]
    return done, np.array([t.value for t in done], float)


def _bounded(values: np.ndarray, objective: str) -> tuple[np.ndarray, float, float]:
    """Return ``values`` cut off where a few bad ones would hide the others, and the ends of their axis."""
    sign = 1.0 if _falls(objective) else -1.0
    quarter, most = np.quantile(sign * values, [0.25, 0.75])
    shown = sign * np.minimum(sign * values, most + BOUND * max(most - quarter, 1e-3))
    low, high = float(shown.min()), float(shown.max())
    return shown, low, high if high > low else low + 1e-3


def _best_place(done: list[Tried], objective: str) -> int:
    best = best_of(done, objective)
    assert best is not None
    return done.index(best)


def _falls(objective: str) -> bool:
    return OBJECTIVES[objective] == "minimize"


def _edge(objective: str) -> str:
    return "^" if _falls(objective) else "v"


def _label(objective: str) -> str:
    return f"held-back {'nMSE' if objective == 'nmse' else objective}"


def _words(key: str) -> str:
    return key.rpartition(".")[2].replace("_", " ")
