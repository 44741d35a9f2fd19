"""I3D has the tensors of the public checkpoints, takes nothing else for one, and grows out of a 2D network."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra train")

from torch.nn import functional as F  # noqa: E402

from gifect.errors import ModelError  # noqa: E402
from gifect.training.checkpoints import BRANCHES_2D, MODULES_2D, STEM_2D, inflate, load_i3d  # noqa: E402
from gifect.training.networks.i3d import I3D, MIXED, same_padding  # noqa: E402

SMALL = 0.0625  # width at which a forward takes milliseconds


@pytest.mark.shared
@pytest.mark.parametrize("stream", ["rgb", "flow"])
def test_tensors_are_those_of_the_public_checkpoint(stream: str) -> None:
    from gifect.training.data.shared import data_root

    listed = json.loads((data_root() / "action" / f"i3d_{stream}_pytorch_parameters.json").read_text())
    assert {name: list(tensor.shape) for name, tensor in I3D(stream).state_dict().items()} == listed


@pytest.mark.parametrize(("stream", "channels"), [("rgb", 3), ("flow", 2)])
def test_tensors_by_number_and_some_by_shape(stream: str, channels: int) -> None:
    tensors = I3D(stream).state_dict()
    assert len(tensors) == 344
    assert tensors["Conv3d_1a_7x7.conv3d.weight"].shape == (64, channels, 7, 7, 7)
    assert tensors["Mixed_4c.b1b.conv3d.weight"].shape == (224, 112, 3, 3, 3)
    assert tensors["Mixed_5c.b3b.bn.running_var"].shape == (128,)
    assert tensors["logits.conv3d.weight"].shape == (400, 1024, 1, 1, 1)
    assert sum(t.numel() for n, t in tensors.items() if "running" not in n and "tracked" not in n) == {
        "rgb": 12_697_264, "flow": 12_675_312}[stream]  # fmt: skip


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "zeros"),
    [(224, 7, 2, (2, 3)), (15, 3, 2, (1, 1)), (14, 2, 2, (0, 0)), (8, 3, 1, (1, 1))],
)
def test_odd_zeros_go_last(size: int, kernel: int, stride: int, zeros: tuple[int, int]) -> None:
    assert same_padding(size, kernel, stride) == zeros


@pytest.mark.parametrize(("frames", "steps"), [(64, 7), (16, 1), (9, 1), (79, 9)])
def test_steps_are_eight_frames_apart(frames: int, steps: int) -> None:
    net = I3D(classes=5, width=SMALL).eval()
    clip = torch.rand(1, 3, frames, 32, 40)
    with torch.no_grad():
        assert net.features(clip).shape[2] == steps
        assert net(clip).shape == (1, 5)


@pytest.fixture
def saved(tmp_path: Path) -> Callable[[Any], Path]:
    def save(content: Any) -> Path:
        torch.save(content, tmp_path / "net.pt")
        return tmp_path / "net.pt"

    return save


def small_tensors(stream: str = "rgb") -> dict[str, Any]:
    torch.manual_seed(3)
    return dict(I3D(stream, 5, SMALL).state_dict())


def test_checkpoint_comes_back(saved: Callable[[Any], Path]) -> None:
    tensors = small_tensors()
    for content in (tensors, {"epoch": 3, "state_dict": {f"module.{n}": t for n, t in tensors.items()}}):
        net = load_i3d(saved(content), "rgb", 5, SMALL)
        assert not net.training
        for name, tensor in net.state_dict().items():
            torch.testing.assert_close(tensor, tensors[name], rtol=0, atol=0)


def spoilt(**changes: Any) -> dict[str, Any]:
    return small_tensors() | changes


BIAS = "logits.conv3d.bias"


@pytest.mark.parametrize(
    ("content", "stream", "complaint"),
    [
        ({n: t for n, t in small_tensors().items() if n != BIAS}, "rgb", rf"it lacks {BIAS}$"),
        (spoilt(extra=torch.zeros(1)), "rgb", r"it has besides extra$"),
        (spoilt(**{BIAS: torch.zeros(7)}), "rgb", r"differs in shape: logits.conv3d.bias is \(7,\), expected \(5,\)"),
        (spoilt(**{BIAS: torch.full((5,), torch.nan)}), "rgb", rf"is not finite in {BIAS}"),
        ({"a": torch.zeros(1)}, "rgb", r"lacks Conv3d_1a_7x7\.conv3d\.weight, .* and 341 more; has besides a$"),
        (small_tensors("flow"), "rgb", r"checkpoint of the flow stream .* reads 2 channels.*, expected the rgb stream"),
        (small_tensors("rgb"), "flow", r"checkpoint of the rgb stream .* reads 3 channels.*, expected the flow stream"),
        ([1, 2, 3], "rgb", r"holds list, expected a state dict"),
        ({"weights": "none"}, "rgb", r"holds dict, expected a state dict"),
    ],
    ids=["missing", "extra", "shape", "nan", "another net", "flow for rgb", "rgb for flow", "list", "no tensors"],
)
def test_what_differs_is_said(saved: Callable[[Any], Path], content: Any, stream: str, complaint: str) -> None:
    with pytest.raises(ModelError, match=complaint):
        load_i3d(saved(content), stream, 5, SMALL)


class Trap:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


def test_code_in_a_checkpoint_never_runs(tmp_path: Path, saved: Callable[[Any], Path]) -> None:
    sprung = tmp_path / "sprung"
    plain = tmp_path / "plain.pt"
    plain.write_bytes(pickle.dumps(Trap(sprung)))
    for path in (saved(Trap(sprung)), saved(spoilt(trap=Trap(sprung))), plain):
        with pytest.raises(ModelError, match="no whole PyTorch file of tensors alone"):
            load_i3d(path, "rgb", 5, SMALL)
    assert not sprung.exists()


@pytest.mark.parametrize("kept", [0, 10, 0.5, -1])
def test_truncated_checkpoint_is_refused(saved: Callable[[Any], Path], kept: float) -> None:
    path = saved(small_tensors())
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept) if isinstance(kept, float) else kept])
    with pytest.raises(ModelError, match="no whole PyTorch file"):
        load_i3d(path, "rgb", 5, SMALL)


def test_absent_checkpoint_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"no checkpoint at .*none\.pt"):
        load_i3d(tmp_path / "none.pt", "rgb")


def picture_net(width: float, channels: int = 3) -> dict[str, Any]:
    """Return random 2D Inception-v1 weights under torchvision's names, with lively norms."""
    torch.manual_seed(5)
    like = I3D("rgb" if channels == 3 else "flow", 5, width).state_dict()
    places = {place: f"{name}" for name, place in STEM_2D.items()}
    for module, place in MODULES_2D.items():
        places |= {f"{place}.{b}": f"inception{module}.branch{name}" for name, b in BRANCHES_2D.items()}
    weights = {}
    for name, tensor in like.items():
        place, _, rest = name.partition(".conv3d.") if ".conv3d." in name else name.partition(".bn.")
        if place not in places:
            continue
        if ".conv3d." in name:
            fan = tensor[0].numel() / tensor.shape[2]
            weights[f"{places[place]}.conv.{rest}"] = torch.randn(tensor[:, :, 0].shape) * (2 / fan) ** 0.5
        else:
            value = tensor if rest == "num_batches_tracked" else torch.rand(tensor.shape) + 0.5
            weights[f"{places[place]}.bn.{rest}"] = value
    return weights


def picture_features(weights: dict[str, Any], x: Any) -> Any:
    """Return the mean features of Inception-v1 on pictures (B, C, H, W): the 2D network, written out plainly."""

    def unit(x: Any, name: str, stride: int = 1) -> Any:
        weight = weights[f"{name}.conv.weight"]
        pads = [same_padding(s, weight.shape[2], stride) for s in x.shape[2:]]
        x = F.conv2d(F.pad(x, (*pads[1], *pads[0])), weight, stride=stride)
        norm = {k: weights[f"{name}.bn.{k}"] for k in ("running_mean", "running_var", "weight", "bias")}
        return F.relu(F.batch_norm(x, **norm, eps=1e-3))

    def pool(x: Any, kernel: int) -> Any:
        pads = [same_padding(s, kernel, 2) for s in x.shape[2:]]
        return F.max_pool2d(F.pad(x, (*pads[1], *pads[0])), kernel, 2)

    x = pool(unit(x, "conv1", 2), 3)
    x = pool(unit(unit(x, "conv2"), "conv3"), 3)
    for module in MODULES_2D:
        if module in ("4a", "5a"):
            x = pool(x, 3 if module == "4a" else 2)
        b = f"inception{module}.branch"
        parts = [
            unit(x, f"{b}1"),
            unit(unit(x, f"{b}2.0"), f"{b}2.1"),
            unit(unit(x, f"{b}3.0"), f"{b}3.1"),
            unit(F.max_pool2d(x, 3, 1, 1), f"{b}4.1"),
        ]
        x = torch.cat(parts, 1)
    return x.mean((2, 3))


def test_video_that_stands_still_gives_what_the_picture_gives() -> None:
    weights = picture_net(SMALL)
    net = inflate(weights, I3D("rgb", 5, SMALL)).eval()
    picture = torch.rand(2, 3, 48, 40) * 2 - 1
    with torch.no_grad():
        expected = picture_features(weights, picture)
        steps = net.features(picture[:, :, None].expand(-1, -1, 160, -1, -1))
    middle = steps[:, :, steps.shape[2] // 2]  # the ends see the zeros before and after the video
    torch.testing.assert_close(middle, expected, rtol=1e-3, atol=1e-4)
    assert expected.std() > 0.01
    assert (steps[:, :, 0] - expected).abs().max() > 1e-2


def test_flow_stream_takes_the_mean_over_colours_and_keeps_the_sum() -> None:
    weights = picture_net(SMALL)
    net = inflate(weights, I3D("flow", 5, SMALL))
    filters = net.get_submodule("Conv3d_1a_7x7").conv3d.weight
    torch.testing.assert_close(filters.sum((1, 2)), weights["conv1.conv.weight"].sum(1))
    torch.testing.assert_close(filters[:, 0], filters[:, 1])


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"conv2.conv.weight": None}, r"lacks Conv3d_2b_1x1\.conv3d\.weight"),
        ({"inception6a.branch1.conv.weight": torch.zeros(1)}, r"has besides inception6a\.branch1"),
        ({"conv3.conv.weight": torch.zeros(4, 4, 5, 5)}, r"Conv3d_2c_3x3\.conv3d\.weight is \(4, 4, 3, 5, 5\)"),
    ],
)
def test_other_2d_networks_are_not_inflated(change: dict[str, Any], complaint: str) -> None:
    weights = {n: t for n, t in (picture_net(SMALL) | change).items() if t is not None}
    with pytest.raises(ModelError, match=complaint):
        inflate(weights, I3D("rgb", 5, SMALL))


def test_heads_of_the_2d_network_are_left_out() -> None:
    weights = picture_net(SMALL) | {"fc.weight": torch.zeros(1000, 64), "aux1.fc1.bias": torch.zeros(9)}
    before = I3D("rgb", 5, SMALL)
    kept = before.logits.conv3d.weight.detach().clone()
    torch.testing.assert_close(inflate(weights, before).logits.conv3d.weight, kept)


def test_every_module_of_the_2d_network_has_its_place() -> None:
    assert list(MODULES_2D.values()) == list(MIXED)
    assert np.unique(list(BRANCHES_2D.values())).tolist() == ["b0", "b1a", "b1b", "b2a", "b2b", "b3b"]
