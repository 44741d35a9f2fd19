"""One clip of a batch to one row, whatever happens to it; the same function in every engine."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from gifect.errors import BatchError, ClipError, GifectError
from gifect.feeling.row import COLUMNS, Cell, flat
from gifect.scale.inputs import Input
from gifect.scale.storage import is_remote, open_input

__all__ = ["Options", "Outcome", "Task", "read_task", "row_schema"]


@dataclass(frozen=True)
class Options:
    """What is wanted of every clip.

    Attributes
    ----------
    every_frame, actions : as of ``gifect.read``.
    whole : the whole reading as JSON, beside its row.
    device : that networks run on, "cpu" or "cuda".
    seconds : that a clip may take.
    """

    every_frame: bool = False
    actions: str | None = None
    whole: bool = False
    device: str = "cpu"
    seconds: float = 120.0


@dataclass(frozen=True)
class Task:
    """A clip to read: its bytes if they are at hand, or why they could not be had."""

    input: Input
    data: bytes | None = None
    problem: str = ""


@dataclass(frozen=True)
class Outcome:
    """What became of a clip: the cells of its row, or its error; ``fatal`` if no other clip would fare better."""

    input: Input
    cells: tuple[Cell, ...] | None = None
    whole: str | None = None
    error: str | None = None
    fatal: bool = False
    seconds: float = 0.0

    def row(self) -> dict[str, Any]:
        """Return the row, a cell for each column of `row_schema`."""
        names = [column.name for column in COLUMNS]
        cells = dict(zip(names, self.cells, strict=True)) if self.cells else dict.fromkeys(names)
        told = {"number": self.input.number, "source": self.input.source, "error": self.error}
        return cells | told | {"seconds": self.seconds, "reading": self.whole}


def row_schema(options: Options) -> Any:
    """Return the Arrow schema of the rows: number and source of the input, its error or the reading's columns."""
    import pyarrow as pa

    kinds = {"string": pa.string(), "int": pa.int64(), "float": pa.float64()}
    first = [("number", pa.int64()), ("source", pa.string()), ("error", pa.string()), ("seconds", pa.float64())]
    rest = [(column.name, kinds[column.kind]) for column in COLUMNS if column.name != "source"]
    return pa.schema([*first, *rest, *([("reading", pa.string())] if options.whole else [])])


def read_task(task: Task, options: Options) -> Outcome:
    """Read one clip; an outcome comes back whatever happens."""
    start = time.perf_counter()
    try:
        reading = _read(task, options)
        cells, whole = tuple(flat(reading)), reading.to_json() if options.whole else None
        return Outcome(task.input, cells, whole, seconds=time.perf_counter() - start)
    except (ClipError, BatchError, OSError) as error:
        why, fatal = str(error), False
    except GifectError as error:
        why, fatal = str(error), True
    except MemoryError:
        why, fatal = "not enough memory", False
    except Exception as error:  # a fault of ours in one clip must not cost the others
        why, fatal = f"fault in gifect: {type(error).__name__}: {error}", False
    return Outcome(task.input, error=why, fatal=fatal, seconds=time.perf_counter() - start)


def _read(task: Task, options: Options) -> Any:
    from gifect.feeling.read import read
    from gifect.media.limits import Limits
    from gifect.models.registry import use_device

    use_device(options.device)
    if task.problem:
        raise BatchError(task.problem)
    source: str | bytes | None = task.data
    if source is None:
        if task.input.row >= 0:
            raise ClipError("no clip in this row")
        source, limits = task.input.place, Limits()
        if is_remote(source) and not source.startswith(("http://", "https://")):
            with open_input(source) as file:
                source = bytes(file.read(int(limits.file_bytes) + 1))
    return read(source, every_frame=options.every_frame, actions=options.actions)
