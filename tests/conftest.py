"""What all tests share: markers, skipping what needs data that is not there, empty databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from postgres import empty, find_program, running_server

from gifect.errors import DataError


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The address of a running server of the tests' own."""
    if not find_program("initdb"):
        pytest.skip("needs PostgreSQL's programs: apt install postgresql")
    with running_server() as address:
        yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database: SQLite always, PostgreSQL where its programs are installed."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/store.db"
    address: str = request.getfixturevalue("postgresql")
    empty(address)
    return address


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "slow: takes minutes; left out of `make test`")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    needing = [item for item in items if item.get_closest_marker("shared")]
    if not needing:
        return
    from gifect.training.data.shared import data_root

    try:
        data_root()
    except DataError as error:
        for item in needing:
            item.add_marker(pytest.mark.skip(reason=str(error)))
