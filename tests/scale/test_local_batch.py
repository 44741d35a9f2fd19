"""Batches on this machine: one row for each input, whatever is in it and whatever dies on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from batches import COMMAND, ENVIRONMENT, batch, failed_of, gif, rows_of

import gifect
from gifect.errors import BatchError
from gifect.feeling.row import COLUMNS, flat
from gifect.scale.inputs import Input, find_inputs, load_rows
from gifect.scale.plan import open_plan
from gifect.scale.reading import Options, Task, read_task
from gifect.scale.run import read_shards
from gifect.scale.storage import Folder

needs_proc = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks at processes as Linux shows them")


def test_a_folder_becomes_one_row_a_clip(clips: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    done = batch(clips, output, "--shard", 5, "--whole", code=1)
    assert done.stdout.startswith(f"{output}: 10 clips read, 2 could not be; 12 of them now, ")
    rows = rows_of(output)
    assert [Path(row["source"]).name for row in rows][-3:] == ["half.gif", "text.gif", "größe 日本.gif"]
    assert [row["number"] for row in rows if row["error"]] == [9, 10]
    assert [(row["number"], Path(row["source"]).name) for row in failed_of(output)] == [
        ("9", "half.gif"),
        ("10", "text.gif"),
    ]
    expected = gifect.read(clips / "3.gif")
    assert gifect.Reading.from_json(rows[3]["reading"]) == expected
    cells = dict(zip([column.name for column in COLUMNS], flat(expected), strict=True))
    assert {name: rows[3][name] for name in cells} == cells
    assert rows[9]["emotion"] is None
    names = sorted(path.name for path in (output / "readings").iterdir())
    assert names == [f"shard-{k:06d}.parquet" for k in range(3)]
    manifest = json.loads((output / "manifest.json").read_text())
    assert (manifest["inputs"], manifest["summary"]["read"], manifest["summary"]["failed"]) == (12, 10, 2)
    assert batch(clips, output, "--shard", 5, "--whole", code=1).stdout == f"{output}: 10 clips read, 2 could not be\n"


def test_a_list_may_name_clips_twice_and_clips_that_are_not_there(clips: Path, tmp_path: Path) -> None:
    table = tmp_path / "list.txt"
    table.write_text(f"{clips / '0.gif'}\n\n{clips / '1.gif'}\n{clips / '0.gif'}\n{clips / 'gone.gif'}\n")
    batch(table, tmp_path / "out", code=1)
    rows = rows_of(tmp_path / "out")
    assert [row["emotion"] is None for row in rows] == [False, False, False, True]
    assert rows[0]["score_anger"] == rows[2]["score_anger"]
    assert "no such file" in rows[3]["error"]


def test_rows_of_parquet_files(tmp_path: Path) -> None:
    folder = tmp_path / "tables"
    folder.mkdir()
    held = [gif(k) for k in range(40)]
    plain = pa.table({"id": [f"g{k}" for k in range(20)], "gif": pa.array([*held[:19], None], pa.binary())})
    pq.write_table(plain, folder / "a.parquet", row_group_size=7)
    nested = [{"bytes": data, "path": f"{k}.gif"} for k, data in enumerate(held[20:])]
    pq.write_table(pa.table({"image": nested}), folder / "b.parquet", row_group_size=6)
    inputs = list(find_inputs(str(folder)))
    assert [found.source for found in inputs[:2]] == ["g0", "g1"]
    assert inputs[25].source == f"{folder}/b.parquet#5" and inputs[25].row == 5
    assert [data for _, data in load_rows(inputs)] == [*held[:19], None, *held[20:]]
    assert [data for _, data in load_rows(inputs[9:24])] == [*held[9:19], None, *held[20:24]]
    named = pa.table({"path": ["x.gif", "https://a.example/y.gif"]})
    pq.write_table(named, tmp_path / "names.parquet")
    places = [found.place for found in find_inputs(str(tmp_path / "names.parquet"))]
    assert places == [str(Path.cwd() / "x.gif"), "https://a.example/y.gif"]


def test_a_parquet_file_that_is_cut_short_meanwhile(tmp_path: Path) -> None:
    table = tmp_path / "clips.parquet"
    pq.write_table(pa.table({"gif": [gif(k) for k in range(4)]}), table)
    plan = open_plan(str(table), str(tmp_path / "out"), Options(), 10)
    table.write_bytes(table.read_bytes()[:100])
    assert [(shard.read, shard.failed) for shard in read_shards(plan, plan.missing(), 1)] == [(0, 4)]
    assert "cannot be read" in rows_of(tmp_path / "out")[2]["error"]


def test_killed_at_any_moment_it_goes_on(clips: Path, tmp_path: Path) -> None:
    output = tmp_path / "out"
    command = [*COMMAND, str(clips), str(output), "--shard", "2", "--jobs", "1"]
    kills = 0
    for wanted in (0, 1, 3):  # shards there before it is killed
        running = subprocess.Popen(command, env=ENVIRONMENT, start_new_session=True, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 100
        while len(Folder(str(output)).names("readings")) < wanted and time.monotonic() < until:
            time.sleep(0.01)
        kills += running.poll() is None
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
    assert kills == 3
    times = {path: path.stat().st_mtime_ns for path in (output / "readings").glob("shard-*")}
    assert 3 <= len(times) < 6
    assert batch(clips, output, "--shard", 2, code=1).stdout.startswith(f"{output}: 10 clips read, 2 could not be; ")
    assert not list((output / "readings").glob(".*"))
    assert all(path.stat().st_mtime_ns == then for path, then in times.items())
    assert len(rows_of(output)) == 12


@needs_proc
def test_a_clip_that_kills_or_holds_its_process_costs_one_row(tmp_path: Path) -> None:
    folder = tmp_path / "clips"
    folder.mkdir()
    for k in range(3):
        (folder / f"{k}.gif").write_bytes(gif(k))
    os.mkfifo(folder / "1-held.gif")  # whoever opens it waits for ever
    batch(folder, tmp_path / "out", "--seconds", 30, "--jobs", 1, code=1)
    rows = rows_of(tmp_path / "out")
    assert [row["error"] is None for row in rows] == [True, False, True, True]
    assert "not done within 30 s" in rows[1]["error"]


def test_another_call_does_not_go_on(clips: Path, tmp_path: Path) -> None:
    output = str(tmp_path / "out")
    plan = open_plan(str(clips), output, Options(), 5)
    assert open_plan(str(clips), output, Options(), 99).shard_size == 5
    assert plan.shards == 3 and plan.size_of(2) == 2
    with pytest.raises(BatchError, match="expected the same call, or a new folder"):
        open_plan(str(clips), output, Options(whole=True), 5)
    with pytest.raises(BatchError, match="input was"):
        open_plan(str(tmp_path), output, Options(), 5)
    (tmp_path / "out" / "manifest.json").write_text("{")
    with pytest.raises(BatchError, match="is damaged"):
        open_plan(str(clips), output, Options(), 5)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("empty", "nothing to read"),
        ("missing", "nothing to read"),
        ("missing.txt", "No such file"),
        ("strange.parquet", "expected a column of bytes, or one named path"),
        ("half.parquet", "no Parquet file"),
    ],
)
def test_what_is_no_input_is_told(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "empty").mkdir()
    pq.write_table(pa.table({"size": [1]}), tmp_path / "strange.parquet")
    (tmp_path / "half.parquet").write_bytes((tmp_path / "strange.parquet").read_bytes()[:60])
    with pytest.raises(BatchError, match=words):
        open_plan(str(tmp_path / name), str(tmp_path / "out"), Options(), 5)
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_a_folder_of_something_else_is_left_alone(clips: Path, tmp_path: Path) -> None:
    with pytest.raises(BatchError, match="is not empty and holds no batch"):
        open_plan(str(clips), str(clips), Options(), 5)
    done = batch(clips, tmp_path / "out", "--engine", "dask", code=2)
    assert done.stderr == "gifect: --engine 'dask': expected local or ray\n"
    assert batch(clips, tmp_path / "out", "--address", "auto", code=2).stderr.startswith("gifect: --address names")


def test_what_dooms_every_clip_ends_the_batch(clips: Path, tmp_path: Path) -> None:
    plan = open_plan(str(clips), str(tmp_path / "out"), Options(actions="c4d"), 5)
    with pytest.raises(BatchError, match=r"0\.gif: .*c4d"):
        list(read_shards(plan, plan.missing(), 1))
    assert plan.missing() == [0, 1, 2]


def test_results_and_clips_may_lie_in_a_store(clips: Path) -> None:
    import fsspec

    store = fsspec.filesystem("memory")
    for name in ("0.gif", "half.gif"):
        store.pipe_file(f"/bucket/clips/{name}", (clips / name).read_bytes())
    plan = open_plan("memory://bucket/clips", "memory://bucket/out", Options(), 2)
    inputs = plan.inputs_of(0)
    assert [found.source for found in inputs] == ["memory:///bucket/clips/0.gif", "memory:///bucket/clips/half.gif"]
    outcomes = [read_task(Task(found), Options()) for found in inputs]  # in this process: its memory is the store
    assert [outcome.error is None for outcome in outcomes] == [True, False]
    assert outcomes[0].row()["emotion"] == gifect.read(clips / "0.gif").emotion
    plan.folder.write("readings/shard-000000.parquet", b"whole")
    assert plan.missing() == [] and plan.folder.read("readings/shard-000000.parquet") == b"whole"
    assert read_task(Task(Input(0, "gone", "memory://bucket/gone.gif")), Options()).error is not None
    store.rm("/bucket", recursive=True)
