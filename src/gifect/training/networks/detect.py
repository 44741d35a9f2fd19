"""The face detector: one heat map of face centres and, where it is warm, the box and five points of the face."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gifect.training.networks.blocks import ConvBlock, ResidualBlock, centred

STRIDE = 8  # pixels a cell of the maps
POINTS = 5  # eyes, nose, corners of the mouth


class LightBlock(nn.Sequential):
    """Depthwise 3x3 and pointwise convolution: (B, C, H, W) -> (B, ``out``, H, W)."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__(ConvBlock(channels, channels, groups=channels), ConvBlock(channels, out, kernel=1))


class FoldedStem(nn.Sequential):
    """Patches of 6 x 12 pixels, one every 4 x 4: picture (B, 3, H, W) -> (B, ``out``, H / 4, W / 4).

    Four neighbours in a row are taken as one cell of 12 channels, which costs nothing where the channels of a picture
    lie side by side in memory, and a convolution of 12 channels runs far faster than one of 3.
    """

    def __init__(self, out: int) -> None:
        super().__init__(nn.Conv2d(12, out, (6, 3), (4, 1), 1, bias=False), nn.BatchNorm2d(out), nn.ReLU(inplace=True))

    def forward(self, picture: Tensor) -> Tensor:
        b, _, h, w = picture.shape
        features = picture.permute(0, 2, 3, 1).reshape(b, h, w // 4, 12).permute(0, 3, 1, 2)
        for layer in self:
            features = layer(features)
        return features


class DetectNet(nn.Module):
    """Picture (B, 3, H, W), RGB in [0, 1], sides multiples of 32 -> heat (B, 1, H/8, W/8) logits and shape
    (B, 14, H/8, W/8): distances from the cell's centre to the left, top, right, bottom edge as log of cells, then
    x, y of five points relative to the cell's centre in units of the box's mean side.
    """

    def __init__(self) -> None:
        super().__init__()
        self.to4 = FoldedStem(32)
        self.to8 = nn.Sequential(ConvBlock(32, 48, stride=2), ResidualBlock(48))
        self.to16 = nn.Sequential(ConvBlock(48, 96, stride=2), ResidualBlock(96))
        self.to32 = nn.Sequential(ConvBlock(96, 128, stride=2), ResidualBlock(128), ResidualBlock(128))
        self.side32 = ConvBlock(128, 96, kernel=1)
        self.join16 = LightBlock(96, 96)
        self.side16 = ConvBlock(96, 64, kernel=1)
        self.side8 = ConvBlock(48, 64, kernel=1)
        self.head = nn.Sequential(LightBlock(64, 64), LightBlock(64, 64))
        self.heat = nn.Conv2d(64, 1, 1)
        self.shape = nn.Conv2d(64, 4 + 2 * POINTS, 1)
        assert self.heat.bias is not None
        nn.init.constant_(self.heat.bias, -4.0)

    def forward(self, picture: Tensor) -> tuple[Tensor, Tensor]:
        fine = self.to8(self.to4(centred(picture)))
        middle = self.to16(fine)
        coarse = self.side32(self.to32(middle))
        middle = self.join16(middle + F.interpolate(coarse, scale_factor=2.0, mode="nearest"))
        fine = self.side8(fine) + F.interpolate(self.side16(middle), scale_factor=2.0, mode="nearest")
        features = self.head(fine)
        return self.heat(features), self.shape(features)


def decode_maps(heat: Tensor, shape: Tensor) -> tuple[Tensor, Tensor]:
    """Return boxes (B, 4, h, w) and points (B, 10, h, w) in pixels of the network's picture."""
    rows, columns = torch.meshgrid(
        torch.arange(heat.shape[2], device=heat.device), torch.arange(heat.shape[3], device=heat.device), indexing="ij"
    )
    centre = torch.stack([columns, rows]).float() * STRIDE + STRIDE / 2
    reach = torch.exp(shape[:, :4].float().clamp(-4, 5)) * STRIDE
    boxes = torch.cat([centre - reach[:, :2], centre + reach[:, 2:]], 1)
    side = (reach[:, :2] + reach[:, 2:]).mean(1, keepdim=True)
    points = shape[:, 4:].float() * side + centre.repeat(POINTS, 1, 1)
    return boxes, points
