"""Fixtures of the tests of actions: I3D networks that take a moment, in a models' folder of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gifect.models.registry import forget_models

NARROW = 0.0625  # width at which I3D takes a moment


@pytest.fixture(scope="session")
def narrow_i3d(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with both streams, converted from random checkpoints that see crying (RGB) and slapping (flow).

    The RGB stream is surer, so that crying wins on average.
    """
    torch = pytest.importorskip("torch", reason="making networks needs the extra train")
    from gifect.actions.i3d import STREAMS
    from gifect.actions.kinetics import CLASSES
    from gifect.training.convert import convert
    from gifect.training.networks.i3d import I3D

    folder = tmp_path_factory.mktemp("i3d")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GIFECT_MODELS", str(folder / "models"))
        for (stream, name), (action, logit) in zip(STREAMS.items(), (("crying", 9.0), ("slapping", 8.0)), strict=True):
            torch.manual_seed(1)
            net = I3D(stream, width=NARROW)
            net.state_dict()["logits.conv3d.bias"][CLASSES.index(action)] = logit
            torch.save(net.state_dict(), folder / f"{stream}.pt")
            convert(name, folder / f"{stream}.pt", NARROW)
    return folder


@pytest.fixture
def i3d_at_hand(narrow_i3d: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Point the registry to both streams and return their folder."""
    monkeypatch.setenv("GIFECT_MODELS", str(narrow_i3d / "models"))
    forget_models()
    yield narrow_i3d / "models"
    forget_models()


@pytest.fixture
def no_i3d(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Point the registry to an empty folder and return it."""
    monkeypatch.setenv("GIFECT_MODELS", str(tmp_path / "models"))
    forget_models()
    yield tmp_path / "models"
    forget_models()
