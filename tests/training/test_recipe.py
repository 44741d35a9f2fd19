"""Recipes are checked before anything is read, and say in one line what does not hold."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="training needs the extra train")

from gifect.errors import TrainingError
from gifect.training.recipe import RECIPES, load_recipe

PLAIN = 'task = "grade"\n[fit]\nepochs = 2\n'


@pytest.mark.parametrize("path", [p for p in sorted(RECIPES.glob("*.toml")) if p.stem != "i3d"], ids=lambda p: p.stem)
def test_recipes_of_the_package_hold(path: Path) -> None:
    assert load_recipe(path.stem) == load_recipe(str(path))


def test_settings_go_over_the_recipe() -> None:
    settings = {"fit.epochs": "3", "network.decoder": "max-pool", "data.kind": '"folder"', "loss.quadrant": "0.5"}
    recipe = load_recipe("kavan", settings)
    assert (recipe.fit.epochs, recipe.network.decoder, recipe.data.kind) == (3, "max-pool", "folder")
    assert recipe.loss.quadrant == 0.5


@pytest.mark.parametrize(
    ("text", "settings", "words"),
    [
        (PLAIN + "epochz = 3\n", {}, "unknown key fit.epochz"),
        (PLAIN + '[network]\ndecoder = "magic"\n', {}, "network.decoder = 'magic': input should be 'mean'"),
        (PLAIN, {"fit.rate": "-1"}, "fit.rate = -1: input should be greater than 0"),
        (PLAIN, {"fit.rate": "fast"}, "fit.rate = 'fast': input should be a valid number"),
        (PLAIN, {"data.augmentation.flip": "2"}, "data.augmentation.flip = 2"),
        (PLAIN, {"task.name": "x"}, "task is a value, not a section"),
        ("[fit]\nepochs = 2\n", {}, "task is missing"),
        ('task = "grade"\n', {}, "fit is missing"),
        ('task = "grade"\n[fit]\n', {}, "fit.epochs is missing"),
        ("task = \n", {}, "cannot be read as a recipe"),
        ("\0", {}, "cannot be read as a recipe"),
    ],
)
def test_what_does_not_hold_is_named(tmp_path: Path, text: str, settings: dict[str, str], words: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(TrainingError) as caught:
        load_recipe(str(path), settings)
    assert words in str(caught.value)
    assert "mine.toml" in str(caught.value) or "task" in words
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["dance", "missing/file.toml"])
def test_a_recipe_that_is_not_there_lists_those_that_are(name: str) -> None:
    with pytest.raises(TrainingError, match="expected a TOML file or one of detect, fuse, grade, i3d, kavan"):
        load_recipe(name)
