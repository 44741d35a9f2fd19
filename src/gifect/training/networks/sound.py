"""The networks that hear: the LSTM of the paper, and the one that ships."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gifect.sound.features import FEATURE_NAMES

FEATURES = len(FEATURE_NAMES)
OUTLIER = 5.0  # standard deviations beyond which an input is cut off
SKIP = 2  # frames of 10 ms that become one before the network
HERTZ = ("centroid", "spread", "rolloff_85", "rolloff_95", "zero_crossings", "pitch")
LOPSIDED = ("skewness", "kurtosis")
TINY = ("flatness", "flux", "roughness", "rms")  # spread over orders of magnitude
LOUD = FEATURE_NAMES.index("rms")
SMALL_LEVEL = 1e-3


def _columns(names: tuple[str, ...]) -> Tensor:
    chosen = torch.zeros(FEATURES, dtype=torch.bool)
    chosen[[FEATURE_NAMES.index(name) for name in names]] = True
    return chosen


class SoundInput(nn.Module):
    """Descriptors (B, T, 54) -> (B, T / 2, 54): those of a wide range logged, two frames averaged, normalised."""

    hertz: Tensor
    lopsided: Tensor
    tiny: Tensor
    mean: Tensor
    scale: Tensor

    def __init__(self) -> None:
        super().__init__()
        for name, names in (("hertz", HERTZ), ("lopsided", LOPSIDED), ("tiny", TINY)):
            self.register_buffer(name, _columns(names), persistent=False)
        self.register_buffer("mean", torch.zeros(FEATURES))
        self.register_buffer("scale", torch.ones(FEATURES))

    def shaped(self, features: Tensor) -> Tensor:
        """Return the descriptors with their logarithms taken and every two frames averaged."""
        size = torch.log1p(features.abs())
        out = torch.where(self.hertz, size, features)
        out = torch.where(self.lopsided, torch.sign(features) * size, out)
        out = torch.where(self.tiny, torch.log(features.abs() + SMALL_LEVEL), out)
        return torch.nn.functional.avg_pool1d(out.transpose(1, 2), SKIP).transpose(1, 2)

    def forward(self, features: Tensor) -> Tensor:
        return ((self.shaped(features) - self.mean) / self.scale).clamp(-OUTLIER, OUTLIER)


class PaperNet(nn.Module):
    """Normalised sequences (B, T, 54) of lengths (B,) -> (B, K) probabilities: an LSTM whose last state goes through
    one full layer and softmax.

    Begun as MATLAB begins its layers: Glorot, orthogonal recurrent weights, forget gates open.
    """

    def __init__(self, hidden: int, classes: int, features: int = FEATURES) -> None:
        super().__init__()
        self.lstm = nn.LSTM(features, hidden, batch_first=True)
        self.full = nn.Linear(hidden, classes)
        for name, weights in self.lstm.named_parameters():
            if "bias" in name:
                nn.init.zeros_(weights)
                if "ih" in name:
                    weights.data[hidden : 2 * hidden] = 1
            elif "weight_ih" in name:
                nn.init.xavier_uniform_(weights)
            else:
                for gate in weights.data.chunk(4):
                    nn.init.orthogonal_(gate)
        nn.init.xavier_uniform_(self.full.weight)
        nn.init.zeros_(self.full.bias)

    def forward(self, sequences: Tensor, lengths: Tensor) -> Tensor:
        packed = nn.utils.rnn.pack_padded_sequence(sequences, lengths, batch_first=True, enforce_sorted=False)
        return torch.softmax(self.full(self.lstm(packed)[1][0][0]), 1)


class SoundNet(nn.Module):
    """Sequences (B, T, 54) of normalised descriptors, which of them are there (B, T) -> logits (B, K).

    Two convolutions halve the time, a two-way LSTM adds what comes before and after, and attention says which moments
    count for the mean and deviation of that; beside them stand mean, deviation and movement of the descriptors
    themselves over the loud frames.
    """

    def __init__(self, classes: int, width: int = 64, dropout: float = 0.5) -> None:
        super().__init__()
        self.hide = nn.Dropout1d(0.1)
        self.first = nn.Conv1d(FEATURES, width, 5, 2, 2)
        self.first_norm = nn.BatchNorm1d(width)
        self.second = nn.Conv1d(width, width, 3, 1, 1)
        self.second_norm = nn.BatchNorm1d(width)
        self.lstm = nn.LSTM(width, width // 2, batch_first=True, bidirectional=True)
        self.attention = nn.Linear(width, 1)
        size = 2 * width + 3 * FEATURES
        self.norm = nn.BatchNorm1d(size)
        self.drop = nn.Dropout(dropout)
        self.full = nn.Linear(size, classes)

    def forward(self, sequences: Tensor, present: Tensor) -> tuple[Tensor, Tensor]:
        """Return the logits, and the statistics (B, S) that they are read from, normalised."""
        course = self.hide(sequences.transpose(1, 2))
        course = torch.relu(self.first_norm(self.first(course)))
        course = torch.relu(self.second_norm(self.second(course))).transpose(1, 2)
        course = course + self.lstm(course)[0]
        drawn = self.attention(torch.tanh(course))[..., 0].masked_fill(present[:, ::2] < 0.5, -30.0)
        pooled = _moments(course, torch.softmax(drawn, 1))
        loud = present * torch.sigmoid(3 * (sequences[..., LOUD] + 0.5))
        plain = _moments(sequences, loud / loud.sum(1, keepdim=True))
        later = present[:, 1:, None]
        moved = ((sequences[:, 1:] - sequences[:, :-1]).abs() * later).sum(1) / later.sum(1).clamp(min=1)
        statistics = self.norm(torch.cat([*pooled, *plain, moved], 1))
        return self.full(self.drop(statistics)), statistics


def _moments(values: Tensor, shares: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean and deviation (B, C) over time of values (B, T, C), weighted by shares (B, T) that sum to 1."""
    mean = (values * shares[..., None]).sum(1)
    spread = (shares[..., None] * (values - mean[:, None]) ** 2).sum(1)
    return mean, torch.sqrt(spread + 1e-4)
