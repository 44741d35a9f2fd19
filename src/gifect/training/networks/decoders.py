"""From the frames of a clip to what it expresses: the plain decoders, and the heads that all decoders share.

Every decoder takes frame vectors (B, T, D) and gives one clip vector (B, ``size``).

References
----------
Blake, G. Graphical Feelings: GIF Sentiment Learning (FC-MaxPool and RNN decoders, mean-only and first-frame baselines).
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from gifect.emotions import QUADRANTS, SEVEN, SEVENTEEN

OUTLIER = 6.0  # standard deviations beyond which an input is cut off


class Standard(nn.Module):
    """Vectors (..., D) less their mean over their deviation, both learnt from data by ``learn``, outliers cut off."""

    mean: Tensor
    scale: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("scale", torch.ones(size))

    def learn(self, vectors: Tensor) -> None:
        """Take mean and deviation from ``vectors`` (N, D)."""
        self.mean.copy_(vectors.mean(0))
        self.scale.copy_(vectors.std(0) + 1e-3)

    def forward(self, x: Tensor) -> Tensor:
        return ((x - self.mean) / self.scale).clamp(-OUTLIER, OUTLIER)


class MeanOnly(nn.Module):
    """Says the same of every clip: (B, T, D) -> zeros (B, 1), so that only the biases of the heads speak."""

    size = 1

    def forward(self, frames: Tensor) -> Tensor:
        return torch.zeros(frames.shape[0], 1, device=frames.device)


class FirstFrame(nn.Module):
    """The first frame as it is: (B, T, D) -> (B, D); with the heads, linear regression on it."""

    def __init__(self, frame_size: int) -> None:
        super().__init__()
        self.size = frame_size

    def forward(self, frames: Tensor) -> Tensor:
        return frames[:, 0]


class Statistics(nn.Module):
    """Mean, maximum and deviation over time: (B, T, D) -> (B, 3 D); with the heads, a linear model of them."""

    def __init__(self, frame_size: int, dropout: float = 0.5) -> None:
        super().__init__()
        self.size = 3 * frame_size
        self.drop = nn.Dropout(dropout)

    def forward(self, frames: Tensor) -> Tensor:
        pooled: Tensor = self.drop(torch.cat([frames.mean(1), frames.amax(1), frames.std(1, correction=0)], 1))
        return pooled


class MaxPool(nn.Module):
    """Maximum over time, then ``layers`` fully connected ones with ReLU: (B, T, D) -> (B, ``hidden``)."""

    def __init__(self, frame_size: int, hidden: int = 128, layers: int = 2, dropout: float = 0.2) -> None:
        super().__init__()
        self.size = hidden
        sizes = [frame_size] + [hidden] * (layers - 1)  # the heads are the last layer
        steps = [[nn.Linear(a, b), nn.ReLU(), nn.Dropout(dropout)] for a, b in pairwise(sizes)]
        self.layers = nn.Sequential(*(part for step in steps for part in step))

    def forward(self, frames: Tensor) -> Tensor:
        pooled: Tensor = self.layers(frames.amax(1))
        return pooled


class Recurrent(nn.Module):
    """``layers`` LSTM layers over the frames, the last state of the top one: (B, T, D) -> (B, ``hidden``)."""

    def __init__(self, frame_size: int, hidden: int = 128, layers: int = 2, dropout: float = 0.2) -> None:
        super().__init__()
        self.size = hidden
        self.lstm = nn.LSTM(frame_size, hidden, layers, batch_first=True, dropout=dropout if layers > 1 else 0.0)
        self.drop = nn.Dropout(dropout)

    def forward(self, frames: Tensor) -> Tensor:
        states, _ = self.lstm(frames)
        last: Tensor = self.drop(states[:, -1])
        return last


class Heads(nn.Module):
    """Clip vector (B, D) -> intensities (B, 17), and as logits quadrant (B, 4), seven (B, 7) and acts (B, A)."""

    def __init__(self, size: int, acts: int) -> None:
        super().__init__()
        self.intensities = nn.Linear(size, len(SEVENTEEN))
        self.quadrant = nn.Linear(size, len(QUADRANTS))
        self.seven = nn.Linear(size, len(SEVEN))
        self.acts = nn.Linear(size, acts)
        for layer in (self.intensities, self.quadrant, self.seven, self.acts):
            nn.init.normal_(layer.weight, std=0.1 / size**0.5)
            nn.init.zeros_(layer.bias)

    def forward(self, clip: Tensor) -> dict[str, Tensor]:
        return {name: layer(clip) for name, layer in self.named_children()}
