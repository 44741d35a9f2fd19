"""Where the attending grader looks: its mask over the frames, and a clip with the rest dimmed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from gifect.feeling.cues import Cues, see
from gifect.feeling.grade import grader_inputs
from gifect.media.clip import Clip
from gifect.models.registry import load_session

__all__ = ["Attention", "attend", "draw_attention", "draw_frame", "mask_at"]

LEAST_LIGHT = 0.22  # of a frame where the mask is 0
LINE = (255, 214, 64)  # around what holds most of the attention
HELD = 0.5  # share of the highest attention at which the line runs
SMALL = 240  # pixels of the longer side of a frame up to which a clip is drawn at twice its size


@dataclass(frozen=True)
class Attention:
    """Masks float (T, 6, 8) of the clip's frames ``frames`` (T,); each mask sums to 1."""

    frames: NDArray[np.int64]
    masks: NDArray[np.float32]


def attend(clip: Clip, cues: Cues | None = None) -> Attention:
    """Return where the attending grader looks in ``clip``; what was seen of it may be given as ``cues``."""
    session = load_session("attend")
    inputs, frames = grader_inputs(clip, cues or see(clip), session.get_inputs()[0].shape[1])
    (masks,) = session.run(["mask"], inputs)
    frames, first = np.unique(frames, return_index=True)
    return Attention(frames, masks[0][first])


def mask_at(clip: Clip, attention: Attention, k: int) -> NDArray[np.float32]:
    """Return the mask of frame ``k`` as large as the frame, its highest value 1; between two frames that were read it
    goes over evenly."""
    times = clip.starts_ms[attention.frames].astype(float)
    now = float(clip.starts_ms[k])
    after = min(int(np.searchsorted(times, now)), len(times) - 1)
    before = max(after - 1, 0)
    share = (
        1.0 if times[after] <= times[before] else np.clip((now - times[before]) / (times[after] - times[before]), 0, 1)
    )
    mask = (1 - share) * attention.masks[before] + share * attention.masks[after]
    large = cv2.resize(mask, (clip.width, clip.height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(large / max(float(mask.max()), 1e-9), 0, 1), np.float32)


def draw_attention(clip: Clip, attention: Attention) -> Clip:
    """Return the clip as bright as it is attended to, with a line around what holds most; a small one at twice its
    size. Delays and loops stay."""
    frames = [draw_frame(clip, attention, k) for k in range(clip.frame_count)]
    return replace(clip, frames=np.stack(frames), warnings=(), digest="")


def draw_frame(clip: Clip, attention: Attention, k: int) -> NDArray[np.uint8]:
    """Return frame ``k`` drawn as by ``draw_attention``."""
    zoom = 2 if max(clip.width, clip.height) <= SMALL else 1
    frame, mask = clip.frames[k], mask_at(clip, attention, k)
    size = frame.shape[1] * zoom, frame.shape[0] * zoom
    light = LEAST_LIGHT + (1 - LEAST_LIGHT) * cv2.resize(mask, size, interpolation=cv2.INTER_LINEAR)
    picture = cv2.resize(frame, size, interpolation=cv2.INTER_CUBIC) if zoom > 1 else frame
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)[..., None]
    colour = light[..., None]
    lit = np.asarray((picture * colour + grey * (1 - colour)) * colour, np.uint8)
    held = (light >= LEAST_LIGHT + (1 - LEAST_LIGHT) * HELD).astype(np.uint8)
    lines, _ = cv2.findContours(held, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(lit, lines, -1, LINE, 1, cv2.LINE_AA), np.uint8)
