"""``gifect train``: train one of the networks by its recipe."""

from __future__ import annotations

from typing import Annotated, NoReturn

import typer

from gifect.cli.errors import UsageError
from gifect.errors import MissingExtraError

__all__ = ["train"]


def train(
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The network, as its recipe is called.", show_default=False)
    ],
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Change a setting of the recipe; may be repeated.", show_default=False
        ),
    ] = None,
) -> None:
    """Train a network by its recipe, on the data in the folder GIFECT_DATA."""
    chosen = dict(_parsed(setting) for setting in settings or [])
    try:
        from gifect.training.run import train as run
    except ModuleNotFoundError as error:
        raise_missing(error, "training")
    print(run(name, settings=chosen))


def _parsed(setting: str) -> tuple[str, str]:
    key, equals, value = setting.partition("=")
    if not equals or not key:
        raise UsageError(f"--set {setting!r}: expected KEY=VALUE")
    return key.strip(), value.strip()


def raise_missing(error: ModuleNotFoundError, what: str, extra: str = "train") -> NoReturn:
    """Raise the line that names the extra to install, if `error` is about one of others; else `error`."""
    if error.name is None or error.name.partition(".")[0] == "gifect":
        raise error
    raise MissingExtraError(what, extra) from error
