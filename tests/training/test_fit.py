"""A run that is cut short goes on to the same weights as one that is not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra train")

from gifect.training.fit import Batch, Plan, fit, fit_temperature  # noqa: E402

PLAN = Plan(epochs=4, steps=5, rate=1e-2, warmup=3, seed=3)


def small_net() -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(
        torch.nn.Linear(4, 16), torch.nn.BatchNorm1d(16), torch.nn.ReLU(), torch.nn.Dropout(0.2), torch.nn.Linear(16, 1)
    )


def batches(epoch: int) -> Iterator[Batch]:
    rng = np.random.default_rng(epoch)
    for _ in range(PLAN.steps):
        x = torch.from_numpy(rng.normal(size=(32, 4)).astype(np.float32))
        yield {"x": x, "y": x.sum(1, keepdim=True)}


def loss(net: torch.nn.Module, batch: Batch) -> tuple[torch.Tensor, dict[str, float]]:
    value = ((net(batch["x"]).float() - batch["y"]) ** 2).mean()
    return value, {"loss": float(value.detach())}


def test_resumed_run_ends_with_the_same_weights(tmp_path: Path) -> None:
    epochs_seen = iter(range(100))

    def evaluate(net: torch.nn.Module) -> dict[str, float]:
        return {"score": float(next(epochs_seen))}

    whole = fit(small_net(), batches, loss, evaluate, PLAN, tmp_path / "whole")

    class Killed(Exception):
        pass

    def killing(epoch: int) -> Iterator[Batch]:
        if epoch == 2:
            raise Killed
        return batches(epoch)

    with pytest.raises(Killed):
        fit(small_net(), killing, loss, evaluate, PLAN, tmp_path / "cut")
    resumed = fit(small_net(), batches, loss, evaluate, PLAN, tmp_path / "cut")
    for ours, theirs in zip(resumed.parameters(), whole.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=0)
    assert len((tmp_path / "cut" / "log.csv").read_text().splitlines()) == 1 + PLAN.epochs


def test_training_stops_when_nothing_gets_better(tmp_path: Path) -> None:
    fit(small_net(), batches, loss, lambda net: {"score": 0.0}, replace(PLAN, patience=2), tmp_path)
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 1 + 3


def test_training_learns(tmp_path: Path) -> None:
    def evaluate(net: torch.nn.Module) -> dict[str, float]:
        with torch.no_grad():
            batch = next(batches(99))
            return {"score": -float(((net(batch["x"]) - batch["y"]) ** 2).mean())}

    before = evaluate(small_net().eval())["score"]
    net = fit(small_net(), batches, loss, evaluate, replace(PLAN, epochs=40, average=0.9), tmp_path)
    assert evaluate(net)["score"] > before / 3


@pytest.mark.parametrize("true", [0.5, 1.0, 2.5])
def test_temperature_of_overconfident_logits_is_found(true: float) -> None:
    rng = np.random.default_rng(0)
    honest = rng.normal(size=(4000, 5)) * 1.5
    chance = np.exp(honest) / np.exp(honest).sum(1, keepdims=True)
    target = np.eye(5)[[rng.choice(5, p=p) for p in chance]]
    assert fit_temperature(honest * true, target, np.ones(len(target))) == pytest.approx(true, rel=0.1)
