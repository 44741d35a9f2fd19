"""Learning what a caption is: the cache of what was read, its truth, and judges that tell the kinds apart."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gifect.captions.engine import Line
from gifect.captions.frames import Look, ReadFrame, Shown
from gifect.captions.read import found_features, judges, likeliest, text_score
from gifect.training.captions import is_caption
from gifect.training.captions import judge_of_lines as learn
from gifect.training.data.captions import WrittenClip, keep, kept_clip

LOW_CENTRE, CORNER = np.array([0.2, 0.8, 0.8, 0.92]), np.array([0.8, 0.02, 0.98, 0.06])


def looks_with(box: np.ndarray, times: int = 8) -> list[Look]:
    return [Look(k, [Line(box, 0.9)] if k < times else []) for k in range(8)]


def test_what_was_read_is_kept_whole(tmp_path: Path) -> None:
    looks = [Look(3, [Line(LOW_CENTRE, 0.75)]), Look(9, [])]
    frames = [ReadFrame(Shown(3, 2, 4), [Line(LOW_CENTRE, 0.5, "größe 日本")])]
    keep(tmp_path / "g1.json", looks, frames)
    clip = kept_clip("g1", "words", tmp_path / "g1.json")
    assert (clip.id, clip.text) == ("g1", "words")
    assert [(look.frame, len(look.lines)) for look in clip.looks] == [(3, 1), (9, 0)]
    assert clip.frames[0].shown == frames[0].shown
    assert clip.frames[0].lines[0].text == "größe 日本"
    np.testing.assert_allclose(clip.frames[0].lines[0].box, LOW_CENTRE, atol=1e-5)


@pytest.mark.parametrize(
    ("line", "caption", "is_one"),
    [
        ("Oh no!", "oh no! not again", True),
        ("OH HI", "oh no", True),
        ("channel 5", "oh no", False),
        ("...", "oh no", False),
        ("oh", "", False),
    ],
)
def test_half_of_the_words_make_a_line_a_caption(line: str, caption: str, is_one: bool) -> None:
    assert is_caption(line, WrittenClip("g", caption, [], [])) == is_one


def test_found_lines_of_nothing_are_no_rows() -> None:
    assert found_features([Look(0, []), Look(1, [])]).shape[0] == 0
    assert likeliest(np.zeros(0)) == 0 == text_score([Look(0, [])])


def test_a_wide_line_below_is_likelier_a_caption_than_one_in_a_corner() -> None:
    assert text_score(looks_with(LOW_CENTRE)) > judges()["has_text"].threshold > text_score(looks_with(CORNER))


def test_a_judge_learns_which_lines_are_captions() -> None:
    rng = np.random.default_rng(0)
    lines, truth = [], []
    for k in range(60):
        box = (CORNER if k % 2 else LOW_CENTRE) + rng.normal(0, 0.01, 4)
        lines.append(found_features(looks_with(box, int(rng.integers(2, 8)))))
        truth.append(k % 2 == 0)
    weights, bias, threshold = learn(lines, truth)
    scores = [likeliest(1 / (1 + np.exp(-(rows @ weights + bias)))) for rows in lines]
    assert [score >= threshold for score in scores] == truth
