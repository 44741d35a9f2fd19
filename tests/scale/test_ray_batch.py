"""A batch on a real Ray cluster of this machine whose workers die on the way: one is killed, one hangs on a clip."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from batches import COMMAND, ENVIRONMENT, batch, gif, rows_of

pytest.importorskip("ray", reason="needs Ray: pip install 'gifect[scale]'")
pytestmark = pytest.mark.slow

CLIPS = 30


@pytest.fixture
def many(tmp_path: Path) -> Path:
    folder = tmp_path / "clips"
    folder.mkdir()
    for k in range(CLIPS):
        (folder / f"{k:02d}.gif").write_bytes(gif(k))
    (folder / "text.gif").write_text("no clip")
    os.mkfifo(folder / "held.gif")  # whoever opens it waits for ever
    return folder


def worker_of(shard: Path) -> int:
    """Return the id of the process that wrote a shard."""
    return int(pq.read_schema(shard).metadata[b"gifect.worker"].rpartition(b":")[2])


def test_a_worker_is_killed_and_nothing_is_lost(many: Path, tmp_path: Path) -> None:
    output, log = tmp_path / "out", tmp_path / "log"
    command = [*COMMAND, str(many), str(output), "--engine", "ray", "--jobs", "2", "--shard", "3", "--seconds", "30"]
    with log.open("wb") as said:
        running = subprocess.Popen(command, env=ENVIRONMENT, stdout=said, stderr=said)
        until = time.monotonic() + 600
        while not (done := sorted((output / "readings").glob("shard-*"))) and time.monotonic() < until:
            assert running.poll() is None, log.read_text()
            time.sleep(0.02)
        killed = worker_of(done[0])
        os.kill(killed, signal.SIGKILL)
        assert running.poll() is None and len(list((output / "readings").glob("shard-*"))) < 10
        assert running.wait(900) == 1, log.read_text()
    rows = rows_of(output)
    assert [row["number"] for row in rows if row["error"]] == [CLIPS, CLIPS + 1]
    assert len(rows) == CLIPS + 2 and "not done within 30 s" in rows[CLIPS]["error"]
    assert sorted(path.name for path in output.iterdir()) == ["failed.csv", "manifest.json", "plan", "readings"]
    workers = {worker_of(shard) for shard in (output / "readings").glob("shard-*")}
    assert killed in workers and len(workers) >= 2
    batch(many, tmp_path / "local", "--shard", 7, "--seconds", 30, code=1)
    for own, other in zip(rows, rows_of(tmp_path / "local"), strict=True):
        assert {**own, "seconds": 0} == {**other, "seconds": 0}


@pytest.mark.parametrize("address", ["127.0.0.1:9", "ray://127.0.0.1:9", "somewhere"])
def test_a_cluster_that_is_not_there(many: Path, tmp_path: Path, address: str) -> None:
    done = batch(many, tmp_path / "out", "--engine", "ray", "--address", address, code=1)
    assert done.stderr.startswith(f"gifect: no cluster at {address}: ") and len(done.stderr.splitlines()) == 1


def test_what_dooms_every_clip_ends_the_batch(many: Path, tmp_path: Path) -> None:
    (many / "held.gif").unlink()
    done = batch(many, tmp_path / "out", "--engine", "ray", "--jobs", 1, "--actions", "c4d", code=1)
    assert "00.gif: " in done.stderr.splitlines()[-1] and "c4d" in done.stderr.splitlines()[-1]
