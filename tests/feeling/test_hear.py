"""What sound does to a reading: nothing where there is none, something bounded where there is."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "sound"))
import signals

import gifect
from gifect.emotions import QUADRANTS, SEVEN, SPEECH_SEVEN
from gifect.feeling.acting import weigh_pictures
from gifect.feeling.cues import see
from gifect.feeling.fuse import fuse
from gifect.feeling.hear import WEIGHT, evidence_of, hear, weigh_sound
from gifect.sound.recognise import listen

VIDEO = signals.encode(signals.murmur(3), 16_000, "mp4", "aac", video=True)
EVEN = dict.fromkeys(SPEECH_SEVEN, 1 / 7)
EVEN_QUADRANTS = dict.fromkeys(QUADRANTS, 1 / 4)


def sure_of(label: str) -> dict[str, float]:
    return {name: 0.94 if name == label else 0.01 for name in SPEECH_SEVEN}


def test_a_reading_of_a_clip_with_sound_has_it() -> None:
    reading = gifect.read(VIDEO)
    assert reading.sound is not None
    assert reading.sound == listen(VIDEO)
    assert {reason.cue for reason in reading.reasons} >= {"scene", "sound"}
    assert sum(reason.weight for reason in reading.reasons) == pytest.approx(1, abs=1e-3)
    assert sum(reading.scores.values()) == pytest.approx(1, abs=1e-3)
    assert gifect.Reading.from_json(reading.to_json()) == reading


def test_a_clip_without_sound_stays_as_it_was() -> None:
    clip = gifect.Clip.open(signals.silent_video())
    assert not clip.has_sound and clip.sound_file == b""
    assert hear(clip) == (None, [])
    verdict = fuse(clip, see(clip))
    assert weigh_sound(verdict, clip, None) is verdict
    reading = gifect.read(signals.silent_video())
    assert reading.sound is None
    assert "sound" not in {reason.cue for reason in reading.reasons}
    pictures, _ = weigh_pictures(clip, see(clip))
    assert list(reading.scores.values()) == [round(float(score), 4) for score in pictures.scores]


def test_a_silent_track_changes_nothing_and_is_told() -> None:
    silent = signals.encode(np.zeros(16_000), 16_000, "mp4", "aac", video=True)
    reading = gifect.read(silent)
    assert reading.sound is None
    assert any("silent" in warning for warning in reading.warnings)
    assert "sound" not in {reason.cue for reason in reading.reasons}


def test_sound_unlike_any_that_was_learnt_from_changes_nothing() -> None:
    clip = gifect.Clip.open(VIDEO)
    verdict = fuse(clip, see(clip))
    strange = listen(VIDEO).model_copy(update={"familiarity": 0.0})
    weighed = weigh_sound(verdict, clip, strange)
    np.testing.assert_allclose(weighed.scores, verdict.scores, rtol=1e-5)
    np.testing.assert_allclose(weighed.moments, verdict.moments, rtol=1e-5)


@pytest.mark.parametrize("label", ["anger", "fear", "happiness", "sadness", "disgust", "neutral"])
def test_sound_speaks_for_its_emotion_and_only_so_loudly(label: str) -> None:
    clip = gifect.Clip.open(VIDEO)
    verdict = fuse(clip, see(clip))
    heard = listen(VIDEO)
    moments = [m.model_copy(update={"scores": sure_of(label)}) for m in heard.timeline]
    sure = heard.model_copy(update={"scores": sure_of(label), "familiarity": 1.0, "timeline": moments})
    weighed = weigh_sound(verdict, clip, sure)
    k = SEVEN.index(label)
    assert weighed.scores[k] > verdict.scores[k]
    np.testing.assert_array_equal(weighed.without_sound, verdict.scores)
    assert (weighed.moments[:, k] > verdict.moments[:, k]).all()
    gained = weighed.scores / verdict.scores
    assert gained.max() / gained.min() < (0.94 * 7 / 0.05) ** WEIGHT + 0.01
    np.testing.assert_allclose(weighed.scores.sum(), 1, rtol=1e-5)


def test_even_scores_are_no_evidence() -> None:
    np.testing.assert_allclose(evidence_of(EVEN, EVEN_QUADRANTS), 1)
    np.testing.assert_allclose(evidence_of(EVEN_QUADRANTS, EVEN_QUADRANTS), 1)


def test_surprise_lies_between_fear_and_happiness() -> None:
    evidence = dict(zip(SEVEN, evidence_of(sure_of("fear"), EVEN_QUADRANTS), strict=True))
    assert evidence["fear"] > evidence["surprise"] > evidence["anger"]


def test_a_network_of_quadrants_speaks_for_the_emotions_in_them() -> None:
    quadrants = {name: 0.7 if name == "misery-arousal" else 0.1 for name in QUADRANTS}
    evidence = dict(zip(SEVEN, evidence_of(quadrants, quadrants), strict=True))
    assert evidence["anger"] == evidence["fear"] == evidence["disgust"] == pytest.approx(2.8)
    assert evidence["happiness"] == evidence["neutral"] == pytest.approx(0.4)
