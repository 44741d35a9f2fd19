"""``gifect collect rank``: the order in which labelers look at candidates."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gifect.cli.errors import UsageError
from gifect.cli.words import printable
from gifect.emotions import SEVENTEEN

if TYPE_CHECKING:
    from gifect.collect.label import LabelStore

__all__ = ["rank"]


def _queue_table(table: Path, labels: LabelStore) -> None:
    """Set the queues by a CSV with a column gif and one of scores for each emotion that it ranks."""
    rows = _rows_of(table)
    given = set(rows[0]) if rows else set()
    names = [name for name in SEVENTEEN if name in given]
    if "gif" not in given or not names:
        raise UsageError(f"{table}: expected a column gif and at least one named after an emotion")
    try:
        scores = [(str(row["gif"]), [float(row[name]) for name in names]) for row in rows]
    except (TypeError, ValueError) as error:
        raise UsageError(f"{table}: a score is no number: {error}") from error
    for k, name in enumerate(names):
        count = labels.set_queue(name, (gif for gif, own in sorted(scores, key=lambda row: -row[1][k])))
        print(f"{name}: {count:,} GIFs to look at")


def _queue_readings(source: Path, labels: LabelStore, candidates: Path | None, jobs: int) -> None:
    """Set all queues by readings: of the clips of a folder, or of a table of readings."""
    from gifect.collect.candidates import CandidateFile
    from gifect.collect.rank import rank_gifs

    if _holds_clips(source):
        rows = _read_folder(source, jobs)
    else:
        rows = {_name(row["source"]): row for row in _rows_of(source) if not row.get("error")}
    if not rows:
        raise UsageError(f"{source}: no reading to rank by")
    verdicts = {name: labels.verdicts(name) for name in SEVENTEEN}
    said = {
        name: {gif: verdict.positive for gif, verdict in own.items() if verdict.positive is not None}
        for name, own in verdicts.items()
    }
    tags = {key: one.tags for key, one in CandidateFile(candidates).known.items()} if candidates else None
    ranking = rank_gifs(rows, said, tags)
    for name in SEVENTEEN:
        labels.set_queue(name, ranking.order(name))
    how = f"their readings and the labels of {ranking.labelled:,}" if ranking.labelled else "their readings"
    print(f"{len(rows):,} GIFs to look at for each emotion, ranked by {how}")


def _is_of_readings(table: Path) -> bool:
    """Whether a table has readings rather than scores."""
    if table.suffix == ".parquet":
        return True
    with table.open(newline="", encoding="utf-8-sig") as file:
        return f"intensity_{SEVENTEEN[0]}" in next(csv.reader(file), [])


def _holds_clips(source: Path) -> bool:
    """Whether a source is a folder of clips, not one of tables of readings."""
    return source.is_dir() and not any(source.glob("*.parquet"))


def _rows_of(table: Path) -> list[dict[str, Any]]:
    if table.suffix == ".parquet" or table.is_dir():
        import pyarrow.parquet as pq

        return list(pq.read_table(table).to_pylist())
    with table.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def _name(path: str) -> str:
    return Path(path).stem


def _read_folder(folder: Path, jobs: int) -> dict[str, Mapping[str, Any]]:
    from gifect.cli.batch import Interruption, read_all
    from gifect.cli.sources import expand
    from gifect.cli.work import Asked
    from gifect.feeling.row import COLUMNS, flat

    names = [column.name for column in COLUMNS]
    rows: dict[str, Mapping[str, Any]] = {}
    with Interruption() as interruption:
        for outcome in read_all(expand([str(folder)]), Asked(), jobs, interruption):
            if outcome.reading is None:
                print(printable(f"left out: {outcome.error}"))
            else:
                rows[_name(outcome.source.name)] = dict(zip(names, flat(outcome.reading), strict=True))
    if interruption.asked:
        raise typer.Abort
    return rows


def rank(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="CLIPS|TABLE",
            help="A folder of clips, their readings (.csv, .parquet, those of a batch), or a CSV with a column gif "
            "and one of scores for each emotion.",
            show_default=False,
        ),
    ],
    candidates: Annotated[
        Path | None,
        typer.Option("--candidates", help="File of a search: tags are learnt from, too.", show_default=False),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes that read clips.")] = 2,
    store: Annotated[
        str, typer.Option("--store", metavar="URL", help="Where labels are kept.")
    ] = "sqlite:///labels.db",
) -> None:
    """Set the order in which labelers look at candidates, for each emotion: the most promising first.

    Clips are read and ranked by the intensities of the readings; once two labelers agree on 50 of them, a recogniser
    learns from the labels. Rank again whenever labels have come in.
    """
    from gifect.cli.collect import open_labels

    if source.is_dir() or _is_of_readings(source):
        _queue_readings(source, open_labels(store), candidates, jobs)
    else:
        _queue_table(source, open_labels(store))
