"""Windows of videos as I3D takes them: cut at random for training, evenly spread for testing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from gifect.actions.i3d import RATE, SHORT_SIDE, SIDE
from gifect.errors import ClipError
from gifect.media.clip import Clip
from gifect.media.crop import short_side
from gifect.media.flow import cached_flow, unit_flow
from gifect.media.limits import Limits
from gifect.media.sample import at_rate, looped
from gifect.training.data.videosets import Video, VideoSet


@dataclass(frozen=True)
class Cutter:
    """How windows are cut: of which stream, how many frames of how many pixels a side, by which flow, kept where."""

    stream: str = "rgb"
    frames: int = 64
    side: int = SIDE
    method: str = "dis"
    cache: Path | None = None

    def whole(self, path: Path) -> np.ndarray:
        """Return a video at 25 frames a second, its short side 8/7 of the window's: RGB uint8 or flow int8
        (T, H, W, C). What is too short plays again."""
        clip = Clip.open(path, limits=Limits())
        steady = looped(at_rate(clip.delays_ms, RATE), self.frames + (self.stream == "flow"))
        shown, place = np.unique(steady, return_inverse=True)  # scale each frame once
        frames = short_side(clip.frames[shown], round(self.side * SHORT_SIDE / SIDE))[place]
        return frames if self.stream == "rgb" else cached_flow(frames, self.method, self.cache)

    def at_random(self, whole: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return one window (frames, side, side, C) from anywhere in a video, mirrored half of the time."""
        start, top, left = (
            int(rng.integers(length - size + 1))
            for length, size in zip(whole.shape, (self.frames, self.side, self.side), strict=False)
        )
        part = whole[start : start + self.frames, top : top + self.side, left : left + self.side]
        return self._mirrored(part) if rng.random() < 0.5 else part

    def _mirrored(self, part: np.ndarray) -> np.ndarray:
        part = part[:, :, ::-1].copy()
        if self.stream == "flow":
            part[..., 0] = -part[..., 0]  # what went to the right goes to the left
        return part

    def spread(self, whole: np.ndarray, number: int) -> np.ndarray:
        """Return ``number`` windows of the middle of the picture, spread over a video from its start to its end."""
        top, left = (whole.shape[1] - self.side) // 2, (whole.shape[2] - self.side) // 2
        last = len(whole) - self.frames
        starts = np.round(np.linspace(0, last, number) if number > 1 else np.array([last / 2])).astype(int)
        middle = whole[:, top : top + self.side, left : left + self.side]
        return np.stack([middle[s : s + self.frames] for s in starts])

    def tensor(self, parts: np.ndarray) -> Tensor:
        """Return windows (B, T, H, W, C) as the network takes them, float (B, C, T, H, W) in [-1, 1]."""
        unit = parts.astype(np.float32) / 127.5 - 1 if self.stream == "rgb" else unit_flow(parts)
        return torch.from_numpy(np.ascontiguousarray(unit.transpose(0, 4, 1, 2, 3)))


def training_batches(found: VideoSet, cutter: Cutter, size: int, seed: int, epoch: int) -> Iterator[dict[str, Tensor]]:
    """Yield the batches of one epoch: ``clip`` (B, C, T, H, W) and ``label`` (B,).

    Each video comes once, in an order of the epoch's own; the last ones that do not fill a batch are left out, unless
    there is no other. Videos that cannot be read, of which every large set has some, are named and left out.
    """
    rng = np.random.default_rng((seed, epoch))
    order = rng.permutation(len(found.videos))
    size = min(size, len(order))
    for start in range(0, len(order) - size + 1, size):
        wholes = [(video.label, read_whole(video, cutter)) for video in (found.videos[k] for k in order[start:][:size])]
        cut = [(label, cutter.at_random(whole, rng)) for label, whole in wholes if whole is not None]
        if cut:
            labels = torch.tensor([label for label, _ in cut])
            yield {"clip": cutter.tensor(np.stack([part for _, part in cut])), "label": labels}


def read_whole(video: Video, cutter: Cutter) -> np.ndarray | None:
    """Return a video as ``cutter`` takes it, or say why it cannot be read and return None."""
    try:
        return cutter.whole(video.path)
    except ClipError as error:
        print(f"left out: {error}", flush=True)
        return None
