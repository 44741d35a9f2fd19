"""Draws the sample clips: people of our own invention, made of curves, who laugh, gasp, weep, glare, grimace and rest.

``python samples/draw.py`` writes the clips beside itself; the same versions of the packages give the same bytes.
``python samples/draw.py laugh gasp --to FOLDER`` draws some of them elsewhere.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from face import Expression, Person
from numpy.typing import NDArray
from palette import reduce_colours
from portrait import draw_portrait

from gifect import Clip
from gifect.media.write import write_clip

COLOURS = 112  # in all frames of a clip together

Motion = Callable[[Expression, float], Expression]


@dataclass(frozen=True)
class Scene:
    """One clip: a person, expressions at times from 0 to 1 between which the face eases, and what moves besides."""

    person: Person
    keys: tuple[tuple[float, Expression], ...]
    motion: Motion
    frames: int
    delay_ms: int


def ease(share: float) -> float:
    """Return a share of the way that starts and ends slowly."""
    return share * share * (3 - 2 * share)


def expression_at(scene: Scene, time: float) -> Expression:
    """Return the expression at a time in [0, 1); the last key leads back to the first."""
    keys = [*scene.keys, (scene.keys[0][0] + 1, scene.keys[0][1])]
    for (start, before), (end, after) in pairwise(keys):
        if time < end:
            return scene.motion(before.towards(after, ease((time - start) / (end - start))), time)
    raise AssertionError("keys start at 0, so that every time lies between two of them")


def draw_scene(scene: Scene) -> Clip:
    """Return the clip of a scene."""
    frames = [draw_portrait(scene.person, expression_at(scene, k / scene.frames)) for k in range(scene.frames)]
    return Clip.from_frames(reduce_colours(np.stack(frames), COLOURS), scene.delay_ms)


def wave(time: float, cycles: float, phase: float = 0.0) -> float:
    """Return a sine that runs through whole ``cycles`` in a clip."""
    return float(np.sin(2 * np.pi * (cycles * time + phase)))


def bump(time: float, at: float, width: float) -> float:
    """Return 1 at a time, falling smoothly to 0 ``width`` before and after it."""
    distance = min(abs(time - at), 1 - abs(time - at)) / width
    return float(np.cos(np.pi / 2 * min(distance, 1)) ** 2)


WOMAN = Person(
    skin=(226, 172, 138),
    shade=(196, 134, 104),
    light=(246, 206, 176),
    lips=(192, 78, 82),
    hair=(74, 44, 36),
    iris=(112, 72, 40),
    shirt=(236, 120, 96),
    backdrop=(255, 214, 140),
    style="waves",
    jaw=0.95,
    length=0.99,
    mouth=1.1,
    lashes=1.0,
    earrings=True,
)
YOUTH = Person(
    skin=(250, 212, 188),
    shade=(228, 170, 144),
    light=(255, 234, 218),
    lips=(206, 110, 104),
    hair=(196, 92, 44),
    iris=(76, 138, 120),
    shirt=(70, 132, 150),
    backdrop=(150, 206, 214),
    style="messy",
    eyes=1.05,
    freckles=True,
)
MAN = Person(
    skin=(226, 172, 138),
    shade=(196, 134, 104),
    light=(246, 206, 176),
    lips=(192, 78, 82),
    hair=(74, 44, 36),
    iris=(112, 72, 40),
    shirt=(236, 120, 96),
    backdrop=(255, 214, 140),
    style="waves",
    jaw=0.95,
    length=0.99,
    mouth=1.1,
    lashes=1.0,
    earrings=True,
)
YOUTH = Person(
    skin=(250, 212, 188),
    shade=(228, 170, 144),
    light=(255, 234, 218),
    lips=(206, 110, 104),
    hair=(196, 92, 44),
    iris=(76, 138, 120),
    shirt=(70, 132, 150),
    backdrop=(150, 206, 214),
    style="messy",
    eyes=1.05,
    freckles=True,
)
GIRL = Person(
    skin=(244, 206, 174),
    shade=(218, 164, 132),
    light=(255, 228, 204),
    lips=(204, 100, 102),
    hair=(44, 40, 52),
    iris=(74, 50, 38),
    shirt=(112, 122, 170),
    backdrop=(176, 188, 222),
    style="bob",
    jaw=0.94,
    lashes=0.8,
    collar="high",
)
MAN = Person(
    skin=(214, 160, 122),
    shade=(178, 118, 86),
    light=(236, 192, 156),
    lips=(176, 92, 82),
    hair=(48, 36, 34),
    iris=(84, 56, 36),
    shirt=(66, 72, 84),
    backdrop=(214, 130, 112),
    style="crop",
    jaw=1.07,
    nose=1.1,
    brows=1.45,
    collar="shirt",
    beard=True,
)
GRANDFATHER = Person(
    skin=(238, 194, 168),
    shade=(206, 150, 126),
    light=(252, 220, 200),
    lips=(190, 126, 112),
    hair=(176, 176, 180),
    iris=(88, 118, 144),
    shirt=(120, 140, 96),
    backdrop=(206, 214, 160),
    style="thin",
    jaw=1.06,
    length=1.03,
    nose=1.1,
    mouth=0.8,
    brows=1.4,
    age=0.9,
    collar="shirt",
)
LADY = Person(
    skin=(142, 92, 66),
    shade=(108, 64, 46),
    light=(176, 122, 92),
    lips=(146, 66, 66),
    hair=(38, 28, 30),
    iris=(58, 36, 26),
    shirt=(230, 180, 80),
    backdrop=(186, 160, 208),
    style="afro",
    nose=1.15,
    mouth=1.3,
    brows=0.9,
    brow_height=-0.04,
    eyes=0.95,
    lashes=0.9,
    collar="vee",
    earrings=True,
)

REST = Expression(smile=0.1, closed=0.15)
SMILE = Expression(cheek=0.5, smile=0.75, jaw=0.12, upper_lip=0.3)
LAUGH = Expression(
    cheek=0.95, smile=1, jaw=0.55, squint=0.2, inner_brow=0.15, outer_brow=0.2, upper_lip=0.3, pitch=-0.1
)
STARTLED = Expression(inner_brow=1, outer_brow=1, wide=1, jaw=0.95, y=-5, size=0.97, pitch=-0.08, shoulders=4)
ALERT = Expression(inner_brow=0.35, outer_brow=0.35, wide=0.3, jaw=0.12)
GRIEF = Expression(
    inner_brow=1.25,
    frown=0.35,
    droop=1.2,
    chin=0.8,
    press=0.35,
    closed=0.22,
    gaze_y=0.6,
    wet=1,
    pitch=0.1,
    y=3,
    roll=0.05,
)
SOB = GRIEF.but(closed=0.5, droop=1.35, chin=1.1, stretch=0.25, squint=0.4, y=5)
GLARE = Expression(frown=1.1, wide=0.4, squint=0.6, press=0.8, chin=0.5, droop=0.5, wrinkle=0.2, flare=0.7, pitch=0.1)
SNARL = GLARE.but(frown=1.25, press=0, chin=0, droop=0.9, wrinkle=0.5, square=1, jaw=0.15, upper_lip=0.8, lower_lip=0.6)
SHOUT = SNARL.but(
    wide=0.75, droop=0.7, wrinkle=0.55, jaw=0.85, stretch=0.1, flare=1, flush=1, pitch=0.16, size=1.04, y=2
)
DOUBT = Expression(frown=0.3, upper_lip=0.3, wrinkle=0.2, droop=0.3)
GRIMACE = Expression(
    wrinkle=1,
    upper_lip=1,
    frown=0.75,
    squint=0.6,
    cheek=0.35,
    droop=0.8,
    lower_lip=0.5,
    jaw=0.25,
    yaw=0.2,
    roll=0.06,
    x=5,
)


def _laughing(e: Expression, t: float) -> Expression:
    shake = e.jaw / LAUGH.jaw
    return e.but(
        y=-2 + 3.2 * shake * wave(t, 4),
        roll=0.045 * wave(t, 1),
        yaw=0.08 * wave(t, 1, 0.2),
        jaw=e.jaw * (1 + 0.14 * wave(t, 4, 0.25)),
        shoulders=2 * shake * wave(t, 4, 0.1),
    )


def _gasping(e: Expression, t: float) -> Expression:
    shiver = e.wide * wave(t, 6)
    return e.but(
        x=0.5 * shiver, gaze_x=0.35 * wave(t, 2) * e.wide, closed=0.95 * bump(t, 0.93, 0.06), roll=0.02 * wave(t, 1)
    )


def _weeping(e: Expression, t: float) -> Expression:
    return e.but(
        chin=e.chin + 0.25 * wave(t, 4),
        x=1.5 * wave(t, 1),
        roll=e.roll + 0.02 * wave(t, 1, 0.3),
        shoulders=1.5 * wave(t, 2),
        tear_right=(t + 0.15) % 1 * 1.1,
        tear_left=(t + 0.62) % 1 * 1.1,
    )


def _glaring(e: Expression, t: float) -> Expression:
    return e.but(x=0.9 * e.flush * wave(t, 7), roll=0.02 * wave(t, 1), shoulders=2.5 * e.flush)


def _grimacing(e: Expression, t: float) -> Expression:
    return e.but(x=e.x + 1.0 * e.wrinkle * wave(t, 4), roll=e.roll + 0.02 * e.wrinkle * wave(t, 2))


def _resting(e: Expression, t: float) -> Expression:
    return e.but(
        closed=max(e.closed, bump(t, 0.3, 0.09)),
        gaze_x=0.55 * wave(t, 1, 0.1),
        yaw=0.1 * wave(t, 1),
        y=1.2 * wave(t, 1, 0.3),
        shoulders=1.5 * wave(t, 1, 0.6),
    )


SCENES = {
    "laugh": Scene(WOMAN, ((0.0, SMILE), (0.2, LAUGH), (0.75, LAUGH)), _laughing, 16, 85),
    "gasp": Scene(YOUTH, ((0.0, ALERT), (0.12, STARTLED), (0.82, STARTLED)), _gasping, 18, 90),
    "tears": Scene(GIRL, ((0.0, GRIEF), (0.35, SOB), (0.6, SOB)), _weeping, 22, 90),
    "glare": Scene(MAN, ((0.0, GLARE), (0.22, SNARL), (0.42, SHOUT), (0.7, SHOUT), (0.85, SNARL)), _glaring, 18, 90),
    "yuck": Scene(GRANDFATHER, ((0.0, DOUBT), (0.18, GRIMACE), (0.8, GRIMACE)), _grimacing, 18, 90),
    "calm": Scene(LADY, ((0.0, REST),), _resting, 20, 130),
}


def contact_sheet(clip: Clip, columns: int = 6) -> NDArray[np.uint8]:
    """Return all frames of a clip side by side in rows, to look at."""
    frames = list(clip.frames)
    frames += [np.full_like(frames[0], 255)] * (-len(frames) % columns)
    rows = [np.hstack(frames[k : k + columns]) for k in range(0, len(frames), columns)]
    return np.vstack(rows)


def main() -> None:
    """Draw the clips that the command line names, all if none."""
    parser = argparse.ArgumentParser(description="Draw the sample clips.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(SCENES)}; all if none")
    parser.add_argument("--to", type=Path, default=Path(__file__).parent, metavar="FOLDER", help="where to")
    asked = parser.parse_args()
    for name in asked.names:
        if name not in SCENES:
            parser.error(f"no clip {name!r}: expected one of {', '.join(SCENES)}")
    asked.to.mkdir(parents=True, exist_ok=True)
    for name in asked.names or SCENES:
        path = write_clip(draw_scene(SCENES[name]), asked.to / f"{name}.gif")
        print(f"{path}  {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
