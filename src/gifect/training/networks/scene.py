"""The clip network: a small encoder of whole frames, what the faces show, and what both say together."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gifect.emotions import SEVEN, SEVENTEEN
from gifect.training.networks.blocks import ConvBlock, ResidualBlock, centred

SCENE_SIZE = 256
MAP_CHANNELS, MAP_HEIGHT, MAP_WIDTH = 192, 6, 8
TEACHER_SIZE, TEACHER_CELLS, JOINTS = 1280, 416, 17  # what the teachers say of a frame: as a whole, by place, the body
OUTLIER = 6.0  # standard deviations beyond which an input of the fusion is cut off


class SceneEncoder(nn.Module):
    """Frame (B, 4, 96, 128), RGB and motion in [0, 1] -> embedding (B, 256), not below 0. ``maps`` gives what lies
    before it, a map (B, 192, 6, 8)."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(
            ConvBlock(4, 24, stride=2),
            ConvBlock(24, 48, stride=2),
            ResidualBlock(48),
            ConvBlock(48, 96, stride=2),
            ResidualBlock(96),
            ConvBlock(96, MAP_CHANNELS, stride=2),
            *(ResidualBlock(MAP_CHANNELS) for _ in range(3)),
            ConvBlock(MAP_CHANNELS, SCENE_SIZE, stride=2),
            ConvBlock(SCENE_SIZE, SCENE_SIZE, kernel=1),
        )

    def maps(self, frame: Tensor) -> Tensor:
        features: Tensor = self.body[:-2](centred(frame))
        return features

    def embed(self, maps: Tensor) -> Tensor:
        features: Tensor = self.body[-2:](maps)
        return features.mean((2, 3))

    def forward(self, frame: Tensor) -> Tensor:
        return self.embed(self.maps(frame))


class Fusion(nn.Module):
    """Mean and maximum of the scene embeddings (B, 512) and statistics of the faces (B, F) -> (B, 7) logits of the
    seven classes, (B, 17) intensities and (B, A) logits of actions. The last statistic of the faces says whether there
    is one (1) or not (0), ``scene_seen`` (B, 1) whether the scene counts."""

    face_mean: Tensor
    face_scale: Tensor

    def __init__(self, face_size: int, acts: int, dropout: float = 0.5) -> None:
        super().__init__()
        self.scene_norm = nn.BatchNorm1d(2 * SCENE_SIZE)
        self.register_buffer("face_mean", torch.zeros(face_size))
        self.register_buffer("face_scale", torch.ones(face_size))
        self.drop = nn.Dropout(dropout)
        joined = 2 * SCENE_SIZE + face_size
        self.seven = nn.Linear(joined, len(SEVEN))
        self.intensities = nn.Linear(joined, len(SEVENTEEN))
        self.acts = nn.Linear(joined, acts)

    def forward(self, scene: Tensor, face: Tensor, scene_seen: Tensor) -> dict[str, Tensor]:
        seen = face[:, -1:]
        face = ((face - self.face_mean) / self.face_scale)[:, :-1].clamp(-OUTLIER, OUTLIER) * seen
        scene = self.scene_norm(scene).clamp(-OUTLIER, OUTLIER) * scene_seen
        joined = self.drop(torch.cat([scene, face, seen], 1))
        return {"seven": self.seven(joined), "intensities": self.intensities(joined), "acts": self.acts(joined)}


class ClipNet(nn.Module):
    """Frames (B, K, 4, 96, 128), which of them are there (B, K), faces (B, F), scene_seen (B, 1) -> the heads of
    ``Fusion`` and, as logits, ``medium`` (B, 4), ``people`` (B, 3) and ``words`` (B, W) of the tags. With ``teach``
    also what the teachers say of each frame: ``teacher`` (B, K, 1280), ``cells`` (B, K, 416, 6, 8) and, as logits,
    where the joints of a body are, ``pose`` (B, K, 17, 6, 8)."""

    def __init__(self, face_size: int, acts: int, words: int = 1) -> None:
        super().__init__()
        self.scene = SceneEncoder()
        self.fusion = Fusion(face_size, acts)
        self.teacher = nn.Linear(SCENE_SIZE, TEACHER_SIZE)
        self.cells = nn.Conv2d(MAP_CHANNELS, TEACHER_CELLS, 1)
        self.pose = nn.Conv2d(MAP_CHANNELS, JOINTS, 1)
        self.medium = nn.Linear(2 * SCENE_SIZE, 4)
        self.people = nn.Linear(2 * SCENE_SIZE, 3)
        self.words = nn.Linear(2 * SCENE_SIZE, words)

    def forward(
        self, frames: Tensor, present: Tensor, face: Tensor, scene_seen: Tensor, teach: bool = False
    ) -> dict[str, Tensor]:
        maps = self.scene.maps(frames.flatten(0, 1).contiguous(memory_format=torch.channels_last))
        embedding = self.scene.embed(maps).view(*present.shape, -1).float()
        seen = present[..., None].float()
        mean = (embedding * seen).sum(1) / seen.sum(1).clamp(min=1)
        pooled = torch.cat([mean, (embedding * seen).amax(1)], 1)
        out: dict[str, Tensor] = self.fusion(pooled, face, scene_seen)
        pooled = self.fusion.drop(pooled)
        out |= {"medium": self.medium(pooled), "people": self.people(pooled), "words": self.words(pooled)}
        if teach:
            cells, pose = (h(maps).view(*present.shape, -1, *maps.shape[2:]) for h in (self.cells, self.pose))
            out |= {"teacher": self.teacher(embedding), "cells": cells, "pose": pose}
        return out
