"""Clips with words drawn into them."""

from __future__ import annotations

import cv2
import numpy as np

from gifect.media.clip import Clip

WIDTH, HEIGHT = 320, 200


def drawn_clip(words: list[str], site: str = "", hold: int = 4, seed: int = 0) -> Clip:
    """Return a clip of a moving blurred ground in which each of ``words`` is shown for ``hold`` frames of 100 ms, white
    with a dark edge, "|" between lines; ``site`` stands small in a corner of all."""
    rng = np.random.default_rng(seed)
    ground = cv2.GaussianBlur(rng.integers(0, 255, (HEIGHT, WIDTH + 80, 3), dtype=np.uint8), (0, 0), 12)
    ground = cv2.normalize(ground, None, 40, 190, cv2.NORM_MINMAX)
    frames = []
    for k in range(len(words) * hold):
        picture = np.ascontiguousarray(ground[:, k * 3 % 80 : k * 3 % 80 + WIDTH])
        lines = words[k // hold].split("|") if words[k // hold] else []
        for row, line in enumerate(lines):
            _write(picture, line, 0.8, HEIGHT - 18 - 32 * (len(lines) - 1 - row))
        if site:
            cv2.putText(picture, site, (WIDTH - 90, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.4, (230, 230, 230), 1, cv2.LINE_AA)
        frames.append(picture)
    return Clip.from_frames(np.stack(frames), 100)


def _write(picture: np.ndarray, line: str, scale: float, base: int) -> None:
    (width, _), _ = cv2.getTextSize(line, cv2.FONT_HERSHEY_DUPLEX, scale, 2)
    at = ((WIDTH - width) // 2, base)
    for colour, thick in (((10, 10, 10), 6), ((255, 255, 255), 2)):
        cv2.putText(picture, line, at, cv2.FONT_HERSHEY_DUPLEX, scale, colour, thick, cv2.LINE_AA)
