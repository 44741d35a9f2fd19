"""Hair and beards."""

from __future__ import annotations

import numpy as np
from canvas import Canvas, Points, curve, darker, ellipse, lighter, mirrored
from face import Expression, Person, Pose
from numpy.typing import NDArray

Outline = list[tuple[float, float]]


def draw_back_hair(canvas: Canvas, person: Person, pose: Pose) -> None:
    """Draw the hair behind head and shoulders."""
    dark = darker(person.hair, 0.22)
    if person.style == "waves":
        right = [
            (0, -1.2),
            (0.5, -1.12),
            (0.86, -0.75),
            (0.95, -0.2),
            (0.9, 0.25),
            (1.04, 0.6),
            (0.98, 0.95),
            (1.1, 1.3),
            (0.9, 1.75),
            (0.4, 1.8),
        ]
        canvas.fill(pose.flat(curve(mirrored(right), closed=True)), dark)
    elif person.style == "bob":
        right = [
            (0, -1.17),
            (0.5, -1.08),
            (0.84, -0.72),
            (0.93, -0.2),
            (0.96, 0.35),
            (0.93, 0.85),
            (0.72, 0.98),
            (0.4, 0.9),
        ]
        canvas.fill(pose.flat(curve(mirrored(right), closed=True)), dark)
    elif person.style == "afro":
        angles = np.linspace(0, 2 * np.pi, 22, endpoint=False)
        for a in angles:
            canvas.fill(pose.flat(ellipse((0.88 * np.cos(a), -0.42 + 0.78 * np.sin(a)), (0.3, 0.3))), dark)
        canvas.fill(pose.flat(ellipse((0, -0.42), (0.95, 0.85))), dark)


def draw_front_hair(canvas: Canvas, person: Person, pose: Pose, inside: NDArray[np.uint8]) -> None:
    """Draw the hair on the head and its shadow on the forehead."""
    shapes = {"waves": _side_part, "bob": _bob, "messy": _messy, "crop": _crop, "thin": _thin, "afro": _afro}
    locks = [pose.flat(curve(lock, closed=True)) for lock in shapes[person.style]()]
    for lock in locks:
        canvas.fill(lock + (1.5, 3.5), person.shade, 0.85, blur=1.4, clip=inside)
    for lock in locks:
        canvas.fill(lock, person.hair)
    within = canvas.mask(*locks)
    for strand in _STRANDS[person.style]:
        canvas.stroke(pose.flat(curve(strand)), (0.8, 3.4, 0.8), lighter(person.hair, 0.2), 0.7, clip=within)
    for strand in _DARK_STRANDS.get(person.style, ()):
        canvas.stroke(pose.flat(curve(strand)), (0.6, 2.2, 0.6), darker(person.hair, 0.3), 0.8, clip=within)


def draw_beard(canvas: Canvas, person: Person, e: Expression, pose: Pose, inside: NDArray[np.uint8]) -> None:
    """Draw a short full beard inside of the face, leaving cheeks and mouth free."""
    drop = 0.17 * e.jaw
    right = [
        (0.0, 0.52),
        (0.14, 0.5),
        (0.3, 0.58),
        (0.42, 0.62),
        (0.56, 0.42),
        (0.65, 0.1),
        (0.72, -0.1),
        (0.9, 0.3),
        (0.8, 1.2 + drop),
        (0, 1.3 + drop),
    ]
    canvas.fill(pose.on(curve(mirrored(right), closed=True)), person.hair, 0.93, blur=0.8, clip=inside)
    half, low = 0.24 + 0.06 * e.smile, 0.72 + 0.3 * e.jaw
    gap: Points = curve(
        [(-half, 0.66), (0, 0.6), (half, 0.66), (half * 0.6, low + 0.05), (0, low + 0.07), (-half * 0.6, low + 0.05)],
        closed=True,
    )
    canvas.fill(pose.on(gap), person.skin, 0.85, blur=0.8, clip=inside)
    gleam = pose.on(curve([(-0.5, 0.55), (-0.46, 0.75), (-0.3, 0.93 + drop)]))
    canvas.stroke(gleam, (0.8, 4.0, 0.8), lighter(person.hair, 0.2), 0.5, blur=1.0, clip=inside)


def _side_part() -> list[Outline]:
    left = [
        (-0.18, -1.17),
        (-0.6, -1.03),
        (-0.86, -0.6),
        (-0.9, -0.05),
        (-0.87, 0.35),
        (-0.76, 0.3),
        (-0.73, -0.1),
        (-0.66, -0.4),
        (-0.4, -0.66),
        (-0.2, -0.82),
    ]
    right = [
        (-0.22, -1.17),
        (0.25, -1.18),
        (0.66, -1.0),
        (0.87, -0.6),
        (0.9, -0.05),
        (0.87, 0.35),
        (0.76, 0.3),
        (0.74, -0.1),
        (0.6, -0.38),
        (0.3, -0.55),
        (-0.05, -0.7),
        (-0.24, -0.86),
    ]
    return [left, right]


def _bob() -> list[Outline]:
    left = [
        (-0.1, -1.15),
        (-0.55, -1.02),
        (-0.83, -0.6),
        (-0.9, 0.0),
        (-0.9, 0.7),
        (-0.75, 0.86),
        (-0.68, 0.5),
        (-0.71, 0.05),
        (-0.68, -0.3),
        (-0.45, -0.55),
        (-0.12, -0.76),
    ]
    right = [
        (-0.16, -1.15),
        (0.3, -1.13),
        (0.68, -0.92),
        (0.87, -0.5),
        (0.91, 0.0),
        (0.9, 0.7),
        (0.75, 0.86),
        (0.68, 0.5),
        (0.72, 0.05),
        (0.67, -0.3),
        (0.42, -0.5),
        (0.1, -0.62),
        (-0.16, -0.78),
    ]
    return [left, right]


def _messy() -> list[Outline]:
    cap = [
        (-0.76, -0.08),
        (-0.82, -0.45),
        (-0.78, -0.8),
        (-0.6, -1.05),
        (-0.4, -1.1),
        (-0.25, -1.25),
        (0.0, -1.19),
        (0.22, -1.3),
        (0.38, -1.14),
    ]
    cap += [
        (0.62, -1.1),
        (0.74, -0.85),
        (0.84, -0.5),
        (0.76, -0.08),
        (0.7, -0.2),
        (0.66, -0.42),
        (0.5, -0.58),
        (0.36, -0.55),
        (0.24, -0.66),
    ]
    cap += [(0.08, -0.58), (-0.08, -0.69), (-0.26, -0.58), (-0.4, -0.66), (-0.58, -0.5), (-0.68, -0.3)]
    return [cap]


def _crop() -> list[Outline]:
    right = [
        (0.0, -1.07),
        (0.38, -1.03),
        (0.66, -0.83),
        (0.77, -0.45),
        (0.77, -0.05),
        (0.72, 0.1),
        (0.7, -0.2),
        (0.63, -0.42),
        (0.56, -0.62),
        (0.3, -0.68),
        (0.1, -0.65),
    ]
    return [mirrored(right)]


def _thin() -> list[Outline]:
    side = [
        (0.5, -0.93),
        (0.72, -0.8),
        (0.86, -0.5),
        (0.87, -0.2),
        (0.77, 0.06),
        (0.73, -0.1),
        (0.7, -0.36),
        (0.62, -0.58),
        (0.5, -0.74),
    ]
    top = [
        (-0.56, -0.86),
        (-0.35, -1.04),
        (0.05, -1.1),
        (0.42, -1.0),
        (0.64, -0.78),
        (0.3, -0.88),
        (0.0, -0.92),
        (-0.3, -0.86),
    ]
    return [top, side, [(-x, y) for x, y in side]]


def _afro() -> list[Outline]:
    right = [
        (0.0, -1.2),
        (0.5, -1.12),
        (0.85, -0.7),
        (0.88, -0.25),
        (0.79, 0.02),
        (0.73, -0.15),
        (0.68, -0.4),
        (0.52, -0.6),
        (0.28, -0.69),
        (0.0, -0.71),
    ]
    return [mirrored(right)]


_STRANDS: dict[str, list[Outline]] = {
    "waves": [
        [(-0.1, -1.08), (0.35, -1.0), (0.66, -0.72), (0.78, -0.35)],
        [(-0.28, -1.05), (-0.6, -0.85), (-0.76, -0.5), (-0.8, -0.1)],
    ],
    "bob": [
        [(-0.05, -1.05), (0.35, -0.98), (0.64, -0.72), (0.76, -0.35)],
        [(-0.25, -1.0), (-0.55, -0.82), (-0.73, -0.45)],
    ],
    "messy": [
        [(-0.6, -0.75), (-0.4, -0.95), (-0.15, -1.05)],
        [(0.0, -0.8), (0.2, -1.0), (0.35, -1.08)],
        [(0.45, -0.75), (0.6, -0.9), (0.66, -0.95)],
    ],
    "crop": [[(-0.5, -0.82), (-0.25, -0.95), (0.1, -0.98)]],
    "thin": [
        [(0.66, -0.72), (0.77, -0.4), (0.78, -0.1)],
        [(-0.66, -0.72), (-0.77, -0.4), (-0.78, -0.1)],
        [(-0.3, -0.97), (0.0, -1.03), (0.3, -0.98)],
    ],
    "afro": [[(-0.6, -0.85), (-0.35, -1.02), (-0.05, -1.08)]],
}
_DARK_STRANDS: dict[str, list[Outline]] = {
    "waves": [[(-0.16, -0.9), (0.2, -0.82), (0.55, -0.58), (0.72, -0.3)], [(0.8, -0.5), (0.82, 0.0), (0.82, 0.3)]],
    "bob": [
        [(-0.08, -0.85), (0.3, -0.75), (0.6, -0.5), (0.74, -0.2)],
        [(0.8, -0.3), (0.82, 0.2), (0.8, 0.75)],
        [(-0.8, -0.3), (-0.82, 0.2), (-0.8, 0.75)],
    ],
    "messy": [[(-0.3, -0.7), (-0.2, -0.9), (-0.05, -1.0)], [(0.3, -0.68), (0.42, -0.85), (0.5, -0.98)]],
}
