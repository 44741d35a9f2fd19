"""The table of acts and what it says of the seven emotions."""

from __future__ import annotations

import numpy as np
import pytest

from gifect.actions.acts import ACTS, NAME, act_emotions, acts_say, usual_emotions
from gifect.emotions import SEVEN
from gifect.feeling.acting import LEAST, SHOWN, acts_done, weigh_acts
from gifect.feeling.fuse import Verdict

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


@pytest.mark.parametrize("face", [True, False])
def test_acts_move_the_verdict_towards_what_they_show(face: bool) -> None:
    before = Verdict(EVEN, EVEN, EVEN, EVEN, EVEN, np.arange(3), np.tile(EVEN, (3, 1)))
    after = weigh_acts(before, surely("crying"), face)
    sadness = SEVEN.index("sadness")
    assert after.scores[sadness] == after.scores.max() > EVEN[0]
    assert after.scores.sum() == pytest.approx(1)
    assert (after.moments.argmax(1) == sadness).all()
    np.testing.assert_array_equal(after.without_acts, EVEN)


def test_acts_weigh_more_where_no_face_can_be_read() -> None:
    before = Verdict(EVEN, EVEN, EVEN, EVEN, EVEN, np.arange(1), EVEN[None])
    with_face, without = (weigh_acts(before, surely("crying"), face).scores.max() for face in (True, False))
    assert without > with_face
