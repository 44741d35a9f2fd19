"""From trained networks to the ONNX files that ship: exported, checked against torch, and described by a card."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import torch
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from torch import Tensor, nn

from gifect.faces.layout import FLIP
from gifect.training.networks.detect import DetectNet, decode_maps
from gifect.training.networks.measure import MeasureNet
from gifect.training.networks.scene import Fusion, SceneEncoder

OPSET = 18
SMILE, DIMPLE = (45, 44), (29, 28)  # blendshapes of the subject's right and left mouth corner


def _picture(frames: Tensor) -> Tensor:
    return frames.permute(0, 3, 1, 2).float() / 255


class DetectExport(nn.Module):
    """uint8 (B, H, W, 3) -> scores (B, h, w) of face centres, boxes (B, 4, h, w), points (B, 10, h, w)."""

    def __init__(self, net: DetectNet) -> None:
        super().__init__()
        self.net = net

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        heat, shape = self.net(_picture(frames))
        return torch.sigmoid(heat)[:, 0], *decode_maps(heat, shape)


class MeasureExport(nn.Module):
    """uint8 (B, 64, 64, 3) -> the fields of ``FaceMeasures`` in their order, each the mean over the crop and its mirror
    image."""

    flip: Tensor

    def __init__(self, net: MeasureNet, temperature: float) -> None:
        super().__init__()
        self.net, self.temperature = net, temperature
        self.register_buffer("flip", torch.from_numpy(FLIP))

    def forward(self, crops: Tensor) -> tuple[Tensor, ...]:
        straight = _picture(crops)
        out = self.net(torch.cat([straight, straight.flip(3)]))
        half = {k: (v[: crops.shape[0]], v[crops.shape[0] :]) for k, v in out.items()}
        mean = {k: (a + b) / 2 for k, (a, b) in half.items()}
        there, mirrored = half["landmarks"]
        back = mirrored[:, self.flip] * torch.tensor([-1.0, 1.0]) + torch.tensor([1.0, 0.0])
        spread = half["spread"][0] / 2 + half["spread"][1][:, self.flip] / 2
        # Expected error of a twentieth of the crop is a confidence of about one half.
        sure = torch.exp(-14 * torch.exp(spread))[..., None]
        shapes, other = ((v / 3).clamp(0, 1) for v in half["blendshapes"])
        sides = [(shapes[:, r] - shapes[:, left] + other[:, left] - other[:, r]) / 2 for r, left in (SMILE, DIMPLE)]
        return (
            torch.softmax(mean["expression"] / self.temperature, 1),
            mean["affect"],
            torch.sigmoid(mean["units"]),
            torch.sigmoid(mean["readable"]),
            torch.cat([(there + back) / 2, sure], 2),
            torch.stack(sides, 1),
            mean["embedding"],
        )


class SceneExport(nn.Module):
    """uint8 (B, 96, 128, 4) -> embedding (B, 256)."""

    def __init__(self, net: SceneEncoder) -> None:
        super().__init__()
        self.net = net

    def forward(self, frames: Tensor) -> Tensor:
        embedding: Tensor = self.net(_picture(frames))
        return embedding


class FuseExport(nn.Module):
    """scene (B, 512), face (B, F), scene_seen (B, 1) -> calibrated scores (B, 7). ``bias`` (7,) goes off the logits."""

    bias: Tensor

    def __init__(self, net: Fusion, bias: np.ndarray, temperature: float) -> None:
        super().__init__()
        self.net, self.temperature = net, temperature
        self.register_buffer("bias", torch.from_numpy(bias.astype(np.float32)))

    def forward(self, scene: Tensor, face: Tensor, scene_seen: Tensor) -> Tensor:
        logits = self.net(scene, face, scene_seen)["seven"] - self.bias
        return torch.softmax(logits / self.temperature, 1)


class SoundExport(nn.Module):
    """Descriptors (B, T, 54), one row every 10 ms -> calibrated scores (B, K) and distance (B,): 0 for a sound as far
    from those of the training as half of them are, 1 as far as the farthest hundredth. ``usual`` are those two."""

    def __init__(self, net: nn.Module, temperature: float, usual: tuple[float, float]) -> None:
        super().__init__()
        self.net, self.temperature, self.usual = net, temperature, usual

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        scores, distance = self.net(features)
        sharp = torch.log(scores + 1e-9) / self.temperature
        return torch.softmax(sharp, 1), (distance - self.usual[0]) / (self.usual[1] - self.usual[0])


def export(
    net: nn.Module,
    inputs: dict[str, Tensor],
    outputs: list[str],
    dynamic: dict[str, dict[int, str]],
    path: Path,
    recurrent: bool = False,
) -> None:
    """Write ``net`` as ONNX and check that ONNX Runtime gives what torch gives.

    A ``recurrent`` net goes through the exporter of TorchScript, which keeps an LSTM whole; the other takes it apart,
    for minutes.
    """
    net = net.eval().cpu()
    if recurrent:
        options: dict[str, Any] = {"opset_version": OPSET, "dynamic_axes": dynamic, "dynamo": False}
        torch.onnx.export(
            net, tuple(inputs.values()), str(path), input_names=list(inputs), output_names=outputs, **options
        )
        _check(net, inputs, outputs, path)
        return
    batch = {n: {k: torch.export.Dim(v) for k, v in axes.items()} for n, axes in dynamic.items()}
    program = torch.onnx.export(
        net,
        tuple(inputs.values()),
        input_names=list(inputs),
        output_names=outputs,
        opset_version=OPSET,
        dynamic_shapes=tuple(batch[n] for n in inputs),
        dynamo=True,
        verbose=False,
    )
    assert program is not None
    program.optimize()
    model = program.model_proto
    onnx.save_model(model, str(path))
    _check(net, inputs, outputs, path)


def _check(net: nn.Module, inputs: dict[str, Tensor], outputs: list[str], path: Path) -> None:
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    got = session.run(None, {n: v.numpy() for n, v in inputs.items()})
    with torch.no_grad():
        expected = net(*inputs.values())
    for name, ours, theirs in zip(outputs, got, expected if isinstance(expected, tuple) else (expected,), strict=True):
        away = float(np.abs(ours - theirs.numpy()).max())
        if away > 2e-3 * max(1.0, float(theirs.abs().max())):
            raise RuntimeError(f"{path.name}: output {name} differs by {away:g} between torch and ONNX Runtime")


class _Samples(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, name: str, batches: list[np.ndarray]) -> None:
        self.rest = iter([{name: b} for b in batches])

    def get_next(self) -> dict[str, np.ndarray] | None:
        return next(self.rest, None)


def quantise(path: Path, batches: list[np.ndarray], keep: int = 0) -> None:
    """Turn the convolutions of the ONNX file into 8-bit ones in place, calibrated on ``batches`` of its input; the last
    ``keep`` of them stay as they are."""
    prepared = path.with_suffix(".prepared")
    quant_pre_process(str(path), str(prepared), skip_symbolic_shape=True)
    graph = onnx.load(str(prepared)).graph
    convolutions = [node.name for node in graph.node if node.op_type == "Conv"]
    with contextlib.redirect_stdout(io.StringIO()):  # the calibration prints what it does
        quantize_static(
            str(prepared),
            str(path),
            _Samples(graph.input[0].name, batches),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=["Conv"],
            nodes_to_exclude=convolutions[len(convolutions) - keep :],
            calibrate_method=CalibrationMethod.Percentile,
            extra_options={"CalibPercentile": 99.999},
        )
    prepared.unlink()
