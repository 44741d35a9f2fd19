"""One training loop for all the small networks: bfloat16, cosine rate, averaged weights, checkpoints that resume."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

Batch = dict[str, Tensor]


@dataclass(frozen=True)
class Plan:
    """How long and how fast to train. ``rate`` is reached after ``warmup`` steps and falls to 0 along a cosine."""

    epochs: int
    steps: int  # per epoch
    rate: float = 2e-3
    weight_decay: float = 0.02
    warmup: int = 200  # steps
    average: float = 0.998  # decay of the averaged weights
    seed: int = 0
    threads: int = 1
    patience: int = 0  # epochs without a better score before stopping; 0 = never
    start: str = ""  # weights to begin with; those whose name or shape differs are left out


def device() -> torch.device:
    """Return the GPU if there is one, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def to_tensor(pictures: np.ndarray) -> Tensor:
    """Return uint8 pictures (..., H, W, C) as float (..., C, H, W) in [0, 1]."""
    return torch.from_numpy(np.ascontiguousarray(pictures)).movedim(-1, -3).float().div_(255)


def fit(
    net: nn.Module,
    batches: Callable[[int], Iterator[Batch]],
    loss: Callable[[nn.Module, Batch], tuple[Tensor, dict[str, float]]],
    evaluate: Callable[[nn.Module], dict[str, float]],
    plan: Plan,
    folder: Path,
) -> nn.Module:
    """Train ``net`` and return its averaged weights of the best epoch.

    Parameters
    ----------
    batches : epoch number -> ``plan.steps`` batches; the same epoch gives the same batches, so that a run that was
        cut short resumes with what it would have seen.
    loss : (net, batch) -> loss to minimise, and its parts for the log.
    evaluate : averaged net in eval mode -> figures; "score" (higher is better) chooses the epoch.
    folder : where ``last.pt`` (resume), ``best.pt`` (averaged weights) and ``log.csv`` go.
    """
    torch.set_num_threads(plan.threads)
    torch.manual_seed(plan.seed)
    folder.mkdir(parents=True, exist_ok=True)
    where = device()
    if plan.start:
        own = net.state_dict()
        given = torch.load(plan.start, weights_only=True, map_location="cpu")
        net.load_state_dict({**own, **{k: v for k, v in given.items() if k in own and own[k].shape == v.shape}})
    net.to(where).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    mean = torch.optim.swa_utils.AveragedModel(net, multi_avg_fn=_running_mean(plan.average), use_buffers=True)
    decayed = [p for p in net.parameters() if p.ndim > 1]
    rest = [p for p in net.parameters() if p.ndim <= 1]
    groups = [{"params": decayed, "weight_decay": plan.weight_decay}, {"params": rest, "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=plan.rate, betas=(0.9, 0.99))
    total = plan.epochs * plan.steps
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser,
        lambda s: min((s + 1) / plan.warmup, 1.0) * 0.5 * (1 + float(torch.cos(torch.tensor(torch.pi * s / total)))),
    )
    state: dict[str, Any] = {"epoch": 0, "best": float("-inf"), "since": 0}
    parts: dict[str, Any] = {"net": net, "mean": mean, "optimiser": optimiser, "schedule": schedule}
    if (folder / "last.pt").exists():
        saved = torch.load(folder / "last.pt", weights_only=True, map_location=where)
        for name, part in parts.items():
            part.load_state_dict(saved[name])
        state = saved["state"]
    while state["epoch"] < plan.epochs and not 0 < plan.patience <= state["since"]:
        started = time.time()
        sums: dict[str, float] = {}
        torch.manual_seed(plan.seed + 1000 * state["epoch"])
        net.train()
        for batch in batches(state["epoch"]):
            batch = {k: v.to(where) for k, v in batch.items()}
            with torch.autocast(where.type, torch.bfloat16):
                value, logged = loss(net, batch)
            optimiser.zero_grad()
            value.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            optimiser.step()
            schedule.step()
            mean.update_parameters(net)
            for k, v in logged.items():
                sums[k] = sums.get(k, 0.0) + v / plan.steps
        mean.eval()
        with torch.no_grad():
            figures = evaluate(mean.module)
        state["epoch"] += 1
        state["since"] += 1
        if figures["score"] > state["best"]:
            state["best"], state["since"] = figures["score"], 0
            torch.save(mean.module.state_dict(), folder / "best.pt")
        torch.save({**{n: p.state_dict() for n, p in parts.items()}, "state": state}, folder / "last.tmp")
        (folder / "last.tmp").replace(folder / "last.pt")
        _log(folder / "log.csv", {"epoch": state["epoch"], "seconds": time.time() - started, **sums, **figures})
    net.load_state_dict(torch.load(folder / "best.pt", weights_only=True, map_location=where))
    return net.eval()


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


def _log(path: Path, row: dict[str, float]) -> None:
    row = {k: round(float(v), 5) for k, v in row.items()}
    print("  ".join(f"{k} {v:g}" for k, v in row.items()), flush=True)
    new = not path.exists()
    with open(path, "a", newline="") as sink:
        writer = csv.DictWriter(sink, fieldnames=list(row))
        if new:
            writer.writeheader()
        writer.writerow(row)
