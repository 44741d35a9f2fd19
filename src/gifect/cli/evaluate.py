"""``gifect evaluate``: measure one of the networks that ship, on data that it never saw."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from gifect.cli.errors import UsageError
from gifect.cli.train import raise_missing

__all__ = ["evaluate"]


def evaluate(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to measure, such as detect.", show_default=False)],
    markdown: Annotated[bool, typer.Option("--markdown", help="Print a section for docs/results instead.")] = False,
    report: Annotated[
        Path | None,
        typer.Option(
            "--report",
            metavar="FOLDER",
            help="Of grade: write an HTML and a Markdown report with curves and clips there.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Measure a network on data that it was not trained on, in the folder GIFECT_DATA, and print the table."""
    if report and name != "grade":
        raise UsageError(f"--report is there for grade, not for {name}")
    try:
        from gifect.evaluation.grading import grading_table, read_valid
        from gifect.evaluation.report import write_report
        from gifect.evaluation.run import evaluate as run
    except ModuleNotFoundError as error:
        raise_missing(error, "evaluation")
    if report:
        graded = read_valid()
        table, page = grading_table(graded), write_report(graded, report)
    else:
        table, page = run(name), None
    print(table.to_markdown() if markdown else table.to_text(), end="")
    if page:
        print(f"\nreport: {page}")
