"""``gifect text``: how texts feel."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from gifect.cli.errors import UsageError

if TYPE_CHECKING:
    from gifect.text.result import TextReading

__all__ = ["text"]

TOGETHER = 512  # lines of stdin that are read at a time


def text(
    texts: Annotated[
        list[str] | None,
        typer.Argument(metavar="TEXT", help="Texts, each in quotes; - reads stdin, a text a line.", show_default=False),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON: an object for a text, a list for more or for stdin.")
    ] = False,
) -> None:
    """Read which emotion English texts show, how strongly, and which finer ones.

    Emoji, emoticons and misspelt words are understood. What is no English is read, but said to be so.
    """
    asked = texts or []
    if asked.count("-") > 1 or ("-" in asked and len(asked) > 1):
        raise UsageError("- stands for all of stdin: give it alone")
    piped = asked == ["-"] or (not asked and not sys.stdin.isatty())
    if not asked and not piped:
        raise UsageError('expected a text, such as: gifect text "my code finally compiles"')
    if piped:
        lines = sys.stdin.buffer.read().decode("utf-8", errors="replace").splitlines()
        asked = [line for line in lines if line.strip()]
    from gifect.text.read import recognise

    readings = [reading for k in range(0, len(asked), TOGETHER) for reading in recognise(asked[k : k + TOGETHER])]
    if as_json:
        import json

        found = [reading.model_dump() for reading in readings]
        print(json.dumps(found if piped or len(found) > 1 else found[0], indent=2, ensure_ascii=False))
    else:
        _print(readings)


def _print(readings: list[TextReading]) -> None:
    from gifect.cli.terminal import make_console
    from gifect.cli.text_panel import text_panel, texts_table

    if not readings:
        raise UsageError("there is no text on stdin: expected a text a line")
    make_console().print(text_panel(readings[0]) if len(readings) == 1 else texts_table(readings))
