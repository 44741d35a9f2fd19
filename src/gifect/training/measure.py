"""Train the face-measuring network on FER+, the labelled GIF faces and what the mesh teacher says of more of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gifect.evaluation.metrics import ck_unit_auc, expression_accuracy, gif_face_expressions, landmark_error, unit_auc
from gifect.faces.layout import EXPRESSIONS, FLIP, INPUT_SIZE
from gifect.training.data.facecrops import FaceTable, ck_faces, plain_crops, prepare_fer, prepare_gif_faces
from gifect.training.fit import Batch, Plan, fit, to_tensor
from gifect.training.networks.measure import MeasureNet

BATCH = {"fer": 120, "labelled": 44, "mesh": 36}
WEIGHTS = {"fer": 1.0, "expression": 0.6, "affect": 2.0, "units": 1.0, "readable": 0.2, "points": 0.25, "shapes": 0.3}
PSEUDO_WEIGHT = 0.5  # trust in an expression that an earlier network named
# Blendshapes 1-51 as MediaPipe orders them: the mirrored face swaps each Left with its Right.
SHAPE_FLIP = np.array(
    [0, 2, 1, 3, 5, 4, 6, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15, 18, 17, 20, 19, 22, 21, 23, 26, 25, 24, 27, 29, 28]
    + [31, 30, 32, 39, 35, 34, 37, 36, 38, 33, 40, 41, 42, 43, 45, 44, 47, 46, 49, 48, 51, 50]
)


def _augmented(
    image: np.ndarray, span: float, points: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, bool]:
    """Return a changed crop (64, 64, 3), its landmarks, and whether it is mirrored."""
    stored = image.shape[0]
    angle, scale = rng.normal(0, 9) * np.pi / 180, np.exp(rng.normal(0, 0.08))
    shift, mirrored = rng.normal(0, 0.035, 2), bool(rng.random() < 0.5)
    # u: fraction of the output crop; v = turn @ (u - .5) + .5 + shift: fraction of the unchanged crop.
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    if mirrored:
        turn = turn @ np.array([[-1.0, 0], [0, 1.0]])
    start = 0.5 + shift - turn @ np.array([0.5, 0.5])
    to_stored = stored / span
    linear = turn * to_stored / INPUT_SIZE
    offset = (start + (span - 1) / 2) * to_stored
    crop = cv2.warpAffine(
        image,
        np.concatenate([linear, offset[:, None]], 1),
        (INPUT_SIZE, INPUT_SIZE),
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REPLICATE,
    )
    points = (points - start) @ np.linalg.inv(turn).T
    if mirrored:
        points = points[FLIP]
    return _recoloured(crop, rng), points, mirrored


def _recoloured(crop: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    if crop.ndim == 3 and rng.random() < 0.3:
        crop = cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY)
    if crop.ndim == 2:
        crop = np.repeat(crop[..., None], 3, 2)
    if rng.random() < 0.3:
        small = int(rng.integers(20, 48))
        crop = cv2.resize(cv2.resize(crop, (small, small), interpolation=cv2.INTER_AREA), (INPUT_SIZE, INPUT_SIZE))
    if rng.random() < 0.25:
        _, data = cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(15, 70))])
        crop = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))
    gain = np.exp(rng.normal(0, 0.25)) * np.exp(rng.normal(0, 0.06, 3))
    table = (np.arange(256) / 255.0) ** np.exp(rng.normal(0, 0.25))
    table = np.clip((table - 0.5)[:, None] * gain + 0.5 + rng.normal(0, 0.08), 0, 1) * 255
    crop = cv2.LUT(crop, table[:, None].astype(np.uint8).reshape(256, 1, 3))
    if rng.random() < 0.3:
        h, w = rng.integers(8, 28, 2)
        y, x = rng.integers(0, INPUT_SIZE - h), rng.integers(0, INPUT_SIZE - w)
        crop[y : y + h, x : x + w] = rng.integers(0, 256, 3)
    return crop


def _batch(tables: dict[str, FaceTable], rng: np.random.Generator, odds: np.ndarray) -> Batch:
    names = ("expression", "weight", "affect", "units", "readable", "landmarks", "blendshapes")
    columns: dict[str, list[np.ndarray]] = {n: [] for n in names}
    crops: list[np.ndarray] = []
    for name, size in BATCH.items():
        table = tables[name]
        chosen = rng.choice(len(table), size, replace=name == "labelled", p=odds if name == "labelled" else None)
        for k in chosen:
            crop, points, mirrored = _augmented(table.images[k], table.span, table.landmarks[k], rng)
            shapes = table.blendshapes[k]
            crops.append(crop)
            columns["landmarks"].append(points)
            columns["blendshapes"].append(shapes[SHAPE_FLIP] if mirrored else shapes)
            for column in ("expression", "weight", "affect", "units", "readable"):
                columns[column].append(getattr(table, column)[k])
    batch = {k: torch.from_numpy(np.asarray(v, np.float32)) for k, v in columns.items()}
    return {"crops": to_tensor(np.stack(crops)), **batch}


def _known_mean(loss: Tensor, target: Tensor) -> Tensor:
    known = torch.isfinite(target)
    return torch.where(known, loss, 0.0).sum() / known.sum().clamp(min=1)


def measure_loss(net: nn.Module, batch: Batch) -> tuple[Tensor, dict[str, float]]:
    """Return the weighted sum of the heads' losses; targets that are NaN are left out."""
    out = {k: v.float() for k, v in net(batch["crops"].contiguous(memory_format=torch.channels_last)).items()}
    fer = torch.arange(len(batch["weight"]), device=batch["weight"].device) < BATCH["fer"]
    target = batch["expression"].nan_to_num(0.0)
    entropy = -(target * F.log_softmax(out["expression"], 1)).sum(1) * batch["weight"]
    known = torch.nan_to_num
    parts = {
        "fer": entropy[fer].mean(),
        "expression": entropy[~fer].sum() / batch["weight"][~fer].sum().clamp(min=1),
        "affect": _known_mean((out["affect"] - known(batch["affect"])) ** 2, batch["affect"]),
        "units": _known_mean(
            F.binary_cross_entropy_with_logits(out["units"], known(batch["units"]), reduction="none"), batch["units"]
        ),
        "readable": _known_mean(
            F.binary_cross_entropy_with_logits(out["readable"], known(batch["readable"]), reduction="none"),
            batch["readable"],
        ),
        "shapes": _known_mean((out["blendshapes"] - known(batch["blendshapes"] * 3)) ** 2, batch["blendshapes"]),
    }
    error = (out["landmarks"] - known(batch["landmarks"])).abs().sum(2)
    # Laplace likelihood: the spread learns how far off each landmark is.
    parts["points"] = _known_mean(error * torch.exp(-out["spread"]) + out["spread"], batch["landmarks"][..., 0])
    parts["points"] = parts["points"] + 20 * _known_mean(error, batch["landmarks"][..., 0])
    total = torch.stack([WEIGHTS[k] * v for k, v in parts.items()]).sum()
    return total, {k: float(v.detach()) for k, v in parts.items()}


def predict(net: nn.Module, crops: np.ndarray, batch: int = 256) -> dict[str, np.ndarray]:
    """Return every head for uint8 crops (N, 64, 64, 3), averaged over nothing: the plain forward."""
    rows: list[dict[str, Tensor]] = []
    with torch.no_grad():
        for k in range(0, len(crops), batch):
            tensor = to_tensor(crops[k : k + batch]).contiguous(memory_format=torch.channels_last)
            rows.append(net(tensor.to(next(net.parameters()).device)))
    return {k: torch.cat([r[k] for r in rows]).float().cpu().numpy() for k in rows[0]}


def gif_figures(out: dict[str, np.ndarray], table: FaceTable) -> dict[str, float]:
    """Return the figures of the labelled GIF faces of ``table`` for the heads ``out``."""
    ok = (table.rows["ok"] == 1).to_numpy()
    seen = ok & np.isfinite(table.landmarks[:, 0, 0])
    error = landmark_error(out["landmarks"][seen], table.landmarks[seen])
    return {
        **gif_face_expressions(out["expression"], table.rows),
        "au_auc": unit_auc(out["units"], table.units)[0],
        "valence_r": float(np.corrcoef(out["affect"][ok, 0], table.affect[ok, 0])[0, 1]),
        "arousal_r": float(np.corrcoef(out["affect"][ok, 1], table.affect[ok, 1])[0, 1]),
        "landmarks": float(error.mean()),
        "landmarks_median": float(np.median(error)),
    }


def _pseudo_label(table: FaceTable, weights: Path) -> None:
    """Give the unlabelled faces of ``table`` what the network of ``weights`` reads in them and in their mirror."""
    net = MeasureNet()
    net.load_state_dict(torch.load(weights, weights_only=True, map_location="cpu"))
    crops = plain_crops(table)
    one, two = (predict(net.eval(), c) for c in (crops, np.ascontiguousarray(crops[:, :, ::-1])))
    both = {k: (one[k] + two[k]) / 2 for k in ("expression", "affect", "units", "readable")}
    odds = np.exp(both["expression"] - both["expression"].max(1, keepdims=True))
    table.expression[:] = odds / odds.sum(1, keepdims=True)
    table.weight[:] = PSEUDO_WEIGHT
    table.affect[:] = both["affect"]
    table.units[:] = 1 / (1 + np.exp(-both["units"]))
    table.readable[:] = 1 / (1 + np.exp(-both["readable"]))


def train_measure(plan: Plan, folder: Path) -> nn.Module:
    """Train and return the network; ``folder`` keeps checkpoints and the log."""
    fer, gif = prepare_fer("train"), prepare_gif_faces()
    train = (gif.rows["split"] == "train").to_numpy()
    labelled = train & np.isfinite(gif.readable)
    tables = {
        "fer": fer.subset(np.flatnonzero(fer.weight > 0)),
        "labelled": gif.subset(np.flatnonzero(labelled)),
        "mesh": gif.subset(np.flatnonzero(train & ~labelled & np.isfinite(gif.landmarks[:, 0, 0]))),
    }
    if plan.start:
        _pseudo_label(tables["mesh"], Path(plan.start))
    counts = tables["labelled"].rows["expression"].value_counts()
    odds = tables["labelled"].rows["expression"].map(lambda e: (1 / counts[e]) ** 0.4 if e in counts else 0.03)
    odds = (odds / odds.sum()).to_numpy()
    valid = gif.subset(np.flatnonzero(((gif.rows["split"] == "valid") & (gif.rows["labelers"] > 0)).to_numpy()))
    fer_valid = prepare_fer("valid")
    crops, fer_crops = plain_crops(valid), plain_crops(fer_valid)
    ck_images, ck_table = ck_faces()
    ck_crops = plain_crops(FaceTable.unlabelled(ck_images, ck_table))

    def batches(epoch: int) -> Iterator[Batch]:
        rng = np.random.default_rng([plan.seed, epoch])
        for _ in range(plan.steps):
            yield _batch(tables, rng, odds)

    def evaluate(net: nn.Module) -> dict[str, float]:
        figures = gif_figures(predict(net, crops), valid)
        out = predict(net, fer_crops)["expression"]
        accuracy, _ = expression_accuracy(
            out, fer_valid.rows[list(EXPRESSIONS)].to_numpy(), fer_valid.rows[["unknown", "not_a_face"]].to_numpy()
        )
        figures["ck_auc"] = ck_unit_auc(predict(net, ck_crops)["units"], ck_table)[0]
        # The epoch is chosen by FER+'s own valid split; GIF faces and CK+ only watch.
        return {"score": accuracy, "fer_acc": accuracy, **figures}

    return fit(MeasureNet(), batches, measure_loss, evaluate, plan, folder)
