"""What a batch reads: clips of a folder or list, or rows of Parquet files that name or hold them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from gifect.errors import BatchError
from gifect.scale.storage import is_remote, open_input, walk

__all__ = ["CLIPS", "Input", "find_inputs", "load_rows"]

CLIPS: Final = (".gif", ".webp", ".apng", ".avif", ".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi")
LISTS: Final = (".txt", ".list")
NAMES: Final = ("path", "url", "file", "source", "gif")  # columns that name clips
KEYS: Final = ("id", "key", "name", *NAMES)  # columns that tell rows with bytes apart
ROWS_AT_ONCE: Final = 16  # of a Parquet file whose rows hold clips


@dataclass(frozen=True)
class Input:
    """One clip to read.

    Attributes
    ----------
    number : its place among all inputs, from 0.
    source : what it is called in the results.
    place : path or URL of the clip, or of the Parquet file that holds it.
    column, row : where the Parquet file holds it; empty and -1 for a clip by itself.
    """

    number: int
    source: str
    place: str
    column: str = ""
    row: int = -1


def find_inputs(address: str) -> Iterator[Input]:
    """Yield all inputs that a path or URL stands for, in an order that stays.

    Parameters
    ----------
    address : a clip; a folder of clips, or of Parquet files; a text file with a path or URL a line; a Parquet file with
        a column of paths or URLs, or of the clips' bytes.

    Raises
    ------
    BatchError
        If there is no such thing, or nothing in it to read.
    """
    number = -1
    for number, (source, place, column, row) in enumerate(_places(address)):
        yield Input(number, source, place if is_remote(place) else os.path.abspath(place), column, row)  # noqa: PTH100
    if number < 0:
        raise BatchError(f"{address}: nothing to read; expected clips, a list of them or Parquet files")


def _places(address: str) -> Iterator[tuple[str, str, str, int]]:
    lower = address.lower().rstrip("/")
    if lower.endswith(LISTS):
        with open_input(address) as file:
            for line in file:
                if place := line.decode("utf-8", "surrogateescape").strip():
                    yield _told(place), place, "", -1
    elif lower.endswith(".parquet") and _is_file(address):
        yield from _of_parquet(address)
    elif lower.endswith(CLIPS):
        yield _told(address), address, "", -1
    else:
        found = False
        for place in walk(address, CLIPS):
            found = True
            yield _told(place), place, "", -1
        for place in () if found else walk(address, (".parquet",)):
            yield from _of_parquet(place)


def _is_file(address: str) -> bool:
    try:
        open_input(address).close()
    except BatchError:
        return False
    return True


def _told(place: str) -> str:
    return place.encode("utf-8", "replace").decode()


def _of_parquet(address: str) -> Iterator[tuple[str, str, str, int]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with open_input(address) as file:
            table = pq.ParquetFile(file)
            column, holds = _column_of(table.schema_arrow, address)
            names = [n for n in KEYS if n in table.schema_arrow.names and n != column][:1] if holds else [column]
            row = 0
            for batch in table.iter_batches(columns=names, batch_size=4096) if names else ():
                for value in batch.column(0).to_pylist():
                    yield str(value), address if holds else str(value), column if holds else "", row if holds else -1
                    row += 1
            for left in range(row, table.metadata.num_rows):
                yield f"{address}#{left}", address, column, left
    except pa.ArrowInvalid as error:
        raise BatchError(f"{address}: no Parquet file: {error}") from error


def _column_of(schema: Any, address: str) -> tuple[str, bool]:
    """Return the column that holds (True) or names (False) clips; a Hugging Face column holds a struct with bytes."""
    import pyarrow as pa

    for field in schema:
        if pa.types.is_binary(field.type) or pa.types.is_large_binary(field.type):
            return field.name, True
        if pa.types.is_struct(field.type) and "bytes" in [child.name for child in field.type]:
            return f"{field.name}.bytes", True
    for name in NAMES:
        if name in schema.names:
            return name, False
    found = ", ".join(schema.names) or "none"
    raise BatchError(f"{address}: expected a column of bytes, or one named {', '.join(NAMES)}; found {found}")


def load_rows(inputs: list[Input]) -> Iterator[tuple[Input, bytes | None]]:
    """Yield inputs with the bytes of those that a Parquet file holds; its rows are read a few at a time.

    Parameters
    ----------
    inputs : in the order of their numbers.
    """
    at = 0
    while at < len(inputs):
        first = inputs[at]
        end = at + 1
        while end < len(inputs) and first.row >= 0 and inputs[end].place == first.place:
            end += 1
        if first.row < 0:
            yield first, None
        else:
            yield from zip(inputs[at:end], _cells(first, end - at), strict=True)
        at = end


def _cells(first: Input, count: int) -> Iterator[bytes | None]:
    """Yield ``count`` cells of a column from a row on."""
    import pyarrow.parquet as pq

    with open_input(first.place) as file:
        table = pq.ParquetFile(file)
        skip = first.row
        groups: list[int] = []
        for group in range(table.num_row_groups):
            size = table.metadata.row_group(group).num_rows
            if not groups and skip >= size:
                skip -= size
                continue
            groups.append(group)
        for batch in table.iter_batches(ROWS_AT_ONCE, row_groups=groups, columns=[first.column]):
            values = batch.column(0)
            if skip >= len(values):
                skip -= len(values)
                continue
            for value in values[skip : skip + count].to_pylist():
                yield value["bytes"] if isinstance(value, dict) else value
            count -= min(len(values) - skip, count)
            skip = 0
            if not count:
                return
