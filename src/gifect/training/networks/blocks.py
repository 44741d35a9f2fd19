"""Convolution blocks that the small networks share."""

from __future__ import annotations

import torch
from torch import Tensor, nn


def centred(picture: Tensor) -> Tensor:
    """Return a picture in [0, 1] as the networks take it, about [-2, 2]: 8-bit grey 128 is 0, which lets an 8-bit
    network read the bytes as they are."""
    return (picture - 128 / 255) * 4


class ConvBlock(nn.Sequential):
    """Convolution, batch norm, ReLU: (B, C, H, W) -> (B, ``out``, H / ``stride``, W / ``stride``)."""

    def __init__(self, channels: int, out: int, kernel: int = 3, stride: int = 1, groups: int = 1) -> None:
        super().__init__(
            nn.Conv2d(channels, out, kernel, stride, kernel // 2, groups=groups, bias=False),
            nn.BatchNorm2d(out),
            nn.ReLU(inplace=True),
        )


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions and a link past them; keeps the shape (B, C, H, W)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = ConvBlock(channels, channels)
        self.second = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        self.norm = nn.BatchNorm2d(channels)
        nn.init.zeros_(self.norm.weight)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.norm(self.second(self.first(x))))
