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

from gifect.emotions import SEVENTEEN
from gifect.evaluation.metrics import nmse, seven_figures
from gifect.feeling.scene import FRAME_HEIGHT, FRAME_WIDTH
from gifect.training.data.sceneframes import SceneTable, prepare_scenes
from gifect.training.fit import Batch, Plan, fit, to_tensor
from gifect.training.networks.scene import ClipNet

CLIPS = 48  # a batch
FRAMES = 2  # of each clip
WEIGHTS = {"seven": 1.0, "intensities": 8.0, "acts": 4.0, "medium": 0.3, "teacher": 2.0, "words": 8.0}


def held_back(name: str) -> bool:
    """Return whether a clip of the train split is kept out of training, to choose epoch and calibration on (1 in 8)."""
    return zlib.crc32(name.encode()) % 8 == 1


def _augmented(frames: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return frames (K, 96, 128, 4) of one clip, all mirrored, cropped and recoloured alike."""
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
    return np.stack(out)


def clip_loss(net: nn.Module, batch: Batch) -> tuple[Tensor, dict[str, float]]:
    """Return cross entropies (classes, actions, medium, words) + squared errors (intensities, teacher), weighted."""
    frames, present, face = batch["frames"], batch["present"], batch["face"]
    out = {k: v.float() for k, v in net(frames, present, face, batch["scene_seen"]).items()}
    parts = {
        "seven": -(batch["seven"] * F.log_softmax(out["seven"], 1)).sum(1).mean(),
        "intensities": ((out["intensities"] - batch["intensities"]) ** 2).mean(),
        "acts": F.binary_cross_entropy_with_logits(out["acts"], batch["acts"]),
        "medium": -(batch["medium"] * F.log_softmax(out["medium"], 1)).sum(1).mean(),
        "words": F.binary_cross_entropy_with_logits(out["words"], batch["words"]),
        "teacher": ((out["teacher"] - batch["teacher"])[present] ** 2).mean(),
    }
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
            parts.append({n: v.float() for n, v in out.items() if n != "teacher"})
    return {n: torch.cat([p[n] for p in parts]).cpu().numpy() for n in parts[0]}


def train_clips(plan: Plan, folder: Path, faces: dict[str, np.ndarray] | None = None) -> ClipNet:
    """Train and return the clip network.

    Parameters
    ----------
    faces : for "train" and "valid" the face statistics (N, F), the last column saying whether there is a face;
        without them the scene alone is learnt.
    """
    tables = {s: prepare_scenes(s) for s in ("train", "valid")}
    if faces is None:
        faces = {s: np.zeros((len(t.rows), 1), np.float32) for s, t in tables.items()}
    train = tables["train"]
    held = train.rows["id"].map(held_back).to_numpy()
    chosen, dev = np.flatnonzero(~held), np.flatnonzero(held)
    net = ClipNet(faces["train"].shape[1], train.acts.shape[1], train.words.shape[1])
    seen = faces["train"][chosen][faces["train"][chosen, -1] > 0]
    if len(seen):
        net.fusion.face_mean.copy_(torch.from_numpy(seen.mean(0)))
        net.fusion.face_scale.copy_(torch.from_numpy(seen.std(0) + 1e-3))
    else:
        with torch.no_grad():
            net.fusion.intensities.bias.copy_(torch.from_numpy(train.intensities[chosen].mean(0)))
            net.fusion.acts.bias.copy_(torch.from_numpy(np.log(train.acts[chosen].mean(0) + 1e-3)))
            net.words.bias.copy_(torch.from_numpy(np.log(train.words[chosen].mean(0) + 1e-3)))
    teacher_mean = train.teacher[chosen[:400]].astype(np.float32).mean((0, 1))
    teacher_scale = train.teacher[chosen[:400]].astype(np.float32).std((0, 1)) + 0.05

    def batches(epoch: int) -> Iterator[Batch]:
        rng = np.random.default_rng([plan.seed, epoch])
        for _ in range(plan.steps):
            rows = rng.choice(chosen, CLIPS, replace=False)
            frames, present, teacher = [], [], []
            for r in rows:
                there = np.flatnonzero(train.present[r])
                picked = rng.choice(there, FRAMES, replace=len(there) < FRAMES)
                frames.append(_augmented(train.frames[r, picked], rng))
                present.append(np.ones(FRAMES, bool))
                teacher.append((train.teacher[r, picked] - teacher_mean) / teacher_scale)
            face = faces["train"][rows].copy()
            face[rng.random(CLIPS) < 0.1] = 0
            yield {
                "frames": to_tensor(np.stack(frames)),
                "present": torch.from_numpy(np.stack(present)),
                "teacher": torch.from_numpy(np.stack(teacher).astype(np.float32)),
                "face": torch.from_numpy(face),
                "scene_seen": torch.from_numpy((rng.random((CLIPS, 1)) > 0.05).astype(np.float32)),
                **{
                    n: torch.from_numpy(getattr(train, n)[rows])
                    for n in ("seven", "intensities", "acts", "medium", "words")
                },
            }

    def evaluate(net: nn.Module) -> dict[str, float]:
        assert isinstance(net, ClipNet)
        out = predict(net, train, faces["train"], dev, 2)
        entropy = -(train.seven[dev] * torch.log_softmax(torch.from_numpy(out["seven"]), 1).numpy()).sum(1).mean()
        dev_figures = seven_figures(out["seven"].argmax(1), train.rows.iloc[dev])
        valid = tables["valid"]
        out = predict(net, valid, faces["valid"], np.arange(len(valid.rows)), 2)
        figures = seven_figures(out["seven"].argmax(1), valid.rows)
        error = nmse(out["intensities"], valid.rows[list(SEVENTEEN)].to_numpy(float))
        # Chosen by the clips held back from train; valid only watches.
        return {
            "score": -float(entropy),
            "dev_acc": dev_figures["all_acc"],
            "dev_f1": dev_figures["all_f1"],
            "nmse": error,
            **figures,
        }

    trained = fit(net, batches, clip_loss, evaluate, plan, folder)
    assert isinstance(trained, ClipNet)
    return trained
