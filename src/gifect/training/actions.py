"""``gifect train i3d``: one stream of I3D on Kinetics or UCF101, and its test by ten clips a video."""

from __future__ import annotations

import shutil
import tomllib
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from gifect.errors import DataError
from gifect.training.checkpoints import inflate, read_tensors
from gifect.training.data.shared import cache_root
from gifect.training.data.videosets import VideoSet, kinetics_set, ucf101_set
from gifect.training.data.windows import Cutter, read_whole, training_batches
from gifect.training.networks.i3d import CHANNELS, I3D
from gifect.training.plateau import Batch, PlateauPlan, fit_plateau

RECIPE = Path(__file__).with_name("recipes") / "i3d.toml"
CLIPS = 10  # windows of a video in a test


@dataclass(frozen=True)
class ActionPlan:
    """Everything that ``gifect train i3d --set KEY=VALUE`` can change."""

    data: str = ""  # folder with a folder for each class
    layout: str = "kinetics"  # or ucf101
    train: str = ""  # Kinetics: CSV of the training split
    valid: str = ""  # Kinetics: CSV of the split that steers and tests
    lists: str = ""  # UCF101: folder of the official split files
    fold: int = 1  # UCF101: 1, 2 or 3
    stream: str = "rgb"  # or flow
    method: str = "dis"  # of the flow: dis or tvl1
    start: str = ""  # checkpoint to begin with; its class layer is left out where the classes differ in number
    inflate: str = ""  # 2D Inception-v1 weights to begin with
    frames: int = 64
    side: int = 224  # pixels
    width: float = 1.0
    dropout: float = 0.5
    norm: float = 0.01  # share of a batch in the running statistics of the norms; more for a short run
    batch: int = 8  # windows
    epochs: int = 60
    rate: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 1e-7
    patience: int = 2  # epochs without a better score, after which the rate falls
    seed: int = 0
    threads: int = 1


def action_plan(settings: dict[str, str]) -> ActionPlan:
    """Return the recipe with ``settings`` put over it.

    Raises
    ------
    DataError
        If a setting is unknown, not a number where one is expected, or none of those that there are.
    """
    values: dict[str, Any] = tomllib.loads(RECIPE.read_text(encoding="utf-8"))
    kinds = {f.name: {"float": float, "int": int}.get(str(f.type), str) for f in fields(ActionPlan)}
    for key, text in settings.items():
        if key not in kinds:
            raise DataError(f"unknown setting {key!r}: expected one of {', '.join(kinds)}")
        try:
            values[key] = kinds[key](text)
        except ValueError as error:
            what = "a whole number" if kinds[key] is int else "a number"
            raise DataError(f"{key}={text!r} is not {what}") from error
    plan = ActionPlan(**values)
    for key, known in {"stream": tuple(CHANNELS), "layout": ("kinetics", "ucf101"), "method": ("dis", "tvl1")}.items():
        if getattr(plan, key) not in known:
            raise DataError(f"{key}={getattr(plan, key)!r}: expected one of {', '.join(known)}")
    return plan


def video_sets(plan: ActionPlan) -> tuple[VideoSet, VideoSet]:
    """Return the split to train on and the one that steers and tests.

    Raises
    ------
    DataError
        If a folder or list is not named or not there.
    """
    needed = ("data", "train", "valid") if plan.layout == "kinetics" else ("data", "lists")
    for key in needed:
        if not getattr(plan, key):
            raise DataError(f"training on {plan.layout} needs --set {key}=PATH")
    folder = Path(plan.data)
    if plan.layout == "kinetics":
        train = kinetics_set(folder, Path(plan.train))
        return train, kinetics_set(folder, Path(plan.valid), train.classes)
    lists = Path(plan.lists)
    return ucf101_set(folder, lists, "train", plan.fold), ucf101_set(folder, lists, "test", plan.fold)


def build_net(plan: ActionPlan, classes: int) -> I3D:
    """Return the network to begin with: fresh, from a checkpoint, or inflated from 2D weights.

    Raises
    ------
    ModelError
        If the weights are not what they should be.
    """
    torch.manual_seed(plan.seed)
    net = I3D(plan.stream, classes, plan.width, plan.dropout)
    if plan.inflate:
        inflate(read_tensors(Path(plan.inflate)), net)
    if plan.start:
        given, own = read_tensors(Path(plan.start)), net.state_dict()
        alike = {n: t for n, t in given.items() if n in own and t.shape == own[n].shape}
        if len(alike) < len(own) - 2:  # weight and bias of the class layer may differ
            raise DataError(f"{plan.start} is another network: {len(alike)} of {len(own)} tensors fit")
        net.load_state_dict(own | alike)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm3d):
            module.momentum = plan.norm
    return net


def clip_logits(net: nn.Module, cutter: Cutter, whole: np.ndarray, clips: int = CLIPS) -> np.ndarray:
    """Return the mean logits (classes,) of ``clips`` windows spread over a whole video, one forward each."""
    where = next(net.parameters()).device
    with torch.no_grad():
        said = [
            net(cutter.tensor(part[None]).to(where))[0].float().cpu().numpy() for part in cutter.spread(whole, clips)
        ]
    return np.asarray(np.mean(said, axis=0))


def top_k(logits: np.ndarray, labels: np.ndarray, k: int) -> float:
    """Return the share of rows of ``logits`` (N, classes) whose label (N,) is among the ``k`` highest."""
    return float((np.argsort(-logits, 1, kind="stable")[:, :k] == labels[:, None]).any(1).mean())


def evaluate_actions(net: nn.Module, found: VideoSet, cutter: Cutter, clips: int = CLIPS) -> dict[str, float]:
    """Return top-1 and top-5 accuracy over the videos that can be read; "score" is top-1, a hundredth of top-5 added.

    Raises
    ------
    DataError
        If none can be read.
    """
    wholes = ((video.label, read_whole(video, cutter)) for video in found.videos)
    said = [(label, clip_logits(net, cutter, whole, clips)) for label, whole in wholes if whole is not None]
    if not said:
        raise DataError(f"none of {len(found.videos)} videos can be read: expected files that FFmpeg decodes")
    labels, logits = np.array([label for label, _ in said]), np.stack([values for _, values in said])
    first, fifth = top_k(logits, labels, 1), top_k(logits, labels, 5)
    return {"top1": first, "top5": fifth, "score": first + 0.01 * fifth}


def action_loss(net: nn.Module, batch: Batch) -> tuple[Tensor, dict[str, float]]:
    """Return the cross-entropy of the classes."""
    value = F.cross_entropy(net(batch["clip"]).float(), batch["label"])
    return value, {"loss": float(value.detach())}


def train_actions(settings: dict[str, str], folder: Path | None = None) -> Path:
    """Train one stream, test it by ten clips a video, and return the path of its weights (a state dict).

    Parameters
    ----------
    settings : of ``ActionPlan``, as text; ``fresh=1`` starts anew.
    folder : for checkpoints and log; in the cache if not given. A run that was cut short goes on there.

    Raises
    ------
    DataError
        If the settings do not hold or the videos are not there.
    """
    fresh = settings.get("fresh", "0") != "0"
    plan = action_plan({k: v for k, v in settings.items() if k != "fresh"})
    train, valid = video_sets(plan)
    folder = folder or cache_root() / "runs" / f"i3d-{plan.stream}"
    if fresh and folder.exists():
        shutil.rmtree(folder)
    cutter = Cutter(plan.stream, plan.frames, plan.side, plan.method, cache_root() / "flow")
    net = build_net(plan, len(train.classes))
    for name, found in (("train", train), ("valid", valid)):
        print(f"{name}: {len(found.videos)} videos of {len(train.classes)} classes, {found.missing} not there")
    same = {f.name for f in fields(PlateauPlan)}
    best = fit_plateau(
        net,
        lambda epoch: training_batches(train, cutter, plan.batch, plan.seed, epoch),
        action_loss,
        lambda trained: evaluate_actions(trained, valid, cutter, clips=1),
        PlateauPlan(**{k: v for k, v in asdict(plan).items() if k in same}),
        folder,
    )
    figures = evaluate_actions(best, valid, cutter)
    print(f"{CLIPS} clips a video: top-1 {figures['top1']:.3f}, top-5 {figures['top5']:.3f}")
    (folder / "classes.txt").write_text("\n".join(train.classes) + "\n", encoding="utf-8")
    return folder / "best.pt"
