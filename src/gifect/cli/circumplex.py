"""A sound on the circumplex as one SVG picture: where it stands, how it got there, and its classes over time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from itertools import pairwise

from gifect.cli import look
from gifect.emotions import QUADRANTS, RUSSELL_EIGHT, SECTOR_DEGREES
from gifect.feeling.colours import COLOURS
from gifect.sound.result import SoundMoment, SoundReading

__all__ = ["colour_of", "draw_circumplex"]

WIDTH, TALL, LOW = 720, 836, 676  # pixels; with and without a course
MIDDLE_X, MIDDLE_Y, RADIUS = 360.0, 372.0, 248.0
INK, SOFT, LINE, GROUND = "#1d2129", "#69707d", "#dfe3e8", "#ffffff"
FONT = "font-family=\"system-ui, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif\""
LEFT, RIGHT, TOP, BOTTOM = 48.0, 672.0, 714.0, 790.0  # of the strip over time
LABELLED = 0.2  # share of the strip's height from which a band carries its name
DOTS = 120  # of the course, at most

QUADRANT_COLOURS = dict(
    zip(QUADRANTS, (COLOURS[name] for name in ("happiness", "anger", "sadness", "disgust")), strict=True)
)
OTHERS = {"boredom": COLOURS["contempt"]}  # which no sound has


def colour_of(label: str) -> str:
    """Return the colour of a class of sounds as #RRGGBB: of an emotion, or of the quadrant."""
    if label in RUSSELL_EIGHT:
        label = QUADRANTS[RUSSELL_EIGHT.index(label) // 2]
    return QUADRANT_COLOURS.get(label) or OTHERS.get(label) or COLOURS.get(label, COLOURS["neutral"])


def draw_circumplex(
    heard: SoundReading, title: str, moments: Sequence[SoundMoment] | None = None, *, inline: bool = False
) -> str:
    """Return the picture of a sound.

    Parameters
    ----------
    title : what stands above, such as the name of the file.
    moments : the course to draw; that of the stretch that was listened to by default.
    inline : leave out what only a file of its own needs.
    """
    course = list(moments if moments is not None else heard.timeline)
    height = TALL if len(course) > 1 else LOW
    space = "" if inline else f' xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}"'
    parts = [
        f'<svg{space} viewBox="0 0 {WIDTH} {height}" role="img" '
        f'aria-label="{escape(f"{title}: {heard.label}, {heard.sector}")}" {FONT}>',
        f'<rect width="{WIDTH}" height="{height}" fill="{GROUND}"/>',
        *_heading(heard, title),
        *_ground(),
        *_rose(heard),
        *_way(course),
        *_point(heard),
    ]
    if len(course) > 1:
        parts += _strip(course, list(heard.scores))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _text(
    x: float, y: float, words: str, size: int = 14, fill: str = INK, anchor: str = "middle", more: str = ""
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{fill}" text-anchor="{anchor}"{more}>'
        f"{escape(words)}</text>"
    )


def _at(degrees: float, reach: float) -> tuple[float, float]:
    """Return the pixel at a direction and a distance from the middle (1: the circle)."""
    angle = math.radians(degrees)
    return MIDDLE_X + reach * RADIUS * math.cos(angle), MIDDLE_Y - reach * RADIUS * math.sin(angle)


def _place(valence: float, arousal: float) -> tuple[float, float]:
    return MIDDLE_X + valence * RADIUS, MIDDLE_Y - arousal * RADIUS


def _heading(heard: SoundReading, title: str) -> list[str]:
    said = f"{look.sentence(heard.label)} {look.percent(heard.confidence)}"
    where = f"{heard.sector} · {heard.quadrant.replace('-', ' and ')}"
    span = f"{look.seconds(heard.start_ms)} to {look.seconds(heard.start_ms + heard.duration_ms)}"
    heardwords = f"heard {span} of {look.seconds(heard.track_ms)}"
    return [
        _text(LEFT, 46, title, 15, SOFT, "start"),
        f'<circle cx="{LEFT + 8}" cy="70" r="8" fill="{colour_of(heard.label)}"/>',
        _text(LEFT + 26, 77, said, 22, INK, "start", ' font-weight="600"'),
        _text(RIGHT, 46, heardwords, 13, SOFT, "end"),
        _text(RIGHT, 76, where, 15, INK, "end"),
    ]


def _ground() -> list[str]:
    """Return circle, rings, axes and names."""
    rings = [
        f'<circle cx="{MIDDLE_X}" cy="{MIDDLE_Y}" r="{RADIUS * share:.1f}" fill="none" stroke="{LINE}"/>'
        for share in (1 / 3, 2 / 3)
    ]
    rim = f'<circle cx="{MIDDLE_X}" cy="{MIDDLE_Y}" r="{RADIUS}" fill="#f7f8fa" stroke="{LINE}" stroke-width="1.5"/>'
    spokes = []
    for k in range(8):
        (x, y), wide = _at(k * SECTOR_DEGREES, 1), k % 2 == 0
        spokes.append(
            f'<path d="M{MIDDLE_X},{MIDDLE_Y}L{x:.1f},{y:.1f}" stroke="{"#c3c9d1" if wide else LINE}"'
            f' stroke-width="{1.2 if wide else 1}"/>'
        )
    poles = [
        _text(MIDDLE_X, MIDDLE_Y - RADIUS - 12, "excited", 12, SOFT),
        _text(MIDDLE_X, MIDDLE_Y + RADIUS + 21, "calm", 12, SOFT),
        _text(MIDDLE_X - RADIUS - 10, MIDDLE_Y + 4, "unpleasant", 12, SOFT, "end"),
        _text(MIDDLE_X + RADIUS + 10, MIDDLE_Y + 4, "pleasant", 12, SOFT, "start"),
    ]
    return [rim, *rings, *spokes, *poles]


def _rose(heard: SoundReading) -> list[str]:
    """Return a petal for each sector, its area as large as its score, with its name on the rim."""
    parts = []
    for k, (name, score) in enumerate(heard.sectors.items()):
        start, middle, colour = k * SECTOR_DEGREES, (k + 0.5) * SECTOR_DEGREES, colour_of(name)
        reach = math.sqrt(score)
        (ax, ay), (bx, by) = _at(start, reach), _at(start + SECTOR_DEGREES, reach)
        size = reach * RADIUS
        if score >= 0.002:
            parts.append(
                f'<path d="M{MIDDLE_X},{MIDDLE_Y}L{ax:.1f},{ay:.1f}A{size:.1f},{size:.1f} 0 0 0 {bx:.1f},{by:.1f}Z"'
                f' fill="{colour}" fill-opacity=".26" stroke="{colour}" stroke-opacity=".55"/>'
            )
        x, y = _at(middle, 1.1)
        anchor = "start" if x > MIDDLE_X + 30 else "end" if x < MIDDLE_X - 30 else "middle"
        best = ' font-weight="600"' if name == heard.sector else ""
        parts.append(_text(x, y, name, 15, INK, anchor, best))
        parts.append(_text(x, y + 17, look.percent(score), 12, SOFT, anchor))
    return parts


def _way(course: Sequence[SoundMoment]) -> list[str]:
    """Return the course as a line with dots in the colour of what leads then, and the times of its ends."""
    step = max(1, math.ceil(len(course) / DOTS))
    shown = course[::step]
    if len(shown) < 2:
        return []
    points = [_place(moment.valence, moment.arousal) for moment in shown]
    parts = [
        f'<path d="{_smooth(points)}" fill="none" stroke="{INK}" stroke-opacity=".4" stroke-width="1.5"'
        ' stroke-linejoin="round"/>'
    ]
    for moment, (x, y) in zip(shown, points, strict=True):
        fill = colour_of(look.best(moment.scores))
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{fill}" stroke="{INK}" stroke-width="1"/>')
    for moment, (x, y) in ((shown[0], points[0]), (shown[-1], points[-1])):
        side = "end" if x < MIDDLE_X else "start"
        parts.append(_text(x + (9 if side == "start" else -9), y + 15, look.seconds(moment.ms), 11, INK, side))
    return parts


def _smooth(points: Sequence[tuple[float, float]]) -> str:
    """Return a curve through points (Catmull-Rom) as the ``d`` of a path."""
    padded = [points[0], *points, points[-1]]
    steps = [f"M{points[0][0]:.1f},{points[0][1]:.1f}"]
    for before, a, b, after in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        first = (a[0] + (b[0] - before[0]) / 6, a[1] + (b[1] - before[1]) / 6)
        second = (b[0] - (after[0] - a[0]) / 6, b[1] - (after[1] - a[1]) / 6)
        steps.append("C" + " ".join(f"{x:.1f},{y:.1f}" for x, y in (first, second, b)))
    return "".join(steps)


def _point(heard: SoundReading) -> list[str]:
    x, y = _place(heard.valence, heard.arousal)
    return [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="11" fill="{colour_of(heard.label)}" stroke="{GROUND}" stroke-width="3"/>'
    ]


def _strip(course: Sequence[SoundMoment], labels: Sequence[str]) -> list[str]:
    """Return the classes stacked over time, with their names and a time axis."""
    first, last = course[0].ms, course[-1].ms
    xs = [LEFT + (RIGHT - LEFT) * (moment.ms - first) / max(last - first, 1) for moment in course]
    parts = [_text(LEFT, TOP - 14, "over time", 13, SOFT, "start")]
    floors = [BOTTOM] * len(course)
    names = []
    for label in labels:
        tops = [floor - moment.scores[label] * (BOTTOM - TOP) for floor, moment in zip(floors, course, strict=True)]
        there = f"M{xs[0]:.1f},{tops[0]:.1f}" + _level(list(zip(xs, tops, strict=True)))
        back = list(zip(reversed(xs), reversed(floors), strict=True))
        path = there + f"L{back[0][0]:.1f},{back[0][1]:.1f}" + _level(back) + "Z"
        parts.append(f'<path d="{path}" fill="{colour_of(label)}"/>')
        thick, k = max((floor - top, k) for k, (floor, top) in enumerate(zip(floors, tops, strict=True)))
        if thick >= LABELLED * (BOTTOM - TOP):
            x = min(max(xs[k], LEFT + 34), RIGHT - 34)
            names.append(_text(x, (tops[k] + floors[k]) / 2 + 4, label, 12, "#14161a"))
        floors = tops
    ends = [
        _text(LEFT, BOTTOM + 20, look.seconds(first), 12, SOFT, "start"),
        _text(RIGHT, BOTTOM + 20, look.seconds(last), 12, SOFT, "end"),
    ]
    return [*parts, *names, *ends]


def _level(points: Sequence[tuple[float, float]]) -> str:
    """Return steps that leave and reach every point level, so that the bands of a stack stay whole."""
    return "".join(
        f"C{(x0 + x1) / 2:.1f},{y0:.1f} {(x0 + x1) / 2:.1f},{y1:.1f} {x1:.1f},{y1:.1f}"
        for (x0, y0), (x1, y1) in pairwise(points)
    )
