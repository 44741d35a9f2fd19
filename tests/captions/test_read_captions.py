"""Captions of clips: their words and times, without sites, and none where there is nothing."""

from __future__ import annotations

import subprocess
import sys

import pytest
from drawn import drawn_clip

import gifect
from gifect.captions.words import is_site, mend, words_of
from gifect.media.write import encode_clip

pytest.importorskip("rapidocr", reason="needs gifect[captions]")

from gifect.captions.frames import LOOKS, look_for_lines, worth_reading
from gifect.captions.read import has_text, read_captions


def test_captions_come_with_their_times() -> None:
    reading = gifect.read(_as_gif(drawn_clip(["I am so happy", "", "thank you all"])), captions=True)
    assert [words_of(caption.text) for caption in reading.captions] == [
        ["i", "am", "so", "happy"],
        ["thank", "you", "all"],
    ]
    first, second = reading.captions
    assert 0 <= first.first_ms <= first.last_ms < 400
    assert 800 <= second.first_ms <= second.last_ms < 1200
    assert min(first.confidence, second.confidence) > 0.8
    (reason,) = (reason for reason in reading.reasons if reason.cue == "caption")
    assert reason.emotion == "happiness" and "happy" in reason.text
    assert sum(reason.weight for reason in reading.reasons) == pytest.approx(1, abs=1e-3)
    assert gifect.Reading.from_json(reading.to_json()) == reading


def test_words_move_the_scores_their_way() -> None:
    data = _as_gif(drawn_clip(["I am so scared|please help me"]))
    with_words, without = gifect.read(data, captions=True), gifect.read(data)
    assert without.captions == [] and "caption" not in {reason.cue for reason in without.reasons}
    assert with_words.scores["fear"] > without.scores["fear"]
    assert sum(with_words.scores.values()) == pytest.approx(1, abs=1e-3)


def test_lines_below_each_other_are_one_caption() -> None:
    (caption,) = read_captions(drawn_clip(["what is this|place"]))
    assert words_of(caption.text) == ["what", "is", "this", "place"]


def test_a_site_in_the_corner_is_no_caption() -> None:
    assert read_captions(drawn_clip([""], site="giphy.com", hold=8)) == []
    (caption,) = read_captions(drawn_clip(["good night"], site="4gifs.com", hold=8))
    assert words_of(caption.text) == ["good", "night"]


def test_without_lines_nothing_is_read() -> None:
    looks = look_for_lines(drawn_clip([""], hold=8))
    assert not has_text(looks)
    assert read_captions(drawn_clip([""])) == []


def test_one_frame_is_read_for_each_text() -> None:
    clip = drawn_clip(["first words", "second words"], hold=8)
    looks = look_for_lines(clip)
    assert len(looks) == LOOKS
    shown = worth_reading(clip, looks)
    assert len(shown) == 2
    assert [one.frame < 8 for one in shown] == [True, False]


@pytest.mark.parametrize(
    ("read", "mended"),
    [
        ("Letmelaugh", "Let me laugh"),
        ("Thatis what she said", "That is what she said"),
        ("don'tworry", "don't worry"),
        ("YOU'RESERIOUS", "YOU'RE SERIOUS"),
        ("nothing", "nothing"),
        ("I can't", "I can't"),
        ("o'clock", "o'clock"),
        ("zxqvkj", "zxqvkj"),
    ],
)
def test_blanks_that_were_left_out_come_back(read: str, mended: str) -> None:
    assert mend(read) == mended


@pytest.mark.parametrize(
    ("line", "site"),
    [("4GIFs.com", True), ("imgflip.com", True), ("@someone", True), ("www.a.example", True), ("reddit", True),
     ("no.", False), ("well...no", False), ("me", False), ("that's it", False)],
)  # fmt: skip
def test_names_of_sites(line: str, site: bool) -> None:
    assert is_site(line) == site


def test_without_rapidocr_one_line_names_the_extra() -> None:
    code = (
        "import sys; sys.modules['rapidocr'] = None\n"
        "import numpy as np, gifect\n"
        "from gifect.captions.engine import find_lines\n"
        "try: find_lines(np.zeros((40, 60, 3), np.uint8))\n"
        "except gifect.GifectError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert "pip install 'gifect[captions]'" in done.stdout


def _as_gif(clip: gifect.Clip) -> bytes:
    return encode_clip(clip, ".gif")
