"""Graders: what each decoder reads of the frames, where attention looks, and what the losses say."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra train")

from gifect.errors import TrainingError  # noqa: E402
from gifect.training.data.clipfeatures import keypoint_heat, segment_frames  # noqa: E402
from gifect.training.losses import LossWeights, grader_loss, heat_loss, nmse_loss, ranking_loss  # noqa: E402
from gifect.training.networks.kavan import Grader, NetworkOptions, SegmentLSTM, SoftAttention  # noqa: E402

FRAMES, CHANNELS, FACE, ACTS = 8, 12, 9, 5
DECODERS = ["mean", "first-frame", "statistics", "max-pool", "recurrent", "lstm", "hs-lstm"]


def inputs(batch: int = 3, seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    maps = torch.randn(batch, FRAMES, CHANNELS, 6, 8, generator=generator)
    faces = torch.randn(batch, FRAMES, FACE, generator=generator)
    faces[..., -1] = 1.0
    return maps, faces


def grader(**options: object) -> Grader:
    torch.manual_seed(1)
    net = Grader(FRAMES, CHANNELS, FACE, ACTS, NetworkOptions(**{"hidden": 16, **options}))  # type: ignore[arg-type]
    for part in net.heads.children():
        torch.nn.init.normal_(part.weight)  # type: ignore[arg-type]
    return net.eval()


@pytest.mark.parametrize("decoder", DECODERS)
@pytest.mark.parametrize("attention", [False, True])
@pytest.mark.parametrize("project", [0, 10])
def test_every_decoder_gives_all_heads(decoder: str, attention: bool, project: int) -> None:
    out = grader(decoder=decoder, attention=attention, project=project)(*inputs())
    shapes = {k: tuple(v.shape) for k, v in out.items() if k != "mask"}
    assert shapes == {"intensities": (3, 17), "quadrant": (3, 4), "seven": (3, 7), "acts": (3, ACTS)}
    assert ("mask" in out) == (attention and decoder in ("lstm", "hs-lstm"))


@pytest.mark.parametrize("decoder", DECODERS)
def test_decoders_read_the_frames_that_they_say(decoder: str) -> None:
    net, (maps, faces) = grader(decoder=decoder), inputs()
    before = net(maps, faces)["intensities"]
    changed = faces.clone()
    changed[:, -1, :4] += 2.0
    after = net(maps, changed)["intensities"]
    reads_the_last = decoder not in ("mean", "first-frame")
    assert (not torch.allclose(before, after)) == reads_the_last


@pytest.mark.parametrize("decoder", ["recurrent", "lstm", "hs-lstm"])
def test_recurrent_decoders_know_the_order_and_pooling_ones_do_not(decoder: str) -> None:
    maps, faces = inputs()
    for name, knows in ((decoder, True), ("statistics", False), ("max-pool", False)):
        net = grader(decoder=name)
        same = torch.allclose(
            net(maps, faces)["intensities"], net(maps.flip(1), faces.flip(1))["intensities"], atol=1e-5
        )
        assert same != knows


def test_a_frame_without_a_face_reads_the_same_whatever_stands_in_its_row() -> None:
    net, (maps, faces) = grader(decoder="statistics"), inputs()
    faces[:, 2, -1] = 0.0
    other = faces.clone()
    other[:, 2, :-1] = 5.0
    torch.testing.assert_close(net(maps, faces)["seven"], net(maps, other)["seven"])


def test_masks_sum_to_one_and_follow_the_picture() -> None:
    net, (maps, faces) = grader(attention=True), inputs()
    mask = net(maps, faces)["mask"]
    torch.testing.assert_close(mask.sum((2, 3)), torch.ones(3, FRAMES))
    torch.testing.assert_close(net(maps.flip(4), faces)["mask"][:, 0], mask[:, 0].flip(2))


def test_attention_learns_to_look_where_the_heat_is() -> None:
    torch.manual_seed(0)
    attention = SoftAttention(CHANNELS, 4)
    optimiser = torch.optim.Adam(attention.parameters(), 0.02)
    rng = np.random.default_rng(0)

    def draw() -> tuple[torch.Tensor, torch.Tensor]:
        maps, heat = torch.randn(32, CHANNELS, 6, 8) * 0.3, torch.zeros(32, 6, 8)
        for k, (y, x) in enumerate(rng.integers(0, (6, 8), (32, 2))):
            maps[k, 3, y, x] += 3.0
            heat[k, y, x] = 1.0
        return maps, heat

    for _ in range(150):
        maps, heat = draw()
        mask, _ = attention(torch.zeros(32, 4), maps)
        loss = heat_loss(mask[:, None], heat[:, None])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    maps, heat = draw()
    mask, _ = attention(torch.zeros(32, 4), maps)
    assert (mask.flatten(1).argmax(1) == heat.flatten(1).argmax(1)).float().mean() > 0.9


@pytest.mark.parametrize(("tiers", "nodes", "stacks"), [(1, 2, []), (2, 2, [4]), (3, 2, [4, 2]), (2, 4, [2])])
def test_segments_are_stacked_tier_by_tier(tiers: int, nodes: int, stacks: list[int]) -> None:
    net = SegmentLSTM(FRAMES, 5, NetworkOptions(hidden=7, tiers=tiers, nodes=nodes))
    assert net.stacks == stacks
    assert [lstm.input_size for lstm in net.coarse] == [5 * s + 7 * k for k, s in enumerate(stacks)]  # type: ignore
    assert net(torch.randn(2, FRAMES, 5))[0].shape == (2, 7)


def test_a_coarse_tier_sees_the_end_of_its_segment_before_the_fine_one_gets_there() -> None:
    torch.manual_seed(0)
    net = SegmentLSTM(FRAMES, 5, NetworkOptions(hidden=7, tiers=2, nodes=2)).eval()
    seen = []
    net.fine.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0]))  # type: ignore[union-attr]
    frames = torch.randn(1, FRAMES, 5)
    net(frames)
    frames[:, 3] += 1.0  # the last frame of the first segment
    net(frames)
    differs = (seen[0] != seen[1]).any(2)[0]
    assert differs.all()  # its own segment knows at once, the second through the coarse tier's memory


@pytest.mark.parametrize(("frames", "tiers", "nodes"), [(8, 2, 3), (10, 3, 2)])
def test_segments_that_do_not_fit_are_refused(frames: int, tiers: int, nodes: int) -> None:
    with pytest.raises(TrainingError, match="segment"):
        SegmentLSTM(frames, 5, NetworkOptions(tiers=tiers, nodes=nodes))


def test_nmse_is_one_for_the_mean_and_leaves_out_what_is_not_known() -> None:
    target = torch.rand(400, 17)
    variance = target.var(0, correction=0)
    mean = target.mean(0).expand_as(target)
    assert float(nmse_loss(mean, target, variance)) == pytest.approx(1.0, abs=1e-5)
    holes = target.clone()
    holes[::2] = torch.nan
    assert float(nmse_loss(target, holes, variance)) == 0.0


def test_ranking_counts_only_pairs_in_the_wrong_order() -> None:
    target = torch.tensor([[0.0, 0.5, 1.0]])
    assert float(ranking_loss(torch.tensor([[0.1, 0.2, 0.3]]), target)) == 0.0
    assert float(ranking_loss(torch.tensor([[0.1, 0.4, 0.3]]), target)) == pytest.approx(0.1 * 2 / 6)
    assert float(ranking_loss(torch.tensor([[0.1, 0.4, 0.3]]), torch.tensor([[1.0, 1.0, 1.0]]))) == 0.0


def test_parts_without_weight_are_left_out() -> None:
    net = grader(attention=True)
    out = net(*inputs())
    batch = {
        "intensities": torch.rand(3, 17),
        "quadrant": torch.tensor([-1, -1, -1]),
        "seven": torch.full((3, 7), torch.nan),
        "acts": torch.zeros(3, ACTS),
        "heat": torch.zeros(3, FRAMES, 6, 8),
    }
    variance = torch.ones(17)
    _, parts = grader_loss(out, batch, LossWeights(), variance)
    assert set(parts) == {"intensities"}
    total, parts = grader_loss(out, batch, LossWeights(1, 1, 1, 1, 1, 1), variance)
    assert set(parts) == {"intensities", "ranking", "seven", "acts", "heat"}  # no clip has a quadrant
    assert parts["heat"] == parts["seven"] == 0.0
    assert torch.isfinite(total)


def test_heat_lies_on_the_face_and_lips_weigh_less() -> None:
    points = np.full((1, 70, 3), 1.0)
    points[0, :, 0], points[0, :, 1] = 0.7, 0.4
    heat = keypoint_heat(points, 4 / 3)
    assert heat.sum() == pytest.approx(1.0, abs=1e-5)
    assert np.unravel_index(heat.argmax(), heat.shape) == (2, 5)
    split = points.copy()
    split[0, 48:68, 0] = 0.2
    heat = keypoint_heat(split, 4 / 3)
    assert heat[2, 5] > heat[2, 1] > heat[5, 7]
    doubtful = split.copy()
    doubtful[0, :48, 2] = doubtful[0, 68:, 2] = 0.0
    assert np.unravel_index(keypoint_heat(doubtful, 4 / 3).argmax(), heat.shape) == (2, 1)
    assert not keypoint_heat(np.full((2, 70, 3), np.nan), 1.0).any()


@pytest.mark.parametrize("count", [1, 5, 6, 8, 12])
def test_segments_of_the_stored_frames_are_in_order(count: int) -> None:
    fixed = segment_frames(count, 2, None)
    random = segment_frames(count, 50, np.random.default_rng(0))
    assert fixed.shape == (2, count)
    assert (np.diff(random, axis=1) >= 0).all()
    assert random.min() >= 0
    assert random.max() <= 11
    assert count == 12 or len(np.unique(random[:, 0])) > 1
