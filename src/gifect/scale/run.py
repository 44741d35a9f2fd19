"""Shards of a batch, read and written; and the whole batch on one machine."""

from __future__ import annotations

import csv
import faulthandler
import io
import os
import socket
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from gifect.errors import BatchError
from gifect.scale.inputs import Input, load_rows
from gifect.scale.plan import Plan, finish_manifest, parquet_bytes, shard_name
from gifect.scale.reading import Outcome, Task, read_task, row_schema
from gifect.workers import work_through

__all__ = ["MARKS", "Shard", "finish", "read_shards", "read_told"]

FAILED = "failed.csv"
MARKS = "begun"  # folder of empty files, one for each shard that a reader of a cluster has begun


@dataclass(frozen=True)
class Shard:
    """A shard that was written: how many of its inputs were read and how many could not be."""

    number: int
    read: int
    failed: int


def read_shards(
    plan: Plan,
    shards: Iterable[int],
    jobs: int,
    *,
    told: Callable[[Outcome], None] = lambda outcome: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[Shard]:
    """Read shards in ``jobs`` processes, write each whole, and yield what came of it.

    Parameters
    ----------
    plan : of the batch.
    shards : their numbers.
    jobs : processes, each with the networks loaded once; 0 for this one, which a clip may then kill.
    told : called for every clip as its turn comes.
    stopped : asked between two clips; a shard that is not complete then is not written.

    Raises
    ------
    BatchError
        If a network is missing or a shard cannot be written: no other clip would fare better.
    """
    wanted = list(shards)
    tasks = (task for shard in wanted for task in _tasks(plan.inputs_of(shard)))
    work = partial(read_task, options=plan.options)
    start = time.time()
    seconds = plan.options.seconds
    outcomes = (
        work_through(tasks, work, _of_dead_worker, jobs, stopped=stopped, seconds=seconds)
        if jobs
        else _in_this_process(tasks, work, seconds)
    )
    with closing(outcomes):
        for shard in wanted:
            rows: list[dict[str, Any]] = []
            for outcome in islice(outcomes, plan.size_of(shard)):
                if outcome.fatal:
                    raise BatchError(f"{outcome.input.source}: {outcome.error}")
                rows.append(outcome.row())
                told(outcome)
            if len(rows) < plan.size_of(shard):
                return
            failed = sum(row["error"] is not None for row in rows)
            now = time.time()
            _write(plan, shard, rows, {"read": len(rows) - failed, "failed": failed, "wall_s": round(now - start, 3)})
            start = now
            yield Shard(shard, len(rows) - failed, failed)


def _in_this_process(tasks: Iterable[Task], work: Callable[[Task], Outcome], seconds: float) -> Generator[Outcome]:
    """Yield outcomes; a clip that takes longer than ``seconds`` ends the process, even from inside of a library."""
    with open(os.devnull, "w") as nothing:
        try:
            for task in tasks:
                faulthandler.dump_traceback_later(seconds, exit=True, file=nothing)
                yield work(task)
        finally:
            faulthandler.cancel_dump_traceback_later()


def _tasks(inputs: list[Input]) -> Iterator[Task]:
    done = 0
    try:
        for own, data in load_rows(inputs):
            yield Task(own, data)
            done += 1
    except (BatchError, OSError, ValueError) as error:  # Arrow's errors are among them
        for own in inputs[done:]:
            yield Task(own, problem=f"{own.place} cannot be read: {error}")


def _of_dead_worker(task: Task, why: str) -> Outcome:
    return Outcome(task.input, error=why)


def _write(plan: Plan, shard: int, rows: list[dict[str, Any]], told: dict[str, Any]) -> None:
    import pyarrow as pa

    told = told | {"worker": f"{socket.gethostname()}:{os.getpid()}"}
    schema = row_schema(plan.options).with_metadata({f"gifect.{key}": str(value) for key, value in told.items()})
    table = pa.Table.from_pylist(rows, schema=schema)
    plan.folder.write(f"readings/{shard_name(shard)}", parquet_bytes(table))


def read_told(plan: Plan, shard: int) -> Shard | None:
    """Return what the file of a shard says of it, None if it is not there."""
    import pyarrow.parquet as pq

    if shard_name(shard) not in plan.folder.names("readings"):
        return None
    told = pq.read_schema(io.BytesIO(plan.folder.read(f"readings/{shard_name(shard)}"))).metadata
    return Shard(shard, int(told[b"gifect.read"]), int(told[b"gifect.failed"]))


def finish(plan: Plan, wall_s: float, now_read: int, engine: str) -> dict[str, Any]:
    """Write the list of what could not be read, and the summary into the manifest, and return the summary.

    Parameters
    ----------
    plan : of which all shards are done.
    wall_s, now_read : seconds that the last run took, and clips that it read.
    engine : that it ran on.
    """
    import pyarrow.parquet as pq

    read = failed = 0
    held = io.StringIO()
    writer = csv.writer(held, lineterminator="\n")
    writer.writerow(("number", "source", "error"))
    for shard in range(plan.shards):
        table = pq.ParquetFile(io.BytesIO(plan.folder.read(f"readings/{shard_name(shard)}")))
        own = int(table.schema_arrow.metadata[b"gifect.failed"])
        read, failed = read + table.metadata.num_rows - own, failed + own
        if own:
            rows = table.read(["number", "source", "error"]).to_pylist()
            writer.writerows(row.values() for row in rows if row["error"] is not None)
    plan.folder.sweep("readings")
    plan.folder.remove(MARKS)
    plan.folder.write(FAILED, held.getvalue().encode())
    rate = now_read / wall_s if wall_s > 0 else 0.0
    summary = {
        "read": read,
        "failed": failed,
        "last_run": {"engine": engine, "clips": now_read, "wall_s": round(wall_s, 3)},
    }
    finish_manifest(plan, summary)
    return summary | {"rate": rate}
