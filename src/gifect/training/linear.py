"""The linear grader: what frames show on average, at most and how it changes, weighed to the optimum in closed form."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn

from gifect.emotions import QUADRANTS, SEVEN, SEVENTEEN
from gifect.feeling.grade import FACE_SIZE
from gifect.training.data.clipfeatures import ClipFeatures, segment_frames
from gifect.training.data.clipsets import KINDS, ClipSet
from gifect.training.networks.decoders import Standard

RIDGE = 1.5  # penalty a clip learnt from; chosen on clips held back from the train split
STRENGTH = 1e-3  # inverse of the penalty of the quadrant's regression; chosen likewise
UNLIKELY = -9.0  # logit of a quadrant that no clip has
EMBEDDING = 256  # numbers at the end of a face's row, before the one that says whether it is there


class LinearGrader(nn.Module):
    """Maps (B, T, C, h, w) and faces (B, T, F) -> intensities (B, 17), seven (B, 7), acts (B, A), kinds (B, 7) and, as
    logits, quadrant (B, 4)."""

    def __init__(self, channels: int, face_size: int = FACE_SIZE, acts: int = 0) -> None:
        super().__init__()
        size = 4 * (face_size - EMBEDDING - 1) + EMBEDDING + 2 + 5 * channels
        self.norm = Standard(size)
        sizes = len(SEVENTEEN), len(SEVEN), acts, len(KINDS)
        self.intensities, self.seven, self.acts, self.kinds = (nn.Linear(size, n) for n in sizes)
        self.quadrant = nn.Linear(size, len(QUADRANTS))

    def statistics(self, maps: Tensor, faces: Tensor) -> Tensor:
        """Return mean, maximum, deviation and mean change over time of the main face and of the scene, (B, D)."""
        seen = faces[..., -1:]
        measured, embedding = faces[..., : -EMBEDDING - 1], faces[..., -EMBEDDING - 1 : -1]
        there = seen.sum(1).clamp(min=1)
        known = torch.cat([seen.mean(1), seen.amax(1)], 1)
        always = torch.ones_like(seen)
        return torch.cat(
            [
                _over_time(measured, seen),
                (embedding * seen).sum(1) / there,
                known,
                _over_time(maps.mean((3, 4)), always),
                maps.amax((3, 4)).mean(1),
            ],
            1,
        )

    def forward(self, maps: Tensor, faces: Tensor) -> dict[str, Tensor]:
        found = self.norm(self.statistics(maps, faces))
        return {n: getattr(self, n)(found) for n in ("intensities", "quadrant", "seven", "acts", "kinds")}


def _over_time(rows: Tensor, seen: Tensor) -> Tensor:
    count = seen.sum(1).clamp(min=1)
    mean = (rows * seen).sum(1) / count
    spread = (((rows - mean[:, None]) ** 2 * seen).sum(1) / count).clamp(min=0).sqrt()
    highest = torch.where(seen > 0, rows, -1e4).amax(1)
    highest = torch.where(highest > -1e4, highest, 0.0)
    both = seen[:, 1:] * seen[:, :-1]
    change = ((rows[:, 1:] - rows[:, :-1]).abs() * both).sum(1) / both.sum(1).clamp(min=1)
    return torch.cat([mean, highest, spread, change], 1)


def fit_linear(clips: ClipSet, features: ClipFeatures, rows: np.ndarray, frames: int) -> LinearGrader:
    """Return the linear grader of the clips at ``rows``: ridge regression of intensities, classes, acts and kinds,
    a penalised logistic regression of the quadrant."""
    net = LinearGrader(features.maps.shape[2], features.faces.shape[2], len(clips.act_names)).eval()
    with torch.no_grad():
        found = linear_statistics(net, features, rows, frames)
        net.norm.learn(found)
        x = net.norm(found).double()
        kinds = np.zeros((len(clips), len(KINDS)), np.float32) if clips.kinds is None else clips.kinds
        told = {net.intensities: clips.intensities, net.seven: clips.seven, net.acts: clips.acts, net.kinds: kinds}
        y = torch.from_numpy(np.concatenate([v[rows] for v in told.values()], 1)).double()
        middle = y.mean(0)
        penalty = RIDGE * len(rows) * torch.eye(x.shape[1], dtype=torch.float64)
        weight = torch.linalg.solve(x.T @ x + penalty, x.T @ (y - middle))
        start = 0
        for layer in told:
            part = slice(start, start := start + layer.out_features)
            layer.weight.copy_(weight[:, part].T)
            layer.bias.copy_(middle[part])
        _fit_quadrant(net.quadrant, x.numpy(), clips.quadrant[rows])
    return net


def _fit_quadrant(layer: nn.Linear, inputs: np.ndarray, truth: np.ndarray) -> None:
    """Fit ``layer`` to the quadrants that occur in ``truth`` (N,); the others stay unlikely."""
    classes = np.unique(truth[truth >= 0])
    layer.weight.zero_()
    layer.bias.fill_(UNLIKELY)
    layer.bias[classes] = 0.0
    if len(classes) > 1:
        fitted = LogisticRegression(C=STRENGTH, max_iter=300).fit(inputs[truth >= 0], truth[truth >= 0])
        told = classes if len(classes) > 2 else classes[1:]  # of two classes the regression speaks for the second
        layer.weight[told] = torch.from_numpy(fitted.coef_).float()
        layer.bias[told] = torch.from_numpy(fitted.intercept_).float()


def linear_statistics(net: LinearGrader, features: ClipFeatures, rows: np.ndarray, frames: int) -> Tensor:
    """Return what ``net`` weighs of the clips at ``rows``, (N, D)."""
    parts = []
    for k in range(0, len(rows), 128):
        some = rows[k : k + 128]
        inputs = features.read(some, segment_frames(frames, len(some), None))
        parts.append(net.statistics(**{k: torch.from_numpy(v) for k, v in inputs.items()}))
    return torch.cat(parts)
