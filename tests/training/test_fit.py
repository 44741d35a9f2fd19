"""A run that is cut short goes on to the same weights as one that is not."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra train")

from gifect.errors import TrainingError  # noqa: E402
from gifect.training.fit import Batch, Plan, fit, fit_temperature, load_weights  # noqa: E402

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


def score(net: torch.nn.Module) -> dict[str, float]:
    return {"score": 0.0}


def test_a_loss_that_is_not_a_number_stops_and_keeps_the_last_epoch(tmp_path: Path) -> None:
    def breaking(epoch: int) -> Iterator[Batch]:
        for batch in batches(epoch):
            yield {**batch, "y": batch["y"] * (torch.nan if epoch == 1 else 1.0)}

    with pytest.raises(TrainingError, match="not a number at step 1 of epoch 2"):
        fit(small_net(), breaking, loss, score, PLAN, tmp_path)
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 1 + 1
    load_weights(small_net(), tmp_path / "last.ckpt", strict=True)
    fit(small_net(), batches, loss, score, PLAN, tmp_path)
    assert len((tmp_path / "log.csv").read_text().splitlines()) == 1 + PLAN.epochs


def test_a_folder_with_the_run_of_another_network_is_left_as_it_is(tmp_path: Path) -> None:
    fit(small_net(), batches, loss, score, replace(PLAN, epochs=1), tmp_path)
    before = (tmp_path / "last.ckpt").read_bytes()
    other = torch.nn.Sequential(torch.nn.Linear(4, 8), torch.nn.Linear(8, 1))
    with pytest.raises(TrainingError, match="checkpoint of another network"):
        fit(other, batches, loss, score, PLAN, tmp_path)
    assert (tmp_path / "last.ckpt").read_bytes() == before


def test_weights_to_start_from_must_be_weights(tmp_path: Path) -> None:
    (tmp_path / "text.pt").write_text("no weights")
    for name, words in (("none.pt", "no weights at"), ("text.pt", "no checkpoint of plain tensors")):
        with pytest.raises(TrainingError, match=words):
            fit(small_net(), batches, loss, score, replace(PLAN, start=str(tmp_path / name)), tmp_path / "run")


@pytest.mark.skipif(sys.platform != "linux", reason="needs a small file system of its own")
def test_a_full_disk_is_said_and_loses_nothing(tmp_path: Path) -> None:
    script = tmp_path / "train.py"
    script.write_text(FULL_DISK)
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path / "run")], capture_output=True, text=True, check=False, timeout=120
    )
    assert "cannot write to" in done.stdout, done.stderr
    load_weights(small_net(), tmp_path / "run" / "last.ckpt", strict=True)


FULL_DISK = f"""
import resource, signal, sys
from dataclasses import replace
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_fit import PLAN, batches, loss, score, small_net
from gifect.errors import TrainingError
from gifect.training.fit import fit
folder = Path(sys.argv[1])
fit(small_net(), batches, loss, score, replace(PLAN, epochs=1), folder)
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))
try:
    fit(small_net(), batches, loss, score, PLAN, folder)
except TrainingError as error:
    print(error)
"""


def test_two_processes_share_the_batches(tmp_path: Path) -> None:
    """Each takes every other batch, so an epoch of two has half the steps and the same clips."""
    script = tmp_path / "train.py"
    script.write_text(TWO)
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        [sys.executable, str(script), str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
        env=environment,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    seen = [(tmp_path / f"seen-{rank}.txt").read_text().split() for rank in (0, 1)]
    assert seen == [["0", "2"] * 3, ["1", "3"] * 3]
    one = fit(small_net(), batches, loss, score, replace(PLAN, epochs=1), tmp_path / "one")
    load_weights(one, tmp_path / "run" / "best.pt", strict=True)
    assert len((tmp_path / "run" / "log.csv").read_text().splitlines()) == 1 + 3


TWO = f"""
import sys
from dataclasses import replace
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parent)!r})
from test_fit import PLAN, batches, loss, score, small_net
from gifect.training.fit import fit
import os
folder, rank = Path(sys.argv[1]), os.environ.get("LOCAL_RANK", "0")
def noted(epoch):
    for k, batch in enumerate(batches(epoch)):
        batch["k"] = k
        yield batch
def noting(net, batch):
    with open(folder / f"seen-{{rank}}.txt", "a") as sink:
        sink.write(f"{{batch['k']}} ")
    return loss(net, batch)
plan = replace(PLAN, epochs=3, devices=2, accelerator="cpu", strategy="ddp", precision="32-true")
fit(small_net(), noted, noting, score, plan, folder / "run")
"""


@pytest.mark.parametrize("true", [0.5, 1.0, 2.5])
def test_temperature_of_overconfident_logits_is_found(true: float) -> None:
    rng = np.random.default_rng(0)
    honest = rng.normal(size=(4000, 5)) * 1.5
    chance = np.exp(honest) / np.exp(honest).sum(1, keepdims=True)
    target = np.eye(5)[[rng.choice(5, p=p) for p in chance]]
    assert fit_temperature(honest * true, target, np.ones(len(target))) == pytest.approx(true, rel=0.1)
