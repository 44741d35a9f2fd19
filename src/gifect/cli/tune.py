"""``gifect tune``: search for the recipe by which a grader is trained best."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gifect.cli.train import parsed_setting, raise_missing

__all__ = ["tune"]


def tune(
    recipe: Annotated[
        str,
        typer.Argument(
            metavar="RECIPE",
            help="A grader's recipe of the package, such as kavan, or a TOML file.",
            show_default=False,
        ),
    ],
    trials: Annotated[
        int, typer.Option("--trials", metavar="N", min=1, help="How many trials the search is to have in all.")
    ] = 20,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Change a key of the recipe, such as fit.epochs=3.", show_default=False
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FOLDER", help="Where the search lies, by default among the runs in the cache."),
    ] = None,
    objective: Annotated[
        str, typer.Option("--objective", metavar="NAME", help="nmse, r or quadrant of the clips held back.")
    ] = "nmse",
) -> None:
    """Search at random for a grader's learning rate, hidden units, dropout, weight decay and batch.

    The folder gets the table of the trials, the best recipe and plots. The same call goes on with a search that was
    stopped. The labelled sets are looked for in the folder GIFECT_DATA."""
    chosen = dict(parsed_setting(setting) for setting in settings or [])
    try:
        from gifect.training.tune import tune as run
    except ModuleNotFoundError as error:
        raise_missing(error, "tuning")
    print(run(recipe, trials=trials, settings=chosen, out=out, objective=objective))
