"""What was acknowledged is there, once, however hard the process died."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select

from gifect.votes import tables
from gifect.votes.importing import import_votes
from gifect.votes.store import Store

DEADLINE_S = 60
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}

VOTING = """
import sys
from gifect.votes.store import Store
store = Store(sys.argv[1], most_a_minute=0)
for k in range(100_000):
    print(store.add("fear", "a", "b", "left", "ann", token=f"request {k}").id, flush=True)
"""
IMPORTING = """
import sys
from pathlib import Path
from gifect.votes.importing import import_votes
from gifect.votes.store import Store
print(import_votes(Store(sys.argv[1]), Path(sys.argv[2])))
"""


@pytest.mark.parametrize("acknowledged", [1, 37])
def test_killed_while_voting(store: Store, address: str, acknowledged: int) -> None:
    voting = subprocess.Popen([sys.executable, "-c", VOTING, address], stdout=subprocess.PIPE, env=ENVIRONMENT)
    assert voting.stdout is not None
    numbers = [int(voting.stdout.readline()) for _ in range(acknowledged)]
    voting.send_signal(signal.SIGKILL)
    numbers += [int(line) for line in voting.communicate()[0].split(b"\n")[:-1]]
    there = [vote.id for vote in store.history("ann")]
    assert there[: len(numbers)] == numbers
    assert len(there) <= len(numbers) + 1  # one may have been written and not yet told
    again = store.add("fear", "a", "b", "left", "ann", token=f"request {len(numbers) - 1}")
    assert again.id == numbers[-1]


def test_killed_while_importing(store: Store, address: str, tmp_path: Path) -> None:
    path = tmp_path / "votes.csv"
    random = np.random.default_rng(0)
    left, step = random.integers(50, size=120_000), random.integers(1, 50, size=120_000)
    lines = [f"fear,g{a},g{(a + d) % 50},left\n" for a, d in zip(left.tolist(), step.tolist(), strict=True)]
    path.write_text("emotion,left,right,choice\n" + "".join(lines))
    command = [sys.executable, "-c", IMPORTING, address, str(path)]
    importing = subprocess.Popen(command, stdout=subprocess.PIPE, env=ENVIRONMENT)
    done, until = 0, time.monotonic() + DEADLINE_S
    while not done and time.monotonic() < until:
        with store.engine.connect() as connection:
            done = connection.scalar(select(tables.imports.c.rows_done)) or 0
    importing.send_signal(signal.SIGKILL)
    importing.communicate()
    assert 0 < done < len(lines)
    in_store = len(store.votes())
    assert done <= in_store < len(lines)
    report = import_votes(store, path)
    assert (report.rows, report.taken, report.before) == (len(lines), len(lines), in_store)
    votes = store.votes()
    assert [
        f"fear,{votes.gifs[a]},{votes.gifs[b]},left\n" for a, b in zip(votes.left, votes.right, strict=True)
    ] == lines
