"""What captions do to a reading: nothing where there is none or no English, something bounded where there is."""

from __future__ import annotations

import numpy as np
import pytest

from gifect.captions.read import ReadCaption
from gifect.emotions import SEVEN
from gifect.feeling.fuse import Verdict
from gifect.feeling.quote import WEIGHT, evidence_of_words, quote, weigh_captions
from gifect.text import recognise

EVEN = np.full(7, 1 / 7)
VERDICT = Verdict(EVEN, EVEN, EVEN, EVEN, EVEN, np.array([0, 5, 10]), np.tile(EVEN, (3, 1)))


@pytest.mark.parametrize("words", [[], [" "], ["今日はとても嬉しい"], ["estoy muy feliz de verte"]])
def test_what_cannot_be_read_leaves_the_scores(words: list[str]) -> None:
    assert weigh_captions(VERDICT, [ReadCaption(text, 0, 10, 0.9) for text in words]) is VERDICT


def test_a_caption_counts_for_the_clip_and_for_the_moments_that_it_is_shown_in() -> None:
    verdict = weigh_captions(VERDICT, [ReadCaption("I am so scared, help me", 4, 10, 0.9)])
    fear = SEVEN.index("fear")
    assert verdict.scores.argmax() == fear == verdict.moments[1].argmax() == verdict.moments[2].argmax()
    np.testing.assert_allclose(verdict.moments[0], EVEN)
    np.testing.assert_allclose(verdict.moments.sum(1), 1)
    assert verdict.scores.sum() == pytest.approx(1)
    np.testing.assert_array_equal(verdict.without_caption, EVEN)
    np.testing.assert_allclose(verdict.without_sound, verdict.scores)


def test_the_words_are_weighed_not_believed() -> None:
    said = recognise(["I am so scared, help me"])[0]
    evidence = evidence_of_words(said)
    sure = np.full(7, 0.01)
    sure[SEVEN.index("happiness")] = 0.94
    verdict = weigh_captions(
        Verdict(sure, sure, sure, sure, sure, np.array([0]), sure[None]), [ReadCaption(said.text, 0, 0, 1)]
    )
    happiness, fear = SEVEN.index("happiness"), SEVEN.index("fear")
    odds = (verdict.scores[fear] / verdict.scores[happiness]) / (sure[fear] / sure[happiness])
    assert odds == pytest.approx((evidence[fear] / evidence[happiness]) ** WEIGHT)


def test_several_captions_are_read_together() -> None:
    said = quote([ReadCaption("I am so", 0, 3, 0.9), ReadCaption("sad and alone", 4, 8, 0.9)])
    assert said is not None
    assert said[0].text == "I am so sad and alone" and said[0].emotion == "sadness"
    assert [one.text for one in said[1]] == ["I am so", "sad and alone"]
