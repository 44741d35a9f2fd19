"""What the clip network learns from: pictures, and the teachers' maps and joints, changed alike; graders mixed."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra train")

from gifect.emotions import SEVEN  # noqa: E402
from gifect.training import acts  # noqa: E402
from gifect.training.data.clipsets import ClipSet  # noqa: E402
from gifect.training.feel import TURNED, _augmented, _joint_maps, _moved_cells  # noqa: E402
from gifect.training.mixture import calibrating_line, mixed_grades  # noqa: E402
from gifect.training.networks.scene import ClipNet  # noqa: E402

SIZE = np.array([128, 96])


def slope() -> np.ndarray:
    """A picture (96, 128, 4) whose last channel, which no recolouring touches, grows from corner to corner."""
    y, x = np.mgrid[:96, :128]
    return np.dstack([np.zeros((96, 128, 3), np.uint8), (1.4 * x + 0.6 * y).astype(np.uint8)])


def shrunk(channel: np.ndarray) -> np.ndarray:
    return cv2.resize(channel.astype(np.float32), (8, 6), interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("seed", range(6))
def test_maps_move_as_their_frames_do(seed: int) -> None:
    before = slope()
    after, matrix = _augmented(before[None], np.random.default_rng(seed))
    if (after[0, ..., 3] == 127).mean() > 0.02:
        pytest.skip("a patch of this one is struck out")
    moved = _moved_cells(torch.from_numpy(shrunk(before[..., 3]))[None, None], matrix[None])[0, 0].numpy()
    np.testing.assert_allclose(moved[1:-1, 1:-1], shrunk(after[0, ..., 3])[1:-1, 1:-1], atol=1.5)


def test_joints_lie_where_they_are_and_turn_with_a_mirror() -> None:
    pose = np.zeros((1, 17, 3))
    pose[0, 5] = [0.25 / 4, 0.5 / 6, 1.0]  # a left shoulder in the middle of a quarter of the first cell
    plain = _joint_maps(pose, np.array([[[1.0, 0, 0], [0, 1.0, 0]]]))
    assert np.unravel_index(plain[0, 5].argmax(), (6, 8)) == (0, 0)
    assert plain[0, [k for k in range(17) if k != 5]].max() == 0
    mirrored = _joint_maps(pose, np.array([[[-1.0, 0, 127], [0, 1.0, 0]]]))
    assert np.unravel_index(mirrored[0, TURNED[5]].argmax(), (6, 8)) == (0, 7)
    np.testing.assert_allclose(mirrored[0, TURNED[5]], plain[0, 5][:, ::-1], atol=1e-6)


def test_every_joint_has_its_opposite() -> None:
    assert [TURNED[k] for k in TURNED] == list(range(17))


def test_the_net_teaches_only_when_asked() -> None:
    net = ClipNet(5, 3, 4).eval()
    inputs = torch.rand(2, 3, 4, 96, 128), torch.ones(2, 3, dtype=torch.bool), torch.rand(2, 5), torch.ones(2, 1)
    with torch.no_grad():
        said, taught = net(*inputs), net(*inputs, teach=True)
    assert set(taught) - set(said) == {"teacher", "cells", "pose"}
    assert taught["cells"].shape == (2, 3, 416, 6, 8)
    assert taught["pose"].shape == (2, 3, 17, 6, 8)
    assert {k: tuple(v.shape) for k, v in said.items()} == {
        "seven": (2, 7),
        "intensities": (2, 17),
        "acts": (2, 3),
        "medium": (2, 4),
        "people": (2, 3),
        "words": (2, 4),
    }


def test_graders_are_mixed_as_probabilities() -> None:
    one = {"intensities": torch.zeros(1, 17), "quadrant": torch.zeros(1, 4), "seven": torch.zeros(1, 7)}
    said = [{**one, "acts": torch.full((1, 2), value)} for value in (-100.0, 100.0)]
    linear = {"intensities": torch.ones(1, 17), "quadrant": torch.zeros(1, 4), "seven": torch.eye(7)[:1]}
    mixed = mixed_grades(said, {**linear, "acts": torch.ones(1, 2), "kinds": torch.zeros(1, 7)}, 0.5)
    assert mixed["acts"].tolist() == [[0.75, 0.75]]
    assert mixed["intensities"].tolist() == [[0.5] * 17]
    assert mixed["seven"].sum() == pytest.approx(1)
    assert mixed["seven"][0, 0] > 0.5
    assert "kinds" not in mixed_grades(said, None, 0.0)


def test_a_line_brings_scores_to_the_labels() -> None:
    told = np.random.default_rng(0).random((50, 3))
    said = told * 2 - 0.3
    said[:, 2] = 0.4
    line = calibrating_line(said, told)
    np.testing.assert_allclose((line[0] * said + line[1])[:, :2], told[:, :2])
    assert line[:, 2].tolist() == [1, 0]


def test_the_table_of_acts_counts_the_train_split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acts, "TABLE", tmp_path / "acts.csv")
    seven = np.eye(7, dtype=np.float32)[[0, 0, 3, 4]]
    clips = ClipSet(
        ids=list("abcd"),
        split=np.array(["train", "train", "train", "valid"]),
        intensities=np.zeros((4, 17), np.float32),
        seven=seven,
        quadrant=np.zeros(4, np.int64),
        acts=np.array([[1, 0], [1, 0], [0, 0], [1, 1]], np.float32),
        act_names=["hitting", "waving"],
        opened=lambda: [],
    )
    acts.write_acts(clips)
    with open(tmp_path / "acts.csv") as file:
        hitting, waving = csv.DictReader(file)
    assert (hitting["act"], hitting["clips"], waving["clips"]) == ("hitting", "2", "0")
    assert float(hitting["anger"]) > float(waving["anger"]) == pytest.approx(2 / 3, abs=1e-3)
    for row in (hitting, waving):
        assert sum(float(row[e]) for e in SEVEN) == pytest.approx(1, abs=1e-9)
