"""Checkpoints become networks that run without torch, or are refused whole."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra train")
onnxruntime = pytest.importorskip("onnxruntime")

from gifect.errors import ModelError  # noqa: E402
from gifect.models.registry import forget_models, verify  # noqa: E402
from gifect.training.convert import convert, export_i3d  # noqa: E402
from gifect.training.networks.i3d import I3D  # noqa: E402

SMALL = 0.0625


def test_onnx_says_what_torch_says(tmp_path: Path) -> None:
    torch.manual_seed(2)
    net = I3D("flow", classes=6, width=SMALL).eval()
    export_i3d(net, tmp_path / "net.onnx", frames=16, side=32)
    session = onnxruntime.InferenceSession(tmp_path / "net.onnx", providers=["CPUExecutionProvider"])
    clip = np.random.default_rng(0).integers(-127, 128, (1, 16, 32, 32, 2)).astype(np.int8)
    with torch.no_grad():
        expected = net(torch.from_numpy((clip / 127).astype(np.float32)).permute(0, 4, 1, 2, 3))
    np.testing.assert_allclose(session.run(None, {"frames": clip})[0], expected.numpy(), atol=1e-4)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GIFECT_MODELS", str(tmp_path / "models"))
    forget_models()
    return tmp_path


def test_a_wrong_checkpoint_leaves_nothing(folder: Path) -> None:
    torch.save(I3D("flow", 400, SMALL).state_dict(), folder / "flow.pt")
    with pytest.raises(ModelError, match="of the flow stream"):
        convert("i3d-rgb", folder / "flow.pt")
    with pytest.raises(ModelError, match=r"differs in shape: .* and \d+ more"):
        convert("i3d-flow", folder / "flow.pt")  # a narrow network is not the public one
    assert not (folder / "models").exists()


def test_what_is_not_converted_is_refused(folder: Path) -> None:
    with pytest.raises(ModelError, match="measure is not made of a checkpoint: expected one of i3d-rgb, i3d-flow"):
        convert("measure", folder / "any.pt")


@pytest.mark.slow
def test_checkpoint_of_full_size_is_converted(folder: Path) -> None:
    torch.manual_seed(0)
    torch.save(I3D("rgb").state_dict(), folder / "rgb_imagenet.pt")
    path = convert("i3d-rgb", folder / "rgb_imagenet.pt")
    assert path == folder / "models" / "i3d-rgb.onnx"
    assert verify("i3d-rgb")
