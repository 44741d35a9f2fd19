"""One training loop for every network, on Lightning: CPU, GPU or several, averaged weights, runs that resume."""

from __future__ import annotations

import csv
import logging
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from itertools import islice
from math import cos, isfinite, pi
from pathlib import Path
from typing import Any

import lightning as L
import numpy as np
import torch
from lightning.pytorch.callbacks import Callback, EarlyStopping, ModelCheckpoint, TQDMProgressBar, WeightAveraging
from lightning.pytorch.loggers import TensorBoardLogger
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset

from gifect.errors import TrainingError

Batch = dict[str, Tensor]
Batches = Callable[[int], Iterator[Batch]]
Loss = Callable[[nn.Module, Batch], tuple[Tensor, dict[str, float]]]
Evaluate = Callable[[nn.Module], dict[str, float]]


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Plan:
    """How long, how fast and on what to train. ``rate`` is reached after ``warmup`` steps and falls to 0 along a
    cosine."""

    epochs: int = Field(ge=1)
    steps: int = Field(default=0, ge=0)  # per epoch, over all devices; 0 = as many as show every clip once
    rate: float = Field(default=2e-3, gt=0)
    weight_decay: float = Field(default=0.02, ge=0)
    warmup: int = Field(default=200, ge=0)  # steps
    average: float = Field(default=0.998, ge=0, lt=1)  # decay of the averaged weights
    seed: int = 0
    threads: int = Field(default=1, ge=1)  # of a process on the CPU
    patience: int = Field(default=0, ge=0)  # epochs without a better score before stopping; 0 = never
    start: str = ""  # weights to begin with: a file, or the recipe whose run made them; those that differ are left out
    accelerator: str = "auto"  # as Lightning names them: cpu, gpu, ...
    devices: int = Field(default=1, ge=1)  # on each machine
    machines: int = Field(default=1, ge=1)
    strategy: str = "auto"  # as Lightning names them: ddp, fsdp, ...
    precision: str = "bf16-mixed"


def to_tensor(pictures: np.ndarray) -> Tensor:
    """Return uint8 pictures (..., H, W, C) as float (..., C, H, W) in [0, 1]."""
    return torch.from_numpy(np.ascontiguousarray(pictures)).movedim(-1, -3).float().div_(255)


def fit(net: nn.Module, batches: Batches, loss: Loss, evaluate: Evaluate, plan: Plan, folder: Path) -> nn.Module:
    """Train ``net`` and return it with the averaged weights of its best epoch.

    Parameters
    ----------
    batches : epoch number -> ``plan.steps`` batches; the same epoch gives the same batches, so that a run that was
        cut short resumes with what it would have seen. Of several devices each takes its share of them.
    loss : (net, batch) -> loss to minimise, and its parts for the log.
    evaluate : averaged net in eval mode -> figures; "score" (higher is better) chooses the epoch.
    folder : gets ``last.ckpt`` (resume), ``best.ckpt``, ``best.pt`` (averaged weights alone), ``log.csv`` (a row an
        epoch) and TensorBoard's event files.

    Raises
    ------
    TrainingError
        If the loss is not a number, ``folder`` holds the run of another network, or the disk is full; the checkpoints
        of the epochs before stay as they are.
    """
    torch.set_num_threads(plan.threads)
    folder.mkdir(parents=True, exist_ok=True)
    _quiet()
    L.seed_everything(plan.seed, verbose=False)
    if plan.start:
        load_weights(net, Path(plan.start))
    net.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    module = _Module(net, batches, loss, evaluate, plan)
    best = ModelCheckpoint(folder, "best", monitor="score", mode="max", enable_version_counter=False)
    latest = ModelCheckpoint(folder, "last", enable_version_counter=False)  # of every epoch, to go on from
    callbacks: list[Callback] = [WeightAveraging(multi_avg_fn=_running_mean(plan.average)), _Log(folder), best, latest]
    if plan.patience:
        callbacks.append(EarlyStopping("score", mode="max", patience=plan.patience, check_finite=False))
    if sys.stderr.isatty():
        callbacks.append(TQDMProgressBar(leave=True))
    trainer = L.Trainer(
        accelerator=plan.accelerator,
        devices=plan.devices,
        num_nodes=plan.machines,
        strategy=plan.strategy,
        precision=plan.precision,  # type: ignore[arg-type]
        max_epochs=plan.epochs,
        callbacks=callbacks,
        logger=TensorBoardLogger(str(folder), name="", version=""),
        gradient_clip_val=5.0,
        num_sanity_val_steps=0,
        log_every_n_steps=max(plan.steps // plan.devices // plan.machines, 1),
        enable_model_summary=False,
        enable_progress_bar=sys.stderr.isatty(),
        use_distributed_sampler=False,
    )
    last = folder / "last.ckpt"
    try:
        trainer.fit(module, ckpt_path=str(last) if last.exists() else None, weights_only=True)
    except OSError as error:
        raise TrainingError(
            f"cannot write to {folder}: {error.strerror or error}; the last checkpoint stands, make room and run again"
        ) from error
    except SystemExit as error:  # how Lightning leaves after Ctrl-C
        raise KeyboardInterrupt from error
    except (RuntimeError, KeyError) as error:
        if "state_dict" not in str(error):
            raise
        raise TrainingError(
            f"{last} is the checkpoint of another network: train into another folder, or anew with fresh=1"
        ) from error
    load_weights(net, folder / "best.ckpt", strict=True)
    if trainer.is_global_zero:
        torch.save(net.state_dict(), folder / "best.pt")
    return net.eval()


def load_weights(net: nn.Module, path: Path, strict: bool = False) -> None:
    """Put the weights in the file ``path`` (a checkpoint of ``fit`` or a plain state dict) into ``net``; those whose
    name or shape differs are left out, or with ``strict`` are an error.

    Raises
    ------
    TrainingError
        If there is no such file, it is no checkpoint, or with ``strict`` it is that of another network.
    """
    try:
        given = torch.load(path, weights_only=True, map_location="cpu")
    except FileNotFoundError as error:
        raise TrainingError(f"no weights at {path}") from error
    except Exception as error:
        raise TrainingError(f"{path} is no checkpoint of plain tensors: {error}") from error
    if "state_dict" in given:
        given = {k.removeprefix("net."): v for k, v in given["state_dict"].items() if k.startswith("net.")}
    own = net.state_dict()
    alike = {k: v for k, v in given.items() if k in own and own[k].shape == v.shape}
    if not alike or (strict and len(alike) < len(own)):
        raise TrainingError(f"{path} is the checkpoint of another network: {len(alike)} of {len(own)} tensors fit")
    net.load_state_dict({**own, **alike})


class _Shares(IterableDataset[Batch]):
    """The batches of the epoch under way that fall to one of several processes."""

    def __init__(self, batches: Batches, trainer: L.Trainer, steps: int) -> None:
        self.batches, self.trainer, self.steps = batches, trainer, steps

    def __len__(self) -> int:
        return self.steps // self.trainer.world_size

    def __iter__(self) -> Iterator[Batch]:
        rank, world = self.trainer.global_rank, self.trainer.world_size
        yield from islice(self.batches(self.trainer.current_epoch), rank, len(self) * world, world)


class _Module(L.LightningModule):
    def __init__(self, net: nn.Module, batches: Batches, loss: Loss, evaluate: Evaluate, plan: Plan) -> None:
        super().__init__()
        self.net, self.batches, self.loss, self.evaluate, self.plan = net, batches, loss, evaluate, plan
        self.sums: dict[str, float] = {}

    def train_dataloader(self) -> DataLoader[Batch]:
        return DataLoader(_Shares(self.batches, self.trainer, self.plan.steps), batch_size=None)

    def val_dataloader(self) -> DataLoader[Any]:
        return DataLoader([0], batch_size=None)  # type: ignore[arg-type]

    def on_train_batch_start(self, batch: Batch, step: int) -> None:
        if step == 0:
            self.sums = {}
            torch.manual_seed(self.plan.seed + 1000 * self.trainer.current_epoch + self.trainer.global_rank)

    def training_step(self, batch: Batch, step: int) -> Tensor:
        value, parts = self.loss(self.net, batch)
        if not torch.isfinite(value):
            shown = ", ".join(f"{k} {v:g}" for k, v in parts.items())
            raise TrainingError(
                f"the loss is not a number at step {step + 1} of epoch {self.trainer.current_epoch + 1} ({shown}): "
                "lower the rate or look for NaN in the data; the checkpoint of the last epoch stands"
            )
        for k, v in parts.items():
            self.sums[k] = self.sums.get(k, 0.0) + v
        return value

    def validation_step(self, batch: Any, step: int) -> None:
        figures = self.evaluate(self.net)
        self.log_dict(figures, batch_size=1)

    def configure_optimizers(self) -> Any:
        plan, world = self.plan, self.trainer.world_size
        decayed = [p for p in self.net.parameters() if p.ndim > 1]
        rest = [p for p in self.net.parameters() if p.ndim <= 1]
        groups = [{"params": decayed, "weight_decay": plan.weight_decay}, {"params": rest, "weight_decay": 0.0}]
        optimiser = torch.optim.AdamW(groups, lr=plan.rate, betas=(0.9, 0.99))
        total, warmup = plan.epochs * (plan.steps // world), max(plan.warmup // world, 1)

        def share(step: int) -> float:
            return min((step + 1) / warmup, 1.0) * 0.5 * (1 + cos(pi * step / total))

        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, share)
        return {"optimizer": optimiser, "lr_scheduler": {"scheduler": schedule, "interval": "step"}}


class _Log(Callback):
    """One row an epoch in ``log.csv`` and, where there is no progress bar, on the screen."""

    def __init__(self, folder: Path) -> None:
        self.path, self.started = folder / "log.csv", time.time()

    def on_train_epoch_start(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        self.started = time.time()

    def on_validation_end(self, trainer: L.Trainer, pl_module: L.LightningModule) -> None:
        assert isinstance(pl_module, _Module)
        if not trainer.is_global_zero:
            return
        steps = max(pl_module.plan.steps // trainer.world_size, 1)
        row = {"epoch": trainer.current_epoch + 1, "seconds": time.time() - self.started}
        row |= {k: v / steps for k, v in pl_module.sums.items()}
        row |= {k: float(v) for k, v in trainer.callback_metrics.items() if k not in row}
        row = {k: round(v, 5) for k, v in row.items() if isfinite(v)}
        if not sys.stderr.isatty():
            print("  ".join(f"{k} {v:g}" for k, v in row.items()), flush=True)
        rows: list[dict[str, Any]] = []
        if self.path.exists():
            with open(self.path, newline="") as source:
                rows = [r for r in csv.DictReader(source) if float(r["epoch"]) < row["epoch"]]
        rows.append(row)
        temporary = self.path.with_suffix(".tmp")
        with open(temporary, "w", newline="") as sink:
            writer = csv.DictWriter(sink, fieldnames=list(dict.fromkeys(k for r in rows for k in r)))
            writer.writeheader()
            writer.writerows(rows)
        temporary.replace(self.path)


def _running_mean(decay: float) -> Callable[..., None]:
    """Return an exponential mean that forgets the first, untrained weights faster than ``decay`` alone would."""

    @torch.no_grad()
    def update(means: list[Tensor], values: list[Tensor], count: Tensor | int) -> None:
        keep = min(decay, (1 + int(count)) / (10 + int(count)))
        for mean, value in zip(means, values, strict=True):
            if mean.is_floating_point():
                mean.lerp_(value, 1 - keep)
            else:
                mean.copy_(value)

    return update


def _quiet() -> None:
    """Keep Lightning from telling what its defaults are."""
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
    warnings.filterwarnings("ignore", module="lightning")
    warnings.filterwarnings("ignore", message=".*(num_workers|IterableDataset|Checkpoint directory|isinstance).*")


def fit_temperature(logits: np.ndarray, target: np.ndarray, weight: np.ndarray) -> float:
    """Return the number by which to divide ``logits`` (N, C) so that their softmax fits the distributions ``target``
    (N, C) best, rows weighted by ``weight`` (N,)."""
    tries = np.exp(np.linspace(np.log(0.3), np.log(4), 80))
    scores = []
    for t in tries:
        shifted = logits / t - (logits / t).max(1, keepdims=True)
        log = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
        scores.append(float((weight[:, None] * np.nan_to_num(target) * log).sum()))
    return float(tries[int(np.argmax(scores))])
