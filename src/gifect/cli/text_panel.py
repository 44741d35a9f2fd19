"""Texts for people in a terminal: a panel for one, a row for each of several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from gifect.cli import look
from gifect.cli.look import COLOURS
from gifect.cli.terminal import DIM, bar, framed
from gifect.cli.words import printable
from gifect.text.result import TextReading

__all__ = ["text_panel", "texts_table"]

BAR = 50
TITLE, CELL = 60, 56  # characters of a text that are shown
SHOWN = 4  # finer emotions and intensities, at most
FAINT = 0.05  # below which they are not shown


def text_panel(reading: TextReading) -> RenderableType:
    """Return what a person wants to know of one text."""
    colour = COLOURS[reading.emotion]
    sure = f"{look.percent(reading.confidence)}  {look.confidence_words(reading.confidence)}"
    verdict = Text.assemble(("● ", colour), (reading.emotion.upper(), f"bold {colour}"), "   ", sure)
    table = Table.grid(padding=(0, 2))
    for label, score in reading.scores.items():
        style = "bold" if label == reading.emotion else ""
        table.add_row(Text(label, style), bar(score, BAR, COLOURS[label]), Text(look.percent(score), style))
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style=DIM, no_wrap=True, min_width=11)
    facts.add_column(overflow="fold")
    for name, values in (("finer", reading.finer), ("intensities", reading.intensities)):
        if said := _strongest(values):
            facts.add_row(name, said)
    parts: list[RenderableType] = [verdict, Text(), table]
    if facts.row_count:
        parts += [Text(), facts]
    parts += [Text(f"warning  {printable(note)}", "yellow") for note in reading.warnings]
    return framed(parts, colour, _short(reading.text, TITLE), f"{len(reading.text)} characters")


def texts_table(readings: Sequence[TextReading]) -> RenderableType:
    """Return a row for each text."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for name in ("text", "emotion", "", "finer"):
        table.add_column(name, no_wrap=name != "finer", justify="right" if not name else "left")
    for reading in readings:
        emotion = Text.assemble(("● ", COLOURS[reading.emotion]), reading.emotion)
        said = _strongest(reading.finer, 2) if reading.english else "not English?"
        table.add_row(Text(_short(reading.text, CELL)), emotion, look.percent(reading.confidence), said)
    return table


def _strongest(values: Mapping[str, float], most: int = SHOWN) -> str:
    ranked = sorted(values, key=lambda name: -values[name])[:most]
    return ", ".join(f"{name} {look.percent(values[name])}" for name in ranked if values[name] >= FAINT)


def _short(text: str, most: int) -> str:
    line = printable(" ".join(text[: 4 * most].split()))
    return line if len(line) <= most else f"{line[: most - 1]}…"
