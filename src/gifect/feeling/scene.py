"""The scene cue: what whole frames show and how they move, as one vector a frame."""

from __future__ import annotations

import cv2
import numpy as np

from gifect.media.sample import evenly_spaced
from gifect.models.registry import load_session

FRAME_WIDTH, FRAME_HEIGHT = 128, 96  # pixels of the frame that the network reads
MOTION_STEP = 2  # frames between the two whose difference is the motion
SCENE_FRAMES = 6  # read of one clip; those in which faces are looked for


def scene_input(frames: np.ndarray, k: int) -> np.ndarray:
    """Return frame ``k`` of ``frames`` (T, H, W, 3) as the network reads it: uint8 (96, 128, 4).

    The first three channels are RGB, the fourth is the absolute difference in brightness to the frame two later
    (two earlier at the end), 0 in a still picture.
    """
    other = k + MOTION_STEP if k + MOTION_STEP < len(frames) else max(k - MOTION_STEP, 0)
    small, then = (_shrunk(frames[i]) for i in (k, other))
    motion = cv2.absdiff(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), cv2.cvtColor(then, cv2.COLOR_RGB2GRAY))
    return np.dstack([small, motion])


def embed_scene(frames: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what at most six of ``frames`` (T, H, W, 3) show: embeddings float (S, 256), maps float (S, 192, 6, 8),
    and which frames they are (S,)."""
    chosen = evenly_spaced(len(frames), SCENE_FRAMES)
    inputs = np.stack([scene_input(frames, int(k)) for k in chosen])
    embeddings, maps = load_session("scene").run(["embedding", "map"], {"frames": inputs})
    return embeddings, maps, chosen


def pool_scene(embeddings: np.ndarray) -> np.ndarray:
    """Return mean and maximum over the frames of embeddings (S, 256) as one vector (512,)."""
    return np.concatenate([embeddings.mean(0), embeddings.max(0)])


def _shrunk(frame: np.ndarray) -> np.ndarray:
    return cv2.resize(frame, (FRAME_WIDTH, FRAME_HEIGHT), interpolation=cv2.INTER_AREA)
