"""``gifect tune RECIPE``: search rate, size and regularisation of a grader at random, in a study that can be left and
gone on with.

References
----------
Blake, G. Graphical Feelings: GIF Sentiment Learning, section 5.2 (what is drawn, and how).
"""

from __future__ import annotations

import csv
import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution
from optuna.trial import FrozenTrial, TrialState

from gifect.errors import DataError, MissingExtraError, TrainingError
from gifect.models.registry import model_card
from gifect.training.data.shared import cache_root
from gifect.training.grade import load_clips, train_grader
from gifect.training.recipe import Recipe, load_recipe

OBJECTIVES: dict[str, Literal["minimize", "maximize"]] = {"nmse": "minimize", "r": "maximize", "quadrant": "maximize"}
SPACE: dict[str, BaseDistribution] = {
    "fit.rate": FloatDistribution(3e-5, 1e-2, log=True),
    "network.hidden": CategoricalDistribution((32, 64, 128, 256, 512)),
    "network.dropout": FloatDistribution(0.0, 0.5),
    "fit.weight_decay": FloatDistribution(1e-4, 1.0, log=True),
    "data.batch": CategoricalDistribution((64, 128, 256)),
}
"""What is drawn, by the recipe's keys."""

SWITCHED = ("network.dropout", "fit.weight_decay")  # 0 half of the time


@dataclass(frozen=True)
class Tried:
    """One finished trial.

    Attributes
    ----------
    number : counts what was drawn, from 0; its checkpoints lie in ``trial_folder(number)``.
    drawn : value of each key of ``SPACE``.
    value : of the objective; None where it failed.
    figures : at the best epochs, held-back clips, mean over the parts.
    error : why it failed, or "".
    """

    number: int
    drawn: dict[str, float]
    value: float | None
    figures: dict[str, float]
    seconds: float
    error: str


def tune(
    name: str,
    *,
    trials: int = 20,
    settings: dict[str, str] | None = None,
    out: Path | None = None,
    objective: str = "nmse",
) -> Path:
    """Train the grader of the recipe ``name`` with values drawn at random until the study holds ``trials`` trials, and
    return where the best recipe lies.

    The folder gets ``study.db``, ``trials.csv``, ``best.toml``, which ``gifect train`` takes, the plots, and the
    checkpoints of each trial. The same call goes on with the study; what a trial draws hangs on its number alone, and
    one that was cut short goes on from its checkpoint. One process at a time may work on a study.

    Parameters
    ----------
    settings : put over the recipe; keys of ``SPACE`` are drawn all the same.
    out : the folder; by default one for each recipe among the runs in the cache.
    objective : "nmse", "r" or "quadrant" of the clips held back from training.

    Raises
    ------
    TrainingError
        If the recipe is not that of a grader, the folder holds the study of another one, or all trials failed.
    DataError
        If the data is not there.
    MissingExtraError
        If there is nothing to draw plots with; all else is written.
    """
    if objective not in OBJECTIVES:
        raise TrainingError(f"no objective {objective!r}: expected one of {', '.join(OBJECTIVES)}")
    recipe = load_recipe(name, settings)
    if recipe.task != "grade":
        raise TrainingError(f'recipe {name} is for {recipe.task}: only graders (task = "grade") can be tuned')
    load_clips(recipe.data)
    folder = out or cache_root() / "runs" / f"tune-{Path(name).stem}"
    study = open_study(folder, recipe, objective)
    while len(found := tried(study)) < trials:
        trial = _draw(study, recipe.fit.seed)
        chosen = load_recipe(name, {**(settings or {}), **_texts(_drawn(trial.params))})
        _run(study, trial, chosen, objective, folder)
        _tell(study.trials[trial.number], objective)
        write_trials(folder / "trials.csv", tried(study))
        if best := best_of(tried(study), objective):
            chosen = load_recipe(name, {**(settings or {}), **_texts(best.drawn)})
            (folder / "best.toml").write_text(as_toml(chosen), encoding="utf-8")
    if (best := best_of(found, objective)) is None:
        raise TrainingError(f"all {len(found)} trials failed; the last one: {found[-1].error if found else 'none ran'}")
    print(f"best of {len(found)}: trial {best.number}, {objective} {best.value:.4f}")
    draw_plots(found, objective, folder)
    return folder / "best.toml"


def open_study(folder: Path, recipe: Recipe, objective: str) -> optuna.Study:
    """Return the study in ``folder``, new or as it was left; trials that were cut short wait to be run again.

    Raises
    ------
    TrainingError
        If it is a study of another recipe, objective or set of networks, or cannot be read.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        study = optuna.create_study(
            storage=f"sqlite:///{folder / 'study.db'}",
            study_name="tune",
            direction=OBJECTIVES[objective],
            load_if_exists=True,
        )
    except Exception as error:
        raise TrainingError(f"{folder / 'study.db'} cannot be opened as a study: {error}") from error
    shas = [model_card(n).sha256 for n in ("detect", "measure", "scene")]
    plain = {**asdict(recipe), "drawn": sorted(SPACE)}
    for key in SPACE:
        section, last = key.split(".")
        del plain[section][last]
    of = hashlib.sha256(json.dumps([plain, objective, shas]).encode()).hexdigest()
    if study.user_attrs.setdefault("of", of) != of:
        raise TrainingError(
            f"{folder} holds the study of another recipe, objective or set of networks: name another folder (--out)"
        )
    study.set_user_attr("of", of)
    for trial in study.get_trials(states=(TrialState.RUNNING,)):
        _stop(study, trial)
    return study


def tried(study: optuna.Study) -> list[Tried]:
    """Return the trials of ``study`` that came to an end, in order; those that were cut short are not among them."""
    known = [t.user_attrs | {"drawn": _drawn(t.params), "value": t.value} for t in study.trials]
    ended = [Tried(**{"figures": {}, "error": "", **k}) for k in known if "figures" in k or "error" in k]
    return sorted(ended, key=lambda t: t.number)


def best_of(found: list[Tried], objective: str) -> Tried | None:
    """Return the best of ``found`` by ``objective``, or None where all failed."""
    sign = 1 if OBJECTIVES[objective] == "minimize" else -1
    return min((t for t in found if t.value is not None), key=lambda t: sign * (t.value or 0.0), default=None)


def trial_folder(number: int) -> str:
    """Return the name of the folder of a trial's checkpoints."""
    return f"trial-{number:03d}"


def write_trials(path: Path, found: list[Tried]) -> None:
    """Write ``found`` as a CSV, a row for each trial."""
    names = list(dict.fromkeys(n for t in found for n in t.figures))
    temporary = path.with_suffix(".tmp")
    with open(temporary, "w", newline="", encoding="utf-8") as sink:
        writer = csv.writer(sink)
        writer.writerow(["trial", "state", *SPACE, *names, "seconds", "error"])
        for t in found:
            values = [*(t.drawn.get(k, "") for k in SPACE), *(t.figures.get(n, "") for n in names)]
            state = "failed" if t.value is None else "done"
            shown = [f"{v:.6g}" if isinstance(v, float) else v for v in (*values, round(t.seconds, 1))]
            writer.writerow([t.number, state, *shown, t.error])
    temporary.replace(path)


def as_toml(recipe: Recipe) -> str:
    """Return ``recipe`` as TOML with every key, so that it stays the same when a default changes."""
    return "\n".join(_lines(asdict(recipe), "")).lstrip() + "\n"


def draw_plots(found: list[Tried], objective: str, folder: Path) -> list[Path]:
    """Draw what was ``found`` into ``folder`` and return the pictures, see ``tuneplots``.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    try:
        from gifect.training import tuneplots
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != "matplotlib":
            raise
        raise MissingExtraError("drawing the plots of a search", "dev") from error
    return tuneplots.draw(found, objective, folder)


def _draw(study: optuna.Study, seed: int) -> optuna.Trial:
    """Return a new trial, or one that waits to be run again, with a value for each key of ``SPACE``."""
    number = len({t.user_attrs["number"] for t in study.trials if "number" in t.user_attrs})
    study.sampler = optuna.samplers.RandomSampler(seed=seed + number)
    trial = study.ask()
    for key, space in SPACE.items():
        if key in SWITCHED and not trial.suggest_categorical(f"{key}?", (True, False)):
            continue
        if isinstance(space, CategoricalDistribution):
            trial.suggest_categorical(key, space.choices)
        elif isinstance(space, FloatDistribution):
            trial.suggest_float(key, space.low, space.high, log=space.log)
    if "number" not in trial.user_attrs:
        trial.set_user_attr("number", number)
    return trial


def _drawn(params: dict[str, Any]) -> dict[str, float]:
    return {key: params.get(key, 0.0) for key in SPACE}


def _texts(drawn: dict[str, float]) -> dict[str, str]:
    return {key: repr(value) for key, value in drawn.items()}


def _run(study: optuna.Study, trial: optuna.Trial, recipe: Recipe, objective: str, folder: Path) -> None:
    """Train the ``recipe`` that ``trial`` drew and tell ``study`` how it went."""
    place = folder / trial_folder(trial.user_attrs["number"])
    started = time.time()
    try:
        train_grader(recipe, place)
        figures = held_figures(place, recipe.data.parts)
    except (TrainingError, DataError) as error:
        trial.set_user_attr("seconds", time.time() - started)
        trial.set_user_attr("error", str(error))
        study.tell(trial, state=TrialState.FAIL)
    except (KeyboardInterrupt, SystemExit) as stopped:  # Lightning answers Ctrl-C by leaving the program
        _stop(study, study.trials[trial.number])
        raise KeyboardInterrupt from stopped
    else:
        trial.set_user_attr("seconds", time.time() - started)
        trial.set_user_attr("figures", figures)
        study.tell(trial, figures[f"held_{objective}"])


def _stop(study: optuna.Study, trial: FrozenTrial) -> None:
    """Close a trial that was cut short, and let one with the same values go on in its folder."""
    if "number" in trial.user_attrs:
        study.enqueue_trial(trial.params, user_attrs={"number": trial.user_attrs["number"]})
    study.tell(trial.number, state=TrialState.FAIL)


def _tell(trial: FrozenTrial, objective: str) -> None:
    drawn = "  ".join(f"{k.rpartition('.')[2]} {v:.4g}" for k, v in _drawn(trial.params).items())
    how = f"{objective} {trial.value:.4f}" if trial.value is not None else f"failed: {trial.user_attrs['error']}"
    print(f"trial {trial.user_attrs['number']}: {how}  ({drawn})", flush=True)


def held_figures(folder: Path, parts: int) -> dict[str, float]:
    """Return what the networks of a run in ``folder`` reached on the clips held back: of each its best epoch, then the
    mean over them."""
    rows = []
    for part in range(parts):
        with open(folder / f"part-{part}" / "log.csv", newline="") as source:
            rows.append(max(csv.DictReader(source), key=lambda row: float(row["score"])))
    names = ["epoch", *(n for n in rows[0] if n.startswith("held_"))]
    return {n: float(np.mean([float(row[n]) for row in rows])) for n in names}


def _lines(values: dict[str, Any], section: str) -> Iterator[str]:
    if section:
        yield f"\n[{section}]"
    for key, value in values.items():
        if not isinstance(value, dict):
            plain = isinstance(value, bool | str)
            yield f"{key} = {json.dumps(value, ensure_ascii=False) if plain else repr(value)}"
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _lines(value, f"{section}.{key}".lstrip("."))
