"""Weights of I3D from files: checked public checkpoints, and 2D Inception-v1 weights inflated over time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import Tensor

from gifect.errors import ModelError
from gifect.training.networks.i3d import CHANNELS, I3D, MIXED

SHOWN = 3  # tensors that a message names of each kind of difference

# Places of torchvision's GoogLeNet, whose branches are those of Inception-v1, in I3D.
STEM_2D = {"conv1": "Conv3d_1a_7x7", "conv2": "Conv3d_2b_1x1", "conv3": "Conv3d_2c_3x3"}
MODULES_2D = dict(zip(("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b"), MIXED, strict=True))
BRANCHES_2D = {"1": "b0", "2.0": "b1a", "2.1": "b1b", "3.0": "b2a", "3.1": "b2b", "4.1": "b3b"}


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a PyTorch state dict by name. Code in the file is never run.

    Raises
    ------
    ModelError
        If there is no such file, it is damaged, or it holds anything but tensors by name.
    """
    try:
        held = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise ModelError(f"no checkpoint at {path}") from error
    except Exception as error:
        first = str(error).strip().partition("\n")[0] or type(error).__name__
        raise ModelError(
            f"{path} is no whole PyTorch file of tensors alone ({first}): expected a state dict such as "
            "rgb_imagenet.pt; fetch it again"
        ) from error
    if isinstance(held, Mapping) and isinstance(held.get("state_dict"), Mapping):
        held = held["state_dict"]
    if not isinstance(held, Mapping) or not all(isinstance(v, Tensor) for v in held.values()):
        raise ModelError(f"{path} holds {type(held).__name__}, expected a state dict: tensors by name")
    return {str(name).removeprefix("module."): tensor for name, tensor in held.items()}


def differences(found: Mapping[str, Tensor], expected: Mapping[str, Tensor]) -> list[str]:
    """Return what is wrong with the tensors ``found``, one line for each kind; nothing if they are as expected."""
    lacking = [n for n in expected if n not in found]
    extra = [n for n in found if n not in expected]
    both = [n for n in expected if n in found]
    shaped = [n for n in both if found[n].shape != expected[n].shape]
    unsound = [n for n in both if found[n].is_floating_point() and not bool(torch.isfinite(found[n]).all())]
    shapes = [f"{n} is {tuple(found[n].shape)}, expected {tuple(expected[n].shape)}" for n in shaped]
    kinds = {"lacks": lacking, "has besides": extra, "differs in shape:": shapes, "is not finite in": unsound}
    return [f"{kind} {_some(names)}" for kind, names in kinds.items() if names]


def _some(names: list[str]) -> str:
    rest = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + rest


def load_i3d(path: Path, stream: str, classes: int = 400, width: float = 1.0) -> I3D:
    """Return I3D with the weights of a checkpoint, in eval mode, every tensor checked.

    Parameters
    ----------
    stream : "rgb" or "flow".
    classes, width : of the network that was saved, see ``I3D``.

    Raises
    ------
    ModelError
        If the file cannot be read safely, is of the other stream, or its tensors differ; the message says in what.
    """
    net, found = I3D(stream, classes, width), read_tensors(path)
    first = found.get("Conv3d_1a_7x7.conv3d.weight")
    other = next(s for s in CHANNELS if s != stream)
    if first is not None and first.ndim == 5 and first.shape[1] == CHANNELS[other]:
        raise ModelError(f"{path} is a checkpoint of the {other} stream (its first layer reads {first.shape[1]} "
                         f"channels), expected the {stream} stream: name the other file")  # fmt: skip
    wrong = differences(found, net.state_dict())
    if wrong:
        raise ModelError(f"{path} is no I3D of {classes} classes: it {'; '.join(wrong)}")
    net.load_state_dict(found)
    return net.eval()


def inflate(weights: Mapping[str, Tensor], net: I3D) -> I3D:
    """Put 2D Inception-v1 weights into ``net``: each filter repeated over time and divided by its length, so that a
    video that stands still gives what the picture gives (Carreira and Zisserman 2017, section 2.4). The class layer
    stays as it is.

    Parameters
    ----------
    weights : tensors under the names of torchvision's GoogLeNet; its auxiliary heads and class layer are left out.
    net : of full width. The filters of a flow stream's first layer are the mean over the colours, with the sum kept
        (Wang et al., Temporal segment networks, ECCV 2016).

    Raises
    ------
    ModelError
        If a tensor is missing, not known or of the wrong shape.
    """
    own = {n: v for n, v in net.state_dict().items() if not n.startswith("logits.")}
    ready: dict[str, Tensor] = {}
    for name, tensor in weights.items():
        if name.startswith(("aux", "fc.")):
            continue
        place = _place_of(name)
        target = own.get(place)
        if tensor.ndim == 4 and target is not None and target.ndim == 5:
            if place.startswith("Conv3d_1a") and tensor.shape[1] != target.shape[1]:
                channels = target.shape[1]
                tensor = tensor.mean(1, keepdim=True).repeat(1, channels, 1, 1) * (tensor.shape[1] / channels)
            length = target.shape[2]
            tensor = tensor[:, :, None].repeat(1, 1, length, 1, 1) / length
        ready[place] = tensor
    wrong = differences(ready, own)
    if wrong:
        raise ModelError(f"the weights are no 2D Inception-v1 as torchvision names it: the set {'; '.join(wrong)}")
    net.load_state_dict(ready, strict=False)
    return net


def _place_of(name: str) -> str:
    """Return I3D's name for a tensor of torchvision's GoogLeNet, or the name as it is."""
    stem = re.fullmatch(r"(conv[123])\.(conv|bn)\.(\w+)", name)
    if stem:
        module, part, kind = stem.groups()
        return f"{STEM_2D[module]}.{'conv3d' if part == 'conv' else part}.{kind}"
    inner = re.fullmatch(r"inception(\w\w)\.branch([\d.]+)\.(conv|bn)\.(\w+)", name)
    if inner and inner[1] in MODULES_2D and inner[2] in BRANCHES_2D:
        part = "conv3d" if inner[3] == "conv" else inner[3]
        return f"{MODULES_2D[inner[1]]}.{BRANCHES_2D[inner[2]]}.{part}.{inner[4]}"
    return name
