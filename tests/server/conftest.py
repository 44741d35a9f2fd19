"""One server for most tests: the sample clips to vote on, an empty library."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from running import SAMPLES, Server, running

pytest.importorskip("fastapi", reason="needs the extra server")


@pytest.fixture(scope="session")
def gifs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gifs")
    for sample in sorted(SAMPLES.glob("*.gif")):
        shutil.copy(sample, folder)
    return folder


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, gifs: Path) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("server"), "--gifs", str(gifs)) as server:
        yield server
