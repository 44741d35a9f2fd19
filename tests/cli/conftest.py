"""Lets the tests here import their helpers, whatever way pytest imports tests, and makes the clips that they read."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import pytest
from driving import photo_clip

from gifect.media.write import write_clip


@pytest.fixture(scope="session")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small GIF that zooms into the photograph of a face."""
    return write_clip(photo_clip(), tmp_path_factory.mktemp("photo") / "portrait.gif")


@pytest.fixture
def clips(photo: Path, tmp_path: Path) -> list[Path]:
    """Four files of the portrait, with names that are not plain."""
    folder = tmp_path / "clips"
    folder.mkdir()
    names = ["a.gif", "größe 日本.gif", "<script>alert(1)<b>.gif", "[bold] & co.gif"]
    for name in names:
        (folder / name).write_bytes(photo.read_bytes())
    return [folder / name for name in names]
