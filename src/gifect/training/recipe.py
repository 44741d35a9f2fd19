"""Recipes: what to train, on what and how, as a TOML file; every key is checked before anything is read."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from gifect.errors import TrainingError
from gifect.training.data.augment import Augmentation
from gifect.training.fit import Plan
from gifect.training.losses import LossWeights
from gifect.training.networks.kavan import NetworkOptions

RECIPES = Path(__file__).with_name("recipes")


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class DataOptions:
    """The clips that a grader learns from.

    Attributes
    ----------
    kind : "reactions", the labelled set of GIFECT_DATA; "folder", clips in ``folder`` with the CSV ``table``; "scores",
        GIFGIF-style scores ``table`` of the clips in ``folder``.
    frames : read of a clip.
    batch : clips a step.
    folds : the train split is cut into so many parts by the clips' names; each network leaves one out to stop by.
    parts : how many of those networks to train; what ships is their mean.
    variants : augmented copies of each clip to learn from beside the plain one.
    """

    kind: Literal["reactions", "folder", "scores"] = "reactions"
    folder: str = ""
    table: str = ""
    frames: int = Field(default=6, ge=1, le=12)
    batch: int = Field(default=64, ge=2)
    folds: int = Field(default=5, ge=2)
    parts: int = Field(default=1, ge=1)
    variants: int = Field(default=0, ge=0)
    augmentation: Augmentation = Augmentation()


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class SoundOptions:
    """What the sound network learns, and from what; without a folder and table of its own: Emo-DB.

    Attributes
    ----------
    target : the classes.
    members : networks whose scores are averaged.
    folder, table : of sounds, and the CSV of their valence and arousal.
    low, high : ends of the scale of those ratings.
    """

    target: Literal["emotions", "quadrants", "sectors"] = "emotions"
    members: int = Field(default=1, ge=1)
    folder: str = ""
    table: str = ""
    low: float = 1.0
    high: float = 9.0


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class TextOptions:
    """The network of texts and how it is taught.

    Attributes
    ----------
    pieces, width : of the embedding.
    hidden, inner : of the LSTM, each way, and of the full layer behind it.
    batch : texts a step.
    taught : weight of what the teacher says beside the labels; 0 = no teacher.
    teacher_steps : steps of 64 texts in which the teacher is tuned.
    misspelt : share of the texts that are shown with slips of the finger.
    turned : names of cleaning steps that are on where they are off by default, or off, with commas between them.
    """

    pieces: int = Field(default=22_000, ge=100)
    width: int = Field(default=80, ge=4, le=384)
    hidden: int = Field(default=128, ge=4)
    inner: int = Field(default=96, ge=4)
    dropout: float = Field(default=0.4, ge=0, lt=1)
    batch: int = Field(default=128, ge=1)
    taught: float = Field(default=0.0, ge=0)
    teacher_steps: int = Field(default=1150, ge=5)
    misspelt: float = Field(default=0.15, ge=0, le=1)
    turned: str = ""


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Recipe:
    """What to train (``task``), how long and how fast (``fit``), and for graders on what, which and for what, and
    under which name their mean is to become weights of the package (``ship``; empty = not), with how great a share of
    a linear model in closed form (``linear``)."""

    task: Literal["detect", "measure", "scene", "fuse", "grade", "sound", "text", "tags", "lexicon", "recommend"]
    fit: Plan
    data: DataOptions = DataOptions()
    network: NetworkOptions = NetworkOptions()
    loss: LossWeights = LossWeights()
    sound: SoundOptions = SoundOptions()
    text: TextOptions = TextOptions()
    ship: Literal["", "grade", "attend"] = ""
    linear: float = Field(default=0.0, ge=0, le=1)


def load_recipe(name: str, settings: dict[str, str] | None = None) -> Recipe:
    """Return a recipe with ``settings`` put over it, such as {"fit.epochs": "3"}.

    Parameters
    ----------
    name : path of a TOML file, or the name of one that comes with the package.

    Raises
    ------
    TrainingError
        If there is no such recipe, it is no TOML, or a key or value does not hold.
    """
    path = Path(name) if name.endswith(".toml") else RECIPES / f"{name}.toml"
    try:
        values = tomllib.loads(path.read_text())
    except FileNotFoundError as error:
        known = ", ".join(sorted(p.stem for p in RECIPES.glob("*.toml")))
        raise TrainingError(f"no recipe {name!r}: expected a TOML file or one of {known}") from error
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise TrainingError(f"{path} cannot be read as a recipe: {error}") from error
    for key, text in (settings or {}).items():
        _put(values, key, text)
    try:
        return TypeAdapter(Recipe).validate_python(values)
    except ValidationError as error:
        raise TrainingError(f"recipe {path.name}: {_said(error)}") from error


def _put(values: dict[str, Any], key: str, text: str) -> None:
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    *sections, last = key.split(".")
    for section in sections:
        values = values.setdefault(section, {})
        if not isinstance(values, dict):
            raise TrainingError(f"--set {key}: {section} is a value, not a section")
    values[last] = value


def _said(error: ValidationError) -> str:
    lines = []
    for one in error.errors():
        key = ".".join(str(part) for part in one["loc"])
        if one["type"] == "unexpected_keyword_argument":
            lines.append(f"unknown key {key}")
        elif one["type"] in ("missing", "missing_argument"):
            lines.append(f"{key} is missing")
        else:
            lines.append(f"{key} = {one['input']!r}: {one['msg'].lower()}")
    return "; ".join(lines)
