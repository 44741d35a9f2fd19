"""Killed under load, started again: what was acknowledged is there, once."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from running import SAMPLES, Answer, Server, running, start

from gifect.server.client import RequestError
from gifect.server.settings import Settings
from gifect.votes.store import Store


def vote(server: Server, voter: str, k: int) -> Answer:
    """Send the k-th vote of a voter, always the same."""
    told = {"emotion": "pride", "left": "laugh.gif", "right": "calm.gif", "choice": "left"}
    body = json.dumps({**told, "voter": voter, "token": f"{voter} {k}"}).encode()
    return server.ask("POST", "/api/v1/votes", body, {"Content-Type": "application/json"})


def vote_until_it_dies(server: Server, voter: str, acknowledged: list[int], enough: threading.Event) -> None:
    for k in range(100):
        try:
            answer = vote(server, voter, k)
        except OSError:
            return
        assert answer.status == 201, answer.body
        acknowledged.append(answer.json["id"])
        if len(acknowledged) >= 10:
            enough.set()


def test_killed_while_many_vote(tmp_path: Path, gifs: Path) -> None:
    server = start(tmp_path, "--gifs", str(gifs), "--workers", "1")
    acknowledged: list[list[int]] = [[] for _ in range(8)]
    enough = [threading.Event() for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        done = [pool.submit(vote_until_it_dies, server, f"voter {k}", acknowledged[k], enough[k]) for k in range(8)]
        assert all(event.wait(60) for event in enough)
        server.stop(signal.SIGKILL)
        for voting in done:
            voting.result()
    with Store(Settings(folder=tmp_path / "data").store_address) as store:
        for k in range(8):
            there = [vote.id for vote in store.history(f"voter {k}")]
            assert there[: len(acknowledged[k])] == acknowledged[k]
            assert len(there) <= len(acknowledged[k]) + 1  # one may have been written and not yet told
    again = start(tmp_path, "--gifs", str(gifs), "--workers", "1")
    try:
        answer = vote(again, "voter 0", len(acknowledged[0]) - 1)
        assert answer.json["id"] == acknowledged[0][-1]
    finally:
        again.stop()


def test_a_signal_lets_clips_be_finished(tmp_path: Path) -> None:
    with running(tmp_path, "--workers", "1") as server, ThreadPoolExecutor(1) as pool:
        server.client.read(SAMPLES / "calm.gif")
        job = server.client.start_job([SAMPLES / "laugh.gif"] * 5)
        reading = pool.submit(server.client.read, SAMPLES / "gasp.gif")
        deadline = time.monotonic() + 60
        while not server.client.job(job.id).done and time.monotonic() < deadline:
            time.sleep(0.02)
        assert server.stop(signal.SIGTERM) == 0
        try:
            assert reading.result().reading.emotion == "surprise"
        except RequestError as error:
            assert error.status in (0, 503)
        assert server.lines()[-1]["event"] == "stopped"
    with running(tmp_path, "--workers", "1") as server:
        *_, last = server.client.follow_job(job.id)
        assert (last.done, last.failed) == (5, 0)


@pytest.mark.slow
def test_a_worker_that_takes_too_much_is_replaced(tmp_path: Path) -> None:
    with running(tmp_path, "--workers", "1") as server:
        server.client.read(SAMPLES / "calm.gif")
        (child,) = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text().split()
        with ThreadPoolExecutor(1) as pool:
            reading = pool.submit(server.client.read, SAMPLES / "laugh.gif", every_frame=True)
            os.kill(int(child), signal.SIGKILL)
            with pytest.raises(RequestError, match="takes more time or memory"):
                reading.result()
        assert server.client.read(SAMPLES / "laugh.gif").reading.emotion == "happiness"
        assert b"gifect_workers_killed_total 1.0" in server.ask("GET", "/metrics").body
