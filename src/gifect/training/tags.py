"""Learn which concepts of the vocabulary annotators tag clips with, from the look of scene and faces."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from gifect.evaluation.cards import write_card
from gifect.feeling.vocabulary import concepts_in, vocabulary
from gifect.models.registry import WEIGHTS
from gifect.training import export
from gifect.training.clipfaces import clip_statistics
from gifect.training.data.sceneframes import prepare_scenes
from gifect.training.data.shared import reactions
from gifect.training.feel import held_back
from gifect.training.refit import pooled_scenes

__all__ = ["tag_targets", "train_tags"]

PENALTIES = (300.0, 1000.0, 3000.0, 10000.0)
OUTLIER = 6.0  # deviations at which an input is cut off


class TagLayer(nn.Module):
    """Maps scene (B, S) and face (B, F) -> scores of the concepts (B, C) in [0, 1]."""

    mean: Tensor
    scale: Tensor
    weight: Tensor
    bias: Tensor

    def __init__(self, mean: np.ndarray, scale: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> None:
        super().__init__()
        for name, value in (("mean", mean), ("scale", scale), ("weight", weight), ("bias", bias)):
            self.register_buffer(name, torch.from_numpy(value.astype(np.float32)))

    def forward(self, scene: Tensor, face: Tensor) -> Tensor:
        inputs = ((torch.cat([scene, face], 1) - self.mean) / self.scale).clamp(-OUTLIER, OUTLIER)
        scores: Tensor = (inputs @ self.weight + self.bias).clamp(0, 1)
        return scores


def tag_targets(split: str) -> tuple[list[str], np.ndarray]:
    """Return the ids of the clips of a split, and how far each concept is among their tags and acts, (N, C)."""
    rows = reactions(split, ["id", "tags", "acts"])
    place = {name: k for k, name in enumerate(vocabulary().names)}
    target = np.zeros((len(rows), len(place)), np.float32)
    for row, tags, acts in zip(target, rows["tags"], rows["acts"], strict=True):
        for text in (*tags, *(act.replace("_", " ") for act in acts)):
            for name, far in concepts_in(text).items():
                row[place[name]] = max(row[place[name]], far)
    return list(rows["id"]), target


def _fit(inputs: np.ndarray, target: np.ndarray, penalty: float) -> tuple[np.ndarray, np.ndarray]:
    """Return weights (D, C) and offsets (C,) of a ridge regression on inputs of mean 0."""
    middle = target.mean(0)
    square = inputs.T @ inputs + penalty * np.eye(inputs.shape[1])
    return np.linalg.solve(square, inputs.T @ (target - middle)), middle


def train_tags() -> Path:
    """Fit the layer on the train split, its penalty chosen on clips held back, and write it as ``tags.onnx``."""
    ids, target = tag_targets("train")
    table = prepare_scenes("train")
    given = {"scene": pooled_scenes(table), "face": clip_statistics("train")}
    inputs = np.concatenate(list(given.values()), 1)
    mean, scale = inputs.mean(0), inputs.std(0) + 1e-3
    rows = np.clip((inputs - mean) / scale, -OUTLIER, OUTLIER).astype(np.float64)
    held = np.array([held_back(name) for name in ids])
    errors = []
    for penalty in PENALTIES:
        weight, bias = _fit(rows[~held], target[~held], penalty)
        errors.append(float(((rows[held] @ weight + bias - target[held]) ** 2).mean()))
    best = PENALTIES[int(np.argmin(errors))]
    weight, bias = _fit(rows, target, best)
    layer, path = TagLayer(mean, scale, weight, bias).eval(), WEIGHTS / "tags.onnx"
    some = {name: torch.from_numpy(value[:2]) for name, value in given.items()}
    export.export(layer, some, ["scores"], {name: {0: "batch"} for name in some}, path)
    export.halve(path)
    write_card(
        "tags",
        "says which words a clip would be tagged with, by its look",
        "reaction GIFs with tags and acts named by vision-language models that saw six frames of each",
    )
    return path
