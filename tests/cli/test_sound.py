"""``gifect sound``: a table over time, JSON, and the circumplex."""

from __future__ import annotations

import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "sound"))
import signals
from driving import gifect

from gifect.cli.circumplex import colour_of, draw_circumplex
from gifect.emotions import QUADRANTS, RUSSELL_EIGHT, SPEECH_SEVEN
from gifect.sound.recognise import listen
from gifect.sound.result import SoundReading


@pytest.fixture(scope="module")
def murmur(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sound") / "größe & <b>.ogg"
    path.write_bytes(signals.encode(signals.murmur(9), container="ogg", codec="libopus"))
    return path


def test_classes_over_time_are_printed(murmur: Path) -> None:
    done = gifect("sound", murmur)
    assert (done.returncode, done.stderr) == (0, "")
    for words in (*SPEECH_SEVEN, "quadrant", "sector", "over time", "valence", "familiarity", "heard 0.00 s to 9.0"):
        assert words in done.stdout
    heard = listen(murmur)
    rows = [line for line in done.stdout.splitlines() if re.search(r"[+-]\d\.\d\d +[+-]\d\.\d\d", line)]
    assert len(rows) == len(heard.timeline)


def test_json_is_the_reading(murmur: Path) -> None:
    done = gifect("sound", murmur, "--json")
    assert SoundReading.model_validate(json.loads(done.stdout)) == listen(murmur)


def test_the_whole_track_may_be_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    path.write_bytes(signals.encode(signals.murmur(65)))
    moments = json.loads(gifect("sound", path, "--json", "--whole").stdout)["timeline"]
    assert moments[-1]["ms"] > 60_000
    rows = gifect("sound", path, "--whole").stdout.splitlines()
    assert 15 <= sum(bool(re.search(r"[+-]\d\.\d\d +[+-]\d\.\d\d", row)) for row in rows) <= 24


def test_the_plot_shows_every_sector_and_the_course(murmur: Path, tmp_path: Path) -> None:
    plot = tmp_path / "circle.svg"
    assert gifect("sound", murmur, "--plot", plot).returncode == 0
    root = ElementTree.fromstring(plot.read_text("utf-8"))
    words = [element.text or "" for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {*RUSSELL_EIGHT, "pleasant", "unpleasant", "excited", "calm", murmur.name} <= set(words)
    heard = listen(murmur)
    dots = [e for e in root.iter("{http://www.w3.org/2000/svg}circle") if e.get("r") == "5"]
    assert len(dots) == len(heard.timeline)
    (mark,) = (e for e in root.iter("{http://www.w3.org/2000/svg}circle") if e.get("r") == "11")
    assert float(mark.get("cx", 0)) == pytest.approx(360 + 248 * heard.valence, abs=0.1)
    assert float(mark.get("cy", 0)) == pytest.approx(372 - 248 * heard.arousal, abs=0.1)


def test_a_plot_of_one_window_has_no_course() -> None:
    heard = listen(signals.encode(signals.murmur(1)))
    picture = draw_circumplex(heard, "short.wav")
    assert "over time" not in picture
    ElementTree.fromstring(picture)


def test_every_class_has_a_colour() -> None:
    for label in (*SPEECH_SEVEN, *QUADRANTS, *RUSSELL_EIGHT):
        assert re.fullmatch("#[0-9A-F]{6}", colour_of(label))
    assert len({colour_of(label) for label in SPEECH_SEVEN}) == len(SPEECH_SEVEN)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("silent.wav", signals.encode(np.zeros(16_000)), "the sound track is silent"),
        ("mute.mp4", signals.silent_video(), "no sound track"),
        ("text.wav", b"no sound at all", "of no format that holds sound"),
    ],
)
def test_what_cannot_be_heard_is_one_line(name: str, data: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    plot = tmp_path / "circle.svg"
    done = gifect("sound", path, "--plot", plot)
    assert (done.returncode, done.stdout) == (1, "")
    assert words in done.stderr and len(done.stderr.splitlines()) == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == [name]


def test_a_plot_that_is_no_svg_is_refused(murmur: Path, tmp_path: Path) -> None:
    done = gifect("sound", murmur, "--plot", tmp_path / "circle.bmp")
    assert done.returncode == 2
    assert "--plot writes .svg" in done.stderr


def test_a_strange_sound_carries_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "noise.wav"
    path.write_bytes(signals.encode(signals.noise(4)))
    assert "unlike the speech that the network learnt from" in " ".join(gifect("sound", path).stdout.split())
