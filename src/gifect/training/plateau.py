"""Stochastic gradient descent with momentum whose rate falls when nothing gets better, as I3D was trained.

Called as ``fit`` is; its AdamW, cosine and averaged weights suit the small networks, this suits I3D.
"""

from __future__ import annotations

import csv
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from gifect.errors import DataError

Batch = dict[str, Tensor]


@dataclass(frozen=True)
class PlateauPlan:
    """How long and how fast to train: ``rate`` is divided by ten after ``patience`` epochs without a better score."""

    epochs: int
    rate: float = 0.1
    momentum: float = 0.9
    weight_decay: float = 1e-7
    patience: int = 2  # epochs
    least_rate: float = 1e-5  # at which training ends
    seed: int = 0
    threads: int = 1


def fit_plateau(
    net: nn.Module,
    batches: Callable[[int], Iterator[Batch]],
    loss: Callable[[nn.Module, Batch], tuple[Tensor, dict[str, float]]],
    evaluate: Callable[[nn.Module], dict[str, float]],
    plan: PlateauPlan,
    folder: Path,
) -> nn.Module:
    """Train ``net`` and return it with the weights of its best epoch, in eval mode.

    Parameters
    ----------
    batches : epoch number -> batches; the same epoch gives the same ones, so that a run that was cut short resumes
        with what it would have seen.
    loss : (net, batch) -> loss to minimise, and its parts for the log.
    evaluate : net in eval mode -> figures; "score" (higher is better) steers the rate and chooses the epoch.
    folder : where ``last.pt`` (resume), ``best.pt`` (weights) and ``log.csv`` go.

    Raises
    ------
    DataError
        If the loss is not a number.
    """
    torch.set_num_threads(plan.threads)
    torch.manual_seed(plan.seed)
    folder.mkdir(parents=True, exist_ok=True)
    where = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    net.to(where)
    optimiser = torch.optim.SGD(net.parameters(), plan.rate, plan.momentum, weight_decay=plan.weight_decay)
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(optimiser, "max", 0.1, plan.patience, threshold=1e-4)
    state: dict[str, Any] = {"epoch": 0, "best": float("-inf")}
    parts: dict[str, Any] = {"net": net, "optimiser": optimiser, "schedule": schedule}
    if (folder / "last.pt").exists():
        saved = torch.load(folder / "last.pt", weights_only=True, map_location=where)
        for name, part in parts.items():
            part.load_state_dict(saved[name])
        state = saved["state"]
    while state["epoch"] < plan.epochs and optimiser.param_groups[0]["lr"] >= plan.least_rate:
        started, rate = time.time(), optimiser.param_groups[0]["lr"]
        torch.manual_seed(plan.seed + 1000 * state["epoch"])
        sums = _epoch(net.train(), batches(state["epoch"]), loss, optimiser, where)
        with torch.no_grad():
            figures = evaluate(net.eval())
        schedule.step(figures["score"])
        state["epoch"] += 1
        if figures["score"] > state["best"]:
            state["best"] = figures["score"]
            torch.save(net.state_dict(), folder / "best.pt")
        torch.save({**{n: p.state_dict() for n, p in parts.items()}, "state": state}, folder / "last.tmp")
        (folder / "last.tmp").replace(folder / "last.pt")
        row = {"epoch": state["epoch"], "seconds": time.time() - started, "rate": rate, **sums, **figures}
        _log(folder / "log.csv", row)
    net.load_state_dict(torch.load(folder / "best.pt", weights_only=True, map_location=where))
    return net.eval()


def _epoch(
    net: nn.Module,
    batches: Iterator[Batch],
    loss: Callable[[nn.Module, Batch], tuple[Tensor, dict[str, float]]],
    optimiser: torch.optim.Optimizer,
    where: torch.device,
) -> dict[str, float]:
    sums: dict[str, float] = {}
    count = 0
    for batch in batches:
        with torch.autocast(where.type, torch.bfloat16, enabled=where.type == "cuda"):
            value, logged = loss(net, {k: v.to(where) for k, v in batch.items()})
        if not torch.isfinite(value):
            raise DataError(
                f"the loss is not a number at step {count + 1} of an epoch: lower the rate, or look for damaged "
                "weights to begin with; the checkpoint of the last epoch stands"
            )
        optimiser.zero_grad()
        value.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimiser.step()
        count += 1
        for k, v in logged.items():
            sums[k] = sums.get(k, 0.0) + v
    return {k: v / count for k, v in sums.items()}


def _log(path: Path, row: dict[str, float]) -> None:
    row = {k: round(float(v), 6) for k, v in row.items()}
    print("  ".join(f"{k} {v:g}" for k, v in row.items()), flush=True)
    new = not path.exists()
    with path.open("a", newline="") as sink:
        writer = csv.DictWriter(sink, fieldnames=list(row))
        if new:
            writer.writeheader()
        writer.writerow(row)
