"""Train graders: networks that grade the seventeen emotions of a clip from features that lie on the disk."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from gifect.emotions import QUADRANTS
from gifect.errors import DataError
from gifect.evaluation.metrics import nmse
from gifect.training.data.clipfeatures import ClipFeatures, prepare_features, segment_frames
from gifect.training.data.clipsets import ClipSet, check_splits, folder_set, reactions_set, scores_set
from gifect.training.fit import Batch, fit
from gifect.training.losses import grader_loss
from gifect.training.networks.kavan import Grader
from gifect.training.recipe import DataOptions, Recipe

HEADS = ("intensities", "quadrant", "seven", "acts")


@dataclass
class Grades:
    """What graders say: ``intensities`` (N, 17), and as logits ``quadrant`` (N, 4), ``seven`` (N, 7), ``acts``."""

    intensities: np.ndarray
    quadrant: np.ndarray
    seven: np.ndarray
    acts: np.ndarray


def load_clips(options: DataOptions) -> ClipSet:
    """Return the clips that a recipe names.

    Raises
    ------
    DataError
        If they are not there, or too few to train on.
    """
    match options.kind:
        case "reactions":
            clips = reactions_set()
        case "folder":
            clips = folder_set(options.folder, options.table)
        case "scores":
            clips = scores_set(options.folder, options.table)
    for line in check_splits(clips):
        print(f"warning: {line}")
    return clips


def fold_of(name: str, folds: int) -> int:
    """Return the part of the train split, 0 to ``folds`` - 1, that the clip ``name`` falls into."""
    return zlib.crc32(name.encode()) % folds


def train_grader(recipe: Recipe, folder: Path) -> list[Grader]:
    """Train one grader for each of ``recipe.data.parts`` and return them; part k learns from all training clips but
    those of fold k, which choose its epoch. Each part has its own folder of checkpoints."""
    clips = load_clips(recipe.data)
    plain = prepare_features(clips)
    changed = [prepare_features(clips, recipe.data.augmentation, v) for v in range(1, recipe.data.variants + 1)]
    parts = range(recipe.data.parts)
    return [_train_part(recipe, clips, [plain, *changed], part, folder / f"part-{part}") for part in parts]


def split_rows(clips: ClipSet, folds: int, part: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the rows of ``clips`` to learn from, those held back for part ``part``, and those of the valid split."""
    fold = np.array([fold_of(i, folds) for i in clips.ids])
    train = clips.split == "train"
    learnt, held = np.flatnonzero(train & (fold != part)), np.flatnonzero(train & (fold == part))
    return learnt, held, np.flatnonzero(clips.split == "valid")


def new_grader(recipe: Recipe, clips: ClipSet, features: ClipFeatures, rows: np.ndarray) -> Grader:
    """Return an untrained grader that knows mean and deviation of what the clips at ``rows`` show, and the means of
    their labels."""
    _, _, channels, _, _ = features.maps.shape
    torch.manual_seed(recipe.fit.seed)
    net = Grader(recipe.data.frames, channels, features.faces.shape[2], len(clips.act_names), recipe.network)
    some = rows[:: max(len(rows) // 600, 1)]
    maps = torch.from_numpy(features.maps[some].astype(np.float32)).movedim(2, 4)
    net.scene_norm.learn(maps.reshape(-1, channels))
    faces = features.faces[rows].reshape(-1, features.faces.shape[2])
    seen = faces[faces[:, -1] > 0]
    if len(seen) > 1:
        net.face_norm.learn(torch.from_numpy(seen))
    with torch.no_grad():
        net.heads.intensities.bias.copy_(torch.from_numpy(_over_known(np.nanmean, clips.intensities[rows])))
        for name in ("quadrant", "seven", "acts"):
            target = _one_hot(clips.quadrant[rows]) if name == "quadrant" else getattr(clips, name)[rows]
            share = np.clip(_over_known(np.nanmean, target), 1e-3, 1 - 1e-3)
            odds = np.log(share / (1 - share)) if name == "acts" else np.log(share)
            getattr(net.heads, name).bias.copy_(torch.from_numpy(np.asarray(odds, np.float32)))
    return net


def _over_known(what: Callable[..., np.ndarray], columns: np.ndarray) -> np.ndarray:
    """Return mean or variance of each of ``columns`` (N, C) over its known rows; 0 where none is known."""
    known = np.isfinite(columns).any(0)
    found = np.zeros(columns.shape[1], np.float32)
    found[known] = what(columns[:, known], axis=0)
    return found


def _one_hot(quadrant: np.ndarray) -> np.ndarray:
    return np.asarray(np.eye(len(QUADRANTS), dtype=np.float32)[quadrant[quadrant >= 0]])


def _train_part(recipe: Recipe, clips: ClipSet, features: list[ClipFeatures], part: int, folder: Path) -> Grader:
    data = recipe.data
    chosen, held, valid = split_rows(clips, data.folds, part)
    if len(chosen) < data.batch or not len(held):
        raise DataError(f"{len(chosen)} clips to learn from and {len(held)} held back: too few for {data.batch} a step")
    net = new_grader(recipe, clips, features[0], chosen)
    variance = torch.from_numpy(_over_known(np.nanvar, clips.intensities[chosen]) + 1e-4)
    plan = recipe.fit if recipe.fit.steps else replace(recipe.fit, steps=len(chosen) // data.batch)

    def batches(epoch: int) -> Iterator[Batch]:
        rng = np.random.default_rng([plan.seed, part, epoch])
        order = np.concatenate([rng.permutation(chosen) for _ in range(plan.steps * data.batch // len(chosen) + 1)])
        for step in range(plan.steps):
            rows = order[step * data.batch : (step + 1) * data.batch]
            yield make_batch(clips, features[rng.integers(len(features))], rows, data.frames, rng)

    def loss(net: nn.Module, batch: Batch) -> tuple[Tensor, dict[str, float]]:
        out = {k: v.float() for k, v in net(batch["maps"], batch["faces"]).items()}
        return grader_loss(out, batch, recipe.loss, variance.to(batch["maps"].device))

    def evaluate(net: nn.Module) -> dict[str, float]:
        figures: dict[str, float] = {}
        for name, rows in (("held", held), ("valid", valid)):
            if len(rows):
                got = grade(net, features[0], rows, data.frames)
                figures |= {f"{name}_{k}": v for k, v in grade_figures(got, clips, rows).items()}
        # Chosen by the clips held back from train; valid only watches.
        return {"score": -figures["held_nmse"], **figures}

    trained = fit(net, batches, loss, evaluate, plan, folder)
    assert isinstance(trained, Grader)
    return trained


def make_batch(
    clips: ClipSet, features: ClipFeatures, rows: np.ndarray, frames: int, rng: np.random.Generator | None
) -> Batch:
    """Return features and labels of the clips at ``rows``; with ``rng`` a random frame of each segment."""
    at = segment_frames(frames, len(rows), rng)
    return {
        **{k: torch.from_numpy(v) for k, v in features.read(rows, at).items()},
        "heat": torch.from_numpy(features.heat[rows[:, None], at]),
        "intensities": torch.from_numpy(clips.intensities[rows]),
        "quadrant": torch.from_numpy(clips.quadrant[rows]),
        "seven": torch.from_numpy(clips.seven[rows]),
        "acts": torch.from_numpy(clips.acts[rows]),
    }


def grade(net: nn.Module, features: ClipFeatures, rows: np.ndarray, frames: int, batch: int = 128) -> Grades:
    """Return what ``net`` says of the clips at ``rows``."""
    parts: list[dict[str, np.ndarray]] = []
    where = next(net.parameters()).device
    with torch.no_grad():
        for k in range(0, len(rows), batch):
            some = rows[k : k + batch]
            inputs = features.read(some, segment_frames(frames, len(some), None))
            out = net(**{n: torch.from_numpy(v).to(where) for n, v in inputs.items()})
            parts.append({n: out[n].float().cpu().numpy() for n in HEADS})
    return Grades(*(np.concatenate([p[n] for p in parts]) for n in HEADS))


def grade_figures(got: Grades, clips: ClipSet, rows: np.ndarray) -> dict[str, float]:
    """Return mean nMSE and r over the emotions that vary, and quadrant accuracy by the head and by the intensities."""
    named = np.flatnonzero(np.isfinite(clips.intensities[rows]).any(0))
    truth, got = clips.intensities[rows][:, named], replace(got, intensities=got.intensities[:, named])
    known = np.isfinite(truth).all(1)
    some = np.flatnonzero(truth[known].std(0) > 0)
    told, said = truth[known][:, some], got.intensities[known][:, some]
    moved = said.std(0) > 1e-9
    r = [np.corrcoef(said[:, j], told[:, j])[0, 1] if moved[j] else 0.0 for j in range(len(some))]
    has = clips.quadrant[rows] >= 0
    right = got.quadrant[has].argmax(1) == clips.quadrant[rows][has]
    return {"nmse": nmse(said, told), "r": float(np.mean(r)), "quadrant": float(right.mean()) if has.any() else 0.0}
