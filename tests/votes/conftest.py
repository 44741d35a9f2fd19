"""Stores for the tests here."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from gifect.votes.store import Store


@pytest.fixture
def address(database: str) -> str:
    """Return the address of an empty database."""
    return database


@pytest.fixture
def store(address: str) -> Iterator[Store]:
    """Return an open store that knows the GIFs a to f."""
    with Store(address) as store:
        store.add_gifs("abcdef")
        yield store
