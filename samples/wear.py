"""What a person wears: clothes and earrings."""

from __future__ import annotations

import numpy as np
from canvas import Canvas, Colour, curve, darker, ellipse, lighter, mirrored
from face import Person, Pose

GOLD: Colour = (238, 190, 84)


def draw_body(canvas: Canvas, person: Person, pose: Pose, raised: float) -> None:
    """Draw neck and shoulders; the neck follows the head, the shoulders stay."""
    middle, top = canvas.width / 2, 205.0 - raised
    head = pose.flat([(-0.4, 0.55), (0.4, 0.55)])
    neck = np.array(
        [head[0], head[1], (middle + 37, top + 14), (middle + 44, 246), (middle - 44, 246), (middle - 37, top + 14)]
    )
    shirt = [(0, top + 22), (34, top + 9), (46, top + 6), (78, top + 14), (108, top + 26), (122, top + 60)]
    outline = np.array([(middle + x, y) for x, y in mirrored(shirt)])
    canvas.fill(curve(outline, closed=True), person.shirt)
    fold = curve(
        [(middle + 60, top + 60), (middle + 76, top + 14), (middle + 100, top + 20), (middle + 130, top + 60)],
        closed=True,
    )
    canvas.fill(fold, darker(person.shirt, 0.14), clip=canvas.mask(curve(outline, closed=True)))
    canvas.fill(neck, person.skin)
    inside = canvas.mask(neck)
    shadow = pose.flat(
        curve([(-0.75, 0.3), (-0.5, 0.95), (-0.1, 1.19), (0.3, 1.24), (0.7, 1.0), (0.75, 0.3)], closed=True)
    )
    canvas.fill(shadow, person.shade, clip=inside)
    canvas.fill(
        np.array([(middle + 22, 180), (middle + 60, 180), (middle + 60, 250), (middle + 26, 250)]),
        person.shade,
        0.8,
        blur=2,
        clip=inside,
    )
    _draw_collar(canvas, person, middle, top)


def _draw_collar(canvas: Canvas, person: Person, middle: float, top: float) -> None:
    dark = darker(person.shirt, 0.25)
    if person.collar == "shirt":
        for s in (-1, 1):
            panel = [
                (middle, top + 34),
                (middle + s * 36, top + 2),
                (middle + s * 70, top + 20),
                (middle + s * 70, 250),
                (middle, 250),
            ]
            canvas.fill(np.array(panel, float), person.shirt)
            flap = [
                (middle + s * 36, top + 2),
                (middle + s * 2, top + 34),
                (middle + s * 26, top + 44),
                (middle + s * 58, top + 12),
            ]
            canvas.fill(np.array(flap, float), lighter(person.shirt, 0.18))
            canvas.stroke(np.array(flap[1:], float), 1.2, dark, 0.6)
        return
    depth = {"round": 22.0, "vee": 42.0, "high": 6.0}[person.collar]
    if person.collar == "high":
        canvas.fill(
            np.array([(middle - 60, top + 20), (middle + 60, top + 20), (middle + 60, 250), (middle - 60, 250)]),
            person.shirt,
        )
        band = curve(
            [
                (middle - 40, top),
                (middle, top + 9),
                (middle + 40, top),
                (middle + 46, top + 24),
                (middle, top + 36),
                (middle - 46, top + 24),
            ],
            closed=True,
        )
        canvas.fill(band, lighter(person.shirt, 0.1))
        canvas.stroke(curve([(middle - 44, top + 23), (middle, top + 35), (middle + 44, top + 23)]), 1.5, dark, 0.7)
        return
    low = curve(
        [
            (middle - 43, top + 3),
            (middle - 30, top + 3 + 0.72 * depth),
            (middle, top + 8 + depth),
            (middle + 30, top + 3 + 0.72 * depth),
            (middle + 43, top + 3),
        ]
    )
    floor = np.vstack([low, [(middle + 70, 250), (middle - 70, 250)]])
    canvas.fill(floor, person.shirt)
    canvas.stroke(low, 4.0, darker(person.shirt, 0.12))


def draw_earrings(canvas: Canvas, pose: Pose) -> None:
    """Draw small golden drops."""
    for s in (-1, 1):
        canvas.fill(pose.flat(ellipse((s * 0.79, 0.37), (0.045, 0.055))), GOLD)
        canvas.fill(pose.flat(ellipse((s * 0.79 - 0.012, 0.355), (0.016, 0.018))), (255, 240, 200))
