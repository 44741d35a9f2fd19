"""``gifect train``: train a network by its recipe."""

from __future__ import annotations

from typing import Annotated, NoReturn

import typer

from gifect.cli.errors import UsageError
from gifect.errors import MissingExtraError

__all__ = ["train"]


def train(
    recipe: Annotated[
        str,
        typer.Argument(
            metavar="RECIPE", help="A recipe of the package, such as measure, or a TOML file.", show_default=False
        ),
    ],
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Change a key of the recipe, such as fit.epochs=3.", show_default=False
        ),
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="Throw away what there is of an earlier run.")] = False,
) -> None:
    """Train by a recipe. A run that was cut short goes on where it stopped.

    The labelled sets are looked for in the folder GIFECT_DATA."""
    chosen = dict(parsed_setting(setting) for setting in settings or [])
    try:
        from gifect.training.run import train as run
    except ModuleNotFoundError as error:
        raise_missing(error, "training")
    print(run(recipe, settings=chosen, fresh=fresh))


def parsed_setting(setting: str) -> tuple[str, str]:
    """Return key and value of a ``--set``."""
    key, equals, value = setting.partition("=")
    if not equals or not key:
        raise UsageError(f"--set {setting!r}: expected KEY=VALUE")
    return key.strip(), value.strip()


def raise_missing(error: ModuleNotFoundError, what: str, extra: str = "train") -> NoReturn:
    """Raise the line that names the extra to install, if `error` is about one of others; else `error`."""
    if error.name is None or error.name.partition(".")[0] == "gifect":
        raise error
    raise MissingExtraError(what, extra) from error
