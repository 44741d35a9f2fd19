"""A search draws what it should, can be left and gone on with, and gives a recipe that trains."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="training needs the extra train")
optuna = pytest.importorskip("optuna", reason="tuning needs the extra train")

from gifect.emotions import SEVENTEEN  # noqa: E402
from gifect.errors import MissingExtraError, TrainingError  # noqa: E402
from gifect.media.clip import Clip  # noqa: E402
from gifect.media.write import write_clip  # noqa: E402
from gifect.training import tune as tuning  # noqa: E402
from gifect.training.recipe import RECIPES, load_recipe  # noqa: E402

CLIPS, HELD = 180, 10
RECIPE = """
task = "grade"
[fit]
epochs = 2
warmup = 2
precision = "32-true"
accelerator = "cpu"
[network]
decoder = "statistics"
project = 0
[data]
kind = "folder"
folder = {folder}
table = {table}
"""


@pytest.fixture(scope="module")
def recipe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The recipe of a grader of tiny clips, whose features are kept from test to test."""
    root = tmp_path_factory.mktemp("tune")
    rng = np.random.default_rng(0)
    (root / "clips").mkdir()
    lines = [f"file,{','.join(SEVENTEEN)},e7,split"]
    for k in range(CLIPS):
        shade = rng.integers(0, 255)
        write_clip(Clip.from_frames(np.full((2, 16, 16, 3), shade, np.uint8)), root / "clips" / f"{k}.gif")
        split = "valid" if k < HELD else "train"
        shown = [f"{v:.2f}" for v in np.clip(shade / 255 * rng.normal(0.8, 0.2, len(SEVENTEEN)), 0, 1)]
        lines.append(f"{k}.gif,{','.join(shown)},happiness,{split}")
    (root / "labels.csv").write_text("\n".join(lines) + "\n")
    path = root / "small.toml"
    path.write_text(RECIPE.format(folder=repr(str(root / "clips")), table=repr(str(root / "labels.csv"))))
    return path


@pytest.fixture(autouse=True)
def cache(recipe: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIFECT_CACHE", str(recipe.parent / "cache"))


def rows(folder: Path) -> list[dict[str, str]]:
    with open(folder / "trials.csv", newline="") as source:
        return list(csv.DictReader(source))


def drawn(folder: Path) -> list[list[str]]:
    return [[row[key] for key in ("trial", *tuning.SPACE)] for row in rows(folder)]


def test_a_search_writes_table_recipe_and_plots(recipe: Path, tmp_path: Path) -> None:
    best = tuning.tune(str(recipe), trials=3, out=tmp_path, settings={"network.layers": "3"})
    found = rows(tmp_path)
    assert [row["trial"] for row in found] == ["0", "1", "2"]
    done = [row for row in found if row["state"] == "done"]
    failed = [row for row in found if row["state"] == "failed"]
    assert done
    assert all("too few for" in row["error"] and int(row["data.batch"]) > 64 for row in failed)
    winner = min(done, key=lambda row: float(row["held_nmse"]))
    chosen = load_recipe(str(best))
    assert chosen.fit.rate == pytest.approx(float(winner["fit.rate"]), rel=1e-4)
    assert chosen.network.hidden == int(winner["network.hidden"])
    assert chosen.network.layers == 3
    for name in ("history", "slices", "parallel"):
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")


def test_a_search_that_was_stopped_ends_as_one_that_was_not(
    recipe: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tuning.tune(str(recipe), trials=4, out=tmp_path / "whole")
    train, calls = tuning.train_grader, []

    def stopped(*arguments: object) -> object:
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return train(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(tuning, "train_grader", stopped)
    with pytest.raises(KeyboardInterrupt):
        tuning.tune(str(recipe), trials=4, out=tmp_path / "cut")
    assert len(rows(tmp_path / "cut")) == 1
    tuning.tune(str(recipe), trials=4, out=tmp_path / "cut")
    assert drawn(tmp_path / "cut") == drawn(tmp_path / "whole")
    assert len(calls) == 5


def test_a_trial_whose_process_was_killed_is_run_again(recipe: Path, tmp_path: Path) -> None:
    settings = {"fit.seed": "2"}
    killed = tuning._draw(tuning.open_study(tmp_path, load_recipe(str(recipe), settings), "nmse"), 2)
    tuning.tune(str(recipe), trials=1, out=tmp_path, settings=settings)
    (row,) = rows(tmp_path)
    assert row["trial"] == "0"
    assert float(row["fit.rate"]) == pytest.approx(killed.params["fit.rate"], rel=1e-4)
    assert [p.name for p in tmp_path.glob("trial-*")] == ["trial-000"]


def test_values_are_drawn_as_the_paper_says(tmp_path: Path) -> None:
    study = optuna.create_study()
    for _ in range(200):
        study.tell(tuning._draw(study, 0), 0.0)
    found = [tuning._drawn(t.params) for t in study.trials]
    rate = np.log10([d["fit.rate"] for d in found])
    assert -4.6 < rate.min() < -4.3 < -2.2 < rate.max() < -2
    assert abs(np.median(rate) + 3.26) < 0.3
    assert {d["network.hidden"] for d in found} == {32, 64, 128, 256, 512}
    assert {d["data.batch"] for d in found} == {64, 128, 256}
    for key in tuning.SWITCHED:
        assert 0.4 < np.mean([d[key] == 0 for d in found]) < 0.6
    assert 0.45 < max(d["network.dropout"] for d in found) <= 0.5


def test_a_study_of_another_recipe_is_not_gone_on_with(recipe: Path, tmp_path: Path) -> None:
    tuning.open_study(tmp_path, load_recipe(str(recipe)), "nmse")
    tuning.open_study(tmp_path, load_recipe(str(recipe), {"fit.rate": "1e-4"}), "nmse")  # is drawn anyway
    for settings, objective in (({"fit.epochs": "9"}, "nmse"), ({}, "r")):
        with pytest.raises(TrainingError, match="another recipe, objective"):
            tuning.open_study(tmp_path, load_recipe(str(recipe), settings), objective)


def test_a_file_that_is_no_study_is_named(recipe: Path, tmp_path: Path) -> None:
    (tmp_path / "study.db").write_text("nothing of the kind")
    with pytest.raises(TrainingError, match="cannot be opened as a study"):
        tuning.open_study(tmp_path, load_recipe(str(recipe)), "nmse")


def test_a_search_of_failures_alone_says_why(recipe: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"all 2 trials failed; the last one: .* must read something"):
        tuning.tune(str(recipe), trials=2, out=tmp_path, settings={"network.scene": "false", "network.faces": "false"})


def test_without_matplotlib_one_line_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "gifect.training.tuneplots", raising=False)
    monkeypatch.delattr("gifect.training.tuneplots", raising=False)
    with pytest.raises(MissingExtraError, match=r"pip install 'gifect\[dev\]'"):
        tuning.draw_plots([], "nmse", tmp_path)


@pytest.mark.parametrize(
    ("name", "objective", "words"),
    [("measure", "nmse", "only graders"), ("kavan", "beauty", "expected one of nmse, r, quadrant")],
)
def test_what_cannot_be_tuned(name: str, objective: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=words):
        tuning.tune(name, out=tmp_path, objective=objective)


@pytest.mark.parametrize("name", sorted({p.stem for p in RECIPES.glob("*.toml")} - {"i3d"}))
def test_recipes_are_the_same_when_written_and_read(name: str, tmp_path: Path) -> None:
    (tmp_path / "again.toml").write_text(tuning.as_toml(load_recipe(name)))
    assert load_recipe(str(tmp_path / "again.toml")) == load_recipe(name)
