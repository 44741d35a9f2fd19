"""A drawn figure that does things, as videos in the layout of Kinetics."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from gifect.media.clip import Clip
from gifect.media.write import write_clip

ACTIONS = ("bowing", "cartwheeling", "jumping", "walking", "waving")
SIZE = 56  # pixels
FRAMES, DELAY = 24, 40  # ms


def draw_video(action: str, seed: int) -> Clip:
    """Return a clip of a figure of random place, size, colour and pace that does one thing."""
    rng = np.random.default_rng((ACTIONS.index(action), seed))
    paper, ink = rng.integers(150, 256, 3), rng.integers(0, 90, 3)
    pace, start = rng.uniform(0.7, 1.1), rng.uniform(0, 2 * np.pi)
    tall, x, way = rng.uniform(20, 26), SIZE / 2 + rng.uniform(-5, 5), rng.choice([-1, 1])
    frames = []
    for k in range(FRAMES):
        phase = start + 2 * np.pi * pace * k / 12
        frames.append(_frame(action, phase, k / FRAMES, paper, ink, tall, x, way))
    return Clip.from_frames(np.stack(frames), DELAY)


def _frame(
    action: str, phase: float, share: float, paper: np.ndarray, ink: np.ndarray, tall: float, x: float, way: int
) -> np.ndarray:
    picture = np.full((SIZE, SIZE, 3), paper, np.uint8)
    foot, arms, legs, lean = SIZE - 8.0, [0.9, 0.9], 0.35, 0.0
    if action == "jumping":
        foot -= 10 * abs(np.sin(phase / 2))
    elif action == "waving":
        arms[0] = 2.3 + 0.7 * np.sin(phase)
    elif action == "walking":
        x, legs = x + way * 26 * (share - 0.5), 0.45 * np.sin(phase)
    elif action == "bowing":
        lean = way * 0.6 * (1 - np.cos(phase))
    elif action == "cartwheeling":
        lean = way * phase
    hip = np.array([x, foot - tall / 2])

    def limb(start: np.ndarray, angle: float, length: float) -> np.ndarray:
        end = start + length * np.array([np.sin(angle), np.cos(angle)])
        cv2.line(picture, *(tuple(int(v) for v in p.round()) for p in (start, end)), ink.tolist(), 2)
        return end

    turn = lean if action == "cartwheeling" else 0.0
    for side in (-1, 1):
        limb(hip, turn + side * legs, tall / 2)
    neck = limb(hip, np.pi + lean, tall / 2)
    for side, angle in zip((-1, 1), arms, strict=True):
        limb(neck, lean + side * angle, tall / 3)
    head = neck + tall / 6 * np.array([np.sin(np.pi + lean), np.cos(np.pi + lean)])
    cv2.circle(picture, tuple(int(v) for v in head.round()), max(int(tall / 8), 2), ink.tolist(), -1)
    return picture


def write_kinetics(folder: Path, train: int, valid: int) -> None:
    """Write videos of every action as Kinetics has them, ``train.csv`` and ``valid.csv`` beside."""
    for split, count, first in (("train", train, 0), ("valid", valid, 1000)):
        lines = ["label,youtube_id,time_start,time_end,split"]
        for action in ACTIONS:
            (folder / action).mkdir(parents=True, exist_ok=True)
            for seed in range(first, first + count):
                name = f"drawn{seed:06d}"
                write_clip(draw_video(action, seed), folder / action / f"{name}_000000_000010.mp4")
                lines.append(f"{action},{name},0,10,{split}")
        (folder / f"{split}.csv").write_text("\n".join(lines) + "\n")
