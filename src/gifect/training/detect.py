"""Train the face detector on frames of the reactions set: faces that teachers agree on, drawn faces boxed by hand,
FER+ faces pasted in; places where only one teacher sees a face count neither way."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gifect.evaluation.metrics import agreement
from gifect.faces.boxes import iou_matrix, keep_best
from gifect.training.data.facecrops import prepare_fer
from gifect.training.data.frames import BOX_COLUMNS, FramePack
from gifect.training.data.shared import drawn_faces, gif_faces, reactions
from gifect.training.data.truth import agreed_and_single, teachers_truth
from gifect.training.fit import Batch, Plan, fit, to_tensor
from gifect.training.networks.detect import STRIDE, DetectNet, decode_maps

CANVAS = 256  # pixels a side of a training picture
BATCH = 32
OPEN_WEIGHT = 0.3  # of places without a known face in frames whose drawn faces nobody boxed
MOST_FACES = 24  # kept of one picture


@dataclass
class Scene:
    """What is known of one frame: boxes (N, 4), points (N, 5, 2) or NaN, boxes to ignore (M, 4), and whether a
    face that is not listed may be there all the same."""

    row: int
    boxes: np.ndarray
    points: np.ndarray
    ignored: np.ndarray
    open: bool
    drawn: bool


def training_scenes(pack: FramePack) -> list[Scene]:
    """Return the labelled scenes of the train split."""
    index = pack.index
    medium = reactions("train", ["id", "medium"]).set_index("id")["medium"].to_dict()
    labelled = gif_faces()
    labelled = (
        labelled[(labelled["ok"] == 1)].groupby(["id", "frame"])[BOX_COLUMNS].apply(lambda g: g.to_numpy()).to_dict()
    )
    drawn = drawn_faces().groupby(["id", "frame"])[BOX_COLUMNS].apply(lambda g: g.dropna().to_numpy()).to_dict()
    found = dict(tuple(pack.found.groupby("row")))
    empty = pack.found.iloc[:0]
    scenes = []
    for row in np.flatnonzero((index["split"] == "train").to_numpy()):
        name, frame = index["id"].iat[row], index["frame"].iat[row]
        if held_back(name):
            continue
        boxes, points, rest = agreed_and_single(found.get(row, empty))
        size = np.array([index["width"].iat[row], index["height"].iat[row]] * 2)
        hand = drawn.get((name, frame))
        more = [labelled.get((name, frame), np.zeros((0, 4)))] + ([hand * size] if hand is not None else [])
        for extra in more:
            for box in extra:
                if not len(boxes) or iou_matrix(box[None], boxes).max() < 0.4:
                    boxes = np.concatenate([boxes, box[None]])
                    points = np.concatenate([points, np.full((1, 5, 2), np.nan)])
        if hand is not None:
            rest = np.zeros((0, 4))
        is_drawn = medium[name] != "live"
        scenes.append(Scene(int(row), boxes, points, rest, is_drawn and hand is None, hand is not None))
    return scenes


def _paste_fer(image: np.ndarray, faces: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return the picture with one FER+ face blended in, and the face's box."""
    side = int(np.exp(rng.uniform(np.log(14), np.log(min(110, *image.shape[:2])))))
    grey = cv2.resize(faces[rng.integers(len(faces))], (side, side), interpolation=cv2.INTER_AREA)
    tint = rng.uniform(0.75, 1.15, 3) if rng.random() < 0.7 else np.ones(3)
    face = np.clip(grey[..., None] * tint, 0, 255)
    y, x = rng.integers(0, image.shape[0] - side + 1), rng.integers(0, image.shape[1] - side + 1)
    mask = np.zeros((side, side), np.float32)
    cv2.ellipse(mask, (side // 2, side // 2), (int(side * 0.44), int(side * 0.49)), 0, 0, 360, 1.0, -1)
    soft = cv2.GaussianBlur(mask, (0, 0), max(side / 24, 0.5))[..., None]
    image = image.copy()
    image[y : y + side, x : x + side] = image[y : y + side, x : x + side] * (1 - soft) + face * soft
    return image, np.array([x + side * 0.1, y + side * 0.02, x + side * 0.9, y + side * 0.98])


def _caption(image: np.ndarray, rng: np.random.Generator) -> None:
    letters = "".join(rng.choice(list("ABCDEFGHIJKLMNOPRSTUVWY  !?"), rng.integers(4, 22)))
    scale = rng.uniform(0.4, 1.3)
    at = int(rng.integers(-10, 90)), int(rng.integers(20, CANVAS))
    for colour, thick in (((0, 0, 0), 4), ((255, 255, 255), 2)):
        cv2.putText(image, letters, at, cv2.FONT_HERSHEY_DUPLEX, scale, colour, thick, cv2.LINE_AA)


def _augmented(
    image: np.ndarray, scene: Scene, fer: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return a picture (256, 256, 3), boxes, points and ignored boxes in its pixels."""
    boxes, points, ignored = scene.boxes, scene.points, scene.ignored
    if rng.random() < 0.2:
        image, pasted = _paste_fer(image, fer, rng)
        if not len(boxes) or iou_matrix(pasted[None], boxes).max() == 0:
            boxes = np.concatenate([boxes, pasted[None]])
            points = np.concatenate([points, np.full((1, 5, 2), np.nan)])
        else:
            image = image.copy()
            ignored = np.concatenate([ignored, pasted[None]])
    base = 320 / max(image.shape[:2])
    scale = base * np.exp(rng.uniform(np.log(0.45), np.log(1.9)))
    stretch = np.exp(rng.normal(0, 0.06))
    grid = np.array([scale * stretch, scale / stretch])
    span = np.array(image.shape[1::-1]) * grid
    if len(boxes) and rng.random() < 0.7:
        aim = boxes[rng.integers(len(boxes))].reshape(2, 2).mean(0) * grid + rng.normal(0, 60, 2)
    else:
        aim = rng.uniform(0, 1, 2) * span
    shift = np.clip(CANVAS / 2 - aim, np.minimum(CANVAS - span, 0), np.maximum(CANVAS - span, 0))
    if scale < 0.6:
        image = cv2.blur(image, (2, 2))
    picture = cv2.warpAffine(
        image, np.array([[grid[0], 0, shift[0]], [0, grid[1], shift[1]]]), (CANVAS, CANVAS), borderValue=(0, 0, 0)
    )
    boxes, ignored = boxes * np.tile(grid, 2) + np.tile(shift, 2), ignored * np.tile(grid, 2) + np.tile(shift, 2)
    points = points * grid + shift
    if rng.random() < 0.5:
        picture = np.ascontiguousarray(picture[:, ::-1])
        boxes, ignored = (np.stack([CANVAS - b[:, 2], b[:, 1], CANVAS - b[:, 0], b[:, 3]], 1) for b in (boxes, ignored))
        points = (np.array([CANVAS, 0]) + points * np.array([-1, 1]))[:, [1, 0, 2, 4, 3]]
    if rng.random() < 0.25:
        _caption(picture, rng)
    return _recoloured(picture, rng), boxes, points, ignored


def _recoloured(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if rng.random() < 0.15:
        picture = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    if rng.random() < 0.3:
        _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(12, 60))])
        picture = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))
    gamma, gain = np.exp(rng.normal(0, 0.3)), np.exp(rng.normal(0, 0.2)) * np.exp(rng.normal(0, 0.06, 3))
    table = ((np.arange(256) / 255.0) ** gamma - 0.5)[:, None] * gain + 0.5 + rng.normal(0, 0.07)
    return np.asarray(cv2.LUT(picture, (np.clip(table, 0, 1) * 255).astype(np.uint8).reshape(256, 1, 3)))


def _targets(
    boxes: np.ndarray, points: np.ndarray, ignored: np.ndarray, unsure: bool
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return heat (h, w), its weight (h, w), and the box (4, h, w) and points (10, h, w) to regress; NaN elsewhere."""
    cells = CANVAS // STRIDE
    heat, weight = np.zeros((cells, cells), np.float32), np.ones((cells, cells), np.float32)
    box_map, point_map = np.full((4, cells, cells), np.nan, np.float32), np.full((10, cells, cells), np.nan, np.float32)
    if unsure:
        weight[:] = OPEN_WEIGHT
    at = (np.arange(cells) + 0.5) * STRIDE
    for x0, y0, x1, y1 in ignored:
        weight[np.ix_((at >= y0) & (at <= y1), (at >= x0) & (at <= x1))] = 0.0
    order = np.argsort(-(boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1]))[:MOST_FACES]
    for k in order:
        x0, y0, x1, y1 = boxes[k]
        centre, side = np.array([(x0 + x1) / 2, (y0 + y1) / 2]), np.array([x1 - x0, y1 - y0])
        if not ((centre > 0) & (centre < CANVAS)).all() or side.min() < 6:
            inside = np.ix_((at >= y0) & (at <= y1), (at >= x0) & (at <= x1))
            weight[inside] = 0.0
            continue
        sigma = np.maximum(side * 0.1, STRIDE * 0.45)
        bell = np.exp(-0.5 * (((at - centre[1]) / sigma[1])[:, None] ** 2 + ((at - centre[0]) / sigma[0])[None] ** 2))
        row, column = np.minimum((centre[::-1] / STRIDE).astype(int), cells - 1)
        bell[row, column] = 1.0
        weight[bell > 0.05] = 1.0
        heat = np.maximum(heat, bell.astype(np.float32))
        near = bell > 0.4
        box_map[:, near] = boxes[k][:, None]
        point_map[:, near] = points[k].reshape(10, 1)
    return heat, weight, box_map, point_map


def detect_loss(net: nn.Module, batch: Batch) -> tuple[Tensor, dict[str, float]]:
    """Return focal loss of the heat map + generalised IoU of the boxes + distance of the points."""
    heat, shape = net(batch["pictures"].contiguous(memory_format=torch.channels_last))
    heat, target, weight = heat.float()[:, 0], batch["heat"], batch["weight"]
    chance = torch.sigmoid(heat).clamp(1e-5, 1 - 1e-5)
    peak = (target > 0.999).float()
    number = peak.sum().clamp(min=1)
    gain = peak * (1 - chance) ** 2 * torch.log(chance)
    calm = (1 - peak) * (1 - target) ** 4 * chance**2 * torch.log(1 - chance)
    focal = -((gain + calm) * weight).sum() / number
    boxes, points = decode_maps(heat[:, None], shape)
    near = torch.isfinite(batch["boxes"][:, 0])
    ours, true = boxes.permute(0, 2, 3, 1)[near], batch["boxes"].permute(0, 2, 3, 1)[near]
    low, high = torch.maximum(ours[:, :2], true[:, :2]), torch.minimum(ours[:, 2:], true[:, 2:])
    shared = (high - low).clamp(min=0).prod(1)
    union = (ours[:, 2:] - ours[:, :2]).prod(1) + (true[:, 2:] - true[:, :2]).prod(1) - shared
    hull = (torch.maximum(ours[:, 2:], true[:, 2:]) - torch.minimum(ours[:, :2], true[:, :2])).prod(1)
    overlap = (1 - shared / union + (hull - union) / hull).mean() if len(ours) else focal * 0
    side = ((true[:, 2:] - true[:, :2]).mean(1))[:, None]
    found, wanted = points.permute(0, 2, 3, 1)[near], batch["points"].permute(0, 2, 3, 1)[near]
    known = torch.isfinite(wanted)
    away = torch.where(known, (found - wanted.nan_to_num()).abs() / side, 0.0).sum() / known.sum().clamp(min=1)
    total = focal + overlap * 1.5 + away * 2.0
    return total, {"focal": float(focal.detach()), "overlap": float(overlap.detach()), "points": float(away.detach())}


def detect(net: nn.Module, frame: np.ndarray, threshold: float, size: int = 320) -> tuple[np.ndarray, np.ndarray]:
    """Return boxes (N, 4) in pixels of ``frame`` and scores (N,); the shipped network does the same in ONNX."""
    scale = size / max(frame.shape[:2])
    small = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    h, w = (-(-s // 32) * 32 for s in small.shape[:2])
    canvas = np.zeros((h, w, 3), np.uint8)
    canvas[: small.shape[0], : small.shape[1]] = small
    with torch.no_grad():
        where = next(net.parameters()).device
        picture = torch.from_numpy(canvas).to(where).permute(2, 0, 1)[None].float() / 255
        heat, shape = net(picture.contiguous(memory_format=torch.channels_last))
        chance = torch.sigmoid(heat.float())
        peaks = (chance == F.max_pool2d(chance, 3, 1, 1)) & (chance >= threshold)
        boxes, _ = decode_maps(heat, shape)
        box = boxes[0].permute(1, 2, 0)[peaks[0, 0]].cpu().numpy() / scale
        score = chance[peaks].cpu().numpy()
    kept = keep_best(box, score, 0.4)
    return box[kept], score[kept]


def held_back(name: str) -> bool:
    """Return whether a clip of the train split is kept out of training, to choose epoch and threshold on (1 in 12)."""
    return zlib.crc32(name.encode()) % 12 == 0


def train_detect(plan: Plan, folder: Path) -> nn.Module:
    """Train and return the detector; ``folder`` keeps checkpoints and the log."""
    pack = FramePack()
    scenes = training_scenes(pack)
    odds = np.array([8.0 if s.drawn else 1.0 if len(s.boxes) else 0.25 if s.open else 0.35 for s in scenes])
    odds /= odds.sum()
    fer = prepare_fer("train").images
    held = pack.index["id"].map(held_back) & (pack.index["split"] == "train")
    rows = [int(r) for r in np.flatnonzero(held.to_numpy())][::3]
    truth = teachers_truth(pack, rows)
    hand = [(k, g) for k, g in drawn_faces().groupby(["id", "frame"])]
    at = {(pack.index["id"].iat[r], pack.index["frame"].iat[r]): r for r in np.flatnonzero(held.to_numpy())}
    drawn = [(at[k], g[BOX_COLUMNS].dropna().to_numpy()) for k, g in hand if k in at]

    def batches(epoch: int) -> Iterator[Batch]:
        rng = np.random.default_rng([plan.seed, epoch])
        for _ in range(plan.steps):
            parts: list[list[np.ndarray]] = [[], [], [], [], []]
            for k in rng.choice(len(scenes), BATCH, p=odds):
                scene = scenes[k]
                picture, boxes, points, ignored = _augmented(pack[scene.row], scene, fer, rng)
                for part, value in zip(parts, (picture, *_targets(boxes, points, ignored, scene.open)), strict=True):
                    part.append(value)
            pictures = to_tensor(np.stack(parts[0]))
            names = ("heat", "weight", "boxes", "points")
            yield {
                "pictures": pictures,
                **{n: torch.from_numpy(np.stack(p)) for n, p in zip(names, parts[1:], strict=True)},
            }

    def evaluate(net: nn.Module) -> dict[str, float]:
        found = [detect(net, pack[r], 0.2) for r in rows]
        best = max(
            (agreement(found, truth, t / 100) for t in range(24, 62, 3)),
            key=lambda f: min(f["recall"] - 0.93, f["precision"] - 0.90),
        )
        hits = total = 0
        for row, boxes in drawn:
            size = np.array([pack.index["width"].iat[row], pack.index["height"].iat[row]] * 2)
            ours, _ = detect(net, pack[int(row)], 0.3)
            total += len(boxes)
            if len(boxes) and len(ours):
                hits += int((iou_matrix(boxes * size, ours).max(1) >= 0.5).sum())
        drawn_recall = hits / max(total, 1)
        return {
            "score": min(best["recall"] - 0.93, best["precision"] - 0.90),
            **best,
            "drawn": drawn_recall,
        }

    return fit(DetectNet(), batches, detect_loss, evaluate, plan, folder)
