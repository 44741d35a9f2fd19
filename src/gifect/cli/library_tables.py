"""What ``gifect library`` shows in a terminal: progress, matches and counts."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from gifect.cli.look import COLOURS
from gifect.cli.terminal import DIM, bar
from gifect.cli.words import printable
from gifect.library.results import Added, LibraryStats, Match

__all__ = ["AddProgress", "matches_table", "stats_panel"]

NAMED = {
    "added": "added",
    "duplicate": "added that repeat another",
    "known": "known",
    "moved": "moved",
    "failed": "failed",
}
TAGS_SHOWN, REASONS_SHOWN, BAR = 5, 2, 30


class AddProgress:
    """Takes what became of each file: a bar on stderr if somebody watches, a line for each that failed."""

    def __init__(self, quiet: bool) -> None:
        self.counts: Counter[str] = Counter()
        self.total = 0
        columns = (
            TextColumn("reading"),
            BarColumn(bar_width=40),
            MofNCompleteColumn(),
            TimeRemainingColumn(compact=True),
        )
        self._bar = Progress(
            *columns, console=Console(stderr=True), transient=True, disable=quiet or not sys.stderr.isatty()
        )
        self._task = self._bar.add_task("", total=None)

    def __enter__(self) -> AddProgress:
        self._bar.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._bar.stop()

    def take(self, settled: Added) -> None:
        """Take one file."""
        self.counts[settled.state] += 1
        self.total = settled.total
        self._bar.update(self._task, completed=settled.done, total=settled.total)
        if settled.state == "failed":
            line = f"gifect: {printable(settled.source)}: {printable(' '.join(settled.why.split()))}"
            self._bar.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def summary(self) -> str:
        """Return the counts in words."""
        parts = [f"{self.counts[state]:,} {words}" for state, words in NAMED.items() if self.counts[state]]
        return ", ".join(parts) or "no clip found"


def matches_table(matches: Sequence[Match]) -> RenderableType:
    """Return a table of matches, best first, with reasons below each."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("", justify="right", style=DIM)
    table.add_column("score", justify="right")
    table.add_column("emotion")
    table.add_column("clip", overflow="fold")
    for rank, match in enumerate(matches, 1):
        colour = COLOURS[match.emotion]
        clip = Text(printable(Path(match.source).name or match.source), "bold")
        clip.append(f"  {', '.join(printable(tag) for tag in match.tags[:TAGS_SHOWN])}", DIM)
        for reason in match.reasons[:REASONS_SHOWN]:
            clip.append(f"\n{printable(reason)}")
        table.add_row(str(rank), f"{match.score:.2f}", Text(f"● {match.emotion}", colour), clip)
    return table


def stats_panel(stats: LibraryStats, place: str) -> RenderableType:
    """Return the counts of a library."""
    head = f"{stats.count:,} clips in {printable(place)}"
    facts = f"{stats.duplicates:,} repeat another, {stats.with_caption:,} with a caption"
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(justify="right")
    table.add_column()
    most = max(stats.emotions.values(), default=1)
    for name, count in stats.emotions.items():
        table.add_row(name, f"{count:,}", bar(count / most, BAR, COLOURS[name]))
    tags = ", ".join(f"{printable(name)} {count:,}" for name, count in list(stats.tags.items())[:20])
    parts: list[RenderableType] = [Text(head, "bold"), Text(facts, DIM), Padding(table, (1, 0))]
    if tags:
        parts.append(Text(f"tags: {tags}"))
    return Group(*parts)
