"""Keypoint-attended visual attention and the hierarchical segment LSTM, and the grader built of them.

References
----------
Yang, Z., Zhang, Y., Luo, J. Human-Centered Emotion Recognition in Animated GIFs (KAVAN).
"""

from __future__ import annotations

from typing import Literal

import torch
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from gifect.errors import TrainingError
from gifect.training.networks.decoders import FirstFrame, Heads, MaxPool, MeanOnly, Recurrent, Standard, Statistics

Decoder = Literal["mean", "first-frame", "statistics", "max-pool", "recurrent", "lstm", "hs-lstm"]


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class NetworkOptions:
    """What a grader is built of.

    Attributes
    ----------
    decoder : mean, first-frame, statistics, max-pool and recurrent are the plain ones; lstm and hs-lstm can attend.
    attention : whether lstm or hs-lstm look where the mask says (KAVAN is hs-lstm with attention).
    scene, faces : which features of a frame are read.
    project : numbers a frame is brought down to before the decoder; 0 = none.
    hidden, layers, dropout : of the decoder.
    tiers, nodes : of hs-lstm; each node takes frames / nodes frames.
    """

    decoder: Decoder = "hs-lstm"
    attention: bool = True
    scene: bool = True
    faces: bool = True
    project: int = 0
    hidden: int = 128
    layers: int = 2
    dropout: float = 0.3
    tiers: int = 2
    nodes: int = 2


class SoftAttention(nn.Module):
    """Where to look, from what was seen before and what is there now.

    ``hidden`` (B, H) and a map of features (B, C, h, w) -> mask (B, h, w), which sums to 1, and the attended feature
    (B, C): a * (sum of the map under the mask) + b * (mean of the map), with a and b learnt.
    """

    def __init__(self, channels: int, hidden: int, inner: int = 64) -> None:
        super().__init__()
        self.of_map = nn.Conv2d(channels, inner, 1)
        self.of_state = nn.Linear(hidden, inner, bias=False)
        self.score = nn.Conv2d(inner, 1, 1)
        self.links = nn.Parameter(torch.tensor([0.5, 0.5]))

    def forward(self, state: Tensor, features: Tensor) -> tuple[Tensor, Tensor]:
        score = self.score(torch.tanh(self.of_map(features) + self.of_state(state)[:, :, None, None]))[:, 0]
        mask = torch.softmax(score.flatten(1).float(), 1).reshape(score.shape)
        attended = (features * mask[:, None]).sum((2, 3))
        return mask, self.links[0] * attended + self.links[1] * features.mean((2, 3))


class AttendedLSTM(nn.Module):
    """One LSTM over the frames, which reads each frame's map where ``SoftAttention`` points to.

    Maps (B, T, C, h, w) and further frame vectors (B, T, D) -> last state (B, ``hidden``) and masks (B, T, h, w).
    """

    def __init__(self, channels: int, extra: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.size = hidden
        self.attention = SoftAttention(channels, hidden)
        self.cell = nn.LSTMCell(channels + extra, hidden)
        self.drop = nn.Dropout(dropout)

    def forward(self, maps: Tensor, extra: Tensor) -> tuple[Tensor, Tensor]:
        state = cell = torch.zeros(maps.shape[0], self.size, device=maps.device)
        masks = []
        for t in range(maps.shape[1]):
            mask, seen = self.attention(state, maps[:, t])
            state, cell = self.cell(torch.cat([seen, extra[:, t]], 1), (state, cell))
            masks.append(mask)
        last: Tensor = self.drop(state)
        return last, torch.stack(masks, 1)


class SegmentLSTM(nn.Module):
    """The hierarchical segment LSTM: coarse tiers read whole segments at once, the last one frame by frame.

    The frames fall into ``nodes`` segments. Tier k reads stacks of (frames a segment) / 2^k frames, the last tier
    single ones; each step also reads what all earlier tiers made of the segment. Frame vectors (B, T, D), and maps
    (B, T, C, h, w) if the last tier is to attend -> last state (B, ``hidden``) and masks (B, T, h, w) or None.
    """

    def __init__(self, frames: int, size: int, options: NetworkOptions, channels: int = 0, extra: int = 0) -> None:
        super().__init__()
        if frames % options.nodes:
            raise TrainingError(f"{frames} frames do not fall into {options.nodes} equal segments: change either")
        self.segment, self.size = frames // options.nodes, options.hidden
        self.stacks = [max(self.segment >> k, 1) for k in range(options.tiers - 1)]
        if any(self.segment % s for s in self.stacks):
            raise TrainingError(
                f"{options.tiers} tiers halve a segment of {self.segment} frames to {self.stacks}: use fewer tiers or "
                "a segment of 2, 4 or 8 frames"
            )
        self.coarse = nn.ModuleList(
            nn.LSTM(size * stack + options.hidden * k, options.hidden, batch_first=True)
            for k, stack in enumerate(self.stacks)
        )
        known = options.hidden * len(self.stacks)
        self.attended = AttendedLSTM(channels, extra + known, options.hidden, 0.0) if channels else None
        self.fine = None if channels else nn.LSTM(size + known, options.hidden, batch_first=True)
        self.drop = nn.Dropout(options.dropout)

    def forward(
        self, frames: Tensor, maps: Tensor | None = None, extra: Tensor | None = None
    ) -> tuple[Tensor, Tensor | None]:
        batch, count, _ = frames.shape
        known = frames.new_zeros(batch, count, 0)
        for lstm, stack in zip(self.coarse, self.stacks, strict=True):
            steps = torch.cat([frames.reshape(batch, count // stack, -1), known[:, stack - 1 :: stack]], 2)
            states, _ = lstm(steps)
            ends = states[:, self.segment // stack - 1 :: self.segment // stack]  # one for each segment
            known = torch.cat([known, ends.repeat_interleave(self.segment, 1)], 2)
        mask = None
        if self.attended is not None:
            assert maps is not None and extra is not None
            last, mask = self.attended(maps, torch.cat([extra, known], 2))
        else:
            assert self.fine is not None
            last = self.fine(torch.cat([frames, known], 2))[0][:, -1]
        return self.drop(last), mask


class Grader(nn.Module):
    """Maps of the scene (B, T, C, h, w) and faces (B, T, F) of T frames -> what a clip expresses.

    Returns a dict: ``Heads`` of the clip vector, and ``mask`` (B, T, h, w) if the decoder attends.
    """

    def __init__(self, frames: int, channels: int, face_size: int, acts: int, options: NetworkOptions) -> None:
        super().__init__()
        self.options = options
        if not options.scene and not options.faces:
            raise TrainingError("a grader must read something: set scene or faces")
        attends = options.decoder in ("lstm", "hs-lstm") and options.attention and options.scene
        self.scene_norm, self.face_norm = Standard(channels), Standard(face_size)
        extra = face_size if options.faces else 0
        size = extra + (channels if options.scene else 0)
        self.project = None
        if options.project:
            self.project = nn.Sequential(
                nn.Linear(size, options.project), nn.LayerNorm(options.project), nn.ReLU(), nn.Dropout(options.dropout)
            )
            size = options.project
        self.drop = nn.Dropout(options.dropout)
        self.decoder = _decoder(frames, size, channels if attends else 0, extra, options)
        self.attends = attends
        self.heads = Heads(self.decoder.size, acts)  # type: ignore[arg-type]

    def forward(self, maps: Tensor, faces: Tensor) -> dict[str, Tensor]:
        seen = faces[..., -1:]
        extra = self.face_norm(faces) * seen
        maps = self.scene_norm(maps.movedim(2, 4)).movedim(4, 2)
        parts = [maps.mean((3, 4))] if self.options.scene else []
        frames = torch.cat([*parts, extra] if self.options.faces else parts, 2)
        frames = self.drop(frames) if self.project is None else self.project(frames)
        if isinstance(self.decoder, AttendedLSTM):
            clip, mask = self.decoder(maps, self.drop(extra) if self.options.faces else extra[..., :0])
        elif isinstance(self.decoder, SegmentLSTM):
            clip, mask = self.decoder(frames, maps, self.drop(extra) if self.options.faces else extra[..., :0])
        else:
            clip, mask = self.decoder(frames), None
        out: dict[str, Tensor] = self.heads(clip)
        return out if mask is None else {**out, "mask": mask}


def _decoder(frames: int, size: int, channels: int, extra: int, options: NetworkOptions) -> nn.Module:
    hidden, layers, dropout = options.hidden, options.layers, options.dropout
    match options.decoder:
        case "mean":
            return MeanOnly()
        case "first-frame":
            return FirstFrame(size)
        case "statistics":
            return Statistics(size, dropout)
        case "max-pool":
            return MaxPool(size, hidden, layers, dropout)
        case "recurrent":
            return Recurrent(size, hidden, layers, dropout)
        case "lstm":
            return AttendedLSTM(channels, extra, hidden, dropout) if channels else Recurrent(size, hidden, 1, dropout)
        case "hs-lstm":
            return SegmentLSTM(frames, size, options, channels, extra)
