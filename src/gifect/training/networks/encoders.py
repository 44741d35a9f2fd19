"""Public pretrained encoders of frames and of short clips, with the tensor names that their checkpoints use.

No weights come with them: ``load_checkpoint`` reads the files that their authors publish.

References
----------
He, K., et al. Deep residual learning for image recognition. CVPR 2016 (ResNet-50, with the stride in the 3x3
convolution, as torchvision has it).
Tran, D., et al. Learning spatiotemporal features with 3D convolutional networks. ICCV 2015 (C3D).
Hara, K., Kataoka, H., Satoh, Y. Can spatiotemporal 3D CNNs retrace the history of 2D CNNs and ImageNet? CVPR 2018
(3D ResNeXt-101).
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gifect.errors import DataError, ModelError
from gifect.media.sample import c3d_clips

PICTURE_SIDE = 224  # pixels that ResNet-50 reads ...
PICTURE_SHORT_SIDE = 256  # ... cut from a frame whose short side is this
CLIP_SIDE = 112  # pixels a side that both clip encoders read
C3D_HEIGHT, C3D_WIDTH = 128, 171  # pixels of the whole frame that C3D's input is cut from
IMAGENET_MEAN, IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # RGB in [0, 1]
SPORTS1M_MEAN = (90.25, 97.66, 101.41)  # BGR, 0-255
ACTIVITYNET_MEAN = (114.7748, 107.7354, 99.4750)  # RGB, 0-255
POOLED = 2048  # numbers of a pooled feature of ResNet-50 and of 3D ResNeXt-101
FC6 = 4096
CARDINALITY = 32
SHOWN = 3  # names of each kind in a message about a checkpoint that does not fit

Convolution = type[nn.Conv2d] | type[nn.Conv3d]
Norm = type[nn.BatchNorm2d] | type[nn.BatchNorm3d]


class Bottleneck(nn.Module):
    """Convolutions of 1, 3 and 1 with a link past them: ``channels`` -> ``out``, sides divided by ``stride``."""

    def __init__(
        self, conv: Convolution, norm: Norm, channels: int, middle: int, out: int, stride: int, groups: int
    ) -> None:
        super().__init__()
        self.conv1 = conv(channels, middle, 1, bias=False)
        self.bn1 = norm(middle)
        self.conv2 = conv(middle, middle, 3, stride, 1, groups=groups, bias=False)
        self.bn2 = norm(middle)
        self.conv3 = conv(middle, out, 1, bias=False)
        self.bn3 = norm(out)
        self.downsample = None
        if stride > 1 or channels != out:
            self.downsample = nn.Sequential(conv(channels, out, 1, stride, bias=False), norm(out))

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        past = x if self.downsample is None else self.downsample(x)
        return F.relu(self.bn3(self.conv3(y)) + past)


def _stages(conv: Convolution, norm: Norm, blocks: tuple[int, ...], narrowing: int, groups: int) -> list[nn.Sequential]:
    """Return the four stages of a residual network from 64 to 2048 channels; the middle of a block has its output's
    channels / ``narrowing``."""
    stages = []
    for k, (channels, out) in enumerate(pairwise((64, 256, 512, 1024, POOLED))):
        middle, stride = out // narrowing, 1 if k == 0 else 2
        rest = [Bottleneck(conv, norm, out, middle, out, 1, groups) for _ in range(blocks[k] - 1)]
        stages.append(nn.Sequential(Bottleneck(conv, norm, channels, middle, out, stride, groups), *rest))
    return stages


class ResNet50(nn.Module):
    """Pictures (B, 3, 224, 224) of ``resnet_input`` -> map (B, 2048, 7, 7) and its mean (B, 2048), not below 0.

    Takes the checkpoints of torchvision's ``resnet50``; ``fc`` makes class logits (B, ``classes``) of the mean.
    """

    def __init__(self, classes: int = 1000) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        stages = _stages(nn.Conv2d, nn.BatchNorm2d, (3, 4, 6, 3), narrowing=4, groups=1)
        self.layer1, self.layer2, self.layer3, self.layer4 = stages
        self.fc = nn.Linear(POOLED, classes)

    def forward(self, pictures: Tensor) -> tuple[Tensor, Tensor]:
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(pictures))), 3, 2, 1)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return x, x.mean((2, 3))


class ResNeXt101(nn.Module):
    """Clips (B, 3, T, 112, 112) of ``resnext_input``, T = 16 or 64 -> pooled (B, 2048), not below 0.

    Cardinality 32 and shortcuts of type B. Takes the checkpoints ``resnext-101-*`` of Hara et al.; ``fc`` makes class
    logits (B, ``classes``; 400 for Kinetics) of what is pooled.
    """

    def __init__(self, classes: int = 400) -> None:
        super().__init__()
        self.conv1 = nn.Conv3d(3, 64, 7, (1, 2, 2), 3, bias=False)
        self.bn1 = nn.BatchNorm3d(64)
        stages = _stages(nn.Conv3d, nn.BatchNorm3d, (3, 4, 23, 3), narrowing=2, groups=CARDINALITY)
        self.layer1, self.layer2, self.layer3, self.layer4 = stages
        self.fc = nn.Linear(POOLED, classes)

    def forward(self, clips: Tensor) -> Tensor:
        x = F.max_pool3d(F.relu(self.bn1(self.conv1(clips))), 3, 2, 1)
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        pooled: Tensor = x.mean((2, 3, 4))
        return pooled


class C3D(nn.Module):
    """Clips (B, 3, 16, 112, 112) of ``c3d_input`` -> fc6 features (B, 4096), not below 0.

    Takes the public Sports-1M checkpoint in its PyTorch form; ``fc7`` and ``fc8``, which lead on to ``classes`` sports,
    are there so that it fits whole.
    """

    def __init__(self, classes: int = 487) -> None:
        super().__init__()
        self.conv1 = nn.Conv3d(3, 64, 3, padding=1)
        self.conv2 = nn.Conv3d(64, 128, 3, padding=1)
        self.conv3a = nn.Conv3d(128, 256, 3, padding=1)
        self.conv3b = nn.Conv3d(256, 256, 3, padding=1)
        self.conv4a = nn.Conv3d(256, 512, 3, padding=1)
        self.conv4b = nn.Conv3d(512, 512, 3, padding=1)
        self.conv5a = nn.Conv3d(512, 512, 3, padding=1)
        self.conv5b = nn.Conv3d(512, 512, 3, padding=1)
        self.fc6 = nn.Linear(512 * 4 * 4, FC6)
        self.fc7 = nn.Linear(FC6, FC6)
        self.fc8 = nn.Linear(FC6, classes)

    def forward(self, clips: Tensor) -> Tensor:
        x = F.max_pool3d(F.relu(self.conv1(clips)), (1, 2, 2))
        x = F.max_pool3d(F.relu(self.conv2(x)), 2)
        x = F.max_pool3d(F.relu(self.conv3b(F.relu(self.conv3a(x)))), 2)
        x = F.max_pool3d(F.relu(self.conv4b(F.relu(self.conv4a(x)))), 2)
        x = F.max_pool3d(F.relu(self.conv5b(F.relu(self.conv5a(x)))), 2, padding=(0, 1, 1))
        return F.relu(self.fc6(x.flatten(1)))


@torch.no_grad()
def c3d_feature(net: C3D, frames: np.ndarray) -> np.ndarray:
    """Return one vector (4096,) of length 1 for a whole clip: fc6 averaged over clips of 16 frames that overlap by 8,
    then L2-normalised (Tran et al., section 3.3).

    Parameters
    ----------
    frames : uint8 (T, H, W, 3) RGB, T >= 1; what is shorter than 16 frames loops.

    Raises
    ------
    DataError
        If ``frames`` are not of that shape or type.
    """
    device = net.fc6.weight.device
    parts = [net(c3d_input(frames[chosen])[None].to(device))[0] for chosen in c3d_clips(len(frames))]
    return F.normalize(torch.stack(parts).mean(0), dim=0).float().cpu().numpy()


def resnet_input(frames: np.ndarray) -> Tensor:
    """Return frames as ResNet-50 learnt from ImageNet: float (T, 3, 224, 224).

    The short side is brought to 256 pixels and the middle 224 x 224 cut out; RGB in [0, 1], less the mean of ImageNet,
    over its deviation.

    Parameters
    ----------
    frames : uint8 (T, H, W, 3) RGB.

    Raises
    ------
    DataError
        If ``frames`` are not of that shape or type.
    """
    pictures = _middle(_square(frames), PICTURE_SHORT_SIDE, PICTURE_SHORT_SIDE, PICTURE_SIDE) / 255
    return (pictures - torch.tensor(IMAGENET_MEAN)).div(torch.tensor(IMAGENET_DEVIATION)).movedim(-1, 1).contiguous()


def resnext_input(frames: np.ndarray) -> Tensor:
    """Return frames as the 3D ResNeXt-101 learnt from Kinetics: float (3, T, 112, 112).

    The short side is brought to 112 pixels and the middle 112 x 112 cut out; RGB in 0-255, less the mean of
    ActivityNet. Parameters and errors as of ``resnet_input``.
    """
    pictures = _middle(_square(frames), CLIP_SIDE, CLIP_SIDE, CLIP_SIDE)
    return (pictures - torch.tensor(ACTIVITYNET_MEAN)).movedim(-1, 0).contiguous()


def c3d_input(frames: np.ndarray) -> Tensor:
    """Return frames as C3D learnt from Sports-1M: float (3, T, 112, 112); C3D reads T = 16.

    The whole frame is squeezed to 171 x 128 pixels and the middle 112 x 112 cut out; BGR (the network was made with
    OpenCV) in 0-255, less the mean of Sports-1M, a number a channel. Parameters and errors as of ``resnet_input``.
    """
    _check(frames)
    pictures = _middle(frames, C3D_HEIGHT, C3D_WIDTH, CLIP_SIDE).flip(-1)
    return (pictures - torch.tensor(SPORTS1M_MEAN)).movedim(-1, 0).contiguous()


def load_checkpoint(net: nn.Module, path: str | Path) -> None:
    """Put the tensors of a published checkpoint into ``net``: all of them or, on an error, none.

    Parameters
    ----------
    net : gets the tensors, on whatever device it is.
    path : a ``.safetensors`` file, or with any other suffix (``.pt``, ``.pth``, ``.pickle``) what ``torch.save`` wrote;
        code in it is never run. Tensors may lie in a dict under ``state_dict``, their names all begin with ``module.``.
        Counters of batches, which files of older versions of torch lack, stay as they are in ``net``.

    Raises
    ------
    ModelError
        If the file is missing or damaged, holds anything but tensors, or a name or shape differs from those of
        ``net``; the message names the first of them.
    """
    path = Path(path)
    given = _read_tensors(path)
    if given and all(name.startswith("module.") for name in given):
        given = {name.removeprefix("module."): tensor for name, tensor in given.items()}
    own = net.state_dict()
    missing = [n for n in own if n not in given and not n.endswith("num_batches_tracked")]
    unexpected = [n for n in given if n not in own]
    other = [
        f"{n}: {_shape(given[n])} instead of {_shape(own[n])}"
        for n in given
        if n in own and own[n].shape != given[n].shape
    ]
    kinds = {"missing": missing, "unexpected": unexpected, "of another shape": other}
    faults = [f"{len(names)} {kind} ({_first(names)})" for kind, names in kinds.items() if names]
    if faults:
        raise ModelError(
            f"{path} does not fit {type(net).__name__} of {len(own)} tensors: {'; '.join(faults)}. Nothing was loaded; "
            "take the checkpoint of this network, or make the network with as many classes as the checkpoint has"
        )
    net.load_state_dict({**own, **given})


def _read_tensors(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a file by name, without the dict around them."""
    if not path.is_file():
        raise ModelError(f"no checkpoint at {path}: expected a .pt, .pth or .safetensors file")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return load_file(path)
        given = torch.load(path, weights_only=True, map_location="cpu")
    except ImportError as error:
        raise ModelError(f"{path} needs the package that reads it: pip install safetensors") from error
    except Exception as error:
        raise ModelError(
            f"{path} is damaged or holds more than plain tensors ({type(error).__name__}): expected what "
            "torch.save(net.state_dict(), path) writes"
        ) from error
    if isinstance(given, dict) and isinstance(given.get("state_dict"), dict):
        given = given["state_dict"]
    if not isinstance(given, dict) or not all(isinstance(k, str) and isinstance(v, Tensor) for k, v in given.items()):
        raise ModelError(f"{path} holds no tensors by name: expected a state dict, or a dict with one as 'state_dict'")
    return given


def _first(names: list[str]) -> str:
    return ", ".join(names[:SHOWN]) + (", ..." if len(names) > SHOWN else "")


def _shape(tensor: Tensor) -> str:
    return " x ".join(map(str, tensor.shape)) or "a single number"


def _square(frames: np.ndarray) -> np.ndarray:
    """Return the middle of frames as squares of their short side."""
    _check(frames)
    side = min(frames.shape[1:3])
    top, left = (frames.shape[1] - side) // 2, (frames.shape[2] - side) // 2
    return frames[:, top : top + side, left : left + side]


def _middle(frames: np.ndarray, height: int, width: int, side: int) -> Tensor:
    """Return the middle of frames resized to ``height`` x ``width``: float (T, ``side``, ``side``, 3), 0-255."""
    shrinks = frames.shape[1] * frames.shape[2] > height * width
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    top, left = (height - side) // 2, (width - side) // 2
    resized = (cv2.resize(frame, (width, height), interpolation=interpolation) for frame in frames)
    return torch.from_numpy(np.stack([r[top : top + side, left : left + side] for r in resized])).float()


def _check(frames: np.ndarray) -> None:
    if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[3] != 3 or 0 in frames.shape:
        raise DataError(f"frames must be uint8 of shape (T, H, W, 3), not {frames.dtype} of shape {frames.shape}")
