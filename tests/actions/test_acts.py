"""The table of acts and what it says of the seven emotions."""

from __future__ import annotations

import numpy as np
import pytest

from gifect.actions.acts import ACTS, NAME, act_emotions, acts_say, usual_emotions
from gifect.emotions import SEVEN
from gifect.feeling.acting import LEAST, SHOWN, acts_done, weigh_grade
from gifect.feeling.fuse import Verdict
from gifect.feeling.grade import Grade

EVEN = np.full(7, 1 / 7)


def surely(*acts: str) -> np.ndarray:
    return np.array([float(act in acts) for act in ACTS])


def test_shares_of_each_act_are_a_distribution() -> None:
    assert len(set(ACTS)) == len(ACTS)
    shares = act_emotions()
    assert shares.shape == (len(ACTS), 7)
    assert (shares > 0).all()
    np.testing.assert_allclose(shares.sum(1), 1, atol=1e-9)


@pytest.mark.parametrize(
    ("act", "emotion"),
    [("laughing", "happiness"), ("crying", "sadness"), ("fighting", "anger"), ("vomiting", "disgust")],
)
def test_acts_say_what_people_see_in_them(act: str, emotion: str) -> None:
    assert SEVEN[int(acts_say(surely(act)).argmax())] == emotion


def test_where_nothing_is_done_acts_say_what_is_usual() -> None:
    np.testing.assert_allclose(acts_say(np.zeros(len(ACTS))), usual_emotions())


def test_two_acts_say_the_mean_of_both() -> None:
    both = (acts_say(surely("crying")) + acts_say(surely("laughing"))) / 2
    np.testing.assert_allclose(acts_say(surely("crying", "laughing")), both, atol=1e-3)


def test_the_likeliest_acts_are_named_with_what_they_show() -> None:
    chances = np.linspace(0, 0.9, len(ACTS))
    done = acts_done(chances)
    assert [a.name for a in done] == list(ACTS[: -SHOWN - 1 : -1])
    assert {a.recogniser for a in done} == {NAME}
    assert acts_done(np.full(len(ACTS), LEAST / 2)) == []
    (crying,) = acts_done(surely("crying"))
    assert (crying.emotion, crying.strength) == ("sadness", act_emotions()[ACTS.index("crying")].max())


def test_the_grader_decides_with_the_acts_and_moments_differ_as_before() -> None:
    moments = np.stack([EVEN, np.roll([0.4, *[0.1] * 6], 2)])
    before = Verdict(*[EVEN] * 6, np.arange(2), moments)
    graded = Grade(np.zeros(17), None, 0.0, 0.0, EVEN, EVEN, surely("crying"), np.zeros(4), np.zeros(3))
    after = weigh_grade(before, graded)
    sadness = SEVEN.index("sadness")
    assert after.scores[sadness] == after.scores.max() > EVEN[0]
    assert after.scores.sum() == pytest.approx(1)
    np.testing.assert_array_equal(after.without_acts, EVEN)
    np.testing.assert_allclose(after.moments[0], after.scores)
    np.testing.assert_allclose(
        after.moments[1] / after.scores, moments[1] * 7 * (after.moments[1] / after.scores / moments[1] / 7)[0]
    )
