"""``gifect batch``: readings of more clips than fit a call of ``gifect read``, as partitioned Parquet."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gifect.cli.errors import UsageError
from gifect.cli.words import printable

if TYPE_CHECKING:
    from gifect.scale.reading import Outcome
    from gifect.scale.run import Shard

__all__ = ["batch"]

EVERY_S = 30.0  # seconds between two lines of progress where nobody watches


def batch(
    source: Annotated[
        str,
        typer.Argument(
            metavar="INPUT",
            help="A folder of clips or of Parquet files, a .txt with a path or URL a line, or a .parquet with a column "
            "of paths or of bytes; also in a store such as s3://.",
            show_default=False,
        ),
    ],
    output: Annotated[
        str, typer.Argument(metavar="OUTPUT", help="A new folder, or one to go on in.", show_default=False)
    ],
    engine: Annotated[str, typer.Option("--engine", metavar="local|ray", help="What to run on.")] = "local",
    address: Annotated[
        str | None,
        typer.Option("--address", metavar="URL", help="Of a Ray cluster; auto finds it.", show_default=False),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes, over all machines.")] = 2,
    shard: Annotated[int, typer.Option("--shard", min=1, help="Clips a file of results.")] = 1000,
    whole: Annotated[bool, typer.Option("--whole", help="Keep whole readings as JSON, too.")] = False,
    every_frame: Annotated[bool, typer.Option("--every-frame", help="As of `gifect read`.")] = False,
    actions: Annotated[str | None, typer.Option("--actions", metavar="i3d", help="As of `gifect read`.")] = None,
    device: Annotated[str, typer.Option("--device", metavar="cpu|cuda", help="What the networks run on.")] = "cpu",
    seconds: Annotated[float, typer.Option("--seconds", min=1, help="That a clip may take.")] = 120.0,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
) -> None:
    """Read millions of clips: exactly one row for each, whatever dies on the way.

    Run the same call again to go on after a crash. OUTPUT/readings is a data set of Parquet files; what could not be
    read has its error in the row, and stands in OUTPUT/failed.csv.
    """
    if engine not in ("local", "ray"):
        raise UsageError(f"--engine {engine!r}: expected local or ray")
    if address and engine != "ray":
        raise UsageError("--address names a cluster: expected --engine ray with it")
    from gifect.cli.batch import Interruption
    from gifect.cli.train import raise_missing

    try:
        from gifect.scale.plan import open_plan
        from gifect.scale.reading import Options
        from gifect.scale.run import finish, read_shards

        plan = open_plan(source, output, Options(every_frame, actions, whole, device, seconds), shard)
    except ModuleNotFoundError as error:
        raise_missing(error, "batch", "scale")
    missing = plan.missing()
    left = sum(plan.size_of(one) for one in missing)
    start = time.monotonic()
    with Interruption() as interruption, _progress(plan.inputs, plan.inputs - left, quiet=quiet) as progress:
        shards: Iterator[Shard]
        if engine == "ray":
            from gifect.scale.cluster import read_on_ray

            shards = progress.of_shards(read_on_ray(plan, jobs, address, stopped=lambda: interruption.asked))
        else:
            shards = read_shards(plan, missing, jobs, told=progress.told, stopped=lambda: interruption.asked)
        for _ in shards:
            pass
    undone = plan.missing()
    if undone:
        print(
            f"gifect: stopped; {len(undone):,} of {plan.shards:,} shards are left: run the same call again",
            file=sys.stderr,
        )
        raise typer.Exit(130 if interruption.asked else 1)
    summary = finish(plan, time.monotonic() - start, left, engine)
    line = f"{printable(output)}: {summary['read']:,} clips read, {summary['failed']:,} could not be"
    print(f"{line}; {left:,} of them now, {summary['rate']:.1f} a second" if left else line)
    raise typer.Exit(1 if summary["failed"] else 0)


class _Progress:
    """How far a batch is, on stderr: a bar that is watched, or a line now and then."""

    def __init__(self, total: int, done: int, bar: Any = None) -> None:
        self.total, self.done, self.failed, self.bar = total, done, 0, bar
        self.first, self.start = done, time.monotonic()
        self.last = self.start
        self.task = bar.add_task("", total=total, completed=done, bad="") if bar else None

    def told(self, outcome: Outcome) -> None:
        self.add(1, int(outcome.error is not None))

    def of_shards(self, shards: Iterator[Shard]) -> Iterator[Shard]:
        for shard in shards:
            self.add(shard.read + shard.failed, shard.failed)
            yield shard

    def add(self, clips: int, failed: int) -> None:
        self.done, self.failed = self.done + clips, self.failed + failed
        now = time.monotonic()
        rate = (self.done - self.first) / max(now - self.start, 1e-9)
        bad = f", {self.failed:,} not read" if self.failed else ""
        if self.bar:
            self.bar.update(self.task, completed=self.done, bad=f"{rate:.1f} a second{bad}")
        elif now - self.last >= EVERY_S:
            self.last = now
            print(f"{self.done:,} of {self.total:,} clips, {rate:.1f} a second{bad}", file=sys.stderr, flush=True)


@contextmanager
def _progress(total: int, done: int, *, quiet: bool) -> Iterator[_Progress]:
    if quiet or not sys.stderr.isatty():
        progress = _Progress(total, done)
        if quiet:
            progress.last = float("inf")
        yield progress
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("reading"),
        BarColumn(bar_width=40),
        MofNCompleteColumn(),
        TextColumn("{task.fields[bad]}"),
        TimeRemainingColumn(compact=True),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield _Progress(total, done, bar)
