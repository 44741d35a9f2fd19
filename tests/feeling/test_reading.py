"""The result type: a contract that other programs build on."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from gifect import Reading
from gifect.emotions import EIGHT, QUADRANTS, RUSSELL_EIGHT, SEVEN, SEVENTEEN, SPEECH_SEVEN

EVEN_SEVEN = dict.fromkeys(SEVEN, 1 / 7)
EVEN_EIGHT = dict.fromkeys(EIGHT, 1 / 8)


def whole(**changes: Any) -> dict[str, Any]:
    """Return everything that a reading can say, as its JSON has it."""
    sample = {
        "ms": 100,
        "box": [10.5, 20.0, 80.0, 99.5],
        "confidence": 0.97,
        "readable": 0.9,
        "scores": EVEN_EIGHT,
        "valence": -0.5,
        "arousal": 0.4,
        "action_units": {"AU6": 0.1, "AU12": 0.8},
        "landmarks": [[1.5, 2.5, 0.9]] * 70,
    }
    face = {
        "track": 0,
        "first_ms": 100,
        "last_ms": 100,
        "scores": EVEN_EIGHT,
        "action_units": {"AU6": 0.1, "AU12": 0.8},
        "samples": [sample],
    }
    sound = {
        "label": "anger",
        "confidence": 0.4,
        "scores": dict.fromkeys(SPEECH_SEVEN, 0.4),
        "quadrant": "misery-arousal",
        "quadrants": dict.fromkeys(QUADRANTS, 0.25),
        "sector": "tensed",
        "sectors": dict.fromkeys(RUSSELL_EIGHT, 0.125),
        "valence": -0.4,
        "arousal": 0.6,
        "familiarity": 0.9,
        "start_ms": 0,
        "duration_ms": 1200,
        "track_ms": 1200,
        "timeline": [{"ms": 600, "scores": dict.fromkeys(SPEECH_SEVEN, 0.4), "valence": -0.4, "arousal": 0.6}],
        "warnings": [],
    }
    return {
        "source": "fête.gif",
        "frames": 12,
        "duration_ms": 1200,
        "width": 320,
        "height": 240,
        "loops": 0,
        "emotion": "anger",
        "confidence": 1 / 7,
        "scores": EVEN_SEVEN,
        "intensities": dict.fromkeys(SEVENTEEN, 0.5),
        "quadrant": "misery-arousal",
        "valence": -0.6,
        "arousal": 0.7,
        "medium": "live",
        "people": 1,
        "tags": ["angry"],
        "weighed_tags": [],
        "peak_ms": 100,
        "timeline": [{"ms": 100, "scores": EVEN_SEVEN}],
        "faces": [face],
        "actions": [{"name": "clapping", "score": 0.7, "recogniser": "i3d"}],
        "captions": [{"text": "oh no", "first_ms": 0, "last_ms": 900, "confidence": 0.8}],
        "sound": sound,
        "reasons": [{"cue": "face", "text": "because", "emotion": "anger", "weight": 0.8, "ms": 100}],
        "warnings": ["truncated"],
    } | changes


def made(**changes: Any) -> Reading:
    return Reading.model_validate(whole(**changes))


def test_the_keys_of_the_json_are_these_in_this_order() -> None:
    told = json.loads(made().to_json())
    assert list(told) == [
        "source",
        "frames",
        "duration_ms",
        "width",
        "height",
        "loops",
        "emotion",
        "confidence",
        "scores",
        "intensities",
        "quadrant",
        "valence",
        "arousal",
        "medium",
        "people",
        "tags",
        "weighed_tags",
        "peak_ms",
        "timeline",
        "faces",
        "actions",
        "captions",
        "sound",
        "reasons",
        "warnings",
    ]
    assert list(told["timeline"][0]) == ["ms", "scores"]
    face = told["faces"][0]
    assert list(face) == ["track", "first_ms", "last_ms", "scores", "action_units", "samples"]
    assert {"ms", "box", "confidence", "scores", "action_units"} <= set(face["samples"][0])
    assert list(told["actions"][0]) == ["name", "score", "recogniser"]
    assert list(told["captions"][0]) == ["text", "first_ms", "last_ms", "confidence"]
    assert list(told["sound"]) == list(whole()["sound"])
    assert list(told["sound"]["timeline"][0]) == ["ms", "scores", "valence", "arousal"]
    assert list(told["reasons"][0]) == ["cue", "text", "emotion", "weight", "ms"]


def test_scores_keep_the_order_of_the_vocabularies_in_json() -> None:
    told = json.loads(made().to_json())
    assert list(told["scores"]) == list(SEVEN)
    assert list(told["timeline"][0]["scores"]) == list(SEVEN)
    assert list(told["faces"][0]["samples"][0]["scores"]) == list(EIGHT)
    assert list(told["intensities"]) == list(SEVENTEEN)


@pytest.mark.parametrize("indent", [None, 2])
def test_a_reading_comes_back_from_its_json_as_it_was(indent: int | None) -> None:
    reading = made()
    assert Reading.from_json(reading.to_json(indent)) == reading
    assert json.loads(reading.to_json(indent)) == whole()


@given(
    st.lists(st.integers(0, 10_000), min_size=7, max_size=7).filter(any),
    st.text(max_size=20),
    st.integers(1, 10_000),
)
def test_any_reading_survives_its_json(weights: list[int], source: str, frames: int) -> None:
    scores = {e: w / sum(weights) for e, w in zip(SEVEN, weights, strict=True)}
    reading = made(scores=scores, source=source, frames=frames, confidence=max(scores.values()))
    assert Reading.from_json(reading.to_json().encode()) == reading


def test_a_clip_in_which_nothing_is_seen_has_a_reading() -> None:
    bare = {key: whole()[key] for key in ("source", "frames", "duration_ms", "width", "height", "loops")}
    reading = Reading(**bare, emotion="neutral", confidence=0.3, scores=EVEN_SEVEN)
    assert (reading.faces, reading.timeline, reading.tags, reading.reasons, reading.warnings) == ([], [], [], [], [])
    assert (reading.intensities, reading.quadrant, reading.peak_ms, reading.sound) == (None, None, None, None)


@pytest.mark.parametrize("where", ["reading", "face", "sample"])
def test_nothing_of_it_can_be_changed(where: str) -> None:
    reading = made()
    part = {"reading": reading, "face": reading.faces[0], "sample": reading.faces[0].samples[0]}[where]
    with pytest.raises(ValidationError, match="frozen"):
        part.scores = {}


REVERSED_SEVEN, REVERSED_EIGHT = dict(reversed(EVEN_SEVEN.items())), dict(reversed(EVEN_EIGHT.items()))
SIX = dict.fromkeys(SEVEN[:-1], 1 / 6)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param(
            {"scores": REVERSED_SEVEN},
            f"expected the keys {', '.join(SEVEN)} in this order, found neutral, surprise",
            id="seven in another order",
        ),
        pytest.param({"scores": SIX}, "found anger, disgust, fear, happiness, sadness, surprise", id="six of seven"),
        pytest.param({"scores": {}}, "found none", id="no scores"),
        pytest.param(
            {"scores": EVEN_SEVEN | {"anger": 0.9}}, "expected scores that sum to 1, found 1.7571", id="a sum above 1"
        ),
        pytest.param(
            {"timeline": [{"ms": 0, "scores": REVERSED_SEVEN}]}, "in this order", id="a moment in another order"
        ),
        pytest.param({"intensities": EVEN_SEVEN}, "expected the keys amusement, anger", id="intensities of seven"),
        pytest.param({"confidence": 1.2}, "less than or equal to 1", id="surer than sure"),
        pytest.param({"frames": 0}, "greater than or equal to 1", id="no frames"),
        pytest.param({"duration_ms": -1}, "greater than or equal to 0", id="negative time"),
        pytest.param({"mood": "fine"}, "Extra inputs are not permitted", id="an unknown key"),
    ],
)
def test_what_is_not_a_reading_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError) as raised:
        made(**changes)
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        pytest.param({"scores": REVERSED_EIGHT}, "in this order, found contempt", id="eight in another order"),
        pytest.param({"scores": EVEN_SEVEN}, "found anger, disgust", id="seven for eight"),
        pytest.param({"box": [1.0, 2.0, 3.0]}, "Field required", id="a box of three"),
        pytest.param({"valence": -1.5}, "greater than or equal to -1", id="valence off the scale"),
        pytest.param({"arousal": -0.5}, "greater than or equal to 0", id="arousal off the scale"),
    ],
)
def test_what_is_not_a_sample_of_a_face_is_refused(changes: dict[str, Any], message: str) -> None:
    told = whole()
    told["faces"][0]["samples"][0] |= changes
    with pytest.raises(ValidationError) as raised:
        Reading.model_validate(told)
    assert message in str(raised.value)


def test_a_missing_key_is_named() -> None:
    told = whole()
    del told["emotion"]
    with pytest.raises(ValidationError, match=r"emotion\s+Field required"):
        Reading.from_json(json.dumps(told))


def test_what_is_not_json_is_refused() -> None:
    with pytest.raises(ValidationError, match="Invalid JSON"):
        Reading.from_json("{")
