"""Fixtures of the model tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from shelves import Shelf

from gifect.models import registry


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shelf]:
    """Point the registry to cards and folders of the test's own."""
    made = Shelf(tmp_path)
    monkeypatch.setattr(registry, "CARDS", made.cards)
    monkeypatch.setattr(registry, "WEIGHTS", made.shipped)
    monkeypatch.setenv("GIFECT_MODELS", str(made.public))
    registry._cards.cache_clear()
    yield made
    registry._cards.cache_clear()
