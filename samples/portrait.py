"""Drawing a `Person` with an `Expression`: head and shoulders, lit from the upper left."""

from __future__ import annotations

import numpy as np
from canvas import Canvas, Colour, Points, curve, ellipse, mixed
from face import Expression, Person, Pose, face_outline
from hair import draw_back_hair, draw_beard, draw_front_hair
from numpy.typing import NDArray
from wear import draw_body, draw_earrings

WIDTH, HEIGHT = 320, 240  # pixels
UNIT = 74.0  # pixels from the line of the eyes to the chin
EYE_LINE = 112.0  # pixels from the top

WHITE: Colour = (250, 247, 243)
INK: Colour = (43, 28, 27)
MOUTH: Colour = (92, 26, 34)
TONGUE: Colour = (205, 92, 98)
FLUSH: Colour = (214, 62, 48)
TEAR: Colour = (214, 238, 250)

CLENCHED = 0.23  # opening of the mouth, in head units, up to which the teeth meet


def draw_portrait(person: Person, expression: Expression) -> NDArray[np.uint8]:
    """Return the picture (240, 320, 3) RGB."""
    canvas = Canvas(WIDTH, HEIGHT, person.backdrop)
    _draw_backdrop(canvas, person)
    centre = WIDTH / 2 + expression.x, EYE_LINE + expression.y
    pose = Pose(centre, UNIT * expression.size, expression.roll, expression.yaw, expression.pitch)
    outline = pose.flat(curve(face_outline(person, expression), closed=True))
    draw_back_hair(canvas, person, pose)
    draw_body(canvas, person, pose, expression.shoulders)
    _draw_ears(canvas, person, pose)
    canvas.fill(outline, person.skin)
    inside = canvas.mask(outline)
    _shade_face(canvas, person, expression, pose, inside)
    if person.beard:
        draw_beard(canvas, person, expression, pose, inside)
    _draw_folds(canvas, person, expression, pose, inside)
    _draw_mouth(canvas, person, expression, pose)
    _draw_nose(canvas, person, expression, pose)
    for side in (-1, 1):
        _draw_eye(canvas, person, expression, pose, side)
        _draw_brow(canvas, person, expression, pose, side)
        tear = expression.tear_right if side < 0 else expression.tear_left
        _draw_tear(canvas, person, tear, pose, side)
    draw_front_hair(canvas, person, pose, inside)
    if person.earrings:
        draw_earrings(canvas, pose)
    return canvas.picture()


def _draw_backdrop(canvas: Canvas, person: Person) -> None:
    light = mixed(person.backdrop, (255, 255, 255), 0.3)
    canvas.fill(ellipse((WIDTH / 2, 122), (128, 128)), light)
    canvas.fill(ellipse((WIDTH / 2, 122), (104, 104)), mixed(person.backdrop, (255, 255, 255), 0.45))


def _draw_ears(canvas: Canvas, person: Person, pose: Pose) -> None:
    for side in (-1, 1):
        x = side * 0.755 + np.sin(pose.yaw) * -0.06
        tone = person.skin if side < 0 else mixed(person.skin, person.shade, 0.5)
        ear = [(x, -0.13), (x + side * 0.1, -0.1), (x + side * 0.115, 0.06), (x + side * 0.05, 0.25), (x, 0.29)]
        canvas.fill(pose.flat(curve([*ear, (x - side * 0.08, 0.1)], closed=True)), tone)
        fold = [(x + side * 0.01, -0.05), (x + side * 0.06, -0.03), (x + side * 0.06, 0.08), (x + side * 0.01, 0.15)]
        canvas.stroke(pose.flat(curve(fold)), (1.0, 2.2, 1.0), person.shade, 0.9)


def _shade_face(canvas: Canvas, person: Person, e: Expression, pose: Pose, inside: NDArray[np.uint8]) -> None:
    jaw = 0.17 * e.jaw + person.length - 1
    side = [(0.62, -1.0), (0.58, -0.5), (0.6, -0.1), (0.59, 0.25), (0.5, 0.58), (0.3, 0.88 + jaw), (-0.1, 0.985 + jaw)]
    rim = np.vstack([curve(side), [(0.1, 1.3), (0.9, 1.2), (0.95, -1.0)]])
    canvas.fill(pose.flat(rim), person.shade, 0.75, blur=1.6, clip=inside)
    canvas.fill(pose.on(ellipse((-0.3, -0.5), (0.32, 0.17), -0.3)), person.light, 0.35, blur=6, clip=inside)
    blush = mixed(person.lips, person.skin, 0.25)
    for s in (-1, 1):
        cheek = pose.on(ellipse((s * 0.45, 0.31 - 0.05 * e.cheek), (0.17, 0.12 + 0.02 * e.cheek)))
        canvas.fill(cheek, blush, 0.34 + 0.2 * e.cheek, blur=4, clip=inside)
        top = pose.on(ellipse((s * 0.44 - 0.02, 0.2 - 0.05 * e.cheek), (0.12, 0.05), s * -0.25))
        canvas.fill(top, person.light, 0.3 + 0.35 * e.cheek, blur=2.2, clip=inside)
    if e.flush > 0:
        canvas.fill(pose.flat(ellipse((0, 0.2), (0.75, 0.8))), FLUSH, 0.3 * e.flush, blur=9, clip=inside)
        for s in (-1, 1):
            canvas.fill(pose.on(ellipse((s * 0.42, 0.3), (0.22, 0.16))), FLUSH, 0.35 * e.flush, blur=5, clip=inside)
    chin = pose.on(ellipse((0, 0.86 + jaw - 0.03 * e.chin), (0.15, 0.075)))
    canvas.fill(chin, person.light, 0.35, blur=2.5, clip=inside)
    if person.freckles:
        spots = [(-0.5, 0.22), (-0.42, 0.29), (-0.34, 0.21), (-0.3, 0.31), (-0.2, 0.26), (0.5, 0.22)]
        for x, y in [*spots, (0.42, 0.29), (0.34, 0.21), (0.3, 0.31), (0.2, 0.26), (-0.05, 0.2), (0.06, 0.23)]:
            canvas.fill(pose.on(ellipse((x, y), (0.016, 0.014))), person.shade, 0.75)


def _draw_folds(canvas: Canvas, person: Person, e: Expression, pose: Pose, inside: NDArray[np.uint8]) -> None:
    line = mixed(person.shade, INK, 0.25)
    cx, cy, *_ = _mouth_frame(person, e)
    depth = min(max(e.smile, 0.8 * e.upper_lip, 0.9 * e.wrinkle) + 0.35 * person.age, 1.0)
    for s in (-1, 1):
        wing = s * (0.185 * person.nose), 0.36 - 0.05 * e.wrinkle
        fold = [wing, (s * (0.29 + 0.04 * e.smile), 0.45), (s * (cx + 0.07), cy - 0.04), (s * (cx + 0.065), cy + 0.05)]
        canvas.stroke(pose.on(curve(fold)), (0.5, 2.4, 0.4), line, 0.75 * depth, blur=0.5, clip=inside)
        bag = max(0.75 * e.cheek, 0.7 * e.squint, 0.6 * person.age, 0.5 * e.wrinkle)
        under = [(s * 0.17, 0.1), (s * 0.3, 0.145 - 0.02 * e.cheek), (s * 0.45, 0.105 - 0.02 * e.cheek)]
        canvas.stroke(pose.on(curve(under)), (0.4, 1.6, 0.4), line, 0.55 * bag, blur=0.4, clip=inside)
        for k, dy in enumerate((-0.075, 0.0, 0.07)):
            crow = [(s * 0.545, -0.005 + 0.45 * dy), (s * (0.645 - 0.015 * abs(k - 1)), -0.005 + dy * 1.25)]
            weight = max(0.5 * e.cheek, 0.55 * person.age)
            canvas.stroke(pose.on(np.asarray(crow)), (1.2, 0.4), line, 0.7 * weight, clip=inside)
        knit = [(s * 0.052, -0.27), (s * (0.05 - 0.012 * e.frown), -0.2), (s * 0.062, -0.12)]
        canvas.stroke(pose.on(curve(knit)), (0.4, 2.0, 0.5), line, 0.85 * min(e.frown, 1), clip=inside)
        for dy in (0.07, 0.125):
            crease = [(s * 0.085, dy - 0.015), (s * 0.03, dy + 0.03)]
            canvas.stroke(pose.on(np.asarray(crease), 0.1), (0.5, 1.5), line, 0.85 * e.wrinkle, clip=inside)
        pull = [(s * (cx + 0.02), cy + 0.02), (s * (cx + 0.04), cy + 0.075), (s * (cx + 0.03), cy + 0.12)]
        droop = max(e.droop, 0.3 * person.age)
        canvas.stroke(pose.on(curve(pull)), (0.5, 1.7, 0.4), line, 0.5 * droop, blur=0.6, clip=inside)
    raised = max(min(e.inner_brow, e.outer_brow), 0.45 * person.age)
    for k, y in enumerate((-0.5, -0.58)):
        furrow = [(-0.34 + 0.05 * k, y + 0.02), (-0.15, y - 0.015), (0.15, y - 0.015), (0.34 - 0.05 * k, y + 0.02)]
        canvas.stroke(pose.on(curve(furrow)), (0.3, 1.5, 0.3), line, 0.55 * raised, blur=0.4, clip=inside)
    omega = e.inner_brow * (1 - min(e.outer_brow, 1))
    arch = [(-0.16, -0.42), (-0.07, -0.47), (0.07, -0.47), (0.16, -0.42)]
    canvas.stroke(pose.on(curve(arch)), (0.3, 1.6, 0.3), line, 0.6 * omega, blur=0.4, clip=inside)
    if e.chin > 0:
        jaw = 0.15 * e.jaw + person.length - 1
        boss = [(-0.13, 0.86 + jaw), (0, 0.82 + jaw), (0.13, 0.86 + jaw)]
        canvas.stroke(pose.on(curve(boss)), (0.4, 2.0, 0.4), line, 0.6 * e.chin, blur=0.5, clip=inside)


def _draw_nose(canvas: Canvas, person: Person, e: Expression, pose: Pose) -> None:
    n, up = person.nose, -0.035 * e.wrinkle - 0.012 * e.smile
    wing = 0.145 * n * (1 + 0.12 * e.flare + 0.1 * e.smile + 0.08 * e.wrinkle)
    dark = mixed(person.shade, INK, 0.35)
    bridge = [(0.05, -0.12), (0.065, 0.08), (0.1 * n, 0.26 + up), (wing, 0.35 + up), (wing * 0.75, 0.42 + up)]
    back = [(0.02, 0.4 + up), (0.045, 0.2), (0.015, -0.02)]
    canvas.fill(pose.on(curve([*bridge, *back], closed=True), 0.12), person.shade, 0.8, blur=1.1)
    under = [(-wing, 0.375 + up), (-0.07, 0.41 + up), (0, 0.44 + up), (0.07, 0.41 + up), (wing, 0.375 + up)]
    base = [(0.05, 0.475 + up), (0, 0.49 + up), (-0.05, 0.475 + up)]
    canvas.fill(pose.on(curve([*under, *base], closed=True), 0.12), person.shade, 0.95, blur=0.7)
    canvas.fill(pose.on(ellipse((-0.025, 0.315 + up), (0.055, 0.05)), 0.2), person.light, 0.75, blur=1.4)
    canvas.fill(pose.on(ellipse((-0.02, 0.08), (0.022, 0.15)), 0.12), person.light, 0.5, blur=1.2)
    for s in (-1, 1):
        hole = ellipse(
            (s * wing * 0.53, 0.415 + up), (0.042 * n * (1 + 0.35 * e.flare), 0.02 + 0.012 * e.flare), s * -0.3
        )
        canvas.fill(pose.on(hole, 0.14), dark, 0.95)
        edge = [(s * wing * 0.86, 0.3 + up), (s * wing * 1.04, 0.355 + up), (s * wing * 0.9, 0.42 + up)]
        canvas.stroke(pose.on(curve(edge), 0.1), (0.4, 1.8, 0.8), dark, 0.55 + 0.3 * e.wrinkle)


def _mouth_frame(person: Person, e: Expression) -> tuple[float, float, float, float]:
    """Return half the mouth's width, the height of its corners, of its middle above and below, in head units."""
    half = (
        0.25 + 0.075 * e.smile + 0.07 * e.stretch - 0.03 * e.press - 0.055 * e.jaw * (1 - min(e.smile + e.stretch, 1))
    )
    corner = 0.655 - 0.1 * e.smile + 0.06 * e.droop + 0.09 * e.jaw + (person.length - 1) * 0.5
    rest = 0.65 + 0.02 * e.smile - 0.018 * e.droop - 0.02 * e.chin + (person.length - 1) * 0.5
    above = rest - 0.055 * e.upper_lip - 0.035 * e.wrinkle - 0.02 * e.jaw
    below = rest + 0.36 * e.jaw + 0.07 * e.lower_lip
    return half, corner, above, below


def _draw_mouth(canvas: Canvas, person: Person, e: Expression, pose: Pose) -> None:
    half, corner, above, below = _mouth_frame(person, e)
    t = np.linspace(-1, 1, 49)
    x, bow = t * half, 2.0 + 2.5 * e.square + 0.8 * e.jaw * (1 - min(e.smile, 1))
    round_off = 1 - 0.5 * min(2 * e.jaw, 1) * (1 - 0.65 * min(e.smile, 1))  # an open mouth is an oval, not a wedge
    upper = corner + (above - corner) * (1 - np.abs(t) ** bow) ** round_off
    lower = np.maximum(corner + (below - corner) * (1 - np.abs(t) ** bow) ** round_off, upper)
    full = person.mouth * (1 - 0.75 * e.press) * (1 - 0.25 * min(e.jaw, 1)) * (1 - 0.2 * e.smile)
    dip = 1 - 0.32 * np.exp(-((t / 0.16) ** 2)) - 0.2 * np.abs(t)
    top = upper - 0.075 * full * dip * (1 - np.abs(t) ** 2.6)
    bottom = lower + (0.098 * full * (1 - 0.3 * e.stretch) + 0.03 * e.chin) * (1 - np.abs(t) ** 2.2)

    def band(a: NDArray[np.float64], b: NDArray[np.float64]) -> Points:
        return pose.on(np.vstack([np.stack([x, a], 1), np.stack([x, b], 1)[::-1]]))

    shadow = pose.on(ellipse((0.01, float(bottom.max()) + 0.045), (half * 0.55, 0.03)))
    canvas.fill(shadow, person.shade, 0.85, blur=1.4)
    canvas.fill(band(top, upper), mixed(person.lips, INK, 0.2))
    canvas.fill(band(lower, bottom), person.lips)
    gloss = pose.on(ellipse((-0.03, float(bottom.max()) - 0.045 * full), (half * 0.38, 0.018 * full)))
    canvas.fill(gloss, mixed(person.lips, WHITE, 0.45), 0.55 * (1 - e.press), blur=0.8)
    opening = band(upper, lower)
    if below - above > 0.03:
        canvas.fill(opening, MOUTH)
        within = canvas.mask(opening)
        _fill_mouth(canvas, e, pose, (x, upper, lower), within)
    line = pose.on(np.stack([x, upper], 1))
    canvas.stroke(line, (1.2, 1.7, 1.7, 1.2), mixed(MOUTH, INK, 0.45), 0.95)
    for s in (-1, 1):
        nook = pose.on(ellipse((s * half, corner), (0.022, 0.02)))
        canvas.fill(nook, mixed(person.shade, INK, 0.45), 0.75, blur=0.6)


def _fill_mouth(
    canvas: Canvas, e: Expression, pose: Pose, rims: tuple[Points, Points, Points], within: NDArray[np.uint8]
) -> None:
    x, upper, lower = rims
    gap = float((lower - upper).max())
    floor = float(lower.max())
    canvas.fill(pose.on(ellipse((0, floor + 0.02), (x.max() * 0.62, min(0.45 * gap, 0.14)))), TONGUE, clip=within)
    canvas.fill(pose.on(ellipse((-0.02, floor), (x.max() * 0.3, 0.05))), (226, 122, 124), 0.6, blur=1.2, clip=within)
    shown = 0.045 + 0.075 * max(e.smile, e.upper_lip, e.wrinkle, 0.8 * e.square)
    bite = min(shown, 0.62 * gap)
    ends = 1 - np.abs(x / x.max()) ** 4
    teeth = np.vstack([np.stack([x, upper - 0.05], 1), np.stack([x, upper + bite * ends], 1)[::-1]])
    if e.square > 0.3 or e.lower_lip > 0.3:
        low = 0.38 if gap > CLENCHED else 0.5
        row = np.vstack([np.stack([x, lower + 0.05], 1), np.stack([x, lower - low * gap * ends], 1)[::-1]])
        canvas.fill(pose.on(row), (226, 218, 214), clip=within)
    canvas.fill(pose.on(teeth), WHITE, clip=within)
    for k in (-0.66, -0.4, -0.14, 0.14, 0.4, 0.66):
        i = round((k + 1) * 24)
        split = np.array([(x[i], upper[i]), (x[i], upper[i] + bite)])
        canvas.stroke(pose.on(split), 0.7, (190, 176, 172), 0.45, clip=within)
    canvas.stroke(pose.on(np.stack([x, upper + 0.01], 1)), 2.4, INK, 0.25, blur=0.8, clip=within)


def _lid_lines(person: Person, e: Expression, side: int) -> tuple[Points, Points, float]:
    """Return upper and lower lid in head units, from the nose outwards, and how far open the eye is."""
    half = 0.176 * person.eyes
    lower = 0.076 * person.eyes - 0.085 * e.cheek - 0.055 * e.squint - 0.03 * e.wrinkle
    raised = -0.104 * person.eyes - 0.068 * e.wide + 0.035 * e.squint + 0.02 * e.cheek + 0.02 * e.frown
    upper = lower + (raised - lower) * (1 - min(max(e.closed, 0.0), 1.0))
    t = np.linspace(-1, 1, 33)
    x = side * (0.33 + t * half)
    tilt = 0.018 - 0.036 * (t + 1) / 2 + 0.03 * e.inner_brow * (1 - min(e.outer_brow, 1)) * t
    peak = np.where(t < 0, 1 - np.abs(t) ** 2.1, 1 - np.abs(t) ** 2.5)
    top = np.stack([x, tilt + upper * peak], 1)
    bottom = np.stack([x, tilt + lower * (1 - np.abs(t + 0.05 * t) ** 2.4).clip(0)], 1)
    return top, bottom, lower - upper


def _draw_eye(canvas: Canvas, person: Person, e: Expression, pose: Pose, side: int) -> None:
    top, bottom, gap = _lid_lines(person, e, side)
    socket = ellipse((side * 0.33, -0.05), (0.215, 0.15))
    canvas.fill(pose.on(socket), person.shade, 0.38 + 0.25 * e.frown, blur=2.6)
    lid = np.vstack([top, (top + (0, -0.055 * (1 - 0.4 * e.wide)))[::-1]])
    canvas.fill(pose.on(lid), mixed(person.skin, person.shade, 0.35), 0.9, blur=0.6)
    almond = pose.on(np.vstack([top, bottom[::-1]]))
    if gap > 0.02:
        canvas.fill(almond, WHITE)
        within = canvas.mask(almond)
        middle = side * 0.33 + 0.06 * e.gaze_x, -0.012 + 0.045 * e.gaze_y
        radius = 0.088 * person.eyes
        canvas.fill(pose.on(ellipse(middle, (radius, radius)), 0.0), mixed(person.iris, INK, 0.55), clip=within)
        canvas.fill(pose.on(ellipse(middle, (radius * 0.84, radius * 0.84))), person.iris, clip=within)
        glow = ellipse((middle[0], middle[1] + radius * 0.35), (radius * 0.6, radius * 0.4))
        canvas.fill(pose.on(glow), mixed(person.iris, WHITE, 0.4), 0.6, blur=0.6, clip=within)
        canvas.fill(pose.on(ellipse(middle, (radius * 0.45, radius * 0.45))), (20, 14, 16), clip=within)
        canvas.stroke(pose.on(top), 4.2, INK, 0.3, blur=0.9, clip=within)
        spot = middle[0] - 0.032, middle[1] - 0.034
        canvas.fill(pose.on(ellipse(spot, (0.021, 0.021))), (255, 255, 255), clip=within)
        canvas.fill(
            pose.on(ellipse((middle[0] + 0.03, middle[1] + 0.03), (0.01, 0.01))), (255, 255, 255), 0.7, clip=within
        )
        if e.wet > 0:
            pool = np.vstack([bottom, (bottom + (0, -0.045))[::-1]])
            canvas.fill(pose.on(pool), TEAR, 0.85 * e.wet, clip=within)
    lash = mixed(person.hair, INK, 0.75)
    canvas.stroke(pose.on(top), (1.2, 2.6, 3.0, 2.2 + person.lashes), lash)
    if person.lashes:
        tip = top[-1]
        flick = [tip + (-side * 0.03, -0.012), tip + (side * 0.02, -0.02), tip + (side * 0.055, -0.05)]
        canvas.stroke(pose.on(curve(flick)), (2.2, 1.6, 0.5), lash, min(person.lashes, 1))
    canvas.stroke(pose.on(bottom[3:]), (0.6, 1.3, 1.2), mixed(person.shade, INK, 0.45), 0.85)
    lift = 0.05 - 0.012 * e.wide + 0.02 * e.closed
    crease = top[3:-1] + np.array([0, -lift]) * np.sin(np.linspace(0.5, np.pi - 0.4, len(top) - 4))[:, None]
    canvas.stroke(pose.on(crease), (0.5, 1.5, 0.6), mixed(person.shade, INK, 0.35), 0.75 - 0.3 * e.frown)


def _draw_brow(canvas: Canvas, person: Person, e: Expression, pose: Pose, side: int) -> None:
    inner, outer, low = 0.135 * e.inner_brow, 0.115 * e.outer_brow, e.frown
    place = np.array([0, -person.brow_height])
    grief = e.inner_brow * (1 - min(e.outer_brow, 1))
    line = [
        (side * (0.135 - 0.035 * low), -0.225 - inner + 0.145 * low),
        (side * (0.26 - 0.02 * low), -0.265 - 0.55 * inner - 0.4 * outer + 0.125 * low + 0.02 * grief),
        (side * 0.4, -0.275 - 0.15 * inner - outer + 0.065 * low + 0.065 * grief),
        (side * 0.555, -0.2 - 0.75 * outer + 0.02 * low + 0.04 * grief),
    ]
    thick = np.array([3.6, 6.0, 5.0, 0.8]) * person.brows * pose.unit / UNIT
    tone = mixed(person.hair, INK, 0.35)
    canvas.stroke(pose.on(curve(line) + place, 0.03), thick.tolist(), tone)


def _draw_tear(canvas: Canvas, person: Person, progress: float, pose: Pose, side: int) -> None:
    """Draw a drop that swells at the lower lid, runs down the cheek and leaves a trace; 0 is no tear yet, 1 gone."""
    if not 0 < progress < 1:
        return
    way = curve([(0.35, 0.085), (0.385, 0.25), (0.4, 0.45), (0.375, 0.66), (0.33, 0.84)]) * (side, 1)
    swell, run = min(progress / 0.2, 1.0), max((progress - 0.2) / 0.8, 0.0) ** 1.4
    last = round(run * (len(way) - 1))
    fade = min((1 - progress) / 0.15, 1.0)
    if last > 1:
        canvas.stroke(pose.on(way[: last + 1]), (1.0, 3.0), mixed(person.skin, WHITE, 0.55), 0.65 * fade, blur=0.4)
    x, y = way[last]
    size = 0.02 + 0.027 * swell
    drop = curve(
        [(x, y - 1.9 * size), (x + size, y + 0.1 * size), (x, y + 1.1 * size), (x - size, y + 0.1 * size)], closed=True
    )
    canvas.fill(pose.on(drop) + (0.6, 0.9), person.shade, 0.7 * fade, blur=0.6)
    canvas.fill(pose.on(drop), (150, 202, 238), fade)
    canvas.fill(pose.on(ellipse((x + 0.1 * size, y + 0.3 * size), (0.6 * size, 0.55 * size))), TEAR, fade)
    canvas.fill(pose.on(ellipse((x - 0.3 * size, y - 0.1 * size), (0.25 * size, 0.4 * size))), (255, 255, 255), fade)
