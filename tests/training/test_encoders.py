"""The public encoders have the tensors of their checkpoints, read what they learnt from, and load all or nothing."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra train")

from torch import nn  # noqa: E402

from gifect.errors import DataError, ModelError  # noqa: E402
from gifect.training.networks import encoders  # noqa: E402
from gifect.training.networks.encoders import (  # noqa: E402
    C3D,
    Bottleneck,
    ResNet50,
    ResNeXt101,
    c3d_feature,
    c3d_input,
    load_checkpoint,
    resnet_input,
    resnext_input,
)

MOVING = np.random.default_rng(0).integers(0, 256, (24, 30, 40, 3), dtype=np.uint8)


def small_net() -> nn.Module:
    return Bottleneck(nn.Conv2d, nn.BatchNorm2d, channels=4, middle=2, out=8, stride=1, groups=1).eval()


def weights(net: nn.Module) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in net.state_dict().items()}


@pytest.mark.parametrize(
    ("kind", "entries", "parameters", "some"),
    [
        (
            ResNet50,
            267,
            25_557_032,
            {
                "conv1.weight": (64, 3, 7, 7),
                "layer1.0.downsample.0.weight": (256, 64, 1, 1),
                "layer1.2.bn3.running_var": (256,),
                "layer2.3.conv2.weight": (128, 128, 3, 3),
                "layer3.5.conv1.weight": (256, 1024, 1, 1),
                "layer4.0.downsample.1.running_mean": (2048,),
                "layer4.2.conv3.weight": (2048, 512, 1, 1),
                "fc.weight": (1000, 2048),
            },
        ),
        (
            ResNeXt101,
            522,
            48_340_816,
            {
                "conv1.weight": (64, 3, 7, 7, 7),
                "layer1.0.conv2.weight": (128, 4, 3, 3, 3),
                "layer1.0.downsample.0.weight": (256, 64, 1, 1, 1),
                "layer2.3.conv3.weight": (512, 256, 1, 1, 1),
                "layer3.22.conv2.weight": (512, 16, 3, 3, 3),
                "layer4.2.conv1.weight": (1024, 2048, 1, 1, 1),
                "fc.bias": (400,),
            },
        ),
        (
            C3D,
            22,
            79_991_015,
            {
                "conv1.weight": (64, 3, 3, 3, 3),
                "conv2.bias": (128,),
                "conv3a.weight": (256, 128, 3, 3, 3),
                "conv5b.weight": (512, 512, 3, 3, 3),
                "fc6.weight": (4096, 8192),
                "fc7.weight": (4096, 4096),
                "fc8.weight": (487, 4096),
            },
        ),
    ],
    ids=["ResNet-50", "ResNeXt-101", "C3D"],
)
def test_tensors_are_named_and_shaped_as_in_the_public_checkpoints(
    kind: Callable[[], nn.Module], entries: int, parameters: int, some: dict[str, tuple[int, ...]]
) -> None:
    with torch.device("meta"):
        net = kind()
    shapes = {n: tuple(t.shape) for n, t in net.state_dict().items() if not n.endswith("num_batches_tracked")}
    assert len(shapes) == entries
    assert sum(p.numel() for p in net.parameters()) == parameters
    assert {n: shapes.get(n) for n in some} == some


def test_the_three_by_three_convolution_takes_the_stride() -> None:
    with torch.device("meta"):
        block = ResNet50().layer2[0]
    assert (block.conv1.stride, block.conv2.stride) == ((1, 1), (2, 2))


@torch.no_grad()
def test_resnet_gives_a_map_and_its_mean_and_comes_back_from_a_file(tmp_path: Path) -> None:
    net, other = ResNet50().eval(), ResNet50().eval()
    pictures = resnet_input(MOVING[:1])
    features, pooled = net(pictures)
    assert features.shape == (1, 2048, 7, 7)
    torch.testing.assert_close(pooled, features.flatten(2).mean(2))
    torch.save(net.state_dict(), tmp_path / "resnet50.pth")
    load_checkpoint(other, tmp_path / "resnet50.pth")
    torch.testing.assert_close(other(pictures)[1], pooled, rtol=0, atol=0)


@torch.no_grad()
def test_resnext_gives_one_vector_a_clip() -> None:
    pooled = ResNeXt101().eval()(resnext_input(MOVING[:16])[None])
    assert pooled.shape == (1, 2048)
    assert pooled.min() >= 0
    assert pooled.std() > 0


@torch.no_grad()
def test_c3d_feature_is_the_mean_of_overlapping_clips_at_length_one() -> None:
    torch.manual_seed(0)
    net = C3D().eval()
    both = net(torch.stack([c3d_input(MOVING[:16]), c3d_input(MOVING[8:])]))
    assert both.shape == (2, 4096)
    assert not torch.allclose(both[0], both[1], atol=0.01 * float(both.max()))
    feature = c3d_feature(net, MOVING)
    assert feature.dtype == np.float32
    assert np.linalg.norm(feature) == pytest.approx(1, abs=1e-5)
    mean = both.mean(0).numpy()
    np.testing.assert_allclose(feature, mean / np.linalg.norm(mean), atol=1e-5)


@pytest.mark.parametrize("size", [(300, 500), (500, 300), (20, 30), (112, 112), (1, 400)])
def test_inputs_have_the_size_that_each_encoder_reads(size: tuple[int, int]) -> None:
    frames = np.zeros((2, *size, 3), np.uint8)
    assert resnet_input(frames).shape == (2, 3, 224, 224)
    assert resnext_input(frames).shape == (3, 2, 112, 112)
    assert c3d_input(frames).shape == (3, 2, 112, 112)


@pytest.mark.parametrize(
    ("prepare", "rgb"),
    [
        (resnet_input, np.array(encoders.IMAGENET_MEAN) * 255),
        (resnext_input, encoders.ACTIVITYNET_MEAN),
        (c3d_input, encoders.SPORTS1M_MEAN[::-1]),
    ],
)
def test_a_frame_of_the_mean_colour_is_nearly_nought(
    prepare: Callable[[np.ndarray], torch.Tensor], rgb: np.ndarray
) -> None:
    frames = np.tile(np.round(rgb).astype(np.uint8), (2, 50, 70, 1))
    assert prepare(frames).abs().max() <= 0.5
    assert prepare(0 * frames).abs().max() > 1


def test_c3d_reads_blue_first_and_resnext_red_first() -> None:
    red = np.tile(np.array([255, 0, 0], np.uint8), (16, 50, 70, 1))
    assert c3d_input(red).amax((1, 2, 3)).argmax() == 2
    assert resnext_input(red).amax((1, 2, 3)).argmax() == 0
    assert resnet_input(red)[0].amax((1, 2)).argmax() == 0


def test_the_middle_of_a_wide_frame_is_cut_out() -> None:
    frames = np.zeros((1, 100, 300, 3), np.uint8)
    frames[:, :, 95:205] = 255
    assert resnext_input(frames).min() > 100
    assert resnet_input(frames).min() > 1
    seen = c3d_input(frames)[0, 0, 56] > 0
    assert 50 < seen.sum() < 112  # squeezed, so that more than the middle is seen


@pytest.mark.parametrize("prepare", [resnet_input, resnext_input, c3d_input])
@pytest.mark.parametrize(
    "frames", [np.zeros((2, 8, 8, 3)), np.zeros((8, 8, 3), np.uint8), np.zeros((0, 8, 8, 3), np.uint8)]
)
def test_what_are_no_frames_is_named(prepare: Callable[[np.ndarray], torch.Tensor], frames: np.ndarray) -> None:
    with pytest.raises(DataError, match=r"uint8 of shape \(T, H, W, 3\), not"):
        prepare(frames)


@pytest.mark.parametrize(
    ("suffix", "prefix", "wrapped", "counters"),
    [
        (".pt", "", False, True),
        (".pickle", "", False, False),
        (".pth", "", True, True),
        (".pth", "module.", False, True),
        (".pth", "module.", True, False),
        (".safetensors", "", False, True),
        (".safetensors", "module.", False, False),
    ],
)
def test_a_saved_checkpoint_comes_back(tmp_path: Path, suffix: str, prefix: str, wrapped: bool, counters: bool) -> None:
    net, other = small_net(), small_net()
    given = {prefix + n: t for n, t in net.state_dict().items() if counters or "num_batches" not in n}
    path = tmp_path / f"weights{suffix}"
    if suffix == ".safetensors":
        pytest.importorskip("safetensors.torch").save_file(given, path)
    else:
        whole = {"epoch": 3, "arch": "x", "state_dict": given} if wrapped else given
        torch.save(whole, path, _use_new_zipfile_serialization=counters)  # old torch had neither counters nor zip
    load_checkpoint(other, path)
    x = torch.rand(1, 4, 5, 5)
    torch.testing.assert_close(other(x), net(x), rtol=0, atol=0)


def test_what_does_not_fit_is_named_and_nothing_is_loaded(tmp_path: Path) -> None:
    net = small_net()
    before = weights(net)
    given = {n: t + 1 for n, t in before.items()}
    del given["bn3.bias"], given["conv1.weight"]
    given |= {f"extra{k}": torch.zeros(1) for k in range(5)}
    given["conv3.weight"] = torch.zeros(9, 2, 1, 1)
    torch.save(given, tmp_path / "wrong.pth")
    with pytest.raises(ModelError) as caught:
        load_checkpoint(net, tmp_path / "wrong.pth")
    message = str(caught.value)
    for part in (
        "wrong.pth does not fit Bottleneck of 24 tensors",
        "2 missing (conv1.weight, bn3.bias)",
        "5 unexpected (extra0, extra1, extra2, ...)",
        "1 of another shape (conv3.weight: 9 x 2 x 1 x 1 instead of 8 x 2 x 1 x 1)",
        "Nothing was loaded",
    ):
        assert part in message
    assert "\n" not in message
    for name, tensor in net.state_dict().items():
        torch.testing.assert_close(tensor, before[name], rtol=0, atol=0)


class Trap:
    """Pickled, it makes a file where it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[Path]]:
        return Path.touch, (self.path,)


def test_code_in_a_checkpoint_is_not_run(tmp_path: Path) -> None:
    torch.save({"state_dict": {}, "trap": Trap(tmp_path / "sprung")}, tmp_path / "trap.pth")
    (tmp_path / "plain.pt").write_bytes(pickle.dumps(Trap(tmp_path / "sprung"), protocol=2))
    torch.save(small_net(), tmp_path / "whole.pth")
    for name in ("trap.pth", "plain.pt", "whole.pth"):
        with pytest.raises(ModelError, match=f"{name} is damaged or holds more than plain tensors"):
            load_checkpoint(small_net(), tmp_path / name)
    assert not (tmp_path / "sprung").exists()


def test_a_file_that_is_no_checkpoint_is_named(tmp_path: Path) -> None:
    torch.save(small_net().state_dict(), tmp_path / "whole.pt")
    whole = (tmp_path / "whole.pt").read_bytes()
    (tmp_path / "half.pt").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "empty.pth").touch()
    (tmp_path / "half.safetensors").write_bytes(whole)
    for name in ("half.pt", "empty.pth", "half.safetensors"):
        with pytest.raises(ModelError, match=name):
            load_checkpoint(small_net(), tmp_path / name)
    torch.save([torch.zeros(3)], tmp_path / "list.pt")
    with pytest.raises(ModelError, match="holds no tensors by name"):
        load_checkpoint(small_net(), tmp_path / "list.pt")
    with pytest.raises(ModelError, match=r"no checkpoint at .*absent\.pt"):
        load_checkpoint(small_net(), tmp_path / "absent.pt")
