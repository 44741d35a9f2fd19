"""Lets the tests here import their helpers."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import pytest
from batches import gif


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    """A folder of twelve clips, one of them half, one no clip at all, one in a folder below."""
    folder = tmp_path / "clips"
    (folder / "below").mkdir(parents=True)
    for k in range(9):
        (folder / f"{k}.gif").write_bytes(gif(k))
    (folder / "half.gif").write_bytes(gif(20)[:150])
    (folder / "text.gif").write_text("no clip")
    (folder / "below" / "größe 日本.gif").write_bytes(gif(21))
    (folder / "notes.md").write_text("not looked at")
    return folder
