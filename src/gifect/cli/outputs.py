"""Where readings go: JSON on stdout, CSV, Parquet, the HTML report. Each takes one reading at a time."""

from __future__ import annotations

import csv
import importlib.util
import io
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from gifect.cli.atomic import OutputFile
from gifect.cli.errors import OutputError
from gifect.cli.work import Outcome
from gifect.errors import MissingExtraError
from gifect.feeling.row import COLUMNS, Cell, flat

if TYPE_CHECKING:
    from gifect.cli.report import Report

__all__ = ["CsvOutput", "HtmlOutput", "JsonOutput", "Output", "ParquetOutput"]

PARQUET_ROWS = 512  # rows of a group, written together


class Output(Protocol):
    """Something that takes readings one by one."""

    def add(self, outcome: Outcome) -> None:
        """Take one clip that was read."""

    def finish(self, errors: Sequence[str], interrupted: bool) -> None:
        """Complete the output with what it has."""

    def discard(self) -> None:
        """Leave nothing behind; does nothing after ``finish``."""


class JsonOutput:
    """JSON on stdout: one object for a single file, else a list with a reading on each line."""

    def __init__(self, *, listed: bool) -> None:
        self.listed = listed
        self.count = 0

    def add(self, outcome: Outcome) -> None:
        assert outcome.reading is not None
        if not self.listed:
            sys.stdout.write(outcome.reading.to_json(indent=2) + "\n")
            return
        sys.stdout.write("[\n" if self.count == 0 else ",\n")
        sys.stdout.write(outcome.reading.to_json())
        sys.stdout.flush()
        self.count += 1

    def finish(self, errors: Sequence[str], interrupted: bool) -> None:
        if self.listed:
            sys.stdout.write("\n]\n" if self.count else "[]\n")
        sys.stdout.flush()

    def discard(self) -> None:
        pass


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror or error}") from error


class CsvOutput:
    """A table as CSV in UTF-8, one row a clip."""

    def __init__(self, path: Path) -> None:
        self.file = OutputFile(path)
        self.text = io.TextIOWrapper(self.file.stream, encoding="utf-8", newline="", write_through=True)
        self.writer = csv.writer(self.text)
        with _writing(path):
            self.writer.writerow(column.name for column in COLUMNS)

    def add(self, outcome: Outcome) -> None:
        assert outcome.reading is not None
        with _writing(self.file.path):
            self.writer.writerow(flat(outcome.reading))

    def finish(self, errors: Sequence[str], interrupted: bool) -> None:
        self.file.commit()

    def discard(self) -> None:
        self.file.discard()


class ParquetOutput:
    """The same table as Parquet."""

    def __init__(self, path: Path) -> None:
        if importlib.util.find_spec("pyarrow") is None:
            raise MissingExtraError("--parquet", "library")
        import pyarrow as pa
        import pyarrow.parquet as pq

        kinds = {"string": pa.string(), "int": pa.int64(), "float": pa.float64()}
        self.file = OutputFile(path)
        self.schema = pa.schema([(column.name, kinds[column.kind]) for column in COLUMNS])
        self.writer: Any = pq.ParquetWriter(self.file.stream, self.schema)
        self.rows: list[list[Cell]] = []

    def add(self, outcome: Outcome) -> None:
        assert outcome.reading is not None
        self.rows.append(flat(outcome.reading))
        if len(self.rows) >= PARQUET_ROWS:
            self._write()

    def _write(self) -> None:
        import pyarrow as pa

        columns = [
            pa.array(cells, field.type) for cells, field in zip(zip(*self.rows, strict=True), self.schema, strict=True)
        ]
        with _writing(self.file.path):
            self.writer.write_table(pa.Table.from_arrays(columns, schema=self.schema))
        self.rows = []

    def finish(self, errors: Sequence[str], interrupted: bool) -> None:
        if self.rows:
            self._write()
        with _writing(self.file.path):
            self.writer.close()
        self.file.commit()

    def discard(self) -> None:
        self.file.discard()


class HtmlOutput:
    """The report."""

    def __init__(self, path: Path, background: tuple[int, int, int], *, many: bool) -> None:
        self.file = OutputFile(path)
        self.background, self.many = background, many
        self._report: Report | None = None

    @property
    def report(self) -> Report:
        """The page, begun when it is first needed: a wrong path is told without loading the templates."""
        if self._report is None:
            from gifect.cli.report import Report

            self._report = Report(self.background, many=self.many)
        return self._report

    def add(self, outcome: Outcome) -> None:
        assert outcome.reading is not None and outcome.pictures is not None
        with _writing(self.file.path):
            self.report.add(outcome.source, outcome.reading, outcome.pictures)

    def finish(self, errors: Sequence[str], interrupted: bool) -> None:
        with _writing(self.file.path):
            self.report.write(self.file.stream, errors, interrupted=interrupted)
        self.report.close()
        self.file.commit()

    def discard(self) -> None:
        self.file.discard()
