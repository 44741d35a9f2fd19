"""Runs over many clips: stopped by a person, or hit by the death of a worker.

A named pipe among the clips holds the worker that opens it for as long as the test likes.
"""

from __future__ import annotations

import contextlib
import csv
import json
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from driving import COMMAND, ENVIRONMENT

import gifect as gifect_package

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="looks at processes as Linux shows them")


def heed_interrupts() -> None:
    """Undo what a job in the background inherits: to ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@contextlib.contextmanager
def started(*arguments: object) -> Iterator[subprocess.Popen[str]]:
    """Start the command line in a process group of its own that hears Ctrl-C, as a shell does; end the group at the
    end."""
    process = subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=ENVIRONMENT,
        start_new_session=True,
        preexec_fn=heed_interrupts,
    )
    too_late = threading.Timer(60, os.killpg, (process.pid, signal.SIGKILL))
    too_late.start()
    try:
        yield process
    finally:
        too_late.cancel()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def held_clip(path: Path) -> Path:
    os.mkfifo(path)
    return path


def wait_until_read(pipe: Path) -> int:
    """Wait until a worker has opened the pipe, and return the end to write to: the worker now waits for it."""
    return os.open(pipe, os.O_WRONLY)


def interrupted(process: subprocess.Popen[str]) -> tuple[str, str]:
    """Press Ctrl-C and return what the process printed; once more if the first fell into the moment before the read
    from the pipe began, which no signal handler of Python's can close."""
    for _ in range(3):
        os.killpg(process.pid, signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            return process.communicate(timeout=10)
    raise AssertionError("the process goes on after three interrupts")


def workers_of(pid: int) -> list[int]:
    """Return the processes that read for the process `pid`."""
    with contextlib.suppress(FileNotFoundError):  # a process that ends meanwhile
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [int(child) for child in children if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes()]
    return []


def test_ctrl_c_stops_soon_and_keeps_what_was_read(clips: list[Path], tmp_path: Path) -> None:
    pipe = held_clip(tmp_path / "held.gif")
    outputs = ("--json", "--csv", tmp_path / "a.csv", "--html", tmp_path / "a.html")
    with started("read", *clips, pipe, clips[0].parent / "never.gif", *outputs, "--jobs", "1") as process:
        assert process.stdout is not None
        assert process.stderr is not None
        lines = [process.stdout.readline() for _ in range(len(clips))]  # "[", and all but the last, whose line is open
        end = wait_until_read(pipe)
        workers = workers_of(process.pid)
        os.killpg(process.pid, signal.SIGINT)
        # Not communicate(), which would lose what readline() has read ahead.
        rest, errors = process.stdout.read(), process.stderr.read()
        process.wait(20)
        os.close(end)
    assert process.returncode == 130
    assert [entry["source"] for entry in json.loads("".join(lines) + rest)] == [str(clip) for clip in clips]
    assert errors.splitlines()[0] == f"gifect: stopped by Ctrl-C; {len(clips)} of {len(clips) + 2} clips were read"
    assert "Traceback" not in errors
    with open(tmp_path / "a.csv", newline="", encoding="utf-8") as file:
        assert [row["source"] for row in csv.DictReader(file)] == [str(clip) for clip in clips]
    assert "stopped before its end" in (tmp_path / "a.html").read_text(encoding="utf-8")
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".gifect")]
    assert workers
    for worker in workers:
        assert not Path(f"/proc/{worker}").exists()


def test_ctrl_c_before_anything_was_read_leaves_no_output(tmp_path: Path) -> None:
    pipes = [held_clip(tmp_path / f"held{n}.gif") for n in range(2)]
    with started("read", *pipes, "--csv", tmp_path / "a.csv") as process:
        ends = [wait_until_read(pipe) for pipe in pipes]
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=20)
        for end in ends:
            os.close(end)
    assert process.returncode == 130
    assert errors.splitlines() == ["gifect: stopped by Ctrl-C; 0 of 2 clips were read"]
    assert sorted(tmp_path.iterdir()) == pipes


def test_ctrl_c_while_the_workers_start_is_answered_by_one_line(clips: list[Path], tmp_path: Path) -> None:
    with started("read", *clips, "--csv", tmp_path / "a.csv") as process:
        while not workers_of(process.pid):
            assert process.poll() is None
        os.killpg(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert errors.splitlines() == [f"gifect: stopped by Ctrl-C; 0 of {len(clips)} clips were read"]


def test_ctrl_c_in_a_single_clip(tmp_path: Path) -> None:
    pipe = held_clip(tmp_path / "held.gif")
    with started("read", pipe, "--html", tmp_path / "a.html") as process:
        end = wait_until_read(pipe)
        _, errors = interrupted(process)
        os.close(end)
    assert (process.returncode, errors) == (130, "gifect: stopped\n")
    assert list(tmp_path.iterdir()) == [pipe]


def test_a_worker_that_dies_costs_only_its_clip(clips: list[Path], tmp_path: Path) -> None:
    pipe = held_clip(tmp_path / "held.gif")
    with started("read", clips[0], pipe, clips[1], "--json", "--jobs", "1") as process:
        end = wait_until_read(pipe)
        for worker in workers_of(process.pid):
            os.kill(worker, signal.SIGKILL)
        output, errors = process.communicate(timeout=60)
        os.close(end)
    assert process.returncode == 1
    assert [entry["source"] for entry in json.loads(output)] == [str(clip) for clip in clips[:2]]
    first, second = errors.splitlines()
    assert str(pipe) in first
    assert "SIGKILL" in first
    assert second == "gifect: 1 of 3 could not be read"


def test_a_missing_network_ends_the_run_at_once(clips: list[Path], tmp_path: Path) -> None:
    home = Path(gifect_package.__file__).parent
    shutil.copytree(home, tmp_path / "gifect", ignore=shutil.ignore_patterns("__pycache__", "training"))
    (tmp_path / "gifect" / "models" / "weights" / "detect.onnx").unlink()
    done = subprocess.run(
        [*COMMAND, "read", *clips, "--csv", "a.csv"],
        env={**ENVIRONMENT, "PYTHONPATH": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    first, second = done.stderr.splitlines()
    assert first.endswith("detect.onnx is missing: install gifect again")
    assert second == "gifect: no other clip was tried; 0 of 4 were read"
    assert not (tmp_path / "a.csv").exists()


def test_a_reader_that_leaves_is_no_fault(clips: list[Path]) -> None:
    with started("read", *clips, "--json") as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""
        assert process.wait(timeout=60) == 1
