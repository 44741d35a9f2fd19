"""Training I3D end to end on videos that are drawn here, and reading action data sets from disk."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra train")

sys.path.insert(0, str(Path(__file__).parent))

from figures import ACTIONS, draw_video, write_kinetics  # noqa: E402

from gifect.errors import DataError  # noqa: E402
from gifect.media.write import write_clip  # noqa: E402
from gifect.training.actions import action_plan, build_net, evaluate_actions, top_k, train_actions  # noqa: E402
from gifect.training.data.videosets import Video, VideoSet, kinetics_set, ucf101_set  # noqa: E402
from gifect.training.data.windows import Cutter, training_batches  # noqa: E402
from gifect.training.networks.i3d import I3D  # noqa: E402
from gifect.training.plateau import Batch, PlateauPlan, fit_plateau  # noqa: E402

SMALL = {"frames": "16", "side": "32", "width": "0.125", "dropout": "0", "norm": "0.3", "batch": "8", "rate": "0.03",
         "patience": "6"}  # fmt: skip


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fourteen videos of each of five actions to train on, four to test on."""
    folder = tmp_path_factory.mktemp("drawn")
    write_kinetics(folder, train=14, valid=4)
    return folder


def settings(folder: Path, **changes: str) -> dict[str, str]:
    return (
        {"data": str(folder), "train": str(folder / "train.csv"), "valid": str(folder / "valid.csv")} | SMALL | changes
    )


@pytest.mark.parametrize(("stream", "epochs"), [("flow", "6"), ("rgb", "13")])
def test_training_learns_to_tell_actions_apart(
    drawn: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    stream: str,
    epochs: str,
) -> None:
    monkeypatch.setenv("GIFECT_CACHE", str(tmp_path / "cache"))
    weights = train_actions(settings(drawn, stream=stream, epochs=epochs), tmp_path / "run")
    told = re.search(r"10 clips a video: top-1 ([\d.]+), top-5 ([\d.]+)", capsys.readouterr().out)
    assert told
    assert float(told[1]) >= 0.6  # chance is .2
    assert float(told[2]) == 1
    assert (tmp_path / "run" / "classes.txt").read_text().split() == list(ACTIONS)
    I3D(stream, len(ACTIONS), 0.125).load_state_dict(torch.load(weights, weights_only=True))


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_clip(draw_video("walking", 1), tmp_path_factory.mktemp("video") / "walk.mp4")


def test_windows_lie_within_the_video_and_are_the_same_for_a_seed(video: Path) -> None:
    cutter = Cutter("rgb", 16, 32)
    whole = cutter.whole(video)
    assert whole.shape == (24, 37, 37, 3)
    first, again = (cutter.at_random(whole, np.random.default_rng(4)) for _ in range(2))
    assert first.shape == (16, 32, 32, 3)
    np.testing.assert_array_equal(first, again)
    spread = cutter.spread(whole, 10)
    np.testing.assert_array_equal(spread[0], whole[:16, 2:34, 2:34])
    np.testing.assert_array_equal(spread[-1], whole[-16:, 2:34, 2:34])
    tensor = cutter.tensor(spread)
    assert tensor.shape == (10, 3, 16, 32, 32)
    assert -1 <= tensor.min() < tensor.max() <= 1


def test_a_video_that_is_too_short_plays_again(video: Path) -> None:
    whole = Cutter("rgb", 40, 32).whole(video)
    assert len(whole) == 40
    np.testing.assert_array_equal(whole[24:], whole[:16])


def test_mirrored_flow_goes_the_other_way(video: Path) -> None:
    cutter = Cutter("flow", 16, 32)
    whole = cutter.whole(video)
    assert whole.dtype == np.int8 and whole.shape == (23, 37, 37, 2)
    part = whole[:16, :32, :32]
    mirrored = cutter._mirrored(part)
    np.testing.assert_array_equal(mirrored[..., 0], -part[:, :, ::-1, 0])
    np.testing.assert_array_equal(mirrored[..., 1], part[:, :, ::-1, 1])


def test_an_epoch_shows_each_video_once_and_comes_again(video: Path) -> None:
    found = VideoSet(("a", "b"), [Video(video, k % 2) for k in range(5)])
    cutter = Cutter("rgb", 16, 32)
    batches = list(training_batches(found, cutter, 2, 0, 3))
    assert [b["clip"].shape[0] for b in batches] == [2, 2]
    for ours, again in zip(batches, training_batches(found, cutter, 2, 0, 3), strict=True):
        torch.testing.assert_close(ours["clip"], again["clip"], rtol=0, atol=0)
    assert len(list(training_batches(found, cutter, 9, 0, 0))) == 1


def test_videos_that_cannot_be_read_are_named_and_left_out(
    video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged = tmp_path / "damaged.mp4"
    damaged.write_bytes(video.read_bytes()[:200])
    cutter, net = Cutter("rgb", 16, 32), I3D("rgb", 2, 0.0625).eval()
    found = VideoSet(("a", "b"), [Video(damaged, 0), Video(video, 1), Video(damaged, 1)])
    (batch,) = training_batches(found, cutter, 3, 0, 0)
    assert batch["label"].tolist() == [1]
    assert capsys.readouterr().out.count(f"left out: {damaged}") == 2
    assert evaluate_actions(net, found, cutter, clips=2)["top5"] == 1
    with pytest.raises(DataError, match="none of 1 videos can be read"):
        evaluate_actions(net, VideoSet(("a",), [Video(damaged, 0)]), cutter)


def test_a_loss_that_is_no_number_ends_training(tmp_path: Path) -> None:
    def loss(net: torch.nn.Module, batch: Batch) -> tuple[torch.Tensor, dict[str, float]]:
        return line_loss(net, {"x": batch["x"] * float("nan"), "y": batch["y"]})

    with pytest.raises(DataError, match="the loss is not a number at step 1 of an epoch: lower the rate"):
        fit_plateau(
            torch.nn.Linear(3, 1), line_batches, loss, lambda net: {"score": 0.0}, PlateauPlan(epochs=2), tmp_path
        )


def test_top_k_counts_the_k_highest() -> None:
    logits = np.array([[3, 2, 1, 0], [0, 1, 2, 3], [1, 0, 3, 2]])
    labels = np.array([0, 2, 0])
    assert [top_k(logits, labels, k) for k in (1, 2, 3)] == pytest.approx([1 / 3, 2 / 3, 1])


def line_batches(epoch: int) -> Iterator[Batch]:
    rng = np.random.default_rng(epoch)
    for _ in range(4):
        x = torch.from_numpy(rng.normal(size=(16, 3)).astype(np.float32))
        yield {"x": x, "y": x.sum(1, keepdim=True)}


def line_loss(net: torch.nn.Module, batch: Batch) -> tuple[torch.Tensor, dict[str, float]]:
    value = ((net(batch["x"]) - batch["y"]) ** 2).mean()
    return value, {"loss": float(value.detach())}


def test_the_rate_falls_when_nothing_gets_better_and_training_ends(tmp_path: Path) -> None:
    torch.manual_seed(0)
    plan = PlateauPlan(epochs=50, rate=0.01, patience=1, least_rate=1e-4)
    fit_plateau(torch.nn.Linear(3, 1), line_batches, line_loss, lambda net: {"score": 0.0}, plan, tmp_path)
    rates = [float(row.split(",")[2]) for row in (tmp_path / "log.csv").read_text().splitlines()[1:]]
    assert rates == sorted(rates, reverse=True)
    assert len(rates) < 10
    assert set(rates) == {0.01, 0.001, 0.0001}


def test_a_run_that_was_cut_short_ends_with_the_same_weights(tmp_path: Path) -> None:
    def fit_line(folder: Path, batches: Any) -> torch.nn.Module:
        torch.manual_seed(0)
        net = torch.nn.Linear(3, 1)

        def evaluate(net: torch.nn.Module) -> dict[str, float]:
            return {"score": -float(line_loss(net, next(line_batches(99)))[0])}

        return fit_plateau(net, batches, line_loss, evaluate, PlateauPlan(epochs=5, rate=0.02), folder)

    def cut(epoch: int) -> Iterator[Batch]:
        if epoch == 3:
            raise InterruptedError
        return line_batches(epoch)

    whole = fit_line(tmp_path / "whole", line_batches)
    with pytest.raises(InterruptedError):
        fit_line(tmp_path / "cut", cut)
    resumed = fit_line(tmp_path / "cut", line_batches)
    for ours, theirs in zip(resumed.parameters(), whole.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=0, atol=0)


def test_a_network_begins_where_another_ended_but_for_its_classes(tmp_path: Path) -> None:
    torch.manual_seed(9)
    old = I3D("rgb", 4, 0.125)
    torch.save(old.state_dict(), tmp_path / "old.pt")
    plan = action_plan({**SMALL, "start": str(tmp_path / "old.pt")})
    net = build_net(plan, 7)
    torch.testing.assert_close(
        net.state_dict()["Mixed_5c.b0.conv3d.weight"], old.state_dict()["Mixed_5c.b0.conv3d.weight"]
    )
    assert net.logits.conv3d.weight.shape[0] == 7
    with pytest.raises(DataError, match="is another network"):
        build_net(action_plan({**SMALL, "width": "0.25", "start": str(tmp_path / "old.pt")}), 7)


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        ({"epoch": "3"}, "unknown setting 'epoch': expected one of data, layout"),
        ({"epochs": "many"}, "epochs='many' is not a whole number"),
        ({"rate": "fast"}, "rate='fast' is not a number"),
        ({"stream": "sound"}, "stream='sound': expected one of rgb, flow"),
        ({"layout": "hmdb"}, "layout='hmdb': expected one of kinetics, ucf101"),
    ],
)
def test_settings_that_do_not_hold_are_said(given: dict[str, str], complaint: str) -> None:
    with pytest.raises(DataError, match=complaint):
        action_plan(given)


def test_data_that_is_not_named_is_asked_for() -> None:
    with pytest.raises(DataError, match="training on kinetics needs --set data=PATH"):
        train_actions({})
    with pytest.raises(DataError, match="training on ucf101 needs --set lists=PATH"):
        train_actions({"layout": "ucf101", "data": "videos"})


HEAD = "label,youtube_id,time_start,time_end,split\n"


def test_kinetics_is_read_as_it_is_published(tmp_path: Path) -> None:
    for place in ("air drumming/-3kbO_1_000004_000014.mp4", "brushing_teeth/x_000120_000130.mkv"):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).touch()
    rows = 'air drumming,-3kbO_1,4,14,train\n"brushing teeth",x,120,130,train\nzumba,gone,0,10,train\n'
    (tmp_path / "train.csv").write_text(HEAD + rows)
    found = kinetics_set(tmp_path, tmp_path / "train.csv")
    assert found.classes == ("air drumming", "brushing teeth", "zumba")
    assert [(v.path.name, v.label) for v in found.videos] == [
        ("-3kbO_1_000004_000014.mp4", 0),
        ("x_000120_000130.mkv", 1),
    ]
    assert found.missing == 1


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (None, "cannot be read"),
        ("label,id\na,b\n", "has no column time_end, time_start, youtube_id"),
        (HEAD + "knitting,x,0,10,train\n", "names the class 'knitting', which is none of the 1"),
        (HEAD + "zumba,x,0,10,train\n", "none of the 1 videos of .* is in"),
    ],
)
def test_tables_that_are_not_of_kinetics_are_refused(tmp_path: Path, text: str | None, complaint: str) -> None:
    if text is not None:
        (tmp_path / "train.csv").write_text(text)
    with pytest.raises(DataError, match=complaint):
        kinetics_set(tmp_path, tmp_path / "train.csv", ("zumba",))


@pytest.fixture
def ucf(tmp_path: Path) -> Path:
    (tmp_path / "classInd.txt").write_text("1 ApplyEyeMakeup\n2 Archery\n")
    (tmp_path / "trainlist01.txt").write_text(
        "ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi 1\nArchery/v_Archery_g08_c02.avi 2\n"
    )
    (tmp_path / "testlist01.txt").write_text("Archery/v_Archery_g01_c01.avi\n\nArchery/v_Archery_g01_c02.avi\n")
    for place in (
        "ApplyEyeMakeup/v_ApplyEyeMakeup_g08_c01.avi",
        "Archery/v_Archery_g08_c02.avi",
        "Archery/v_Archery_g01_c02.avi",
    ):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).touch()
    return tmp_path


def test_ucf101_is_read_by_its_official_splits(ucf: Path) -> None:
    train, test = ucf101_set(ucf, ucf, "train"), ucf101_set(ucf, ucf, "test")
    assert train.classes == test.classes == ("ApplyEyeMakeup", "Archery")
    assert [v.label for v in train.videos] == [0, 1]
    assert [(v.path.name, v.label) for v in test.videos] == [("v_Archery_g01_c02.avi", 1)]
    assert (train.missing, test.missing) == (0, 1)


def test_lists_that_are_not_of_ucf101_are_refused(ucf: Path) -> None:
    with pytest.raises(DataError, match="no split train 4 of UCF101"):
        ucf101_set(ucf, ucf, "train", 4)
    with pytest.raises(DataError, match=r"testlist02\.txt cannot be read"):
        ucf101_set(ucf, ucf, "test", 2)
    (ucf / "testlist01.txt").write_text("Knitting/v.avi\n")
    with pytest.raises(DataError, match="whose class is not in classInd"):
        ucf101_set(ucf, ucf, "test")
    (ucf / "classInd.txt").write_text("Archery\n")
    with pytest.raises(DataError, match="no list of numbered classes"):
        ucf101_set(ucf, ucf, "train")
