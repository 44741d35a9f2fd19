"""One call of ``gifect read``: sources to outcomes, outcomes to every output, and what is said at the end."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gifect.cli.atomic import OutputFile
from gifect.cli.batch import Interruption, read_all
from gifect.cli.outputs import CsvOutput, HtmlOutput, JsonOutput, Output, ParquetOutput
from gifect.cli.sources import Source
from gifect.cli.words import printable
from gifect.cli.work import Asked, Outcome, attempt

if TYPE_CHECKING:
    from gifect.cli.terminal import Row
    from gifect.feeling.reading import Reading

__all__ = ["Wanted", "run"]

FAILED, STOPPED = 1, 130  # exit codes


@dataclass(frozen=True)
class Wanted:
    """Where the readings go; ``listed`` asks for a list in JSON even of one."""

    json: bool = False
    listed: bool = False
    quiet: bool = False
    csv: Path | None = None
    parquet: Path | None = None
    html: Path | None = None
    overlay: Path | None = None
    attention: Path | None = None

    @property
    def files(self) -> list[Path]:
        """The files to write."""
        files = (self.csv, self.parquet, self.html, self.overlay, self.attention)
        return [file for file in files if file is not None]

    @property
    def for_people(self) -> bool:
        """Whether the terminal shows the readings."""
        return not (self.json or self.quiet)


@dataclass
class Tally:
    """What has come of the sources so far; ``ended`` tells that going on made no sense."""

    count: int = 0
    ended: bool = False
    errors: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    last: Reading | None = None


def run(sources: Sequence[Source], asked: Asked, wanted: Wanted, jobs: int) -> int:
    """Read the sources, write what is wanted, and return the exit code.

    Raises
    ------
    UsageError
        If an output cannot be written where it is wanted; told before anything is read.
    """
    many = len(sources) > 1
    with ExitStack() as undo:
        outputs = _open_outputs(wanted, asked, undo, many=many)
        drawn = [OutputFile(file) for file in (wanted.overlay, wanted.attention) if file]
        for file in drawn:
            undo.callback(file.discard)
            file.stream.close()
        places = iter(file.temporary for file in drawn)
        asked = replace(
            asked,
            overlay=next(places) if wanted.overlay else None,
            attention=next(places) if wanted.attention else None,
        )
        interruption = undo.enter_context(Interruption()) if many else Interruption()
        outcomes = read_all(sources, asked, jobs, interruption) if many else iter([attempt(sources[0], asked)])
        tally = _take(_with_progress(outcomes, len(sources), wanted), outputs, wanted)
        for output in outputs:
            if tally.count or isinstance(output, JsonOutput):
                output.finish(tally.errors, interruption.asked)
        for file in drawn if tally.count else []:
            file.commit()
    _tell(tally, wanted, len(sources), stopped=interruption.asked)
    return STOPPED if interruption.asked else FAILED if tally.errors else 0


def _open_outputs(wanted: Wanted, asked: Asked, undo: ExitStack, *, many: bool) -> list[Output]:
    outputs: list[Output] = []
    if wanted.csv:
        outputs.append(CsvOutput(wanted.csv))
        undo.callback(outputs[-1].discard)
    if wanted.parquet:
        outputs.append(ParquetOutput(wanted.parquet))
        undo.callback(outputs[-1].discard)
    if wanted.html:
        outputs.append(HtmlOutput(wanted.html, asked.background, many=many))
        undo.callback(outputs[-1].discard)
    if wanted.json:
        outputs.append(JsonOutput(listed=wanted.listed))
    return outputs


def _take(outcomes: Iterable[Outcome], outputs: Sequence[Output], wanted: Wanted) -> Tally:
    tally = Tally()
    for outcome in outcomes:
        if outcome.reading is None:
            tally.errors.append(outcome.error or f"{outcome.source.name}: not read")
            if outcome.fatal:
                tally.ended = True
                break
            continue
        for output in outputs:
            output.add(outcome)
        tally.count += 1
        if wanted.for_people:
            from gifect.cli.terminal import Row

            tally.rows.append(Row.of(outcome.reading))
            tally.last = outcome.reading
    return tally


def _with_progress(outcomes: Iterator[Outcome], total: int, wanted: Wanted) -> Iterator[Outcome]:
    """Pass outcomes on and show on stderr how far they are, if somebody watches."""
    if total < 2 or wanted.quiet or not sys.stderr.isatty() or (wanted.json and sys.stdout.isatty()):
        yield from outcomes
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("reading"),
        BarColumn(bar_width=40),
        MofNCompleteColumn(),
        TextColumn("{task.fields[bad]}", style="yellow"),
        TimeRemainingColumn(compact=True),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False) as progress:
        task = progress.add_task("", total=total, bad="")
        bad = 0
        for outcome in outcomes:
            yield outcome
            bad += outcome.reading is None
            progress.update(task, advance=1, bad=f"{bad} not read" if bad else "")


def _tell(tally: Tally, wanted: Wanted, total: int, *, stopped: bool) -> None:
    if tally.last is not None:
        from gifect.cli.terminal import clip_panel, clips_table, make_console

        console = make_console()
        console.print(clip_panel(tally.last) if total == 1 else clips_table(tally.rows, console.width))
        sys.stdout.flush()
    for error in tally.errors:
        _say(f"gifect: {error}")
    if stopped:
        _say(f"gifect: stopped by Ctrl-C; {tally.count} of {total} clips were read")
    elif total > 1 and tally.ended:
        _say(f"gifect: no other clip was tried; {tally.count} of {total} were read")
    elif total > 1 and tally.errors:
        _say(f"gifect: {len(tally.errors)} of {total} could not be read")
    if tally.count and not wanted.quiet:
        for file in wanted.files:
            _say(f"wrote {file}")


def _say(line: str) -> None:
    print(printable(" ".join(line.split())), file=sys.stderr)
