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
from onnx import numpy_helper
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from torch import Tensor, nn

from gifect.faces.layout import FLIP
from gifect.training.linear import LinearGrader
from gifect.training.networks.detect import DetectNet, decode_maps
from gifect.training.networks.kavan import Grader
from gifect.training.networks.measure import MeasureNet
from gifect.training.networks.scene import Fusion, SceneEncoder
from gifect.training.networks.text import TextNet

OPSET = 18
MATRIX = 1_000  # weights from which on 16 bits are kept rather than 32
LARGE = 100_000  # weights of a matrix from which on 8 bits save more than they cost
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
        out = self.net(_picture(torch.cat([crops, crops.flip(2)])))
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
    """uint8 (B, 96, 128, 4) -> embedding (B, 256) and the map before it (B, 192, 6, 8)."""

    def __init__(self, net: SceneEncoder) -> None:
        super().__init__()
        self.net = net

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor]:
        maps = self.net.maps(_picture(frames))
        return self.net.embed(maps), maps


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


class GradeExport(nn.Module):
    """maps (B, T, 192, 6, 8) and faces (B, T, 295) -> intensities (B, 17) in [0, 1], quadrant (B, 4) and seven (B, 7),
    the mean of several graders, and their mask (B, T, 6, 8) if they attend.

    ``line`` (2, 17) is slope and offset of each intensity; a linear grader has the given ``share`` of intensities and
    of the quadrant.
    """

    line: Tensor

    def __init__(
        self, nets: list[Grader], line: np.ndarray, linear: LinearGrader | None = None, share: float = 0.0
    ) -> None:
        super().__init__()
        self.nets, self.linear, self.share = nn.ModuleList(nets), linear, share
        self.register_buffer("line", torch.from_numpy(line.astype(np.float32)))

    def forward(self, maps: Tensor, faces: Tensor) -> tuple[Tensor, ...]:
        said = [net(maps, faces) for net in self.nets]
        mean = torch.stack([s["intensities"] for s in said]).mean(0)
        quadrant, seven = (torch.stack([torch.softmax(s[k], 1) for s in said]).mean(0) for k in ("quadrant", "seven"))
        if self.linear is not None:
            other = self.linear(maps, faces)
            mean = (1 - self.share) * mean + self.share * other["intensities"]
            quadrant = (1 - self.share) * quadrant + self.share * torch.softmax(other["quadrant"], 1)
        graded = (self.line[0] * mean + self.line[1]).clamp(0, 1), quadrant, seven
        return (*graded, torch.stack([s["mask"] for s in said]).mean(0)) if "mask" in said[0] else graded


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


class TextExport(nn.Module):
    """Numbers of word pieces int64 (B, T), 0 where a text has ended -> calibrated seven (B, 7), finer (B, 28), tweet
    (B, 6) and the embedding (B, E) that they are read from. The vectors of the pieces are kept as 8-bit numbers."""

    vectors: Tensor
    scale: Tensor

    def __init__(self, net: TextNet, temperatures: dict[str, float], places: dict[str, slice]) -> None:
        super().__init__()
        self.temperatures, self.places = temperatures, places
        weights = net.embedding.weight.detach()
        self.register_buffer("scale", weights.abs().amax(1, keepdim=True).clamp(min=1e-6) / 127)
        self.register_buffer("vectors", torch.round(weights / self.scale).to(torch.int8))
        self.net = net

    def forward(self, numbers: Tensor) -> tuple[Tensor, ...]:
        vectors = self.vectors[numbers].float() * self.scale[numbers]
        logits, embedding = self.net.read(numbers, vectors)
        seven, tweet = (torch.softmax(logits[:, self.places[k]] / self.temperatures[k], 1) for k in ("seven", "tweet"))
        return seven, torch.sigmoid(logits[:, self.places["finer"]]), tweet, embedding


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


def halve(path: Path) -> None:
    """Keep the matrices of the ONNX file as 16-bit floats; they become 32-bit ones again when it is loaded."""
    model = onnx.load(str(path))
    graph = model.graph
    for initializer in list(graph.initializer):
        values = numpy_helper.to_array(initializer)
        if values.dtype == np.float32 and values.size >= MATRIX:
            graph.initializer.remove(initializer)
            name = f"{initializer.name}_half"
            graph.initializer.append(numpy_helper.from_array(values.astype(np.float16), name))
            graph.node.insert(0, onnx.helper.make_node("Cast", [name], [initializer.name], to=onnx.TensorProto.FLOAT))
    onnx.checker.check_model(model)
    onnx.save_model(model, str(path))


class _Samples(CalibrationDataReader):  # type: ignore[misc]
    def __init__(self, name: str, batches: list[np.ndarray]) -> None:
        self.rest = iter([{name: b} for b in batches])

    def get_next(self) -> dict[str, np.ndarray] | None:
        return next(self.rest, None)


def quantise(path: Path, batches: list[np.ndarray], keep: int = 0) -> None:
    """Turn the convolutions and large matrices of the ONNX file into 8-bit ones in place, calibrated on ``batches`` of
    its input; the last ``keep`` convolutions stay as they are."""
    prepared = path.with_suffix(".prepared")
    quant_pre_process(str(path), str(prepared), skip_symbolic_shape=True)
    graph = onnx.load(str(prepared)).graph
    convolutions = [node.name for node in graph.node if node.op_type == "Conv"]
    sizes = {i.name: np.prod(i.dims) for i in graph.initializer}
    small = [n.name for n in graph.node if n.op_type == "Gemm" and sizes[n.input[1]] < LARGE]
    with contextlib.redirect_stdout(io.StringIO()):  # the calibration prints what it does
        quantize_static(
            str(prepared),
            str(path),
            _Samples(graph.input[0].name, batches),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=["Conv", "Relu", "Add", "Resize", "Gemm"],
            nodes_to_exclude=convolutions[len(convolutions) - keep :] + small,
            calibrate_method=CalibrationMethod.Percentile,
            extra_options={"CalibPercentile": 99.999},
        )
    prepared.unlink()
    _read_bytes(path)


def _read_bytes(path: Path) -> None:
    """Let the first convolution read the bytes of the picture: (x / 255 - 128 / 255) * 4 is an 8-bit number of scale
    4 / 255 and zero 128, so that nothing is to be computed."""
    model = onnx.load(str(path))
    nodes = {n.output[0]: n for n in model.graph.node}
    values = {i.name: numpy_helper.to_array(i) for i in model.graph.initializer}
    start = next((n for n in model.graph.node if n.op_type == "QuantizeLinear" and _arithmetic(n, nodes)), None)
    if start is None or not np.allclose(values[_arithmetic(start, nodes)[1].input[1]], 128 / 255):
        return
    for node in _arithmetic(start, nodes):
        for user in model.graph.node:
            for k, name in enumerate(user.input):
                if name == node.output[0]:
                    user.input[k] = node.input[0]
        model.graph.node.remove(node)
    (end,) = (n for n in model.graph.node if n.input and n.input[0] == start.output[0])
    end.input[:] = [start.input[0], "byte_scale", "byte_zero"]
    model.graph.node.remove(start)
    used = {name for node in model.graph.node for name in node.input}
    for initializer in [i for i in model.graph.initializer if i.name not in used]:
        model.graph.initializer.remove(initializer)
    scale, zero = np.array(4 / 255, np.float32), np.array(128, np.uint8)
    model.graph.initializer.extend(
        [numpy_helper.from_array(scale, "byte_scale"), numpy_helper.from_array(zero, "byte_zero")]
    )
    onnx.checker.check_model(model)
    onnx.save_model(model, str(path))


def _arithmetic(node: onnx.NodeProto, nodes: dict[str, onnx.NodeProto]) -> list[onnx.NodeProto]:
    """Return the four operations that turn bytes into numbers before ``node``, or none."""
    found = []
    while node.input and node.input[0] in nodes:
        node = nodes[node.input[0]]
        if node.op_type in ("Mul", "Sub", "Div", "Cast"):
            found.append(node)
        elif node.op_type not in ("Reshape", "Transpose", "QuantizeLinear", "DequantizeLinear"):
            break
    return found if [n.op_type for n in found] == ["Mul", "Sub", "Div", "Cast"] else []
