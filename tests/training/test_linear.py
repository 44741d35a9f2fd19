"""The linear grader finds what its statistics can tell; labels that nobody gave do not break training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra train")

from gifect.feeling.grade import FACE_SIZE  # noqa: E402
from gifect.training.data.clipfeatures import STORED, ClipFeatures  # noqa: E402
from gifect.training.data.clipsets import ClipSet, quadrant_target  # noqa: E402
from gifect.training.fit import Plan, fit  # noqa: E402
from gifect.training.grade import grade, grade_figures, make_batch, new_grader, split_rows  # noqa: E402
from gifect.training.linear import LinearGrader, fit_linear, linear_statistics  # noqa: E402
from gifect.training.losses import grader_loss  # noqa: E402
from gifect.training.networks.kavan import NetworkOptions  # noqa: E402
from gifect.training.recipe import Recipe  # noqa: E402

CLIPS, CHANNELS = 240, 5


@pytest.fixture(scope="module")
def features() -> ClipFeatures:
    rng = np.random.default_rng(0)
    faces = rng.normal(size=(CLIPS, STORED, FACE_SIZE)).astype(np.float32)
    faces[..., -1] = 1.0
    faces[::3, 4:8] = 0.0  # a third of the clips lose their face for a while
    return ClipFeatures(
        rng.normal(size=(CLIPS, STORED, CHANNELS, 6, 8)).astype(np.float16),
        faces,
        np.full((CLIPS, STORED, 6, 8), 1 / 48, np.float32),
    )


@pytest.fixture(scope="module")
def clips(features: ClipFeatures) -> ClipSet:
    """What a clip is labelled follows the mean of its second expression, seen in six of its frames."""
    rows = features.faces[:, 1::2]
    shown = (rows[..., 1] * rows[..., -1]).sum(1) / rows[..., -1].sum(1)
    intensities = np.clip(0.5 + 0.4 * np.outer(shown, np.linspace(-1, 1, 17)), 0, 1).astype(np.float32)
    return ClipSet(
        ids=[f"c{k}" for k in range(CLIPS)],
        split=np.where(np.arange(CLIPS) % 4 == 0, "valid", "train"),
        intensities=intensities,
        seven=np.full((CLIPS, 7), 1 / 7, np.float32),
        quadrant=quadrant_target(intensities),
        acts=np.zeros((CLIPS, 0), np.float32),
        act_names=[],
        opened=lambda: iter(()),
    )


def test_what_follows_a_statistic_is_found(clips: ClipSet, features: ClipFeatures) -> None:
    train, valid = (np.flatnonzero(clips.split == name) for name in ("train", "valid"))
    net = fit_linear(clips, features, train, 6)
    with torch.no_grad():
        said = net.intensities(net.norm(linear_statistics(net, features, valid, 6))).numpy()
    r = [np.corrcoef(said[:, k], clips.intensities[valid][:, k])[0, 1] for k in (0, 16)]
    assert min(r) > 0.5


def test_frames_without_a_face_do_not_count() -> None:
    net = LinearGrader(CHANNELS).eval()
    maps, faces = torch.zeros(1, 4, CHANNELS, 6, 8), torch.randn(1, 4, FACE_SIZE)
    faces[..., -1] = torch.tensor([1.0, 0.0, 1.0, 1.0])
    other = faces.clone()
    other[:, 1, :-1] = 7.0
    torch.testing.assert_close(net.statistics(maps, faces), net.statistics(maps, other))
    nobody = torch.cat([torch.randn(1, 4, FACE_SIZE - 1), torch.zeros(1, 4, 1)], 2)
    assert not net.statistics(maps, nobody).any()


def test_emotions_that_nobody_labelled_are_left_out(clips: ClipSet, features: ClipFeatures, tmp_path: Path) -> None:
    some = clips.intensities.copy()
    some[:, 3:] = np.nan
    partly = ClipSet(**{**vars(clips), "intensities": some})
    recipe = Recipe(task="grade", fit=Plan(epochs=2, steps=3), network=NetworkOptions(hidden=8, project=8))
    learnt, held, _ = split_rows(partly, recipe.data.folds, 0)
    net = new_grader(recipe, partly, features, learnt)
    variance = torch.ones(17)

    def loss(net: torch.nn.Module, batch: dict[str, torch.Tensor]) -> tuple[torch.Tensor, dict[str, float]]:
        out = {k: v.float() for k, v in net(batch["maps"], batch["faces"]).items()}
        return grader_loss(out, batch, recipe.loss, variance)

    trained = fit(
        net,
        lambda epoch: iter([make_batch(partly, features, learnt[:16], 6, None)] * 3),
        loss,
        lambda net: {"score": 0.0},
        recipe.fit,
        tmp_path,
    )
    said = grade(trained, features, held, 6)
    assert np.isfinite(said.intensities).all()
    assert np.isfinite(list(grade_figures(said, partly, held).values())).all()
