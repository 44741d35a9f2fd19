"""A drawn face: who it is (`Person`), what it does (`Expression`), where it stands (`Pose`)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from canvas import Colour, Points


@dataclass(frozen=True)
class Person:
    """Looks that stay the same. Sizes are factors of the common face, colours RGB."""

    skin: Colour
    shade: Colour
    light: Colour
    lips: Colour
    hair: Colour
    iris: Colour
    shirt: Colour
    backdrop: Colour
    style: str
    jaw: float = 1.0  # width of the lower face
    length: float = 1.0  # of the lower face
    nose: float = 1.0  # width
    mouth: float = 1.0  # fullness of the lips
    brows: float = 1.0  # thickness
    brow_height: float = 0.0  # above the common place, in head units
    eyes: float = 1.0  # size
    lashes: float = 0.0
    age: float = 0.0  # depth of lines, 0-1
    collar: str = "round"
    beard: bool = False
    freckles: bool = False
    earrings: bool = False


@dataclass(frozen=True)
class Expression:
    """What the face does, as muscles do it: 0 at rest, 1 strong; the comments name the action units."""

    inner_brow: float = 0.0  # 1
    outer_brow: float = 0.0  # 2
    frown: float = 0.0  # 4
    wide: float = 0.0  # 5
    cheek: float = 0.0  # 6
    squint: float = 0.0  # 7
    wrinkle: float = 0.0  # 9
    upper_lip: float = 0.0  # 10
    smile: float = 0.0  # 12
    droop: float = 0.0  # 15
    lower_lip: float = 0.0  # 16
    chin: float = 0.0  # 17
    stretch: float = 0.0  # 20
    press: float = 0.0  # 24
    jaw: float = 0.0  # 25-27
    square: float = 0.0  # 22: the opening becomes angular
    closed: float = 0.0  # 43
    flare: float = 0.0  # nostrils
    flush: float = 0.0
    wet: float = 0.0
    tear_right: float = 0.0  # of the way from lid to chin, on the subject's right cheek
    tear_left: float = 0.0
    gaze_x: float = 0.0
    gaze_y: float = 0.0
    yaw: float = 0.0  # of the head; positive turns to the right of the picture
    pitch: float = 0.0  # positive looks down
    roll: float = 0.0  # radians, clockwise
    x: float = 0.0  # head's place, pixels
    y: float = 0.0
    size: float = 1.0
    shoulders: float = 0.0  # raised by, pixels

    def towards(self, other: Expression, share: float) -> Expression:
        """Return the expression that is ``share`` of the way to the other one."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        return Expression(**{name: v + (getattr(other, name) - v) * share for name, v in values.items()})

    def but(self, **changes: float) -> Expression:
        """Return it with some values replaced."""
        return replace(self, **changes)


@dataclass(frozen=True)
class Pose:
    """Where head units land in the picture: the eyes are at height 0, the chin at 1, x runs right."""

    centre: tuple[float, float]
    unit: float  # pixels
    roll: float
    yaw: float
    pitch: float

    def flat(self, points: Sequence[Sequence[float]] | Points) -> Points:
        """Return pixels of points of the head's outline, which only moves and rolls."""
        p = np.asarray(points, float) * self.unit
        cos, sin = np.cos(self.roll), np.sin(self.roll)
        turned = np.stack([p[:, 0] * cos - p[:, 1] * sin, p[:, 0] * sin + p[:, 1] * cos], 1)
        return np.asarray(turned + np.asarray(self.centre))

    def on(self, points: Sequence[Sequence[float]] | Points, lift: float = 0.0) -> Points:
        """Return pixels of points on the front of the head, which shift as it turns; ``lift`` stands out."""
        p = np.array(points, float)
        depth = np.sqrt(np.clip(1 - (p[:, 0] / 0.9) ** 2 - (p[:, 1] / 1.25) ** 2, 0, None)) + lift
        p[:, 0] = p[:, 0] * np.cos(self.yaw) + depth * np.sin(self.yaw) * 0.55
        p[:, 1] = p[:, 1] * np.cos(self.pitch) + depth * np.sin(self.pitch) * 0.45
        return self.flat(p)


def face_outline(person: Person, expression: Expression) -> Points:
    """Return the corners of the face's outline in head units, clockwise from the crown."""
    right = np.array(
        [(0, -1.0), (0.34, -0.955), (0.6, -0.77), (0.715, -0.45), (0.735, -0.1), (0.72, 0.2)]
        + [(0.675, 0.46), (0.575, 0.7), (0.4, 0.895), (0.17, 0.99), (0, 1.005)]
    )
    low = np.clip((right[:, 1] - 0.2) / 0.8, 0, 1)
    right[:, 0] *= 1 + (person.jaw - 1) * low + expression.cheek * 0.03 * np.exp(-(((right[:, 1] - 0.3) / 0.2) ** 2))
    right[:, 1] += low * (0.17 * expression.jaw + person.length - 1 - 0.02 * expression.chin)
    return np.asarray(np.vstack([right, right[-2:0:-1] * (-1, 1)]))
