"""Train the network that hears: judged speaker by speaker, calibrated on what it had not heard, then trained on all."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass as pydantic_dataclass
from torch import Tensor, nn

from gifect.emotions import QUADRANTS, SPEECH_SEVEN
from gifect.evaluation.cards import write_card, write_figures
from gifect.evaluation.metrics import calibration_error
from gifect.evaluation.tables import Table
from gifect.models.registry import WEIGHTS
from gifect.sound.features import HOP_MS
from gifect.sound.recognise import MODEL_RATE, STEP_MS, WINDOW_MS, circumplex
from gifect.training import export
from gifect.training.data.sound import SoundTable, emodb, rated_sounds
from gifect.training.data.soundvariants import prepare_variants
from gifect.training.export import SoundExport
from gifect.training.fit import Batch, Plan, fit, fit_temperature
from gifect.training.networks.sound import FEATURES, OUTLIER, SKIP, SoundInput, SoundNet
from gifect.training.recipe import Recipe, SoundOptions

EMODB = (
    "535 sentences of Emo-DB (Burkhardt et al. 2005, offered for research): acted German speech of ten speakers; no "
    "other language, no music, no noise"
)
BATCH = 32
CROP = 110  # steps of 20 ms of a sound in a batch, at most
SMOOTHED = 0.1  # share of a label that is spread over all classes
MIXED = 0.3  # share of the batches in which sounds are mixed in pairs
EVENED = 0.7  # how far rare classes are drawn more often; 1: all alike
MOST_FOLDS = 10
VARIANTS = ("plain", "plain", "slow", "slow", "fast", "fast", "noisy", "other room", "telephone")
WINDOW, STEP = (ms // (HOP_MS * SKIP) for ms in (WINDOW_MS, STEP_MS))


@pydantic_dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class SoundPlan(SoundOptions, Plan):
    """How long and how fast to train, and what on what."""

    @classmethod
    def of(cls, recipe: Recipe) -> SoundPlan:
        """Return the plan of a recipe."""
        return cls(**vars(recipe.fit), **vars(recipe.sound))


@dataclass(frozen=True)
class HeldOut:
    """What networks say of sounds whose speakers they had not heard: scores (S, K), the classes (S,) and their names,
    and how far from the sounds of the training each is (S,)."""

    scores: np.ndarray
    truth: np.ndarray
    labels: tuple[str, ...]
    distance: np.ndarray


@dataclass(frozen=True)
class _Heard:
    """Sequences (T, 54) of each variant of each sound, one a step of 20 ms, classes and groups."""

    variants: dict[str, list[np.ndarray]]
    truth: np.ndarray
    labels: tuple[str, ...]
    groups: np.ndarray


class Trained(nn.Module):
    """Descriptors (B, T, 54) -> scores (B, K) and distance (B,): the mean over networks trained alike."""

    def __init__(self, members: list[SoundNet], shape: SoundInput) -> None:
        super().__init__()
        self.shape, self.members = shape, nn.ModuleList(members)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        steps = self.shape(features)
        said = [member(steps, torch.ones_like(steps[..., 0])) for member in self.members]
        scores = torch.stack([torch.softmax(logits, 1) for logits, _ in said]).mean(0)
        return scores, torch.stack([statistics.abs().mean(1) for _, statistics in said]).mean(0)


def load_sounds(plan: SoundPlan) -> SoundTable:
    """Return the sounds that the plan names."""
    if plan.folder or plan.table:
        return rated_sounds(Path(plan.folder), Path(plan.table), plan.low, plan.high)
    return emodb()


def cross_validate(plan: SoundPlan, table: SoundTable, folder: Path) -> tuple[HeldOut, Trained]:
    """Return what networks trained without a speaker say of that speaker, for each in turn, and one trained on all.

    With more than ten groups each fold holds out a tenth of them.
    """
    truth, labels = table.targets(plan.target)
    shape = SoundInput()
    variants = {
        name: [shape.shaped(torch.from_numpy(rows[None]))[0].numpy() for rows in _long_enough(tables)]
        for name, tables in prepare_variants(table.waves).items()
    }
    heard = _Heard(variants, truth, labels, table.groups)
    names = np.random.default_rng(0).permutation(np.unique(table.groups))
    fold_of = {name: k % MOST_FOLDS for k, name in enumerate(names)}
    folds = np.array([fold_of[name] for name in table.groups])
    scores, distance = np.zeros((len(truth), len(labels))), np.zeros(len(truth))
    for fold in np.unique(folds):
        net = _trained(plan, heard, np.flatnonzero(folds != fold), folder / f"without-{fold}")
        for k in np.flatnonzero(folds == fold):
            scores[k], distance[k] = _said(net, variants["plain"][k])
        held = folds == fold
        right = float((scores[held].argmax(1) == truth[held]).mean())
        print(
            f"without {', '.join(np.unique(table.groups[held])[:3])}: accuracy {right:.3f} of {held.sum()}", flush=True
        )
    net = _trained(plan, heard, np.arange(len(truth)), folder / "all")
    return HeldOut(scores, truth, labels, distance), net


def _long_enough(tables: list[np.ndarray]) -> Iterator[np.ndarray]:
    for rows in tables:
        yield np.pad(rows, ((0, max(2 * SKIP - len(rows), 0)), (0, 0)), mode="edge")


def _trained(plan: SoundPlan, heard: _Heard, rows: np.ndarray, folder: Path) -> Trained:
    """Train the members on the sounds at ``rows``."""
    shape = SoundInput()
    seen = np.concatenate([heard.variants["plain"][k] for k in rows])
    shape.mean.copy_(torch.from_numpy(seen.mean(0)))
    shape.scale.copy_(torch.from_numpy(seen.std(0) + 1e-4))
    members = [_member(plan, heard, rows, shape, folder / str(member), member) for member in range(plan.members)]
    return Trained(members, shape).eval()


def _member(plan: SoundPlan, heard: _Heard, rows: np.ndarray, shape: SoundInput, folder: Path, member: int) -> SoundNet:
    mean, scale = shape.mean.numpy(), shape.scale.numpy()
    truth, classes = heard.truth, len(heard.labels)
    counts = np.bincount(truth[rows], minlength=classes)
    odds = 1 / counts[truth[rows]] ** EVENED
    odds /= odds.sum()
    epochs = [0]

    def batches(epoch: int) -> Iterator[Batch]:
        epochs[0] = epoch
        rng = np.random.default_rng([plan.seed, member, epoch])
        for _ in range(plan.steps):
            chosen = rng.choice(rows, BATCH, p=odds)
            parts = [_cropped(heard.variants[VARIANTS[rng.integers(len(VARIANTS))]][k], rng) for k in chosen]
            yield _mixed(*_padded([(part - mean) / scale for part in parts]), truth[chosen], classes, rng)

    def evaluate(net: nn.Module) -> dict[str, float]:
        return {"score": float(epochs[0])}  # the last epoch counts: nothing that is judged may choose

    torch.manual_seed(plan.seed + member)
    with contextlib.redirect_stdout(io.StringIO()):  # one line an epoch of thirty-three networks says too much
        net = fit(SoundNet(classes), batches, sound_loss, evaluate, plan, folder)
    assert isinstance(net, SoundNet)
    return net.cpu()


def _cropped(steps: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    start = int(rng.integers(max(len(steps) - CROP, 0) + 1))
    return steps[start : start + CROP]


def _padded(parts: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return sequences (B, T, 54), cut off at the outliers, and which steps are there (B, T)."""
    longest = max(map(len, parts))
    sequences = np.zeros((len(parts), longest, parts[0].shape[1]), np.float32)
    present = np.zeros((len(parts), longest), np.float32)
    for row, part in enumerate(parts):
        sequences[row, : len(part)] = part.clip(-OUTLIER, OUTLIER)
        present[row, : len(part)] = 1
    return sequences, present


def _mixed(
    sequences: np.ndarray, present: np.ndarray, truth: np.ndarray, classes: int, rng: np.random.Generator
) -> Batch:
    """Return a batch, in some of which sounds are mixed in pairs and a stretch of up to .2 s is hidden."""
    target = np.eye(classes, dtype=np.float32)[truth] * (1 - SMOOTHED) + SMOOTHED / classes
    if rng.random() < MIXED:
        share, other = np.float32(rng.beta(0.4, 0.4)), rng.permutation(len(truth))
        sequences = share * sequences + (1 - share) * sequences[other]
        target = share * target + (1 - share) * target[other]
        present = np.maximum(present, present[other])
    if rng.random() < 0.5:
        start = int(rng.integers(max(sequences.shape[1] - 12, 1)))
        sequences[:, start : start + int(rng.integers(4, 12))] = 0
    arrays = {"sequences": sequences, "present": present, "target": target}
    return {name: torch.from_numpy(np.ascontiguousarray(array)) for name, array in arrays.items()}


def sound_loss(net: nn.Module, batch: Batch) -> tuple[Tensor, dict[str, float]]:
    """Return the cross entropy with soft labels."""
    logits, _ = net(batch["sequences"], batch["present"])
    loss = -(batch["target"] * torch.log_softmax(logits.float(), 1)).sum(1).mean()
    return loss, {"loss": float(loss.detach())}


def _said(net: Trained, steps: np.ndarray) -> tuple[np.ndarray, float]:
    """Return scores (K,) and distance of one sound, the mean over windows as when it is read."""
    size = min(WINDOW, len(steps))
    starts = np.unique(np.append(np.arange(0, len(steps) - size + 1, STEP), len(steps) - size))
    windows = torch.from_numpy(np.stack([steps[k : k + size] for k in starts]))
    with torch.no_grad():
        normal = ((windows - net.shape.mean) / net.shape.scale).clamp(-OUTLIER, OUTLIER)
        said = [member(normal, torch.ones_like(normal[..., 0])) for member in net.members]
        scores = torch.stack([torch.softmax(logits, 1) for logits, _ in said]).mean((0, 1))
        distance = torch.stack([statistics.abs().mean(1) for _, statistics in said]).mean()
    return scores.numpy(), float(distance)


def sound_figures(held: HeldOut, temperature: float, command: str) -> Table:
    """Return accuracy, mean recall of the classes and calibration on speakers not heard in training."""
    table = Table("The network that ships, speakers it had not heard", ["what", "figure"], command)
    right = held.scores.argmax(1) == held.truth
    recalls = {name: float(right[held.truth == k].mean()) for k, name in enumerate(held.labels) if k in held.truth}
    table.add(f"{len(recalls)} classes, {len(held.truth)} sounds: accuracy", float(right.mean()))
    table.add(f"{len(recalls)} classes: mean recall", float(np.mean(list(recalls.values()))))
    if held.labels == SPEECH_SEVEN:
        of_class = circumplex(np.eye(len(held.labels), dtype=np.float32), held.labels)
        said = circumplex(_calibrated(held.scores, temperature), held.labels)  # as they are summed when a sound is read
        for name, count, k in (("quadrants", len(QUADRANTS), 0), ("sectors that occur", None, 1)):
            truth = of_class[k].argmax(1)[held.truth]
            hits = said[k].argmax(1) == truth
            there = np.unique(truth)
            table.add(f"{count or len(there)} {name}: accuracy", float(hits.mean()))
            table.add(
                f"{count or len(there)} {name}: mean recall", float(np.mean([hits[truth == t].mean() for t in there]))
            )
    sure = _calibrated(held.scores, temperature).max(1)
    table.add("expected calibration error of the confidence", calibration_error(sure, right))
    table.notes.append(
        "Recall of each class: " + ", ".join(f"{name} {value:.2f}" for name, value in recalls.items()) + "."
    )
    return table


def held_out_temperature(held: HeldOut) -> float:
    """Return the temperature that fits the scores of the sounds held out best."""
    target = np.eye(len(held.labels))[held.truth]
    return fit_temperature(np.log(held.scores + 1e-9), target, np.ones(len(target)))


def _calibrated(scores: np.ndarray, temperature: float) -> np.ndarray:
    powers = (scores + 1e-9) ** (1 / temperature)
    return np.asarray(powers / powers.sum(1, keepdims=True))


def train_sound(plan: SoundPlan, folder: Path) -> None:
    """Judge, train, export and describe the network that hears."""
    table = load_sounds(plan)
    held, net = cross_validate(plan, table, folder)
    temperature = held_out_temperature(held)
    export_sound(net, held, temperature)
    own = f"{len(table.waves)} sounds with ratings of valence and arousal in {plan.table}"
    write_card("sound", "hears how a sound track feels", EMODB if not plan.folder else own)
    figures = sound_figures(held, temperature, "gifect train sound")
    write_figures("sound", figures)
    print(figures.to_text())


def export_sound(net: Trained, held: HeldOut, temperature: float) -> None:
    """Write the networks as one ONNX file that names its classes and the rate of its sound."""
    path = WEIGHTS / "sound.onnx"
    usual = float(np.percentile(held.distance, 50)), float(np.percentile(held.distance, 99))
    features = torch.rand(3, WINDOW * SKIP, FEATURES)
    axes = {"features": {0: "batch", 1: "frames"}}
    export.export(
        SoundExport(net, temperature, usual), {"features": features}, ["scores", "distance"], axes, path, True
    )
    model = onnx.load(str(path))
    onnx.helper.set_model_props(model, {"labels": ",".join(held.labels), "rate": str(MODEL_RATE)})
    onnx.save_model(model, str(path))
