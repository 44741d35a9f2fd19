"""Stores for the tests: SQLite always, PostgreSQL where its programs are installed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres import find_program, running_server

from gifect.votes.store import Store
from gifect.votes.tables import metadata, open_engine


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    if not find_program("initdb"):
        pytest.skip("needs PostgreSQL's programs: apt install postgresql")
    with running_server() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/votes.db"
    server: str = request.getfixturevalue("server")
    engine = open_engine(server)
    metadata.drop_all(engine)
    engine.dispose()
    return server


@pytest.fixture
def store(address: str) -> Iterator[Store]:
    """Return an open store that knows the GIFs a to f."""
    with Store(address) as store:
        store.add_gifs("abcdef")
        yield store
