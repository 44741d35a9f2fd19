"""I3D, the two-stream inflated 3D network: Inception-v1 whose filters and pools also reach over time.

Tensor names and shapes are those of the public PyTorch checkpoints ``rgb_imagenet.pt`` and ``flow_imagenet.pt`` (344
tensors each, 400 classes of Kinetics).

References
----------
Carreira, J. and Zisserman, A. (2017). Quo vadis, action recognition? A new model and the Kinetics dataset. CVPR.
Szegedy, C. et al. (2015). Going deeper with convolutions. CVPR.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional as F

CHANNELS: Final = {"rgb": 3, "flow": 2}
"""Input channels of each stream."""

Size = tuple[int, int, int]  # over time, height and width

LEAST = 4  # channels of a layer, whatever the width

# Pools before the layer of that name: kernel and stride.
POOLS: Final[dict[str, tuple[Size, Size]]] = {
    "Conv3d_2b_1x1": ((1, 3, 3), (1, 2, 2)),
    "Mixed_3b": ((1, 3, 3), (1, 2, 2)),
    "Mixed_4b": ((3, 3, 3), (2, 2, 2)),
    "Mixed_5b": ((2, 2, 2), (2, 2, 2)),
}
# Channels of the branches b0, b1a, b1b, b2a, b2b, b3b; the outputs of b0, b1b, b2b and b3b are joined.
MIXED: Final = {
    "Mixed_3b": (64, 96, 128, 16, 32, 32),
    "Mixed_3c": (128, 128, 192, 32, 96, 64),
    "Mixed_4b": (192, 96, 208, 16, 48, 64),
    "Mixed_4c": (160, 112, 224, 24, 64, 64),
    "Mixed_4d": (128, 128, 256, 24, 64, 64),
    "Mixed_4e": (112, 144, 288, 32, 64, 64),
    "Mixed_4f": (256, 160, 320, 32, 128, 128),
    "Mixed_5b": (256, 160, 320, 32, 128, 128),
    "Mixed_5c": (384, 192, 384, 48, 128, 128),
}


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Return the zeros before and after ``size`` values that give ceil(size / stride) outputs; an odd one goes last."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def _padded(x: Tensor, kernel: Size, stride: Size) -> Tensor:
    sides = [same_padding(s, k, t) for s, k, t in zip(x.shape[2:], kernel, stride, strict=True)]
    flat = [n for side in reversed(sides) for n in side]
    return F.pad(x, flat) if any(flat) else x


class ConvUnit(nn.Module):
    """3D convolution, batch norm, ReLU: (B, C, T, H, W) -> (B, ``out``, T', H', W'), sides divided by ``stride`` and
    rounded up. With ``plain`` there is a bias instead of norm and ReLU."""

    def __init__(self, channels: int, out: int, kernel: Size, stride: Size = (1, 1, 1), plain: bool = False) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride
        self.conv3d = nn.Conv3d(channels, out, kernel, stride, bias=plain)
        if not plain:
            self.bn = nn.BatchNorm3d(out, eps=1e-3, momentum=0.01)
        self.plain = plain

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv3d(_padded(x, self.kernel, self.stride))
        return x if self.plain else torch.relu(self.bn(x))


class MixedUnit(nn.Module):
    """One Inception module, (B, C, T, H, W) -> (B, sum of the joined branches, T, H, W)."""

    def __init__(self, channels: int, branches: tuple[int, ...]) -> None:
        super().__init__()
        b0, b1a, b1b, b2a, b2b, b3b = branches
        one, three = (1, 1, 1), (3, 3, 3)
        self.b0 = ConvUnit(channels, b0, one)
        self.b1a, self.b1b = ConvUnit(channels, b1a, one), ConvUnit(b1a, b1b, three)
        self.b2a, self.b2b = ConvUnit(channels, b2a, one), ConvUnit(b2a, b2b, three)
        self.b3b = ConvUnit(channels, b3b, one)

    def forward(self, x: Tensor) -> Tensor:
        pooled = F.max_pool3d(x, 3, stride=1, padding=1)
        return torch.cat([self.b0(x), self.b1b(self.b1a(x)), self.b2b(self.b2a(x)), self.b3b(pooled)], 1)


class I3D(nn.Module):
    """Clip (B, 3, T, H, W) of RGB, or (B, 2, T, H, W) of flow, in [-1, 1] -> (B, classes) logits, the mean over time.

    At least 9 frames (64 in the paper) and 32 pixels a side (224 in the paper).

    Parameters
    ----------
    stream : "rgb" or "flow".
    classes : outputs; 400 are those of Kinetics.
    width : factor on the channels of every layer; 1 is I3D.
    dropout : share of the features that training leaves out before the classes.
    """

    def __init__(self, stream: str = "rgb", classes: int = 400, width: float = 1.0, dropout: float = 0.5) -> None:
        super().__init__()
        self.stream = stream

        def of(channels: int) -> int:
            return max(round(channels * width), LEAST)

        self.order = ["Conv3d_1a_7x7", "Conv3d_2b_1x1", "Conv3d_2c_3x3", *MIXED]
        self.add_module("Conv3d_1a_7x7", ConvUnit(CHANNELS[stream], of(64), (7, 7, 7), (2, 2, 2)))
        self.add_module("Conv3d_2b_1x1", ConvUnit(of(64), of(64), (1, 1, 1)))
        self.add_module("Conv3d_2c_3x3", ConvUnit(of(64), of(192), (3, 3, 3)))
        channels = of(192)
        for name, branches in MIXED.items():
            scaled = tuple(of(b) for b in branches)
            self.add_module(name, MixedUnit(channels, scaled))
            channels = scaled[0] + scaled[2] + scaled[4] + scaled[5]
        self.dropout = nn.Dropout(dropout)
        self.logits = ConvUnit(channels, classes, (1, 1, 1), plain=True)

    def features(self, clip: Tensor) -> Tensor:
        """Return what is seen at each step, (B, 1024, S): the mean over space and over two neighbours in time."""
        x = clip
        for name in self.order:
            if name in POOLS:
                kernel, stride = POOLS[name]
                x = F.max_pool3d(_padded(x, kernel, stride), kernel, stride)  # nothing is below the zeros of the border
            x = self.get_submodule(name)(x)
        steps, height, width = x.shape[2:]
        return F.avg_pool3d(x, (min(2, steps), height, width), stride=1).flatten(2)

    def forward(self, clip: Tensor) -> Tensor:
        features = self.dropout(self.features(clip))[..., None, None]
        logits: Tensor = self.logits(features)[..., 0, 0].mean(2)
        return logits
