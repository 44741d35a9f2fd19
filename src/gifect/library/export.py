"""Writing a library out: CSV, JSON, Parquet, FiftyOne's and a COCO-like form."""

from __future__ import annotations

import csv
import json
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

from gifect.emotions import SEVEN, SEVENTEEN
from gifect.errors import LibraryError, MissingExtraError
from gifect.library.results import Entry

__all__ = ["FORMATS", "export_entries"]

FORMATS = ("csv", "json", "parquet", "fiftyone", "coco")
ROWS_AT_ONCE = 5000
FACTS = ("id", "source", "added", "frames", "duration_ms", "width", "height", "emotion", "confidence")


def export_entries(entries: Iterable[Entry], path: Path, format: str | None = None) -> int:
    """Write entries and return how many; the file is there whole or not at all. See ``Library.export``.

    Raises
    ------
    LibraryError
        If the form is unknown or nothing can be written there.
    """
    form = format or path.suffix.lower().removeprefix(".") or "fiftyone"
    if form not in FORMATS:
        raise LibraryError(f"no format {form!r}: expected one of {', '.join(FORMATS)}, or such a suffix")
    writers: dict[str, Callable[[Iterable[Entry], Path], int]] = {
        "csv": _write_csv,
        "json": _write_json,
        "parquet": _write_parquet,
        "fiftyone": _write_fiftyone,
        "coco": _write_coco,
    }
    try:
        if form == "fiftyone":
            path.mkdir(parents=True, exist_ok=True)
        elif path.is_dir():
            raise LibraryError(f"{path}: a folder, expected a file to write")
        return writers[form](entries, path)
    except OSError as error:
        raise LibraryError(f"{path} cannot be written: {error.strerror or error}") from error


@contextmanager
def _whole(path: Path, mode: str = "w") -> Iterator[IO[Any]]:
    part = path.with_name(f".{path.name}-{secrets.token_hex(4)}")
    text: dict[str, Any] = {} if "b" in mode else {"encoding": "utf-8", "newline": ""}
    try:
        with part.open(mode, **text) as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _flat(entry: Entry) -> dict[str, Any]:
    row: dict[str, Any] = {name: getattr(entry, name) for name in FACTS}
    row |= {f"is_{name}": entry.scores[name] for name in SEVEN} | entry.intensities
    row |= {"quadrant": entry.quadrant, "medium": entry.medium, "people": entry.people}
    row |= {name: list(getattr(entry, name)) for name in ("tags", "own_tags", "captions")}
    return row | {"duplicate_of": entry.duplicate_of}


COLUMNS = (
    *(*FACTS, *(f"is_{name}" for name in SEVEN), *SEVENTEEN, "quadrant", "medium", "people"),
    *("tags", "own_tags", "captions", "duplicate_of"),
)


def _write_csv(entries: Iterable[Entry], path: Path) -> int:
    count = 0
    with _whole(path) as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        for entry in entries:
            count += 1
            row = _flat(entry)
            row |= {name: "; ".join(row[name]) for name in ("tags", "own_tags", "captions")}
            writer.writerow(row | {"added": entry.added.isoformat()})
    return count


def _write_json(entries: Iterable[Entry], path: Path) -> int:
    count = 0
    with _whole(path) as file:
        file.write("[")
        for count, entry in enumerate(entries, 1):
            file.write(",\n" if count > 1 else "\n")
            file.write(entry.model_dump_json())
        file.write("\n]\n")
    return count


def _write_parquet(entries: Iterable[Entry], path: Path) -> int:
    if find_spec("pyarrow") is None:
        raise MissingExtraError("Parquet", "library")
    import pyarrow as pa
    import pyarrow.parquet as pq

    kinds = dict.fromkeys(COLUMNS, pa.string()) | {"added": pa.timestamp("ms", "UTC")}
    kinds |= dict.fromkeys(("frames", "duration_ms", "width", "height", "people"), pa.int64())
    kinds |= dict.fromkeys(("confidence", *(f"is_{name}" for name in SEVEN), *SEVENTEEN), pa.float64())
    kinds |= dict.fromkeys(("tags", "own_tags", "captions"), pa.list_(pa.string()))
    schema = pa.schema(list(kinds.items()))
    count, rows = 0, []
    with _whole(path, "wb") as file, pq.ParquetWriter(file, schema) as writer:
        for entry in entries:
            count += 1
            rows.append(_flat(entry))
            if len(rows) == ROWS_AT_ONCE:
                writer.write_table(pa.Table.from_pylist(rows, schema))
                rows = []
        writer.write_table(pa.Table.from_pylist(rows, schema))
    return count


def _write_fiftyone(entries: Iterable[Entry], folder: Path) -> int:
    """Write a folder that FiftyOne reads as a dataset of the type ``FiftyOneDataset``: metadata.json and
    samples.json; the clips stay where they are."""
    fields = {"emotion": "Classification", "tags_found": "Classifications"}
    count = 0
    with _whole(folder / "samples.json") as file:
        file.write('{"samples": [')
        for count, entry in enumerate(entries, 1):
            file.write(",\n" if count > 1 else "\n")
            json.dump(_sample(entry), file)
        file.write("\n]}\n")
    described = {
        "name": "gifect",
        "media_type": "video",
        "sample_fields": {name: f"fiftyone.core.labels.{kind}" for name, kind in fields.items()},
    }
    with _whole(folder / "metadata.json") as file:
        json.dump(described, file, indent=1)
    return count


def _sample(entry: Entry) -> dict[str, Any]:
    def label(name: str, confidence: float | None = None) -> dict[str, Any]:
        return {"_cls": "Classification", "label": name, "confidence": confidence}

    return {
        "filepath": entry.source,
        "tags": list(entry.own_tags),
        "emotion": label(entry.emotion, entry.confidence),
        "tags_found": {"_cls": "Classifications", "classifications": [label(tag) for tag in entry.tags]},
        "quadrant": entry.quadrant,
        "captions": list(entry.captions),
        **{f"intensity_{name}": value for name, value in entry.intensities.items()},
        "gifect_id": entry.id,
    }


def _write_coco(entries: Iterable[Entry], path: Path) -> int:
    """Write images, annotations and categories as COCO has them; an annotation is the emotion of a whole clip."""
    images, annotations = [], []
    for number, entry in enumerate(entries, 1):
        images.append(
            {
                "id": number,
                "file_name": entry.source,
                "width": entry.width,
                "height": entry.height,
                "frames": entry.frames,
                "duration_ms": entry.duration_ms,
            }
        )
        annotations.append(
            {
                "id": number,
                "image_id": number,
                "category_id": SEVEN.index(entry.emotion) + 1,
                "bbox": [0, 0, entry.width, entry.height],
                "area": entry.width * entry.height,
                "iscrowd": 0,
                "score": entry.confidence,
                "attributes": {"intensities": entry.intensities, "quadrant": entry.quadrant, "tags": list(entry.tags)},
                "caption": " / ".join(entry.captions),
            }
        )
    categories = [{"id": k, "name": name, "supercategory": "emotion"} for k, name in enumerate(SEVEN, 1)]
    with _whole(path) as file:
        json.dump({"images": images, "annotations": annotations, "categories": categories}, file)
    return len(images)
