"""Curves over the epochs of a training run as a small SVG that can be read on light and on dark pages."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

import numpy as np

WIDTH, HEIGHT = 560, 300
LEFT, RIGHT, TOP, BOTTOM = 48, 14, 44, 40  # margins
COLOURS = ("#0072b2", "#d55e00", "#56b4e9", "#e69f00")
GREY = "#7d848f"
TICKS = 5  # of an axis, about
LEGEND_STEP = 7.2  # width of a letter of the legend


@dataclass(frozen=True)
class Series:
    """One curve: its name and for each run the points (N, 2), epoch and value."""

    name: str
    runs: list[np.ndarray]


def curves_svg(series: list[Series], across: str, up: str) -> str:
    """Return the mean curve of each of ``series`` over its runs, the runs faintly behind.

    Parameters
    ----------
    across, up : what the axes show; ``up`` is said to those who cannot see the picture.
    """
    points = np.concatenate([run for s in series for run in s.runs])
    (first, least), (last, most) = points.min(0), points.max(0)
    ticks = _ticks(least, most)
    low, high = min(ticks[0], least), max(ticks[-1], most)

    def place(run: np.ndarray) -> np.ndarray:
        x = LEFT + (run[:, 0] - first) / max(last - first, 1) * (WIDTH - LEFT - RIGHT)
        y = TOP + (high - run[:, 1]) / (high - low) * (HEIGHT - TOP - BOTTOM)
        return np.column_stack([x, y])

    parts = [_frame(ticks, lambda v: float(place(np.array([[first, v]]))[0, 1]))]
    step = max(math.ceil((last - first) / (2 * TICKS)), 1)
    for epoch in np.arange(first, last + 1, step):
        x = place(np.array([[epoch, low]]))[0, 0]
        parts.append(_text(x, HEIGHT - BOTTOM + 18, f"{epoch:g}", "middle"))
    parts.append(_text((WIDTH + LEFT - RIGHT) / 2, HEIGHT - 4, across, "middle"))
    at = float(LEFT)
    for s, colour in zip(series, COLOURS, strict=False):
        if len(s.runs) > 1:
            parts += [_line(place(run), colour, 1, 0.3) for run in s.runs]
        parts.append(_line(place(_mean(s.runs)), colour, 2.4, 1))
        parts.append(f'<rect x="{at:.0f}" y="12" width="14" height="4" rx="2" fill="{colour}"/>')
        parts.append(_text(at + 19, 18, s.name, "start"))
        at += 34 + LEGEND_STEP * len(s.name)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(up)}" '
        f'font-family="system-ui, sans-serif" font-size="13">{"".join(parts)}</svg>'
    )


def _mean(runs: list[np.ndarray]) -> np.ndarray:
    """Return the mean value of each epoch that all runs reached."""
    shared = sorted(set.intersection(*(set(run[:, 0]) for run in runs)))
    values = [[dict(run.tolist())[epoch] for run in runs] for epoch in shared]
    return np.column_stack([shared, np.mean(values, 1)])


def _ticks(least: float, most: float) -> list[float]:
    """Return round numbers from at or below ``least`` to at or above ``most``."""
    rough = max(most - least, 1e-3) / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    return [k * step for k in range(math.floor(least / step + 1e-6), math.ceil(most / step - 1e-6) + 1)]


def _frame(ticks: list[float], height: Callable[[float], float]) -> str:
    digits = max(0, -math.floor(math.log10(ticks[1] - ticks[0]) + 1e-6))
    return "".join(
        f'<path d="M{LEFT},{height(v):.1f}H{WIDTH - RIGHT}" stroke="{GREY}" stroke-opacity=".3"/>'
        + _text(LEFT - 8, height(v) + 4, f"{v:.{digits}f}", "end")
        for v in ticks
    )


def _line(points: np.ndarray, colour: str, width: float, opacity: float) -> str:
    if len(points) == 1:
        x, y = points[0]
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{1.5 * width}" fill="{colour}" fill-opacity="{opacity}"/>'
    path = "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return (
        f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-opacity="{opacity}" '
        'stroke-linejoin="round"/>'
    )


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="{GREY}" text-anchor="{anchor}">{escape(text)}</text>'
