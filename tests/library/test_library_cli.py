"""The commands: what they print, their JSON, their exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from libraryclips import SAMPLES, command


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("cli") / "library"
    done = command("library", "add", SAMPLES, "--library", place, "--jobs", 2)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"6 added; {place}\n"
    return place


def test_adding_again_and_what_fails(place: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.gif").write_bytes(b"GIF89a")
    done = command("library", "add", SAMPLES, tmp_path, "-l", place, "-j", 1)
    assert done.returncode == 1
    assert done.stdout.startswith("6 known, 1 failed")
    assert "broken.gif" in done.stderr and len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "line", [("search", "happy"), ("library", "search", "happy"), ("library", "similar", SAMPLES / "laugh.gif")]
)
def test_json_is_a_list_best_first(place: Path, line: tuple[object, ...]) -> None:
    done = command(*line, "--library", place, "--json", "--top", 1000)
    found = json.loads(done.stdout)
    assert done.returncode == 0 and found
    assert {"source", "score", "emotion", "tags", "reasons"} <= set(found[0])
    assert [one["score"] for one in found] == sorted((one["score"] for one in found), reverse=True)
    assert Path(found[0]["source"]).is_file()


def test_people_see_name_emotion_and_reason(place: Path) -> None:
    done = command("search", "happy", "-l", place, "-n", 1)
    assert "laugh.gif" in done.stdout and "happiness" in done.stdout and "tagged happy" in done.stdout
    assert "gasp.gif" not in done.stdout


def test_filters_and_nothing_found(place: Path) -> None:
    assert command("search", "happy", "-l", place, "--emotion", "fear").stdout == "nothing found\n"
    assert command("search", "happy", "-l", place, "--emotion", "fear", "--json").stdout.split() == ["[]"]
    assert command("library", "similar", SAMPLES / "laugh.gif", "-l", place, "--longer", 99).stdout == "nothing found\n"


def test_tags_export_and_counts(place: Path, tmp_path: Path) -> None:
    done = command("library", "tag", SAMPLES / "calm.gif", "zen", "--remove", "staring", "-l", place)
    assert done.stdout.split(", ")[0] == "zen" and "staring" not in done.stdout
    done = command("library", "export", tmp_path / "clips.csv", "-l", place)
    assert done.stdout == f"{tmp_path / 'clips.csv'}: 6 clips\n"
    counts = json.loads(command("library", "stats", "-l", place, "--json").stdout)
    assert counts["count"] == 6 and counts["tags"]["zen"] == 1
    done = command("library", "stats", "-l", place, "--plot", tmp_path / "stats.png")
    assert "6 clips" in done.stdout and (tmp_path / "stats.png").exists()


@pytest.mark.parametrize(
    ("line", "code", "complaint"),
    [
        (("search", "happy", "--emotion", "joy"), 2, "no emotion 'joy'"),
        (("search", "happy", "--top", "0"), 2, "--top"),
        (("search", " "), 1, "empty query"),
        (("library", "remove", "nothing.gif"), 1, "no clip 'nothing.gif'"),
        (("library", "export", "clips.xlsx"), 1, "no format 'xlsx'"),
        (("library", "similar", "nothing.gif"), 1, "neither in the library nor a file"),
    ],
)
def test_wrong_calls_are_one_line(place: Path, line: tuple[str, ...], code: int, complaint: str) -> None:
    done = command(*line, "-l", place)
    assert done.returncode == code
    assert complaint in done.stderr and len(done.stderr.strip().splitlines()) == 1


def test_a_library_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    done = command("search", "happy", "-l", tmp_path / "nothing")
    assert done.returncode == 1 and "no library at" in done.stderr
    assert not (tmp_path / "nothing").exists()
