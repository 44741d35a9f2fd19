"""Optical flow: end-point error and time of each method on synthetic motion whose flow is known.

    python benchmarks/flow.py [--write docs/results/flow.md]

TV-L1 is measured where OpenCV has its contributed modules (``opencv-contrib-python-headless``).
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import cv2
import numpy as np

from gifect.evaluation.tables import Table
from gifect.media.flow import estimate_flow, flow_methods

COMMAND = "python benchmarks/flow.py"
HEIGHT, WIDTH, FRAMES = 192, 256, 40
MARGIN = 16  # pixels at the border that are not measured: what enters the picture has no match
BAR = 0.4  # seconds for a clip of 40 frames

Field = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def turn(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the flow of a rotation by 1.5 degrees about the middle."""
    angle, dx, dy = np.radians(1.5), x - WIDTH / 2, y - HEIGHT / 2
    return dx * (np.cos(angle) - 1) - dy * np.sin(angle), dx * np.sin(angle) + dy * (np.cos(angle) - 1)


def wave(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the flow of something soft: up to 2 pixels, another way every 60 pixels."""
    return 2 * np.sin(y / 60 * np.pi), 2 * np.cos(x / 60 * np.pi)


MOTIONS: dict[str, Field] = {
    "shift by (1, 0.5) pixels": lambda x, y: (np.full_like(x, 1.0), np.full_like(y, 0.5)),
    "shift by (-6, 3) pixels": lambda x, y: (np.full_like(x, -6.0), np.full_like(y, 3.0)),
    "shift by (14, 0) pixels": lambda x, y: (np.full_like(x, 14.0), np.zeros_like(y)),
    "rotation by 1.5 degrees": turn,
    "zoom by 3 %": lambda x, y: (0.03 * (x - WIDTH / 2), 0.03 * (y - HEIGHT / 2)),
    "soft waves of 2 pixels": wave,
}


def texture(rng: np.random.Generator) -> np.ndarray:
    """Return a picture (H, W, 3) with detail at every scale."""
    picture = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    for cell, strength in ((64, 90.0), (24, 60.0), (10, 40.0), (4, 20.0)):
        noise = rng.normal(0, strength, (HEIGHT // cell + 2, WIDTH // cell + 2, 3)).astype(np.float32)
        picture += cv2.resize(noise, (WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC)
    return np.clip(picture + 128, 0, 255).astype(np.uint8)


def pair(picture: np.ndarray, motion: Field) -> tuple[np.ndarray, np.ndarray]:
    """Return two frames (2, H, W, 3) and the flow (H, W, 2) from the first to the second.

    The second is the picture; the first shows at each pixel what lies where the flow points to, with a little noise.
    """
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    flow = np.stack(motion(x, y), -1).astype(np.float32)
    mapped = np.float32([x, y]).transpose(1, 2, 0) + flow
    first = cv2.remap(picture, mapped, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    noise = np.random.default_rng(0).normal(0, 2, (2, *picture.shape))
    return np.clip(np.stack([first, picture]) + noise, 0, 255).astype(np.uint8), flow


def errors(method: str, motion: Field, tries: int = 4) -> float:
    """Return the mean distance between found and true flow in pixels, away from the border."""
    found = []
    for seed in range(tries):
        frames, truth = pair(texture(np.random.default_rng(seed)), motion)
        away = np.linalg.norm(estimate_flow(frames, method)[0] - truth, axis=-1)
        found.append(away[MARGIN:-MARGIN, MARGIN:-MARGIN].mean())
    return float(np.mean(found))


def seconds(method: str) -> float:
    """Return the processor time of the flow of a clip of 40 frames that pans."""
    wide = cv2.resize(texture(np.random.default_rng(9)), (WIDTH + 3 * FRAMES, HEIGHT), interpolation=cv2.INTER_CUBIC)
    frames = np.stack([wide[:, 3 * k : 3 * k + WIDTH] for k in range(FRAMES)])
    started = time.process_time()
    estimate_flow(frames, method)
    return time.process_time() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    cv2.setNumThreads(1)
    methods = flow_methods()
    accuracy = Table(f"End-point error in pixels, {WIDTH} x {HEIGHT}", ["motion", *methods], COMMAND)
    for name, motion in MOTIONS.items():
        accuracy.add(name, *(errors(m, motion) for m in methods))
    speed = Table(f"Processor time of a clip of {FRAMES} frames, {WIDTH} x {HEIGHT}", ["method", "s", "bar"], COMMAND)
    for method in methods:
        speed.add(method, f"{seconds(method):.2f}", f"{BAR:g}" if method == "dis" else "")
    for table in (accuracy, speed):
        print(table.to_text())
    if given.write:
        given.write.write_text("# Optical flow\n\n" + "\n".join(t.to_markdown() for t in (accuracy, speed)))


if __name__ == "__main__":
    main()
