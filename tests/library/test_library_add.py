"""Adding: what is known is skipped, what is broken is told, and nothing is lost or there twice, whatever happens."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest
from libraryclips import ENVIRONMENT, command, draw_clip

from gifect.errors import LibraryError
from gifect.library import Library

DEADLINE_S = 90


def states(library: Library, *paths: Path) -> dict[str, str]:
    return {Path(settled.source).name: settled.state for settled in library.add(paths, jobs=1)}


@pytest.fixture
def clips(tmp_path: Path) -> Path:
    folder = tmp_path / "clips"
    (folder / "more").mkdir(parents=True)
    draw_clip(folder / "a.gif", 1)
    draw_clip(folder / "more" / "b.gif", 2)
    return folder


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")


def test_folders_are_searched_through(library: Library, clips: Path) -> None:
    (clips / "notes.txt").write_text("no clip")
    assert states(library, clips) == {"a.gif": "added", "b.gif": "added"}
    assert library.get(str(clips / "a.gif")).frames == 3


def test_what_is_known_is_not_even_opened(library: Library, clips: Path) -> None:
    states(library, clips)
    for path in clips.rglob("*.gif"):  # what is opened would now be found broken
        state = path.stat()
        path.write_bytes(bytes(state.st_size))
        os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    assert states(library, clips) == {"a.gif": "known", "b.gif": "known"}


def test_a_copy_is_known_and_a_moved_file_keeps_its_entry(library: Library, clips: Path) -> None:
    states(library, clips)
    id = library.get(str(clips / "a.gif")).id
    shutil.copy(clips / "a.gif", clips / "copy.gif")
    assert states(library, clips / "copy.gif") == {"copy.gif": "known"}
    (clips / "a.gif").rename(clips / "moved.gif")
    assert states(library, clips / "moved.gif") == {"moved.gif": "moved"}
    assert library.get(str(clips / "moved.gif")).id == id
    assert library.count() == 2


def test_a_file_that_changed_takes_the_place_of_what_it_was(library: Library, clips: Path) -> None:
    states(library, clips)
    before = library.get(str(clips / "a.gif")).id
    draw_clip(clips / "a.gif", 3)
    assert states(library, clips) == {"a.gif": "added", "b.gif": "known"}
    assert library.get(str(clips / "a.gif")).id != before
    with pytest.raises(LibraryError, match="no clip"):
        library.get(before)


def test_a_repeated_clip_is_kept_and_marked(library: Library, clips: Path) -> None:
    states(library, clips)
    draw_clip(clips / "large.mp4", 1, side=96)
    assert states(library, clips / "large.mp4") == {"large.mp4": "duplicate"}
    first = library.get(str(clips / "a.gif"))
    assert library.get(str(clips / "large.mp4")).duplicate_of == first.id
    assert {Path(match.source).name for match in library.similar(clips / "more" / "b.gif")} == {"a.gif"}
    library.remove(first.id)
    assert library.get(str(clips / "large.mp4")).duplicate_of is None


def test_broken_files_are_told_and_cost_no_other(library: Library, clips: Path) -> None:
    (clips / "broken.gif").write_bytes(b"GIF89a and no more")
    found = {Path(settled.source).name: settled for settled in library.add([clips, clips / "nowhere.gif"], jobs=1)}
    assert {name: settled.state for name, settled in found.items()} == {
        "a.gif": "added",
        "b.gif": "added",
        "broken.gif": "failed",
        "nowhere.gif": "failed",
    }
    assert "No such file" in found["nowhere.gif"].why
    assert found["broken.gif"].why
    assert {settled.total for settled in found.values()} == {4}
    assert sorted(settled.done for settled in found.values()) == [1, 2, 3, 4]


def test_two_processes_killed_twice_lose_nothing_and_have_nothing_twice(tmp_path: Path) -> None:
    folder, place = tmp_path / "clips", tmp_path / "library"
    folder.mkdir()
    for k in range(24):
        draw_clip(folder / f"{k}.gif", k)

    def start() -> subprocess.Popen[bytes]:
        line = [sys.executable, "-m", "gifect", "library", "add", str(folder), "-l", str(place), "-j", "1", "-q"]
        return subprocess.Popen(line, env=ENVIRONMENT)

    def count() -> int:
        try:
            with sqlite3.connect(f"file:{place / 'library.db'}?mode=ro", uri=True) as connection:
                return int(connection.execute("select count(*) from entries").fetchone()[0])
        except sqlite3.Error:
            return 0

    for least in (4, 12):
        both = [start(), start()]
        deadline = time.monotonic() + DEADLINE_S
        while count() < least and time.monotonic() < deadline:
            time.sleep(0.02)
        for process in both:
            process.send_signal(signal.SIGKILL)
            process.wait()
        assert least <= count() < 24
    assert [process.wait() for process in (start(), start())] == [0, 0]
    with Library(place) as library:
        entries = list(library.entries())
        assert sorted(Path(entry.source).name for entry in entries) == sorted(f"{k}.gif" for k in range(24))
        assert {library.reading(entry.id).frames for entry in entries} == {3}


def test_a_full_disk_is_told_and_what_was_added_stays(tmp_path: Path) -> None:
    for k in range(30):
        draw_clip(tmp_path / f"{k}.gif", k)
    with Library(tmp_path / "library") as library:
        states(library, tmp_path / "0.gif")
    limit = (tmp_path / "library" / "library.db").stat().st_size + 60_000

    def no_more_space() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

    line = [sys.executable, "-m", "gifect", "library", "add", str(tmp_path), "-l", str(tmp_path / "library"), "-j", "1"]
    done = subprocess.run(
        line, capture_output=True, text=True, env=ENVIRONMENT, timeout=DEADLINE_S, check=False, preexec_fn=no_more_space
    )
    assert done.returncode == 1
    assert "no space left on the disk; what was added before stays" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    with Library(tmp_path / "library") as library:
        assert 1 <= library.count() < 30
        assert all(library.reading(entry.id).frames == 3 for entry in library.entries())
        assert set(states(library, tmp_path).values()) == {"known", "added"}
        assert library.count() == 30


def test_a_library_of_a_later_version_is_left_alone(tmp_path: Path) -> None:
    Library(tmp_path).close()
    with sqlite3.connect(tmp_path / "library.db") as connection:
        connection.execute("update about set value = 99 where name = 'format'")
    done = command("library", "stats", "-l", tmp_path)
    assert done.returncode == 1
    assert "format 99" in done.stderr and "upgrade gifect" in done.stderr


@pytest.mark.parametrize(
    ("content", "complaint"),
    [(b"no database at all" * 99, "not a database"), (None, "is no library")],
    ids=["other bytes", "another database"],
)
def test_a_file_that_is_no_library_is_told(tmp_path: Path, content: bytes | None, complaint: str) -> None:
    if content is None:
        with sqlite3.connect(tmp_path / "library.db") as connection:
            connection.execute("create table votes (id integer)")
    else:
        (tmp_path / "library.db").write_bytes(content)
    with pytest.raises(LibraryError, match=complaint):
        Library(tmp_path)


def test_a_place_that_cannot_be_a_folder_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LibraryError, match="cannot be a library"):
        Library(tmp_path / "file")
    with pytest.raises(LibraryError, match="no library at"):
        Library(tmp_path / "nothing", create=False)
    assert not (tmp_path / "nothing").exists()
