"""Train the clip network: scene encoder and fusion with the faces, on the labels of whole clips."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gifect.evaluation.metrics import mean_average_precision, nmse, seven_figures
from gifect.feeling.scene import FRAME_HEIGHT, FRAME_WIDTH
from gifect.training.data.sceneframes import SceneTable, prepare_scenes
from gifect.training.fit import Batch, Plan, fit, to_tensor
from gifect.training.networks.scene import MAP_HEIGHT, MAP_WIDTH, ClipNet

CLIPS = 48  # a batch
FRAMES = 2  # of each clip
WEIGHTS = {
    "seven": 0.5,
    "intensities": 4.0,
    "acts": 2.0,
    "medium": 0.2,
    "people": 0.2,
    "words": 4.0,
    "teacher": 1.5,
    "cells": 5.0,
    "pose": 3.0,
}
FREQUENT = 30  # actions whose average precision is watched
TURNED = [0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15]  # joints of a mirrored body
JOINT_SPREAD = 0.7  # deviation of a joint's Gaussian in cells of the map
OUTLYING = 5.0  # deviations at which a teacher's number is cut off


def held_back(name: str) -> bool:
    """Return whether a clip of the train split is kept out of training, to choose epoch and calibration on (1 in 8)."""
    return zlib.crc32(name.encode()) % 8 == 1


def _augmented(frames: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return frames (K, 96, 128, 4) of one clip, all mirrored, cropped and recoloured alike, and the matrix (2, 3) that
    leads from their pixels to the former ones."""
    h, w = FRAME_HEIGHT, FRAME_WIDTH
    part = np.sqrt(rng.uniform(0.6, 1.0)) if rng.random() < 0.8 else 1.0
    aspect = np.exp(rng.normal(0, 0.08))
    ph, pw = min(part / aspect, 1.0) * h, min(part * aspect, 1.0) * w
    y, x = rng.uniform(0, h - ph), rng.uniform(0, w - pw)
    affine = np.array([[pw / w, 0, x], [0, ph / h, y]])
    if rng.random() < 0.5:
        affine = np.array([[-pw / w, 0, x + pw - 1], [0, ph / h, y]])
    gamma, gain = np.exp(rng.normal(0, 0.2)), np.exp(rng.normal(0, 0.2)) * np.exp(rng.normal(0, 0.08, 3))
    table = ((np.arange(256) / 255.0) ** gamma - 0.5)[:, None] * gain + 0.5 + rng.normal(0, 0.06)
    table = np.concatenate([(np.clip(table, 0, 1) * 255).astype(np.uint8), np.arange(256, dtype=np.uint8)[:, None]], 1)
    grey = rng.random() < 0.1
    out = []
    for frame in frames:
        frame = cv2.warpAffine(
            frame, affine, (w, h), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP, borderMode=cv2.BORDER_REPLICATE
        )
        if grey:
            frame[..., :3] = frame[..., :3].mean(2, keepdims=True)
        out.append(cv2.LUT(frame, table.reshape(256, 1, 4)))
    if rng.random() < 0.3:
        eh, ew = rng.integers(16, 48, 2)
        ey, ex = rng.integers(0, h - eh), rng.integers(0, w - ew)
        for frame in out:
            frame[ey : ey + eh, ex : ex + ew] = 127
    return np.stack(out), affine


def _moved_cells(cells: Tensor, affine: np.ndarray) -> Tensor:
    """Return maps (B, C, 6, 8) of frames as those of the augmented frames, whose matrices are ``affine`` (B, 2, 3)."""
    size = np.array([FRAME_WIDTH, FRAME_HEIGHT])
    theta = affine.copy()  # from pixels to [-1, 1] over the frame
    theta[:, :, :2] *= size / size[:, None]
    theta[:, :, 2] = (2 * affine[:, :, 2] + affine[:, :, :2] @ (size - 1) + 1) / size - 1
    grid = F.affine_grid(torch.from_numpy(theta.astype(np.float32)), list(cells.shape), align_corners=False)
    return F.grid_sample(cells, grid, padding_mode="border", align_corners=False)


def _joint_maps(pose: np.ndarray, affine: np.ndarray) -> np.ndarray:
    """Return where the joints ``pose`` (B, 17, 3) are in the augmented frames: Gaussians as high as the teacher is
    sure, (B, 17, 6, 8)."""
    mirrored = affine[:, 0, 0] < 0
    pose = np.where(mirrored[:, None, None], pose[:, TURNED], pose)
    size = np.array([FRAME_WIDTH, FRAME_HEIGHT])
    inverse = np.linalg.inv(affine[:, :, :2])
    at = np.einsum("bij,bnj->bni", inverse, pose[..., :2] * size - 0.5 - affine[:, None, :, 2])
    at = (at + 0.5) / size * [MAP_WIDTH, MAP_HEIGHT] - 0.5
    x, y = (
        np.exp(-0.5 * ((np.arange(n) - at[..., k, None]) / JOINT_SPREAD) ** 2)
        for k, n in ((0, MAP_WIDTH), (1, MAP_HEIGHT))
    )
    return np.asarray(pose[..., 2, None, None] * y[..., :, None] * x[..., None, :], np.float32)


def clip_loss(net: nn.Module, batch: Batch) -> tuple[Tensor, dict[str, float]]:
    """Return cross entropies (classes, actions, medium, people, words, joints) + squared errors (intensities, the
    image teacher), weighted."""
    out = {k: v.float() for k, v in net(*(batch[k] for k in ("frames", "present", "face", "scene_seen")), True).items()}
    parts = {k: -(batch[k] * F.log_softmax(out[k], 1)).sum(1).mean() for k in ("seven", "medium", "people")}
    parts |= {k: F.binary_cross_entropy_with_logits(out[k], batch[k]) for k in ("acts", "words")}
    parts["intensities"] = ((out["intensities"] - batch["intensities"]) ** 2).mean()
    present = batch["present"]
    parts["pose"] = F.binary_cross_entropy_with_logits(out["pose"][present], batch["pose"][present])
    parts |= {k: ((out[k] - batch[k])[present] ** 2).mean() for k in ("teacher", "cells")}
    total = torch.stack([WEIGHTS[k] * v for k, v in parts.items()]).sum()
    return total, {k: float(v.detach()) for k, v in parts.items()}


def predict(
    net: ClipNet, table: SceneTable, faces: np.ndarray, rows: np.ndarray, step: int = 1
) -> dict[str, np.ndarray]:
    """Return the heads for the clips at ``rows``, reading every ``step``-th stored frame."""
    parts: list[dict[str, Tensor]] = []
    where = next(net.parameters()).device
    with torch.no_grad(), torch.autocast(where.type, torch.bfloat16):
        for k in range(0, len(rows), 32):
            chosen = rows[k : k + 32]
            present, face = torch.from_numpy(table.present[chosen, ::step]), torch.from_numpy(faces[chosen])
            inputs = to_tensor(table.frames[chosen, ::step]), present, face, torch.ones(len(chosen), 1)
            out = net(*(i.to(where) for i in inputs))
            parts.append({n: v.float() for n, v in out.items()})
    return {n: torch.cat([p[n] for p in parts]).cpu().numpy() for n in parts[0]}


def train_clips(plan: Plan, folder: Path) -> ClipNet:
    """Train and return the clip network on scenes alone; what faces show is joined to it in closed form, by
    ``refit``."""
    tables = {s: prepare_scenes(s) for s in ("train", "valid")}
    faces = {s: np.zeros((len(t.rows), 1), np.float32) for s, t in tables.items()}
    train = tables["train"]
    held = train.rows["id"].map(held_back).to_numpy()
    chosen, dev = np.flatnonzero(~held), np.flatnonzero(held)
    net = ClipNet(faces["train"].shape[1], train.acts.shape[1], train.words.shape[1])
    with torch.no_grad():
        net.fusion.intensities.bias.copy_(torch.from_numpy(train.intensities[chosen].mean(0)))
        net.fusion.acts.bias.copy_(torch.from_numpy(np.log(train.acts[chosen].mean(0) + 1e-3)))
        net.words.bias.copy_(torch.from_numpy(np.log(train.words[chosen].mean(0) + 1e-3)))
    some = chosen[:400]
    usual = {
        name: (stored.mean((0, 1, *over), keepdims=True)[0], stored.std((0, 1, *over), keepdims=True)[0] + 0.05)
        for name, over in (("teacher", ()), ("cells", (3, 4)))
        for stored in [getattr(train, name)[some].astype(np.float32)]
    }

    def taught(name: str, r: int, picked: np.ndarray) -> np.ndarray:
        mean, scale = usual[name]
        return np.asarray(((getattr(train, name)[r, picked] - mean) / scale).clip(-OUTLYING, OUTLYING), np.float32)

    def batches(epoch: int) -> Iterator[Batch]:
        rng = np.random.default_rng([plan.seed, epoch])
        for _ in range(plan.steps):
            rows = rng.choice(chosen, CLIPS, replace=False)
            frames, affine, pose, teacher, cells = [], [], [], [], []
            for r in rows:
                there = np.flatnonzero(train.present[r])
                picked = rng.choice(there, FRAMES, replace=len(there) < FRAMES)
                changed, matrix = _augmented(train.frames[r, picked], rng)
                frames.append(changed)
                affine += [matrix] * FRAMES
                pose.append(train.pose[r, picked])
                teacher.append(taught("teacher", r, picked))
                cells.append(taught("cells", r, picked))
            moved = np.stack(affine)
            maps = (CLIPS, FRAMES, -1, MAP_HEIGHT, MAP_WIDTH)
            yield {
                "frames": to_tensor(np.stack(frames)),
                "present": torch.ones(maps[:2], dtype=torch.bool),
                "teacher": torch.from_numpy(np.stack(teacher)),
                "cells": _moved_cells(torch.from_numpy(np.concatenate(cells)), moved).view(maps),
                "pose": torch.from_numpy(_joint_maps(np.concatenate(pose), moved)).view(maps),
                "face": torch.from_numpy(faces["train"][rows]),
                "scene_seen": torch.from_numpy((rng.random((CLIPS, 1)) > 0.05).astype(np.float32)),
                **{
                    n: torch.from_numpy(getattr(train, n)[rows])
                    for n in ("seven", "intensities", "acts", "medium", "people", "words")
                },
            }

    often = np.argsort(-train.acts.sum(0), kind="stable")[:FREQUENT]

    def figures_of(net: ClipNet, split: str, rows: np.ndarray) -> dict[str, float]:
        table = tables[split]
        out = predict(net, table, faces[split], rows, 2)
        return {
            "nmse": nmse(out["intensities"], table.intensities[rows]),
            "map": mean_average_precision(out["acts"][:, often], table.acts[rows][:, often]),
            **seven_figures(out["seven"].argmax(1), table.rows.iloc[rows]),
        }

    def evaluate(net: nn.Module) -> dict[str, float]:
        assert isinstance(net, ClipNet)
        held = figures_of(net, "train", dev)
        watched = figures_of(net, "valid", np.arange(len(tables["valid"].rows)))
        # Chosen by the clips held back from train; valid only watches.
        return {"score": held["map"], **{f"dev_{k}": held[k] for k in ("nmse", "map", "all_acc", "all_f1")}, **watched}

    trained = fit(net, batches, clip_loss, evaluate, plan, folder)
    assert isinstance(trained, ClipNet)
    return trained
