"""The networks that ship keep their shapes, and their ONNX form says what torch says."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra train")
onnxruntime = pytest.importorskip("onnxruntime")

from gifect.faces.layout import ACTION_UNITS, EXPRESSIONS  # noqa: E402
from gifect.training import export  # noqa: E402
from gifect.training.networks.detect import STRIDE, DetectNet, decode_maps  # noqa: E402
from gifect.training.networks.measure import MeasureNet  # noqa: E402
from gifect.training.networks.scene import ClipNet  # noqa: E402


def test_detector_maps_are_an_eighth_of_the_picture() -> None:
    heat, shape = DetectNet().eval()(torch.rand(1, 3, 96, 160))
    assert heat.shape == (1, 1, 12, 20)
    assert shape.shape == (1, 14, 12, 20)


def test_decoded_box_reaches_as_far_as_the_map_says() -> None:
    shape = torch.zeros(1, 14, 2, 3)
    shape[0, :4, 1, 2] = torch.log(torch.tensor([1.0, 2.0, 3.0, 4.0]))
    boxes, points = decode_maps(torch.zeros(1, 1, 2, 3), shape)
    centre = np.array([2.5, 1.5]) * STRIDE
    np.testing.assert_allclose(boxes[0, :, 1, 2], [*(centre - [8, 16]), *(centre + [24, 32])], rtol=1e-5)
    np.testing.assert_allclose(points[0, :2, 1, 2], centre)


def test_measuring_network_gives_every_head() -> None:
    out = MeasureNet().eval()(torch.rand(2, 3, 64, 64))
    assert out["expression"].shape == (2, len(EXPRESSIONS))
    assert out["units"].shape == (2, len(ACTION_UNITS))
    assert out["landmarks"].shape == (2, 70, 2)
    assert out["embedding"].shape == (2, 256)
    assert out["affect"][:, 0].abs().max() <= 1
    assert 0 <= out["affect"][:, 1].min() <= out["affect"][:, 1].max() <= 1


def test_absent_face_statistics_change_nothing() -> None:
    net = ClipNet(377, 47).eval()
    frames, present = torch.rand(1, 2, 4, 96, 128), torch.ones(1, 2, dtype=torch.bool)
    face = torch.zeros(1, 377)
    garbage = torch.rand(1, 377)
    garbage[0, -1] = 0
    one, other = (net(frames, present, f, torch.ones(1, 1))["seven"] for f in (face, garbage))
    torch.testing.assert_close(one, other)


def test_onnx_of_the_measuring_network_agrees_with_torch(tmp_path: Path) -> None:
    net = export.MeasureExport(MeasureNet(width=8), 1.3)
    crops = torch.randint(0, 255, (2, 64, 64, 3), dtype=torch.uint8)
    path = tmp_path / "measure.onnx"
    names = ["expression", "affect", "units", "readable", "landmarks", "sides", "embedding"]
    export.export(net, {"crops": crops}, names, {"crops": {0: "batch"}}, path)  # raises where they differ
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    more = np.random.default_rng(0).integers(0, 255, (5, 64, 64, 3), dtype=np.uint8)
    out = dict(zip(names, session.run(None, {"crops": more}), strict=True))
    np.testing.assert_allclose(out["expression"].sum(1), 1, rtol=1e-5)
    assert out["landmarks"].shape == (5, 70, 3)
