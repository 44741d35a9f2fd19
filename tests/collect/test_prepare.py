"""Videos of a real server, fetched by yt-dlp, become clips, frames and flow; what cannot be had is listed."""

from __future__ import annotations

import csv
import http.server
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from gifect.collect.clipmaking import Plan
from gifect.collect.prepare import LOG, prepare
from gifect.collect.videolist import Wanted, read_list
from gifect.errors import CollectError
from gifect.media.clip import Clip
from gifect.media.cut import NoFrameError, cut_video

RATE = 10  # frames a second of the videos
COMMAND = [sys.executable, "-m", "gifect", "collect", "prepare"]


def make_video(path: Path, seconds: int = 4, sound: bool = True) -> Path:
    """Write a video whose frame k has brightness 5 k."""
    with av.open(str(path), "w") as container:
        shown = container.add_stream("libx264", rate=RATE)
        shown.width, shown.height, shown.pix_fmt = 96, 64, "yuv420p"
        heard = container.add_stream("aac", rate=16_000, layout="mono") if sound else None
        for k in range(RATE * seconds):
            frame = av.VideoFrame.from_ndarray(np.full((64, 96, 3), 5 * k, np.uint8), format="rgb24")
            frame.pts, frame.time_base = k, Fraction(1, RATE)
            container.mux(shown.encode(frame))
            if heard is not None:
                wave = np.sin(np.arange(1600) / 16_000 * 2 * np.pi * 440).astype(np.float32)[None]
                tone = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
                tone.rate, tone.pts, tone.time_base = 16_000, 1600 * k, Fraction(1, 16_000)
                container.mux(heard.encode(tone))
        container.mux(shown.encode(None))
        if heard is not None:
            container.mux(heard.encode(None))
    return path


@dataclass
class Site:
    """Videos by name, statuses of what is not there, and what was asked for."""

    address: str
    files: dict[str, bytes] = field(default_factory=dict)
    statuses: dict[str, int] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    slow: threading.Event = field(default_factory=threading.Event)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path[1:].removesuffix(".mp4")
            site.asked.append(name)
            if name == "slow":
                site.slow.wait(30)
            body = site.files.get(name, b"")
            self.send_response(site.statuses.get(name, 200 if body else 404))
            self.send_header("Content-Type", "video/mp4")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            """A client that was killed is no error."""

    with Server(("127.0.0.1", 0), Handler) as server:
        site = Site(f"http://127.0.0.1:{server.server_address[1]}/{{id}}.mp4")
        whole = make_video(tmp_path / "whole.mp4").read_bytes()
        silent = make_video(tmp_path / "silent.mp4", sound=False).read_bytes()
        site.files = {"whole": whole, "silent": silent, "half": whole[: len(whole) // 2], "slow": whole}
        site.statuses = {"removed": 410, "busy": 503}
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield site
        finally:
            site.slow.set()
            server.shutdown()
            thread.join()


ROWS = [
    Wanted("whole", 1, 2, "laughing"),
    Wanted("whole", 2.5, 3, "crying"),
    Wanted("whole", 9, 12, "crying"),
    Wanted("silent", 0, None, "laughing"),
    Wanted("missing", 0, 1, "crying"),
    Wanted("removed", 0, 1, "crying"),
    Wanted("busy", 0, 1, "crying"),
    Wanted("half", 0, 1, "crying"),
]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_every_row_becomes_a_clip_or_is_listed(site: Site, tmp_path: Path) -> None:
    plan = Plan(tmp_path / "set", site.address, short_side=48, pictures=True, flow="dis", rate=5)
    found = {one.wanted: one for one in prepare(ROWS, plan)}
    assert {wanted: one.state for wanted, one in found.items()} == dict(
        zip(ROWS, ["kept", "kept", "invalid", "kept", "gone", "gone", "failed", "broken"], strict=True)
    )
    assert "the video has 4.0 s" in found[ROWS[2]].why and "410" in found[ROWS[5]].why
    clip = Clip.open(tmp_path / "set" / "clips" / "laughing" / "whole_000001_000002.mp4")
    assert (clip.frame_count, clip.duration_ms, clip.height, clip.has_sound) == (10, 1000, 48, True)
    assert clip.frames.mean((1, 2, 3)) == pytest.approx(5 * np.arange(10, 20), abs=3)
    assert not Clip.open(tmp_path / "set" / found[ROWS[3]].file).has_sound
    pictures = sorted((tmp_path / "set" / "frames" / "laughing" / "whole_000001_000002").iterdir())
    assert [path.name for path in pictures] == [f"{k:06d}.jpg" for k in range(1, 6)]
    with np.load(tmp_path / "set" / "flow" / "crying" / f"{ROWS[1].name}.npz") as held:
        assert held["flow"].shape == (1, 48, 72, 2) and held["flow"].dtype == np.int8
    mapping, failed = rows_of(tmp_path / "set" / "mapping.csv"), rows_of(tmp_path / "set" / "failed.csv")
    assert {(row["file"], row["label"], row["frames"]) for row in mapping} == {
        ("clips/laughing/whole_000001_000002.mp4", "laughing", "10"),
        ("clips/crying/whole_000002.50_000003.mp4", "crying", "5"),
        ("clips/laughing/silent_000000_000000.mp4", "laughing", "40"),
    }
    assert [row["state"] for row in failed].count("gone") == 2 and len(failed) == 5
    assert site.asked.count("whole") <= 3  # once by yt-dlp's look and once for the file, whatever number of rows
    assert not list((tmp_path / "set").glob(".*"))


def test_a_second_run_asks_for_what_failed_alone(site: Site, tmp_path: Path) -> None:
    plan = Plan(tmp_path / "set", site.address)
    assert len(list(prepare(ROWS, plan))) == len(ROWS)
    site.asked.clear()
    site.statuses.clear()
    site.files["busy"] = site.files["missing"] = site.files["whole"]
    assert [(one.id, one.state) for one in prepare(ROWS, plan)] == [("busy", "kept")]
    assert set(site.asked) == {"busy"}
    assert {one.id: one.state for one in prepare(ROWS, plan, again=True)} == {"missing": "kept", "removed": "gone"}
    (tmp_path / "set" / "clips" / "crying" / "busy_000000_000001.mp4").unlink()
    assert [(one.id, one.state) for one in prepare(ROWS, plan)] == [("busy", "kept")]
    assert len(rows_of(tmp_path / "set" / "mapping.csv")) == 5


def test_a_run_that_was_killed_goes_on(site: Site, tmp_path: Path) -> None:
    table = tmp_path / "list.csv"
    table.write_text("youtube_id,time_start,time_end,label\nwhole,0,1,joy\nslow,1,2,joy\n")
    command = [*COMMAND, str(table), str(tmp_path / "set"), "--address", site.address, "--jobs", "1"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    running = subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, start_new_session=True)
    log, until = tmp_path / "set" / LOG, time.monotonic() + 60
    while not ("slow" in site.asked and log.exists() and log.stat().st_size) and time.monotonic() < until:
        assert running.poll() is None
        time.sleep(0.02)
    os.killpg(running.pid, signal.SIGKILL)
    running.communicate()
    with log.open("ab") as file:
        file.write(b'{"id": "sl')
    site.slow.set()
    site.asked.clear()
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=True)
    assert done.stdout == "1 kept\n"
    assert "whole" not in site.asked
    assert {row["id"] for row in rows_of(tmp_path / "set" / "mapping.csv")} == {"whole", "slow"}
    assert not list((tmp_path / "set").glob(".video-*"))


def test_a_video_that_takes_too_long_is_asked_again(site: Site, tmp_path: Path) -> None:
    plan = Plan(tmp_path / "set", site.address)
    rows = [Wanted("slow", 0, 1), Wanted("whole", 0, 1)]
    found = {one.id: one for one in prepare(rows, plan, 1, seconds=4)}
    assert found["whole"].state == "kept" and found["slow"].state == "failed"
    assert "not done within 4 s" in found["slow"].why
    site.slow.set()
    assert [(one.id, one.state) for one in prepare(rows, plan)] == [("slow", "kept")]


def test_names_are_safe_and_apart() -> None:
    rows = [Wanted(name, 0, 1, "a/b") for name in ("../../etc", "..-..-etc", "https://a.example/x?v=1", "-dash", "ü")]
    names = [wanted.name for wanted in rows]
    assert len(set(names)) == len(names)
    assert all("/" not in name and not name.startswith(".") for name in names)
    assert {wanted.folder for wanted in rows} == {"a-b"}
    assert Wanted("x", 0, 1, "../..").folder == "clips" and Wanted("x", 0, 1).folder == "clips"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name,start\na,1\n", "expected a column id, youtube_id, video_id, url; found name, start"),
        ("id,start,end\na,5,2\n", "line 2: expected an id, a start and a later end"),
        ("id,start,end\na,0,1\nb,soon,2\n", "line 3: expected an id"),
        ("id,start,end\n,0,1\n", "line 2: expected an id"),
        ("", "found none"),
    ],
    ids=["no id column", "end first", "no number", "empty id", "empty file"],
)
def test_a_bad_list_is_told(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "list.csv"
    path.write_text(text)
    with pytest.raises(CollectError, match=words):
        read_list(path)


def test_rows_that_would_share_a_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CollectError, match="two rows have the same id"):
        list(prepare([Wanted("a", 0, 1, "x"), Wanted("A", 0, 1, "X")], Plan(tmp_path)))
    with pytest.raises(CollectError, match="no place for"):
        list(prepare([], Plan(tmp_path, address="http://localhost")))


def test_a_cut_begins_and_ends_at_the_very_frames(tmp_path: Path) -> None:
    source = make_video(tmp_path / "long.mp4")
    cut = cut_video(source, tmp_path / "cut.mp4", 1.05, 2)
    clip = Clip.open(tmp_path / "cut.mp4")
    assert (cut.frames, cut.width, cut.height) == (9, 96, 64)
    assert clip.frames.mean((1, 2, 3)) == pytest.approx(5 * np.arange(11, 20), abs=3)
    assert clip.duration_ms == 900
    with pytest.raises(NoFrameError, match="the video has 4"):
        cut_video(source, tmp_path / "none.mp4", 7, 9)
    assert not (tmp_path / "none.mp4").exists()
