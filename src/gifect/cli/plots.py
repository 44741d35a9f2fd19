"""Plots of a report as the paths of inline SVG: the scores over time, and a face's way through valence and arousal.

Paths live in boxes of 1000 x 100 and 100 x 100 units that the page stretches; texts are placed beside them in per cent,
so that they keep their size on a phone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from gifect.emotions import SEVEN
from gifect.feeling.reading import FaceTrack, Reading

__all__ = ["Affect", "Label", "Layer", "Tick", "Timeline", "plot_affect", "plot_place", "plot_timeline"]

WIDTH, HEIGHT = 1000, 100
LABELLED = 0.22  # share of the height from which a band carries its name
TICKS = 6  # at most, about


@dataclass(frozen=True)
class Layer:
    """One emotion's band of the stack, as the ``d`` of an SVG path."""

    emotion: str
    path: str


@dataclass(frozen=True)
class Tick:
    """A mark of the time axis: its place from the left in per cent, and its text."""

    left: float
    text: str


@dataclass(frozen=True)
class Label:
    """The name of a band where it is thickest: its middle from the left and from the top in per cent."""

    emotion: str
    left: float
    top: float


@dataclass(frozen=True)
class Timeline:
    """The seven scores stacked over time; ``peak`` is from the left in per cent."""

    layers: list[Layer]
    labels: list[Label]
    ticks: list[Tick]
    peak: float | None


@dataclass(frozen=True)
class Affect:
    """The way of the main face: a polyline's points (left is unpleasant, top is excited), and the point of its peak."""

    points: str
    peak: tuple[float, float]


def plot_timeline(reading: Reading) -> Timeline | None:
    """Return the plot of the scores over time, or None where there is no course to show."""
    if len(reading.timeline) < 2 or not reading.duration_ms:
        return None
    xs = [moment.ms / reading.duration_ms * WIDTH for moment in reading.timeline]
    xs = [0.0, *xs, float(WIDTH)]
    rows = [[moment.scores[name] for name in SEVEN] for moment in reading.timeline]
    rows = [rows[0], *rows, rows[-1]]
    tops = [[HEIGHT * (1 - sum(row[: n + 1]) / max(sum(row), 1e-9)) for row in rows] for n in range(len(SEVEN))]
    floors = [[float(HEIGHT)] * len(xs), *tops[:-1]]
    layers = [Layer(name, _band(xs, top, floor)) for name, top, floor in zip(SEVEN, tops, floors, strict=True)]
    peak = None if reading.peak_ms is None else min(reading.peak_ms / reading.duration_ms * 100, 100.0)
    labels = [_label(name, xs, top, floor) for name, top, floor in zip(SEVEN, tops, floors, strict=True)]
    return Timeline(layers, [label for label in labels if label], _ticks(reading.duration_ms), peak)


def _band(xs: Sequence[float], top: Sequence[float], floor: Sequence[float]) -> str:
    back = list(zip(reversed(xs), reversed(floor), strict=True))
    there = list(zip(xs, top, strict=True))
    return f"M{_at(*there[0])}{_curve(there)}L{_at(*back[0])}{_curve(back)}Z"


def _label(name: str, xs: Sequence[float], top: Sequence[float], floor: Sequence[float]) -> Label | None:
    thick, at = max((f - t, i) for i, (t, f) in enumerate(zip(top, floor, strict=True)))
    if thick < LABELLED * HEIGHT:
        return None
    return Label(name, min(max(xs[at] / WIDTH * 100, 13), 87), (top[at] + floor[at]) / 2)


def _curve(points: Sequence[tuple[float, float]]) -> str:
    """Return steps that leave and reach every point level: bands of a stack stay whole, no score is overshot."""
    steps = []
    for (x0, y0), (x1, y1) in pairwise(points):
        middle = (x0 + x1) / 2
        steps.append(f"C{_at(middle, y0)} {_at(middle, y1)} {_at(x1, y1)}")
    return "".join(steps)


def _at(x: float, y: float) -> str:
    return f"{x:.1f},{y:.2f}"


def _ticks(duration_ms: int) -> list[Tick]:
    """Return marks at round numbers of seconds."""
    rough = duration_ms / 1000 / TICKS
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    digits = max(0, -math.floor(math.log10(step) + 1e-9))
    count = math.floor(duration_ms / 1000 / step + 1e-9)
    return [Tick(i * step / (duration_ms / 1000) * 100, f"{i * step:.{digits}f}") for i in range(count + 1)]


def plot_place(reading: Reading) -> tuple[float, float] | None:
    """Return where the clip stands in the circumplex, both from -1 to 1, or None where it was not graded."""
    if reading.valence is None or reading.arousal is None:
        return None
    return round((reading.valence + 1) * 50, 1), round((1 - reading.arousal) * 50, 1)


def plot_affect(face: FaceTrack) -> Affect | None:
    """Return the way of a face through valence (-1 to 1) and arousal (0 to 1), or None without samples."""
    if not face.samples:
        return None
    points = [((sample.valence + 1) * 50, (1 - sample.arousal) * 100) for sample in face.samples]
    strongest = max(range(len(points)), key=lambda i: face.samples[i].arousal + abs(face.samples[i].valence))
    return Affect(" ".join(_at(x, y) for x, y in points), points[strongest])
