"""Everything that the database holds, in PostgreSQL."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from running import SAMPLES, running

sys.path.insert(0, str(Path(__file__).parents[1] / "votes"))
from postgres import find_program, running_server


def test_votes_labels_and_jobs_in_postgresql(tmp_path: Path, gifs: Path) -> None:
    if not find_program("initdb"):
        pytest.skip("needs PostgreSQL's programs: apt install postgresql")
    options = ("--gifs", str(gifs), "--workers", "1", "--store")
    with running_server() as address, running(tmp_path, *options, address) as server:
        client = server.client

        def vote(k: int) -> int:
            return client.vote("pride", "laugh.gif", "calm.gif", ("left", "right")[k % 2], f"voter {k % 5}").id

        with ThreadPoolExecutor(8) as pool:
            numbers = list(pool.map(vote, range(60)))
        assert {own.id for k in range(5) for own in client.votes(f"voter {k}")} == set(numbers)
        assert client.undo(numbers[59], f"voter {59 % 5}").undone
        client.set_queue("pride", ["laugh.gif"])
        client.label("pride", "laugh.gif", "unsure", "ann")
        assert client.next_gif("pride", "ann") is None
        assert client.next_gif("pride", "bob") == "laugh.gif"
        *_, last = client.follow_job(client.start_job([SAMPLES / "laugh.gif", b"none"]).id)
        assert (last.done, last.failed) == (1, 1)
        assert not (server.folder / "data" / "gifect.db").exists()
