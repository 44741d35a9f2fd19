"""The network behind ``faces.measure``: one forward from a face crop to everything that is measured on it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gifect.faces.layout import ACTION_UNITS, EXPRESSIONS, LANDMARK_COUNT
from gifect.training.networks.blocks import ConvBlock, ResidualBlock, centred

EMBEDDING_SIZE = 256
BLENDSHAPES = 52


class MeasureNet(nn.Module):
    """Face crop (B, 3, 64, 64), RGB in [0, 1] -> a dict of heads.

    expression (B, 8) logits; affect (B, 2) valence in [-1, 1] and arousal in [0, 1]; units (B, 19) logits;
    readable (B,) logit; landmarks (B, 70, 2) in fractions of the crop; spread (B, 70) log of their expected
    absolute error; embedding (B, 256); blendshapes (B, 52), which only training uses.
    """

    def __init__(self, width: int = 32, dropout: float = 0.3) -> None:
        super().__init__()
        w = width
        self.start = nn.Sequential(
            ConvBlock(3, w, stride=2), ConvBlock(w, w), ConvBlock(w, 2 * w, stride=2), ResidualBlock(2 * w)
        )
        self.body = nn.Sequential(ConvBlock(2 * w, 4 * w, stride=2), ResidualBlock(4 * w))
        self.deep = nn.Sequential(ConvBlock(4 * w, 8 * w, stride=2), ResidualBlock(8 * w))
        self.embed = nn.Sequential(nn.Flatten(), nn.Linear(8 * w * 4, EMBEDDING_SIZE), nn.BatchNorm1d(EMBEDDING_SIZE))
        self.drop = nn.Dropout(dropout)
        self.expression = nn.Linear(EMBEDDING_SIZE, len(EXPRESSIONS))
        self.affect = nn.Linear(EMBEDDING_SIZE, 2)
        self.units = nn.Linear(EMBEDDING_SIZE, len(ACTION_UNITS))
        self.readable = nn.Linear(EMBEDDING_SIZE, 1)
        self.blendshapes = nn.Linear(EMBEDDING_SIZE, BLENDSHAPES)
        # Landmarks want places: a fine map of 16 x 16 and a coarse one of 8 x 8 that knows more.
        self.fine = nn.Sequential(ConvBlock(2 * w, w // 2, kernel=1), nn.Flatten())
        self.coarse = nn.Sequential(ConvBlock(4 * w, w, kernel=1), nn.Flatten())
        self.points = nn.Sequential(nn.Linear(w * 192, 256), nn.ReLU(), nn.Linear(256, LANDMARK_COUNT * 3))

    def forward(self, crop: Tensor) -> dict[str, Tensor]:
        early = self.start(centred(crop))
        middle = self.body(early)
        deep = self.deep(middle)
        embedding = torch.relu(self.embed(nn.functional.avg_pool2d(deep, 2)))
        kept = self.drop(embedding)
        points = self.points(torch.cat([self.fine(early), self.coarse(middle)], 1))
        points = points.float().unflatten(1, (LANDMARK_COUNT, 3))
        affect = self.affect(kept)
        return {
            "expression": self.expression(kept),
            "affect": torch.stack([torch.tanh(affect[:, 0]), torch.sigmoid(affect[:, 1])], 1),
            "units": self.units(kept),
            "readable": self.readable(kept)[:, 0],
            "landmarks": points[..., :2] + 0.5,
            "spread": points[..., 2].clamp(-6, 2),
            "embedding": embedding,
            "blendshapes": self.blendshapes(kept),
        }
