"""Smooth shapes on a picture: polygons and tapered strokes, anti-aliased by drawing four times too large."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
"""Corners or curve points, shape (N, 2): x, y."""
Colour = tuple[int, int, int]
"""RGB, 0-255."""

OVERSAMPLING = 4  # drawn pixels a side of each pixel of the picture
SHIFT = 4  # fractional bits of the coordinates that OpenCV takes


class Canvas:
    """A picture to draw on; all coordinates are pixels of the finished picture."""

    def __init__(self, width: int, height: int, colour: Colour) -> None:
        self.width, self.height = width, height
        self._pixels = np.full((height * OVERSAMPLING, width * OVERSAMPLING, 3), colour, np.float32)

    def mask(self, *outlines: Points) -> NDArray[np.uint8]:
        """Return the area inside of any of the outlines, to clip other shapes with."""
        area = np.zeros(self._pixels.shape[:2], np.uint8)
        for outline in outlines:
            cv2.fillPoly(area, [_fixed_point(outline)], 255, cv2.LINE_AA, SHIFT)
        return area

    def fill(
        self,
        outline: Points,
        colour: Colour,
        alpha: float = 1.0,
        *,
        blur: float = 0.0,
        clip: NDArray[np.uint8] | None = None,
    ) -> None:
        """Fill a closed outline, its edge softened over ``blur`` pixels, only inside of ``clip``."""
        if alpha <= 0:
            return
        margin = 2 + 3 * blur
        low = np.floor((outline.min(0) - margin) * OVERSAMPLING).astype(int).clip(0)
        high = np.ceil((outline.max(0) + margin) * OVERSAMPLING).astype(int)
        rows, columns = slice(low[1], max(high[1], low[1])), slice(low[0], max(high[0], low[0]))
        region = self._pixels[rows, columns]
        if not region.size:
            return
        area = np.zeros(region.shape[:2], np.uint8)
        cv2.fillPoly(area, [_fixed_point(outline - low / OVERSAMPLING)], 255, cv2.LINE_AA, SHIFT)
        weight = _softened(area, blur).astype(np.float32) * (alpha / 255)
        if clip is not None:
            weight *= clip[rows, columns].astype(np.float32) / 255
        region += (np.array(colour, np.float32) - region) * weight[..., None]

    def stroke(
        self,
        line: Points,
        thickness: float | Sequence[float],
        colour: Colour,
        alpha: float = 1.0,
        *,
        blur: float = 0.0,
        clip: NDArray[np.uint8] | None = None,
    ) -> None:
        """Draw a line whose thickness runs through the given values from its start to its end."""
        self.fill(ribbon(line, thickness), colour, alpha, blur=blur, clip=clip)

    def picture(self) -> NDArray[np.uint8]:
        """Return the finished picture (H, W, 3) RGB."""
        small = cv2.resize(self._pixels, (self.width, self.height), interpolation=cv2.INTER_AREA)
        return np.asarray(small.round().clip(0, 255), np.uint8)


def curve(points: Sequence[Sequence[float]] | Points, closed: bool = False, steps: int = 12) -> Points:
    """Return a Catmull-Rom spline through the points, ``steps`` points for each of its pieces."""
    knots = np.asarray(points, float)
    padded = np.vstack([knots[-1], knots, knots[:2]]) if closed else np.vstack([knots[0], knots, knots[-1]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    pieces = []
    for before, start, end, after in zip(padded[:-3], padded[1:-2], padded[2:-1], padded[3:], strict=True):
        a, b = end - before, 2 * before - 5 * start + 4 * end - after
        pieces.append(start + 0.5 * t * (a + t * (b + t * (3 * (start - end) + after - before))))
    return np.asarray(np.vstack(pieces if closed else [*pieces, knots[-1:]]))


def ellipse(centre: Sequence[float], radii: Sequence[float], turn: float = 0.0) -> Points:
    """Return the outline of an ellipse turned by ``turn`` radians."""
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    x, y = np.cos(angle) * radii[0], np.sin(angle) * radii[1]
    turned = np.stack([x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)], 1)
    return np.asarray(turned + np.asarray(centre))


def ribbon(line: Points, thickness: float | Sequence[float]) -> Points:
    """Return the outline of a line with round ends whose thickness runs through the given values."""
    values = np.atleast_1d(np.asarray(thickness, float))
    half = np.interp(np.linspace(0, 1, len(line)), np.linspace(0, 1, len(values)), values)[:, None] / 2
    along = np.gradient(line, axis=0)
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    across = np.stack([-along[:, 1], along[:, 0]], 1)
    turn = np.linspace(0, np.pi, 9)[1:-1, None]
    end = line[-1] + half[-1] * (np.cos(turn) * across[-1] + np.sin(turn) * along[-1])
    start = line[0] - half[0] * (np.cos(turn) * across[0] + np.sin(turn) * along[0])
    return np.vstack([line + half * across, end, (line - half * across)[::-1], start])


def mixed(a: Colour, b: Colour, share: float) -> Colour:
    """Return the colour ``share`` of the way from ``a`` to ``b``."""
    red, green, blue = (round(x + (y - x) * share) for x, y in zip(a, b, strict=True))
    return red, green, blue


def darker(colour: Colour, share: float) -> Colour:
    """Return the colour with ``share`` of its light taken away."""
    return mixed(colour, (0, 0, 0), share)


def lighter(colour: Colour, share: float) -> Colour:
    """Return the colour ``share`` of the way to white."""
    return mixed(colour, (255, 255, 255), share)


def mirrored(right: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return a closed outline from its right half, given from top to bottom."""
    return [*right, *((-x, y) for x, y in reversed(right) if x)]


def _fixed_point(outline: Points) -> NDArray[np.int32]:
    # OpenCV counts from the middle of the first pixel.
    return np.round((outline * OVERSAMPLING - 0.5) * (1 << SHIFT)).astype(np.int32)


def _softened(area: NDArray[np.uint8], blur: float) -> NDArray[np.uint8]:
    """Blur at the size of the finished picture, which is fast and just as smooth."""
    if blur <= 0:
        return area
    size = max(area.shape[1] // OVERSAMPLING, 1), max(area.shape[0] // OVERSAMPLING, 1)
    small = cv2.GaussianBlur(cv2.resize(area, size, interpolation=cv2.INTER_AREA), (0, 0), blur)
    return np.asarray(cv2.resize(small, area.shape[::-1], interpolation=cv2.INTER_LINEAR), np.uint8)
