"""Training on sound: the data, the networks, and what is exported says what torch says."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs the extra train")
onnxruntime = pytest.importorskip("onnxruntime")

sys.path.insert(0, str(Path(__file__).parents[1] / "sound"))
import signals  # noqa: E402

from gifect.emotions import QUADRANTS, RUSSELL_EIGHT, SPEECH_SEVEN  # noqa: E402
from gifect.errors import DataError  # noqa: E402
from gifect.sound.features import FEATURE_NAMES, describe  # noqa: E402
from gifect.sound.recognise import MODEL_RATE, levelled  # noqa: E402
from gifect.training import export  # noqa: E402
from gifect.training.data.sound import SoundTable, emodb, rated_sounds  # noqa: E402
from gifect.training.data.soundvariants import VARIANTS, prepare_variants  # noqa: E402
from gifect.training.networks.sound import FEATURES, PaperNet, SoundInput, SoundNet  # noqa: E402
from gifect.training.sound import SoundPlan, Trained, cross_validate, held_out_temperature, sound_figures  # noqa: E402
from gifect.training.sound_paper import clip_splits, judge_paper, speaker_splits, steps_of  # noqa: E402

DEAM = "song_id, valence_mean, valence_std, arousal_mean, arousal_std\n2, 3.1, 0.9, 3.0, 0.6\n3, 7.5, 1.0, 6.9, 1.4\n"
PMEMO = "musicId,Mean(arousal),Mean(valence)\n2,0.2,0.7\n3,0.9,0.1\n"
FILMS = "file,Valence,Arousal,film\n2.wav,-0.5,0.8,one\n3.wav,0.5,-0.5,two\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, seed in (("2", 0), ("3", 1)):
        (tmp_path / f"{name}.wav").write_bytes(signals.encode(signals.murmur(1, seed=seed)))
    return tmp_path


def two_kinds(count: int = 24) -> SoundTable:
    """Return sounds of three speakers: shrill ones of anger, dull ones of sadness."""
    waves, labels, groups = [], [], []
    for k in range(count):
        angry = k % 2 == 0
        voice = signals.buzz(320 + 9 * (k % 5) if angry else 110 + 5 * (k % 5), 0.6, partials=12 if angry else 2)
        waves.append(levelled(voice + signals.noise(0.6, level=0.004, seed=k)))
        labels.append("anger" if angry else "sadness")
        groups.append(f"speaker {k // 2 % 3}")
    angles = np.array([99.0 if label == "anger" else 208.0 for label in labels])
    return SoundTable(waves, angles, np.array(groups), np.array(labels))


@pytest.mark.parametrize(
    ("text", "low", "high", "quadrants", "groups"),
    [
        (DEAM, 1, 9, ["misery-sleepiness", "pleasure-arousal"], ["2", "3"]),
        (PMEMO, 0, 1, ["pleasure-sleepiness", "misery-arousal"], ["2", "3"]),
        (FILMS, -1, 1, ["misery-arousal", "pleasure-sleepiness"], ["one", "two"]),
    ],
    ids=["DEAM", "PMEmo", "films"],
)
def test_lists_of_valence_and_arousal(
    folder: Path, text: str, low: float, high: float, quadrants: list[str], groups: list[str]
) -> None:
    (folder / "list.csv").write_text(text)
    table = rated_sounds(folder, folder / "list.csv", low, high)
    truth, names = table.targets("quadrants")
    assert [names[k] for k in truth] == quadrants and names == QUADRANTS
    assert table.targets("sectors")[1] == RUSSELL_EIGHT
    assert table.groups.tolist() == groups
    assert [len(wave) for wave in table.waves] == [MODEL_RATE, MODEL_RATE]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("song_id,valence,arousal\n9,5,5\n2,5,5\n", "no sound for 1 of 2 rows of list.csv, first '9'"),
        ("song_id,valence,arousal\n2,11,5\n", "2 has valence 11 and arousal 5, outside of the scale 1 to 9"),
        ("song_id,valence,arousal\n2,,5\n", "2 has valence nan"),
        ("song_id,valence\n2,5\n", "no column for arousal: expected one of arousal"),
        ("song_id,valence,arousal\n", "lists no sound"),
        ("", "cannot be read as CSV"),
    ],
)
def test_a_list_that_cannot_be_used_is_a_clear_error(folder: Path, text: str, words: str) -> None:
    (folder / "list.csv").write_text(text)
    with pytest.raises(DataError) as raised:
        rated_sounds(folder, folder / "list.csv", 1, 9)
    assert words in str(raised.value)


def test_ratings_have_no_emotions_by_name(folder: Path) -> None:
    (folder / "list.csv").write_text(DEAM)
    with pytest.raises(DataError, match="no target 'emotions' for these sounds"):
        rated_sounds(folder, folder / "list.csv", 1, 9).targets("emotions")


@pytest.mark.shared
def test_emodb_is_whole() -> None:
    table = emodb()
    truth, names = table.targets("emotions")
    assert (len(table.waves), len(set(table.groups)), names) == (535, 10, SPEECH_SEVEN)
    assert np.bincount(truth).tolist() == [127, 81, 46, 69, 71, 79, 62]
    assert np.bincount(table.targets("quadrants")[0]).tolist() == [71, 242, 143, 79]


def test_variants_keep_the_order_and_change_the_sound() -> None:
    tables = prepare_variants([signals.murmur(1), signals.murmur(2)])
    assert tuple(tables) == tuple(VARIANTS)
    np.testing.assert_array_equal(tables["plain"][0], describe(levelled(signals.murmur(1)), MODEL_RATE))
    assert len(tables["slow"][0]) > len(tables["plain"][0]) > len(tables["fast"][0])
    assert all(len(rows[0]) < len(rows[1]) for rows in tables.values())
    high = FEATURE_NAMES.index("rolloff_95")
    assert tables["telephone"][0][:, high].mean() < 5000


def test_the_input_is_normal_whatever_its_units() -> None:
    features = torch.from_numpy(describe(signals.murmur(4), MODEL_RATE)[None])
    shape = SoundInput()
    rows = shape.shaped(features)[0]
    assert rows.shape == (features.shape[1] // 2, FEATURES)
    shape.mean.copy_(rows.mean(0))
    shape.scale.copy_(rows.std(0) + 1e-4)
    out = shape(features)[0]
    assert out.abs().max() <= 5
    assert out.mean(0).abs().max() < 0.5


def test_padding_changes_no_answer() -> None:
    torch.manual_seed(0)
    net = SoundNet(7).eval()
    steps = torch.randn(1, 40, FEATURES)
    plain, _ = net(steps, torch.ones(1, 40))
    present = torch.cat([torch.ones(1, 40), torch.zeros(1, 12)], 1)
    padded, _ = net(torch.cat([steps, torch.zeros(1, 12, FEATURES)], 1), present)
    torch.testing.assert_close(padded, plain, atol=0.05, rtol=0)  # the two-way LSTM alone sees the padding


def test_the_network_of_the_paper() -> None:
    net = PaperNet(40, 4)
    gates = net.lstm.bias_ih_l0.detach() + net.lstm.bias_hh_l0.detach()
    assert gates.view(4, 40)[1].eq(1).all() and gates.view(4, 40)[[0, 2, 3]].eq(0).all()
    scores = net(torch.randn(3, 9, FEATURES), torch.tensor([9, 4, 1]))
    torch.testing.assert_close(scores.sum(1), torch.ones(3))
    short = net(torch.randn(1, 4, FEATURES), torch.tensor([4]))
    assert short.shape == (1, 4)


def test_splits_over_speakers_and_over_clips() -> None:
    groups = np.array(["a", "b", "a", "c"])
    assert [held.tolist() for held in speaker_splits(groups)] == [
        [True, True, True, False],
        [False, False, False, True],
    ]
    assert [mask.sum() for mask in clip_splits(50)] == [10] * 5


def test_the_paper_s_training_learns_what_can_be_learnt() -> None:
    table = two_kinds(60)
    sequences = steps_of([describe(wave, MODEL_RATE) for wave in table.waves])
    assert sequences[0].shape == (2, FEATURES)
    truth = (table.labels == "sadness").astype(int)
    figures = judge_paper(sequences, truth, 2, 12, iter([np.arange(60) < 8]))
    assert figures.accuracy == figures.recall == 1
    assert figures.training_loss < 0.1


def test_speakers_are_judged_by_networks_that_did_not_hear_them(tmp_path: Path) -> None:
    plan = SoundPlan(epochs=6, steps=6, rate=3e-3, warmup=5, average=0.9, members=1)
    table = two_kinds()
    held, net = cross_validate(plan, table, tmp_path)
    assert held.labels == SPEECH_SEVEN and held.scores.shape == (24, 7)
    assert (held.scores.argmax(1) == held.truth).mean() > 0.9
    assert {path.name for path in tmp_path.iterdir()} == {"without-0", "without-1", "without-2", "all"}
    rows = dict(sound_figures(held, held_out_temperature(held), "x").rows)
    assert float(rows["2 classes, 24 sounds: accuracy"]) > 0.9
    features = torch.from_numpy(describe(table.waves[0], MODEL_RATE)[None])
    scores, distance = net(features)
    assert int(scores.argmax()) == held.truth[0] and distance.shape == (1,)


def test_onnx_agrees_with_torch(tmp_path: Path) -> None:
    torch.manual_seed(1)
    net = export.SoundExport(Trained([SoundNet(7, width=8)], SoundInput()), 1.4, (0.8, 1.1)).eval()
    path = tmp_path / "sound.onnx"
    axes = {"features": {0: "batch", 1: "frames"}}
    export.export(net, {"features": torch.rand(3, 60, FEATURES)}, ["scores", "distance"], axes, path, True)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    for batch, frames in ((1, 16), (2, 297), (5, 33)):
        features = torch.rand(batch, frames, FEATURES)
        scores, distance = session.run(None, {"features": features.numpy()})
        with torch.no_grad():
            expected = net(features)
        np.testing.assert_allclose(scores, expected[0], atol=1e-4)
        np.testing.assert_allclose(distance, expected[1], atol=1e-3)
        np.testing.assert_allclose(scores.sum(1), 1, rtol=1e-5)
