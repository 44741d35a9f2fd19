"""A library by address: two machines write one log, each with a copy of its own, and see what the other does."""

from __future__ import annotations

from pathlib import Path

import pytest
from libraryclips import draw_clip, put

from gifect.errors import GifectError, LibraryError
from gifect.library import Library

fsspec = pytest.importorskip("fsspec")


@pytest.fixture
def address(tmp_path: Path) -> str:
    return f"file://{tmp_path / 'bucket' / 'gifs'}"


def opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, machine: str, address: str) -> Library:
    monkeypatch.setenv("GIFECT_CACHE", str(tmp_path / machine))
    return Library(address)


def test_two_machines(tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    draw_clip(tmp_path / "a.gif", 1)
    draw_clip(tmp_path / "b.gif", 2)
    one = opened(monkeypatch, tmp_path, "one", address)
    two = opened(monkeypatch, tmp_path, "two", address)
    assert [settled.state for settled in one.add(tmp_path / "a.gif", jobs=1)] == ["added"]
    assert [settled.state for settled in two.add([tmp_path / "a.gif", tmp_path / "b.gif"], jobs=1)] == ["added"] * 2
    for library in (one, two):
        library.refresh()
        assert [Path(entry.source).name for entry in library.entries()] in (["a.gif", "b.gif"], ["b.gif", "a.gif"])
        assert library.reading(str(tmp_path / "b.gif")).frames == 3
    one.tag(str(tmp_path / "b.gif"), add=["mine"])
    two.refresh()
    assert two.search("mine")[0].source == str(tmp_path / "b.gif")
    two.remove(str(tmp_path / "a.gif"))
    one.refresh()
    assert one.count() == two.count() == 1
    assert [settled.state for settled in one.add(tmp_path / "b.gif", jobs=1)] == ["known"]
    three = opened(monkeypatch, tmp_path, "three", address)
    assert three.get(str(tmp_path / "b.gif")).own_tags == ("mine",)


def test_what_could_not_be_written_is_written_by_the_next_call(
    tmp_path: Path, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = opened(monkeypatch, tmp_path, "one", address)
    (tmp_path / "bucket").write_text("in the way")
    put(one._store, "/a.gif", tags={"cat": 0.9})
    with pytest.raises(LibraryError, match="the next call tries again"):
        one.tag("/a.gif", add=["mine"])
    (tmp_path / "bucket").unlink()
    opened(monkeypatch, tmp_path, "one", address).close()
    assert opened(monkeypatch, tmp_path, "two", address).get("/a.gif").own_tags == ("mine",)


def test_an_unknown_kind_of_address_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(GifectError, match="nowhere"):
        opened(monkeypatch, tmp_path, "one", "nowhere://bucket/gifs")
