"""What labelers agree on becomes a data set."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from gifect.collect.candidates import Candidate
from gifect.collect.export import collect_labels, export_collection
from gifect.collect.label import Label, LabelStore
from gifect.collect.portraits import overlap
from gifect.emotions import SEVENTEEN
from gifect.errors import CollectError
from gifect.media.clip import Clip
from gifect.media.write import write_clip


@pytest.fixture
def store(tmp_path: Path) -> LabelStore:
    """Return a store in which 40 GIFs show fear, every second of them surprise too, and two nothing."""
    store = LabelStore(f"sqlite:///{tmp_path}/labels.db")
    gifs = [f"giphy-{k:02d}" for k in range(42)]
    for emotion in ("fear", "surprise"):
        store.set_queue(emotion, gifs)
    for k, gif in enumerate(gifs):
        for labeler in ("ann", "bob"):
            store.add(Label("fear", gif, labeler, k < 40, cartoon=k % 4 == 0, multiple=labeler == "bob" and k == 1))
            store.add(Label("surprise", gif, labeler, k < 40 and k % 2 == 0))
    return store


def test_the_folder_holds_everything(store: LabelStore, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    known = {"giphy-00": Candidate("giphy", "00", "https://media.example/0.gif", tags=("scared", "cat"))}
    export_collection(collect_labels(store), folder, known, "Frights")
    rows = list(csv.DictReader((folder / "labels.csv").open()))
    assert len(rows) == 40
    assert [rows[0][name] for name in ("gif", "url", "tags", "fear", "surprise", "anger", "cartoon")] == [
        *("giphy-00", "https://media.example/0.gif", "scared; cat", "True", "True", "False", "True"),
    ]
    assert rows[1]["multiple"] == "True" and rows[2]["multiple"] == "False"
    parts = {split: pq.read_table(folder / "data" / f"{split}-00000.parquet") for split in ("train", "test")}
    names = {split: part["gif"].to_pylist() for split, part in parts.items()}
    assert sorted(names["train"] + names["test"]) == [row["gif"] for row in rows]
    assert (folder / "test.txt").read_text().split() == names["test"]
    assert 0 < len(names["test"]) < 20
    assert parts["train"].schema == parts["test"].schema
    card = (folder / "README.md").read_text()
    assert "pretty_name: Frights" in card and "| fear | 40 |" in card and "path: data/test-*.parquet" in card
    assert (folder / "overlap.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(CollectError, match="is not empty"):
        export_collection(collect_labels(store), folder)


def test_splits_do_not_change_when_gifs_come_in(store: LabelStore) -> None:
    before = collect_labels(store)
    store.set_queue("anger", ["another", "giphy-00"])
    for labeler in ("ann", "bob"):
        store.add(Label("anger", "another", labeler, True))
    after = collect_labels(store)
    split = dict(zip(after.gifs, after.is_test, strict=True))
    assert all(split[gif] == is_test for gif, is_test in zip(before.gifs, before.is_test, strict=True))


def test_overlap_is_the_share_of_the_row(store: LabelStore) -> None:
    shares = overlap(collect_labels(store).positive)
    fear, surprise, anger = (SEVENTEEN.index(name) for name in ("fear", "surprise", "anger"))
    assert (shares[fear, surprise], shares[surprise, fear], shares[fear, fear]) == (0.5, 1.0, 1.0)
    assert np.isnan(shares[anger]).all()


def test_nothing_agreed_on_is_told(tmp_path: Path) -> None:
    with pytest.raises(CollectError, match="no GIF has an emotion that two labelers agree on"):
        collect_labels(LabelStore(f"sqlite:///{tmp_path}/labels.db"))


def test_frames_and_delays_of_the_clips_at_hand(store: LabelStore, tmp_path: Path) -> None:
    clips, folder = tmp_path / "clips", tmp_path / "set"
    clips.mkdir()
    for k, (frames, delay) in enumerate([(2, 50), (8, 100), (30, 120)]):
        pictures = np.random.default_rng(k).integers(0, 255, (frames, 24, 32, 3), np.uint8)
        write_clip(Clip.from_frames(pictures, delay), clips / f"giphy-{k:02d}.gif")
    (clips / "giphy-03.gif").write_bytes(b"GIF89a")
    export_collection(collect_labels(store), folder, clips=clips)
    rows = list(csv.DictReader((folder / "labels.csv").open()))
    columns = ("frames", "delay_ms", "width", "height")
    assert [[row[name] for name in columns] for row in rows[:4]] == [
        ["2", "50", "32", "24"],
        ["8", "100", "32", "24"],
        ["30", "120", "32", "24"],
        ["", "", "", ""],
    ]
    assert "Half of the 3 clips at hand have more than 8 frames; the median delay is 100 ms" in (
        (folder / "README.md").read_text()
    )
    assert (folder / "lengths.png").read_bytes().startswith(b"\x89PNG")
    assert pq.read_table(folder / "data" / "train-00000.parquet")["frames"].type == "int32"
