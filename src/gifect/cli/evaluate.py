"""``gifect evaluate``: measure one of the networks that ship, on data that it never saw."""

from __future__ import annotations

from typing import Annotated

import typer

from gifect.cli.train import raise_missing

__all__ = ["evaluate"]


def evaluate(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to measure, such as detect.", show_default=False)],
    markdown: Annotated[bool, typer.Option("--markdown", help="Print a section for docs/results instead.")] = False,
) -> None:
    """Measure a network on data that it was not trained on, in the folder GIFECT_DATA, and print the table."""
    try:
        from gifect.evaluation.run import evaluate as run
    except ModuleNotFoundError as error:
        raise_missing(error, "evaluation")
    table = run(name)
    print(table.to_markdown() if markdown else table.to_text(), end="")
