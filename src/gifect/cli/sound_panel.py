"""A sound for people in a terminal: what it sounds like, and a line for every few seconds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import fmean

from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from gifect.cli import look
from gifect.cli.circumplex import colour_of
from gifect.cli.terminal import DIM, bar, framed
from gifect.cli.words import printable
from gifect.emotions import direction_of, sector_at
from gifect.sound.result import SoundMoment, SoundReading

__all__ = ["sound_panel"]

LINES = 24  # of the course, at most; more windows share a line
BAR = 50
STRANGE = 0.5  # familiarity below which a warning is due


def sound_panel(
    name: str, heard: SoundReading, moments: Sequence[SoundMoment], warnings: Sequence[str]
) -> RenderableType:
    """Return what a person wants to know of one sound; `moments` are the course to show."""
    colour = colour_of(heard.label)
    sure = f"{look.percent(heard.confidence)}  {look.confidence_words(heard.confidence)}"
    verdict = Text.assemble(("● ", colour), (heard.label.upper(), f"bold {colour}"), "   ", sure)
    parts: list[RenderableType] = [verdict, Text(), _scores(heard), Text(), _facts(heard)]
    if len(moments) > 1:
        parts += [Text(), _course(moments)]
    notes = list(warnings)
    if heard.familiarity < STRANGE:
        notes.append("unlike the speech that the network learnt from: the answer means little")
    parts += [Text(f"warning  {printable(note)}", "yellow") for note in notes]
    span = f"{look.seconds(heard.start_ms)} to {look.seconds(heard.start_ms + heard.duration_ms)}"
    return framed(parts, colour, name, f"heard {span} of {look.seconds(heard.track_ms)}")


def _scores(heard: SoundReading) -> Table:
    table = Table.grid(padding=(0, 2))
    for label, score in heard.scores.items():
        style = "bold" if label == heard.label else ""
        table.add_row(Text(label, style), bar(score, BAR, colour_of(label)), Text(look.percent(score), style))
    return table


def _facts(heard: SoundReading) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style=DIM, no_wrap=True, min_width=11)
    table.add_column(overflow="fold")
    table.add_row("quadrant", f"{heard.quadrant} {look.percent(heard.quadrants[heard.quadrant])}")
    table.add_row("sector", f"{heard.sector} {look.percent(heard.sectors[heard.sector])}")
    table.add_row("valence", f"{heard.valence:+.2f}")
    table.add_row("arousal", f"{heard.arousal:+.2f}")
    table.add_row("familiarity", look.percent(heard.familiarity))
    return table


def _course(moments: Sequence[SoundMoment]) -> Table:
    """Return a line for each window, or for as many together as fit in the lines there are."""
    together = math.ceil(len(moments) / LINES)
    table = Table.grid(padding=(0, 2))
    for column in ("over time", "", "sounds like", "", "sector", "valence", "arousal"):
        table.add_column(justify="right" if column in ("over time", "valence", "arousal") else "left", no_wrap=True)
    table.add_row(*(Text(h, DIM) for h in ("over time", "", "sounds like", "", "sector", "valence", "arousal")))
    for k in range(0, len(moments), together):
        part = moments[k : k + together]
        scores = {label: fmean(m.scores[label] for m in part) for label in part[0].scores}
        valence, arousal = fmean(m.valence for m in part), fmean(m.arousal for m in part)
        label = look.best(scores)
        table.add_row(
            look.seconds(part[len(part) // 2].ms),
            _ribbon(scores, 16),
            Text.assemble(("● ", colour_of(label)), label),
            look.percent(scores[label]),
            sector_at(direction_of(valence, arousal)),
            f"{valence:+.2f}",
            f"{arousal:+.2f}",
        )
    return table


def _ribbon(scores: dict[str, float], width: int) -> Text:
    """Return a bar in which every class has as many cells as its score is of all."""
    text, filled, total = Text(), 0, 0.0
    for label, score in scores.items():
        total += score
        cells = round(total * width) - filled
        text.append("█" * max(cells, 0), colour_of(label))
        filled += max(cells, 0)
    return text
