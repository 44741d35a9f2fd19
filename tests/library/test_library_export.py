"""Exports hold every entry, in forms that others read; counts are right."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from gifect.emotions import SEVEN
from gifect.errors import LibraryError
from gifect.library import Entry, Library


def test_csv_and_json_and_parquet_say_the_same(sampled: Library, tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    for suffix in ("csv", "json", "parquet"):
        assert sampled.export(tmp_path / f"clips.{suffix}") == 6
    entries = list(sampled.entries())
    assert [Entry.model_validate(row) for row in json.loads((tmp_path / "clips.json").read_text())] == entries
    with (tmp_path / "clips.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    table = parquet.read_table(tmp_path / "clips.parquet").to_pylist()
    for entry, row, other in zip(entries, rows, table, strict=True):
        assert row["source"] == other["source"] == entry.source
        assert float(row["happiness"]) == other["happiness"] == entry.intensities["happiness"]
        assert row["tags"].split("; ") == other["tags"] == list(entry.tags)


def test_coco_refers_to_what_it_lists(sampled: Library, tmp_path: Path) -> None:
    sampled.export(tmp_path / "clips.json", "coco")
    table = json.loads((tmp_path / "clips.json").read_text())
    category = {one["id"]: one["name"] for one in table["categories"]}
    image = {one["id"]: one for one in table["images"]}
    assert tuple(category.values()) == SEVEN
    said = {image[one["image_id"]]["file_name"]: category[one["category_id"]] for one in table["annotations"]}
    assert said == {entry.source: entry.emotion for entry in sampled.entries()}


def test_fiftyone_has_samples_and_metadata(sampled: Library, tmp_path: Path) -> None:
    assert sampled.export(tmp_path / "set", "fiftyone") == 6
    samples = json.loads((tmp_path / "set" / "samples.json").read_text())["samples"]
    assert {sample["filepath"]: sample["emotion"]["label"] for sample in samples} == {
        entry.source: entry.emotion for entry in sampled.entries()
    }
    assert json.loads((tmp_path / "set" / "metadata.json").read_text())["media_type"] == "video"


def test_what_cannot_be_written_is_told(sampled: Library, tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="no format 'xlsx'"):
        sampled.export(tmp_path / "clips.xlsx")
    with pytest.raises(LibraryError, match="cannot be written"):
        sampled.export(tmp_path / "nowhere" / "clips.csv")
    with pytest.raises(LibraryError, match="a folder"):
        sampled.export(tmp_path, "csv")
    assert list(tmp_path.iterdir()) == []


def test_counts(sampled: Library, tmp_path: Path) -> None:
    plots = pytest.importorskip("gifect.library.plots", reason="plots need matplotlib")
    stats = sampled.stats()
    assert stats.count == len(stats.durations_ms) == sum(stats.emotions.values()) == 6
    assert stats.emotions["happiness"] == 1
    plots.save_stats(stats, tmp_path / "stats.png")
    assert (tmp_path / "stats.png").stat().st_size > 10_000
