"""Readings for people in a terminal: a panel for one clip, a row for each of many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.box import ROUNDED, SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from gifect.cli import look
from gifect.cli.look import COLOURS
from gifect.cli.words import printable
from gifect.feeling.reading import FaceTrack, Reading

__all__ = ["Row", "clip_panel", "clips_table", "make_console"]

PANEL_WIDTH = 92
PLAIN_WIDTH = 120  # of a table that goes to a file or pipe
FACES_SHOWN, UNITS_SHOWN, INTENSITIES_SHOWN, SPARKS = 4, 4, 4, 12
NAME_WIDTH = 34
NARROW, ROOMY = 100, 110  # cells of width from which names are whole, and reasons shown
EIGHTHS = " ▏▎▍▌▋▊▉"
DIM = "grey62"


def make_console() -> Console:
    """Return the console of stdout."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=PLAIN_WIDTH)


def bar(share: float, width: int, colour: str) -> Text:
    """Return a bar of `width` cells, filled to a share in [0, 1], exact to an eighth of a cell."""
    eighths = round(min(max(share, 0.0), 1.0) * width * 8)
    filled = "█" * (eighths // 8) + (EIGHTHS[eighths % 8] if eighths % 8 else "")
    return Text.assemble((filled, colour), ("·" * (width - len(filled)), "grey37"))


def sparks(reading: Reading, width: int) -> Text:
    """Return the course of the reading's emotion as small blocks, each in the colour of what leads then."""
    signs = look.sparkline(reading, width)
    return Text.assemble(*((sign, COLOURS[leader]) for sign, leader in signs))


def clip_panel(reading: Reading) -> RenderableType:
    """Return all that a person wants to know of one clip."""
    colour = COLOURS[reading.emotion]
    confidence = f"{look.percent(reading.confidence)}  {look.confidence_words(reading.confidence)}"
    verdict = Text.assemble(("● ", colour), (reading.emotion.upper(), f"bold {colour}"), "   ", confidence)
    parts: list[RenderableType] = [verdict, Text(), _scores(reading)]
    facts = _facts(reading)
    if facts.row_count:
        parts += [Text(), facts]
    return framed(parts, colour, Path(reading.source).name or reading.source, _measures(reading))


def framed(parts: Sequence[RenderableType], colour: str, title: str, subtitle: str) -> Panel:
    """Return parts below each other in the frame of one clip or sound."""
    return Panel(
        Padding(Group(*parts), (1, 2)),
        box=ROUNDED,
        border_style=colour,
        title=Text(f" {printable(title)} ", "bold"),
        title_align="left",
        subtitle=Text(f" {subtitle} ", DIM),
        subtitle_align="right",
        width=PANEL_WIDTH,
    )


def _measures(reading: Reading) -> str:
    size = f"{reading.width} × {reading.height}"
    if reading.frames == 1:
        return f"a still · {size}"
    return f"{reading.frames} frames · {look.seconds(reading.duration_ms)} · {size}"


def _scores(reading: Reading) -> Table:
    table = Table.grid(padding=(0, 2))
    for name, score in reading.scores.items():
        style = "bold" if name == reading.emotion else ""
        table.add_row(
            Text(name, style), bar(score, 50, COLOURS[name]), Text(look.percent(score), style, justify="right")
        )
    return table


def _facts(reading: Reading) -> Table:
    """Return course, faces, other cues, reasons and warnings under their names."""
    table = Table.grid(padding=(0, 2))
    table.add_column(style=DIM, no_wrap=True, min_width=9)
    table.add_column(overflow="fold")
    if len(reading.timeline) > 1 and reading.peak_ms is not None:
        peak = f"  peak at {look.seconds(reading.peak_ms)}"
        table.add_row("over time", sparks(reading, 40) + Text(peak))
    for face in reading.faces[:FACES_SHOWN]:
        table.add_row(f"face {face.track + 1}", _face(face))
    if len(reading.faces) > FACES_SHOWN:
        table.add_row("", f"and {len(reading.faces) - FACES_SHOWN} more")
    if not reading.faces:
        table.add_row("faces", "none that can be read")
    if reading.intensities:
        strongest = sorted(reading.intensities.items(), key=lambda item: -item[1])[:INTENSITIES_SHOWN]
        table.add_row("expresses", ", ".join(f"{name} {value:.2f}" for name, value in strongest))
    if reading.valence is not None and reading.arousal is not None:
        place = f"valence {reading.valence:+.2f}, arousal {reading.arousal:+.2f}"
        table.add_row("place", f"{reading.quadrant}, {place}" if reading.quadrant else place)
    if reading.tags:
        table.add_row("tags", printable(", ".join(reading.tags)))
    for action in reading.actions:
        table.add_row("action", Text(f"{printable(action.name)} {look.percent(action.score)}"))
    for caption in reading.captions:
        table.add_row("caption", Text(printable(caption.text)))
    for n, reason in enumerate(reading.reasons):
        text = Text(look.sentence(printable(reason.text)))
        table.add_row("" if n else "why", text.append(f"  {look.percent(reason.weight)}", DIM))
    for warning in reading.warnings:
        table.add_row(Text("warning", "yellow"), Text(printable(warning), "yellow"))
    return table


def _face(face: FaceTrack) -> Text:
    expression = look.best(face.scores)
    text = Text.assemble(("● ", COLOURS[expression]), f"{expression} {look.percent(face.scores[expression])}")
    if face.last_ms > face.first_ms:
        text.append(f"  {look.seconds(face.first_ms)} to {look.seconds(face.last_ms)}", DIM)
    units = look.strongest_units(face.action_units, UNITS_SHOWN)
    if units:
        text.append("\n" + ", ".join(f"{look.unit_words(name)} {value:.2f}" for name, value in units))
    return text


@dataclass(frozen=True)
class Row:
    """What the table of many clips keeps of one."""

    name: str
    emotion: str
    confidence: float
    course: Text
    faces: int
    reason: str

    @classmethod
    def of(cls, reading: Reading) -> Row:
        """Return the row of a reading."""
        reason = reading.reasons[0].text if reading.reasons else ""
        return cls(
            printable(reading.source),
            reading.emotion,
            reading.confidence,
            sparks(reading, SPARKS),
            len(reading.faces),
            printable(reason),
        )


def clips_table(rows: list[Row], width: int) -> Table:
    """Return a line for each clip, in a terminal `width` cells wide."""
    name_width = min(max(width - NARROW + NAME_WIDTH - 12, 12), NAME_WIDTH)
    with_reason = width >= ROOMY
    table = Table(box=SIMPLE_HEAD, pad_edge=False, expand=False, header_style=DIM)
    table.add_column("clip", no_wrap=True)
    table.add_column("emotion", no_wrap=True, min_width=11)
    table.add_column("sure", no_wrap=True)
    table.add_column("over time", no_wrap=True, min_width=SPARKS)
    table.add_column("faces", justify="right", no_wrap=True)
    if with_reason:
        table.add_column("why")  # the one column that gives way; its texts are cut, not wrapped
    for row in rows:
        colour = COLOURS[row.emotion]
        cells = [
            Text(_tail(row.name, name_width)),
            Text.assemble(("● ", colour), row.emotion),
            bar(row.confidence, 8, colour).append(f" {look.percent(row.confidence):>6}"),
            row.course,
            Text(str(row.faces or "·")),
            Text(row.reason, DIM, no_wrap=True, overflow="ellipsis"),
        ]
        table.add_row(*cells[: len(table.columns)])
    return table


def _tail(name: str, width: int) -> str:
    return name if len(name) <= width else "…" + name[1 - width :]
