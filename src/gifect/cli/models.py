"""``gifect models``: which networks there are, getting public ones, checking them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gifect.cli.train import raise_missing
from gifect.errors import ModelError

__all__ = ["app"]

app = typer.Typer(help="List, get and check the networks.", no_args_is_help=True)


@app.command("list")
def list_models() -> None:
    """List the networks that gifect knows."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    from gifect.cli.terminal import make_console
    from gifect.models.registry import available_models, model_card

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("name", no_wrap=True)
    table.add_column("size", justify="right", no_wrap=True)
    table.add_column("state", no_wrap=True)
    table.add_column("licence")
    table.add_column("does")
    for name in available_models():
        card = model_card(name)
        state = "there" if card.path.is_file() else "not there" if card.url else "missing"
        ours = "ships with gifect" if card.url is None and state == "there" else state
        table.add_row(Text(name), f"{card.size / 1e6:.1f} MB", ours, Text(card.licence), Text(card.does))
    make_console().print(table)


@app.command()
def pull(
    names: Annotated[list[str], typer.Argument(metavar="NAME", help="Public networks to get.", show_default=False)],
    source: Annotated[
        Path | None,
        typer.Option(
            "--from", metavar="FOLDER", help="Take the files from a folder instead of the web.", show_default=False
        ),
    ] = None,
) -> None:
    """Get public networks, from their official address or from a folder; each is checked against its checksum."""
    from gifect.models.download import pull as pull_model

    for name in names:
        print(pull_model(name, source))


@app.command()
def convert(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The network to make.", show_default=False)],
    checkpoint: Annotated[
        Path, typer.Argument(metavar="FILE", help="The public checkpoint, such as rgb_imagenet.pt.", show_default=False)
    ],
) -> None:
    """Make a network of the checkpoint that others published (needs gifect[train]).

    Every tensor is checked; code in the file is never run.
    """
    try:
        from gifect.training.convert import convert as make
    except ModuleNotFoundError as error:
        raise_missing(error, "converting a checkpoint")
    print(make(name, checkpoint))


@app.command()
def verify(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]", help="All that are there, if none is named.", show_default=False),
    ] = None,
) -> None:
    """Check the files of networks against their checksums."""
    from gifect.models.registry import available_models, model_card
    from gifect.models.registry import verify as is_right

    bad = []
    for name in names or available_models():
        card = model_card(name)
        if is_right(name):
            print(f"{name}: right")
        elif card.path.is_file():
            bad.append(f"{name} is damaged: {card.path}")
        elif names or card.url is None:
            bad.append(f"{name} is not there: {card.path}")
        else:
            print(f"{name}: not there")
    if bad:
        raise ModelError("; ".join(bad))
