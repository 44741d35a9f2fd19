"""I3D at run time: what of a clip the networks read, and what they say together."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from gifect.actions.i3d import SIDE, flow_window, i3d_logits, streams_at_hand, windows
from gifect.actions.kinetics import CLASSES
from gifect.actions.recognise import recognise_actions, top_actions
from gifect.errors import ModelError
from gifect.media.clip import Clip


def clip_of(count: int, delay: int = 40, height: int = 30, width: int = 40) -> Clip:
    frames = np.random.default_rng(count).integers(0, 255, (count, height, width, 3), dtype=np.uint8)
    return Clip.from_frames(frames, delay)


@pytest.mark.parametrize(
    ("count", "delay", "number"),
    [(1, 40, 1), (3, 100, 1), (64, 40, 1), (65, 40, 2), (40, 80, 2), (400, 40, 3)],
    ids=["still", "short", "one window", "one frame more", "slow", "long"],
)
def test_windows_have_one_length(count: int, delay: int, number: int) -> None:
    chosen = windows(clip_of(count, delay, 2, 2))
    assert chosen.shape == (number, 65)
    assert chosen.min() >= 0
    assert chosen.max() < count


def test_a_short_clip_plays_again_in_its_own_time() -> None:
    chosen = windows(clip_of(3, 80))[0]
    assert chosen[:13].tolist() == [0, 0, 1, 1, 2, 2, 0, 0, 1, 1, 2, 2, 0]


def test_windows_of_a_long_clip_reach_from_its_start_to_its_end() -> None:
    chosen = windows(clip_of(200, 40, 2, 2))
    assert chosen[:, 0].tolist() == [0, 68, 136]
    assert chosen[-1, -2:].tolist() == [199, 0]


def test_flow_of_a_window_sees_the_motion_in_pixels_of_the_scaled_frame() -> None:
    wide = np.random.default_rng(0).integers(0, 255, (16, 40, 3), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
    frames = np.stack([wide[:, 4 * k : 4 * k + 128] for k in range(4)])
    flow = flow_window(frames)
    assert flow.shape == (3, SIDE, SIDE, 2)
    expected = np.array([-4 * 2, 0]) / 20 * 127  # 128 pixels become 256
    assert np.abs(np.median(flow, (0, 1, 2)) - expected).max() < 3


def test_two_streams_are_averaged_as_logits(i3d_at_hand: Path) -> None:
    clip = clip_of(8)
    both, rgb, flow = i3d_logits(clip), i3d_logits(clip, ("rgb",)), i3d_logits(clip, ("flow",))
    assert both.logits.shape == (400,)
    assert both.streams == ("rgb", "flow")
    np.testing.assert_allclose(both.logits, (rgb.logits + flow.logits) / 2, atol=1e-5)
    assert CLASSES[int(rgb.logits.argmax())] == "crying"
    assert CLASSES[int(flow.logits.argmax())] == "slapping"


def test_five_actions_are_named_with_their_scores(i3d_at_hand: Path) -> None:
    actions = recognise_actions(clip_of(5))
    assert [a.name for a in actions[:2]] == ["crying", "slapping"]
    assert [(a.emotion, a.strength) for a in actions[:2]] == [("sadness", 0.8), ("anger", 0.7)]
    assert len(actions) == 5
    scores = [a.score for a in actions]
    assert scores == sorted(scores, reverse=True)
    assert 0 < sum(scores) <= 1
    assert {a.recogniser for a in actions} == {"i3d"}


@pytest.mark.parametrize(("count", "height", "width"), [(1, 1, 1), (2, 1, 2000), (3, 2000, 1), (2, 40, 30)], ids=str)
def test_clips_of_any_shape_are_read(i3d_at_hand: Path, count: int, height: int, width: int) -> None:
    said = i3d_logits(clip_of(count, 40, height, width))
    assert np.isfinite(said.logits).all()


def test_what_stands_still_is_read(i3d_at_hand: Path) -> None:
    still = Clip.from_frames(np.full((4, 20, 20, 3), 90, np.uint8), 40)
    one = Clip.from_frames(np.full((1, 20, 20, 3), 90, np.uint8), 40)
    np.testing.assert_allclose(i3d_logits(still).logits, i3d_logits(one).logits, atol=1e-5)


def test_one_stream_alone_says_so(i3d_at_hand: Path, no_i3d: Path) -> None:
    no_i3d.mkdir()
    for path in i3d_at_hand.glob("i3d-flow.onnx*"):
        shutil.copy(path, no_i3d)
    assert streams_at_hand() == ("flow",)
    actions = recognise_actions(clip_of(2))
    assert actions[0].name == "slapping"
    assert actions[0].recogniser == "i3d-flow"


def test_no_network_at_hand_says_where_to_get_one(no_i3d: Path) -> None:
    assert streams_at_hand() == ()
    with pytest.raises(
        ModelError, match=r"no I3D is at hand: get rgb_imagenet\.pt from https://.* gifect models convert"
    ):
        recognise_actions(clip_of(2))


def test_an_unknown_recogniser_is_refused() -> None:
    with pytest.raises(ModelError, match="unknown recogniser of actions 'c3d': expected one of acts, i3d"):
        recognise_actions(clip_of(2), "c3d")


def test_large_logits_are_no_fault() -> None:
    logits = np.zeros(400, np.float32)
    logits[[7, 9]] = 5000, 4999
    actions = top_actions(logits, "i3d")
    assert [a.name for a in actions[:2]] == [CLASSES[7], CLASSES[9]]
    assert actions[0].score == pytest.approx(1 / (1 + np.exp(-1)))
