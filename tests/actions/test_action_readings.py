"""Readings with actions: the face first, what is done where no face can be read, and the words that say so."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import gifect
from gifect.actions.recognise import DoneAction
from gifect.emotions import SEVEN
from gifect.errors import ModelError
from gifect.feeling.cues import face_cues
from gifect.feeling.fuse import Verdict
from gifect.feeling.precedence import (
    action_emotion,
    action_scores,
    decide_by_action,
    expression_emotion,
    face_first,
    rule_emotion,
)
from gifect.media.clip import Clip
from gifect.media.write import encode_clip, write_clip

SAMPLE = Path(__file__).parents[2] / "samples" / "laugh.gif"


def done(name: str, score: float, emotion: str, strength: float) -> DoneAction:
    return DoneAction(name, score, emotion, strength, "i3d")


SLAP, YAWN = done("slapping", 0.5, "anger", 0.7), done("yawning", 0.3, "neutral", 0.5)


@pytest.mark.parametrize(
    ("face", "action", "expected"),
    [
        ("happiness", "anger", ("happiness", "face")),
        ("neutral", "anger", ("neutral", "face")),
        ("sadness", None, ("sadness", "face")),
        (None, "anger", ("anger", "action")),
        (None, "neutral", ("neutral", "action")),
        (None, None, ("neutral", "none")),
    ],
)
def test_the_face_comes_first(face: str | None, action: str | None, expected: tuple[str, str]) -> None:
    assert face_first(face, action) == expected


@pytest.mark.parametrize(
    ("actions", "emotion"), [([SLAP, YAWN], "anger"), ([YAWN, SLAP], "neutral"), ([], None)], ids=str
)
def test_the_likeliest_action_speaks_alone(actions: Sequence[DoneAction], emotion: str | None) -> None:
    assert action_emotion(actions) == emotion


@pytest.mark.parametrize(
    "first", [SLAP, YAWN, done("crying", 1.0, "sadness", 1.0), done("archery", 0.01, "neutral", 0.1)]
)
def test_scores_are_led_by_what_the_likeliest_action_shows(first: DoneAction) -> None:
    scores = action_scores([first, done("laughing", 0.01, "happiness", 0.9)])
    assert scores.sum() == pytest.approx(1)
    assert SEVEN[int(scores.argmax())] == first.emotion
    assert scores.max() - scores.min() == pytest.approx(first.score * first.strength)


def test_a_verdict_by_action_is_the_same_at_every_moment() -> None:
    even = np.full(7, 1 / 7)
    verdict = decide_by_action(Verdict(even, even, even, even, even, np.arange(3), np.tile(even, (3, 1))), [SLAP])
    assert verdict.moments.shape == (3, 7)
    np.testing.assert_array_equal(verdict.moments, np.tile(verdict.scores, (3, 1)))
    np.testing.assert_array_equal(verdict.without_face, even)


def test_nobody_shows_nothing() -> None:
    assert rule_emotion([]) is None
    assert expression_emotion([]) is None


@pytest.mark.parametrize(
    ("name", "by_expression", "by_rule"),
    [
        ("gasp", "surprise", "surprise"),
        ("laugh", "happiness", "happiness"),
        ("tears", "sadness", "sadness"),
        ("yuck", "disgust", "disgust"),
        ("calm", "neutral", "neutral"),
        ("glare", "anger", "neutral"),
    ],
)
def test_a_face_shows_what_its_units_make_up(name: str, by_expression: str, by_rule: str) -> None:
    faces, _ = face_cues(Clip.open(SAMPLE.with_name(f"{name}.gif")))
    assert expression_emotion(faces) == by_expression
    assert rule_emotion(faces) == by_rule  # of the glare one unit is there alone, which makes no combination


@pytest.fixture(scope="module")
def empty_room() -> Clip:
    """A clip without anybody: a plain ground over which a bar goes."""
    frames = np.full((10, 60, 80, 3), 180, np.uint8)
    for k, frame in enumerate(frames):
        frame[:, 8 * k : 8 * k + 6] = 60
    return Clip.from_frames(frames, 60)


def test_without_a_face_the_action_decides(i3d_at_hand: Path, empty_room: Clip) -> None:
    reading = gifect.read(encode_clip(empty_room, ".gif"), actions="i3d")
    assert reading.faces == []
    assert reading.emotion == "sadness"  # of crying, the likeliest action
    assert [a.name for a in reading.actions[:2]] == ["crying", "slapping"]
    assert reading.actions[0].recogniser == "i3d"
    assert {m.scores["sadness"] for m in reading.timeline} == {reading.confidence}
    first, second = reading.reasons
    assert (first.cue, first.emotion, first.weight) == ("action", "sadness", 1)
    assert "most like crying" in first.text
    assert "no face can be read, so the action decides" in first.text
    assert (second.cue, second.weight) == ("scene", 0)
    assert reading == gifect.Reading.from_json(reading.to_json())


def test_with_a_face_the_face_stays_first(i3d_at_hand: Path) -> None:
    plain, reading = gifect.read(SAMPLE), gifect.read(SAMPLE, actions="i3d")
    assert reading.scores == plain.scores
    assert reading.timeline == plain.timeline
    assert len(reading.actions) == 5
    (said,) = (r for r in reading.reasons if r.cue == "action")
    assert said.weight == 0
    assert "a face can be read and comes first" in said.text
    assert [r for r in reading.reasons if r.cue != "action"] == plain.reasons


def test_nothing_is_recognised_unasked(i3d_at_hand: Path) -> None:
    assert gifect.read(SAMPLE).actions == []


def test_a_recogniser_that_is_not_there_is_an_error(no_i3d: Path, empty_room: Clip) -> None:
    with pytest.raises(ModelError, match="no I3D is at hand"):
        gifect.read(encode_clip(empty_room, ".gif"), actions="i3d")


def command(folder: Path, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gifect", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "GIFECT_MODELS": str(folder)},
        timeout=300,
        check=False,
    )


def test_the_command_shows_actions(narrow_i3d: Path, empty_room: Clip, tmp_path: Path) -> None:
    path = write_clip(empty_room, tmp_path / "room.gif")
    run = command(narrow_i3d / "models", "read", path, "--actions", "i3d")
    assert run.returncode == 0, run.stderr
    assert "SADNESS" in run.stdout
    assert "crying" in run.stdout


def test_the_command_says_what_is_missing(empty_room: Clip, tmp_path: Path) -> None:
    path = write_clip(empty_room, tmp_path / "room.gif")
    missing = command(tmp_path, "read", path, "--actions", "i3d")
    assert missing.returncode == 1
    assert "gifect models convert i3d-rgb rgb_imagenet.pt" in missing.stderr
    unknown = command(tmp_path, "read", path, "--actions", "c3d")
    assert unknown.returncode == 1
    assert "expected one of i3d" in unknown.stderr


def test_the_command_refuses_a_checkpoint_in_one_line(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="converting needs the extra train")
    (tmp_path / "rgb_imagenet.pt").write_bytes(b"no checkpoint")
    run = command(tmp_path, "models", "convert", "i3d-rgb", tmp_path / "rgb_imagenet.pt")
    assert run.returncode == 1
    assert run.stderr.startswith("gifect: ") and len(run.stderr.splitlines()) == 1
    assert "no whole PyTorch file of tensors alone" in run.stderr
