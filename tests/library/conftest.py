"""A library of the drawn samples, made once."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from libraryclips import SAMPLES

from gifect.library import Library


@pytest.fixture(scope="session")
def sampled(tmp_path_factory: pytest.TempPathFactory) -> Library:
    """The six drawn samples; tests may only read it."""
    library = Library(tmp_path_factory.mktemp("sampled"))
    assert [settled.state for settled in library.add(SAMPLES, jobs=1)] == ["added"] * 6
    return library
