"""`gifect read` as a person or a script calls it."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import pyarrow.parquet
import pytest
from driving import gifect

from gifect.feeling.reading import Reading
from gifect.feeling.row import COLUMNS
from gifect.media.clip import Clip


def one_line(stderr: str) -> str:
    """Return the only line of an error message."""
    lines = stderr.splitlines()
    assert len(lines) == 1, stderr
    assert lines[0].startswith("gifect: ")
    return lines[0]


def test_a_file_becomes_one_json_object_on_stdout(photo: Path) -> None:
    done = gifect("read", photo, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    reading = Reading.from_json(done.stdout)
    assert reading.source == str(photo)
    assert reading.frames == 8
    assert reading.faces[0].samples[0].landmarks is None


def test_landmarks_are_given_on_request(photo: Path) -> None:
    reading = Reading.from_json(gifect("read", photo, "--json", "--landmarks").stdout)
    assert len(reading.faces[0].samples[0].landmarks or []) == 70


def test_every_frame_gives_a_finer_timeline(photo: Path) -> None:
    assert len(Reading.from_json(gifect("read", photo, "--json", "--every-frame").stdout).timeline) == 8


def test_several_files_become_a_list_in_their_order(clips: list[Path]) -> None:
    done = gifect("read", *reversed(clips), "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert [entry["source"] for entry in json.loads(done.stdout)] == [str(clip) for clip in reversed(clips)]


def test_a_folder_is_searched_through(clips: list[Path], photo: Path) -> None:
    folder = clips[0].parent
    below = folder / "below" / "ÄRGER.GIF"
    below.parent.mkdir()
    below.write_bytes(photo.read_bytes())
    (folder / ".hidden.gif").write_bytes(b"")
    (folder / "notes.txt").write_text("no clip")
    done = gifect("read", folder, "--json")
    assert done.returncode == 0
    assert {entry["source"] for entry in json.loads(done.stdout)} == {str(path) for path in [*clips, below]}


def test_a_folder_of_one_clip_is_a_list_of_one(photo: Path) -> None:
    assert len(json.loads(gifect("read", photo.parent, "--json").stdout)) == 1


def test_stdin_is_read(photo: Path) -> None:
    done = gifect("read", "-", "--json", given=photo.read_bytes())
    assert Reading.from_json(done.stdout).source == "<stdin>"


def test_a_name_that_is_not_unicode_is_read(photo: Path, tmp_path: Path) -> None:
    strange = os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.gif")
    try:
        Path(strange).write_bytes(photo.read_bytes())
    except OSError:
        pytest.skip("the file system takes only Unicode")
    done = gifect("read", strange, "--json")
    assert done.returncode == 0
    assert Reading.from_json(done.stdout).source.endswith("caf\ufffd.gif")


def test_people_get_a_panel(photo: Path) -> None:
    done = gifect("read", photo)
    reading = Reading.from_json(gifect("read", photo, "--json").stdout)
    assert done.returncode == 0
    assert reading.emotion.upper() in done.stdout
    assert "face 1" in done.stdout
    assert reading.reasons[0].text[1:40] in done.stdout
    assert "\x1b" not in done.stdout


def test_people_get_a_table_of_many(clips: list[Path]) -> None:
    done = gifect("read", *clips)
    assert done.returncode == 0
    for clip in clips:
        assert clip.name in done.stdout


def test_quiet_prints_nothing(photo: Path) -> None:
    done = gifect("read", photo, "--quiet")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_bad_files_are_listed_at_the_end_and_the_others_read(clips: list[Path], tmp_path: Path) -> None:
    (tmp_path / "empty.gif").write_bytes(b"")
    (tmp_path / "text.gif").write_text("only words")
    bad = [
        tmp_path / "empty.gif",
        tmp_path / "text.gif",
        tmp_path / "missing.gif",
        tmp_path / "no such folder" / "x.gif",
    ]
    done = gifect("read", bad[0], clips[0], bad[1], bad[2], clips[1], bad[3], "--json")
    assert done.returncode == 1
    assert [entry["source"] for entry in json.loads(done.stdout)] == [str(clips[0]), str(clips[1])]
    *lines, last = done.stderr.splitlines()
    assert len(lines) == len(bad)
    for line, path in zip(lines, bad, strict=True):
        assert line.startswith("gifect: ")
        assert str(path) in line
    assert last == "gifect: 4 of 6 could not be read"


@pytest.mark.parametrize("name", ["missing.gif", "empty.gif", "text.gif", "empty folder", "http://127.0.0.1:9/a.gif"])
def test_what_cannot_be_read_is_one_line_and_code_1(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty.gif").write_bytes(b"")
    (tmp_path / "text.gif").write_text("only words")
    (tmp_path / "empty folder").mkdir()
    done = gifect("read", name if "://" in name else tmp_path / name, "--json")
    assert done.returncode == 1
    assert name in one_line(done.stderr)
    assert json.loads(done.stdout or "[]") == []


def test_a_file_name_cannot_command_the_terminal(tmp_path: Path) -> None:
    done = gifect("read", tmp_path / "\x1b[2Jnot here\n.gif")
    assert "not here" in one_line(done.stderr)
    assert "\x1b" not in done.stderr


WRONG_USAGE = {
    "no path": (),
    "unknown option": ("{photo}", "--nonsense"),
    "no jobs": ("{photo}", "--jobs", "0"),
    "no colour": ("{photo}", "--background", "reddish"),
    "overlay of two clips": ("{photo}", "{tmp}/other.gif", "--overlay", "{tmp}/o.gif"),
    "overlay as a picture": ("{photo}", "--overlay", "{tmp}/o.png"),
    "attention of two clips": ("{photo}", "{tmp}/other.gif", "--attention", "{tmp}/o.gif"),
    "attention and overlay in one file": ("{photo}", "--overlay", "{tmp}/o.gif", "--attention", "{tmp}/o.gif"),
    "two outputs in one file": ("{photo}", "--csv", "{tmp}/same", "--parquet", "{tmp}/same"),
    "output over the input": ("{photo}", "--overlay", "{photo}"),
    "output over the only clip of a folder": ("{folder}", "--overlay", "{photo}"),
    "output folder that is missing": ("{photo}", "--json", "--csv", "{tmp}/missing/a.csv"),
    "output folder that cannot be written": ("{photo}", "--json", "--html", "{photo}/a.html"),
    "output that is a folder": ("{photo}", "--json", "--csv", "{tmp}"),
}


@pytest.mark.parametrize("case", WRONG_USAGE)
def test_wrong_usage_is_one_line_and_code_2_and_reads_nothing(case: str, photo: Path, tmp_path: Path) -> None:
    arguments = [argument.format(photo=photo, folder=photo.parent, tmp=tmp_path) for argument in WRONG_USAGE[case]]
    before = photo.read_bytes()
    done = gifect("read", *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert len(one_line(done.stderr)) > 20
    assert photo.read_bytes() == before
    assert list(tmp_path.iterdir()) == []


def test_tables_have_the_figures_of_the_json(clips: list[Path], tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    done = gifect("read", *clips, "--json", "--csv", folder / "a.csv", "--parquet", folder / "a.parquet")
    assert done.returncode == 0
    readings = [Reading.model_validate(entry) for entry in json.loads(done.stdout)]
    with open(folder / "a.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    table = pyarrow.parquet.read_table(folder / "a.parquet").to_pylist()
    assert list(rows[0]) == list(table[0]) == [column.name for column in COLUMNS]
    for reading, row, record in zip(readings, rows, table, strict=True):
        assert row["source"] == record["source"] == reading.source
        assert row["emotion"] == record["emotion"] == reading.emotion
        assert float(row["score_fear"]) == record["score_fear"] == reading.scores["fear"]
        assert float(row["face_au12"]) == record["face_au12"] == reading.faces[0].action_units["AU12"]
        assert float(row["intensity_pride"]) == record["intensity_pride"] == reading.intensities["pride"]
        assert float(row["valence"]) == record["valence"] == reading.valence
    assert {path.name for path in folder.iterdir()} == {"a.csv", "a.parquet"}


def test_a_run_that_reads_nothing_leaves_the_old_output(tmp_path: Path) -> None:
    (tmp_path / "old.csv").write_text("precious")
    assert gifect("read", tmp_path / "missing.gif", "--csv", tmp_path / "old.csv").returncode == 1
    assert (tmp_path / "old.csv").read_text() == "precious"
    assert [path.name for path in tmp_path.iterdir()] == ["old.csv"]


def test_output_to_a_device_leaves_the_device(photo: Path) -> None:
    assert gifect("read", photo, "--quiet", "--csv", "/dev/null").returncode == 0
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize("suffix", [".gif", ".webp", ".mp4"])
def test_the_overlay_plays_like_the_clip(suffix: str, photo: Path, tmp_path: Path) -> None:
    done = gifect("read", photo, "--overlay", tmp_path / f"o{suffix}")
    assert done.returncode == 0
    clip, drawn = Clip.open(photo), Clip.open(tmp_path / f"o{suffix}")
    assert list(drawn.delays_ms) == list(clip.delays_ms)
    assert drawn.width == 2 * clip.width
    assert drawn.height > 2 * clip.height


def test_attention_and_overlay_are_drawn_in_one_call(photo: Path, tmp_path: Path) -> None:
    done = gifect("read", photo, "--overlay", tmp_path / "o.gif", "--attention", tmp_path / "a.webp")
    assert done.returncode == 0
    clip, attended = Clip.open(photo), Clip.open(tmp_path / "a.webp")
    assert list(attended.delays_ms) == list(clip.delays_ms)
    assert (attended.width, attended.height) in {(n * clip.width, n * clip.height) for n in (1, 2)}
    assert {path.name for path in tmp_path.glob("[ao].*")} == {"o.gif", "a.webp"}


def test_the_page_carries_everything_and_escapes_names(clips: list[Path], tmp_path: Path) -> None:
    (tmp_path / "bad & ugly.gif").write_bytes(b"")
    done = gifect("read", *clips, tmp_path / "bad & ugly.gif", "--html", tmp_path / "a.html", "--quiet")
    assert done.returncode == 1
    page = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "http:" not in page
    assert "https:" not in page
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;b&gt;.gif" in page
    assert page.count("data:image/gif;base64,") == len(clips)
    assert "bad &amp; ugly.gif" in page
