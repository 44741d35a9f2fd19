"""Public checkpoints to networks that gifect runs: ``gifect models convert``."""

from __future__ import annotations

import tempfile
from pathlib import Path

import torch
from torch import Tensor, nn

from gifect.actions.i3d import SIDE, STREAMS, WINDOW
from gifect.errors import ModelError
from gifect.models.registry import file_digest, forget_models, model_card, models_folder
from gifect.training.checkpoints import load_i3d
from gifect.training.export import export
from gifect.training.networks.i3d import I3D


class I3DExport(nn.Module):
    """RGB uint8 (1, T, H, W, 3), or scaled flow int8 (1, T, H, W, 2), -> logits (1, classes)."""

    def __init__(self, net: I3D) -> None:
        super().__init__()
        self.net = net

    def forward(self, frames: Tensor) -> Tensor:
        values = frames.permute(0, 4, 1, 2, 3).float()
        logits: Tensor = self.net(values / 127.5 - 1 if self.net.stream == "rgb" else values / 127)
        return logits


def export_i3d(net: I3D, path: Path, frames: int = WINDOW, side: int = SIDE) -> None:
    """Write one stream as ONNX for clips of one size, and check that ONNX Runtime gives what torch gives."""
    torch.manual_seed(0)
    low, high, kind = (0, 256, torch.uint8) if net.stream == "rgb" else (-127, 128, torch.int8)
    channels = 3 if net.stream == "rgb" else 2
    clip = torch.randint(low, high, (1, frames, side, side, channels), dtype=kind)
    export(I3DExport(net), {"frames": clip}, ["logits"], {"frames": {}}, path)


def convert(name: str, checkpoint: Path, width: float = 1.0) -> Path:
    """Make the network ``name`` of a public checkpoint, in the models' folder, and return its path.

    Every tensor of the checkpoint is checked by name and shape. The network's checksum is written beside it. ``width``
    is that of the network that was saved, 1 for public ones.

    Raises
    ------
    ModelError
        If ``name`` is no network that is converted, or the checkpoint is not what it should be.
    """
    card = model_card(name)
    stream = next((s for s, model in STREAMS.items() if model == name), None)
    if not card.checkpoint or stream is None:
        raise ModelError(f"{name} is not made of a checkpoint: expected one of {', '.join(STREAMS.values())}")
    net = load_i3d(checkpoint, stream, width=width)
    models_folder().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=models_folder()) as folder:
        part = Path(folder) / card.file
        export_i3d(net, part)
        card.digest_path.write_text(f"{file_digest(part)}\n", encoding="utf-8")
        part.replace(card.path)
    forget_models()
    return card.path
