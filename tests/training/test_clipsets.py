"""Sets of clips: what a table says of each clip is what training gets, and what is wrong with a table is named."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pd = pytest.importorskip("pandas", reason="training needs the extra train")

from gifect.emotions import QUADRANTS, SEVEN, SEVENTEEN  # noqa: E402
from gifect.errors import DataError  # noqa: E402
from gifect.media.clip import Clip  # noqa: E402
from gifect.media.write import write_clip  # noqa: E402
from gifect.training.data.clipsets import (  # noqa: E402
    ClipSet,
    check_splits,
    folder_set,
    quadrant_target,
    reactions_set,
    scores_set,
    seven_target,
    split_of,
)

COLOURS = {"red": (250, 10, 10), "green": (10, 250, 10), "blue": (10, 10, 250)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of three small clips: red.gif, green.gif and sub/blue.mp4."""
    (tmp_path / "clips" / "sub").mkdir(parents=True)
    for name, place in (("red", "red.gif"), ("green", "green.gif"), ("blue", "sub/blue.mp4")):
        frames = np.tile(np.array(COLOURS[name], np.uint8), (3, 16, 16, 1))
        write_clip(Clip.from_frames(frames), tmp_path / "clips" / place)
    return tmp_path / "clips"


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def intensity(clips: ClipSet, emotion: str) -> list[float]:
    return [float(v) for v in clips.intensities[:, SEVENTEEN.index(emotion)]]


def test_a_folder_is_read_as_its_table_says(folder: Path, tmp_path: Path) -> None:
    table = write(
        tmp_path / "labels.csv",
        "file,happiness,anger,e7,split",
        "red.gif,0.1,0.9,anger,train",
        "sub/blue.mp4,,,,valid",
        "green.gif,0.2,0.1,happiness,train",
    )
    clips = folder_set(folder, table)
    assert clips.ids == ["red.gif", "sub/blue.mp4", "green.gif"]
    assert clips.split.tolist() == ["train", "valid", "train"]
    assert intensity(clips, "happiness") == pytest.approx([0.1, np.nan, 0.2], nan_ok=True)
    assert np.isfinite(clips.intensities).sum() == 4
    assert clips.seven[0].tolist() == [1, 0, 0, 0, 0, 0, 0]
    assert np.isnan(clips.seven[1]).all()
    assert clips.seven[2, SEVEN.index("happiness")] == 1
    assert clips.quadrant.tolist() == [QUADRANTS.index("misery-arousal"), -1, -1]
    assert clips.acts.shape == (3, 0)
    assert (clips.intensities.dtype, clips.seven.dtype, clips.quadrant.dtype) == (np.float32, np.float32, np.int64)


def test_sources_come_in_the_order_of_the_rows_each_time(folder: Path, tmp_path: Path) -> None:
    clips = folder_set(folder, write(tmp_path / "t.csv", "file,e7", "green.gif,fear", "sub/blue.mp4,", "red.gif,anger"))
    for _ in range(2):
        found = {k: Clip.open(source).frames[0, 8, 8].argmax() for k, source in clips.sources()}
        assert found == {0: 1, 1: 2, 2: 0}


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (["file,hapiness,anger", "red.gif,1,0"], "unknown column hapiness; expected file and any of amusement"),
        (["name,anger", "red.gif,1"], "unknown column name"),
        (["anger,fear", "1,0"], "expected the column file and at least one of .* found only anger, fear"),
        (["file,split", "red.gif,train"], "at least one of .* found only file, split"),
        (["file,anger", "red.gif,1", "gone.gif,1", "lost.gif,0"], "2 of 3 files not in .*clips: gone.gif, lost.gif"),
        (["file,anger", "red.gif,1.5"], "anger of red.gif is 1.5; expected 0 to 1"),
        (["file,anger", "red.gif,-0.1"], "anger of red.gif is -0.1; expected 0 to 1"),
        (["file,anger", "red.gif,strong"], "anger of red.gif is 'strong'; expected a number"),
        (["file,anger", "red.gif,inf"], "anger of red.gif is 'inf'; expected a number"),
        (["file,e7", "red.gif,joy"], "unknown e7 joy; expected one of anger, "),
        (["file,e7,split", "red.gif,anger,dev"], "unknown split dev: expected train, valid, test"),
        (["file,anger", "red.gif,1", "red.gif,0"], "red.gif named more than once"),
        (["file,anger,anger", "red.gif,1,0"], "two columns anger"),
        (["file,anger", "red.gif,1", "green.gif,1,2"], "row 2 has 3 fields; expected 2: file, anger"),
        (["file,anger"], "has no rows"),
        ([""], "has no rows"),
    ],
)
def test_what_is_wrong_with_a_table_is_named(folder: Path, tmp_path: Path, lines: list[str], complaint: str) -> None:
    with pytest.raises(DataError, match=complaint) as caught:
        folder_set(folder, write(tmp_path / "labels.csv", *lines))
    assert "\n" not in str(caught.value)


def test_a_table_that_is_not_there_or_no_text_is_named(folder: Path) -> None:
    with pytest.raises(DataError, match=r"gone\.csv cannot be read"):
        folder_set(folder, folder / "gone.csv")
    (folder / "latin.csv").write_bytes("file,anger\nr\xe9d.gif,1\n".encode("latin-1"))
    with pytest.raises(DataError, match="expected a CSV in UTF-8"):
        folder_set(folder, folder / "latin.csv")


def test_a_table_saved_by_a_spreadsheet_is_read(folder: Path, tmp_path: Path) -> None:
    table = tmp_path / "labels.csv"
    table.write_bytes('\ufefffile, anger \r\n"red.gif", 0.5\r\n\r\n'.encode())
    assert intensity(folder_set(folder, table), "anger") == [0.5]


def test_clips_of_no_split_fall_into_one_by_name_and_stay_there(folder: Path, tmp_path: Path) -> None:
    names = [f"clip{k}.gif" for k in range(2000)]
    shares = {s: sum(split_of(n) == s for n in names) / len(names) for s in ("train", "valid", "test")}
    assert shares == pytest.approx({"train": 0.8, "valid": 0.1, "test": 0.1}, abs=0.03)
    one = folder_set(folder, write(tmp_path / "one.csv", "file,anger,split", "green.gif,1,", "red.gif,1,valid"))
    assert one.split.tolist() == [split_of("green.gif"), "valid"]


@pytest.fixture
def flat(folder: Path) -> Path:
    (folder / "sub" / "blue.mp4").rename(folder / "blue.mp4")
    return folder


def test_scores_of_any_scale_are_brought_to_one(flat: Path, tmp_path: Path) -> None:
    table = write(
        tmp_path / "scores.csv",
        "id,amusement,guilt,fear,pride",
        "red,-3.5,25,,7",
        "green,0.5,25.5,2,7",
        "blue,4.5,27,4,7",
    )
    clips = scores_set(flat, table)
    assert clips.ids == ["red", "green", "blue"]
    assert intensity(clips, "amusement") == [0, 0.5, 1]
    assert intensity(clips, "guilt") == [0, 0.25, 1]
    assert intensity(clips, "fear") == pytest.approx([np.nan, 0, 1], nan_ok=True)
    assert np.isnan(intensity(clips, "pride")).all()  # all the same: nothing is known
    assert clips.quadrant.tolist() == [-1, QUADRANTS.index("pleasure-arousal"), QUADRANTS.index("pleasure-arousal")]
    assert np.isnan(clips.seven).all()
    assert [p.name for _, p in clips.sources() if isinstance(p, Path)] == ["red.gif", "green.gif", "blue.mp4"]


def test_scores_as_json_are_the_same_as_a_table(flat: Path, tmp_path: Path) -> None:
    scores = {
        "red": {"anger": 0, "fear": 1.5},
        "blue": {"anger": 30, "split": "valid"},
        "green": {"anger": 15, "fear": 3},
    }
    (tmp_path / "scores.json").write_text(json.dumps(scores))
    table = write(tmp_path / "scores.csv", "id,anger,fear,split", "red,0,1.5,", "blue,30,,valid", "green,15,3,")
    one, two = scores_set(flat, tmp_path / "scores.json"), scores_set(flat, table)
    assert one.ids == two.ids
    assert one.split.tolist() == two.split.tolist() == [split_of("red"), "valid", split_of("green")]
    np.testing.assert_array_equal(one.intensities, two.intensities)
    assert intensity(one, "anger") == [0, 1, 0.5]
    assert list(one.sources()) == list(two.sources())


def test_scored_clips_that_are_not_there_are_left_out_and_named(flat: Path, tmp_path: Path) -> None:
    clips = scores_set(flat, write(tmp_path / "s.csv", "id,anger", "gone,10", "red,5", "blue,0", "lost,2"))
    assert clips.ids == ["red", "blue"]
    assert intensity(clips, "anger") == [0.5, 0]  # the scale is that of all scores
    assert clips.warnings == (f"2 of 4 scored clips not in {flat}: gone, lost",)


@pytest.mark.parametrize(
    ("name", "text", "complaint"),
    [
        ("s.csv", "id,angr\nred,1\n", "unknown emotion angr; expected any of amusement"),
        ("s.csv", "id,split\nred,train\n", "expected id and at least one emotion, found only id, split"),
        ("s.csv", "id,anger\nred,much\n", "anger of red is 'much'; expected a number"),
        ("s.csv", "id,anger\na,1\nb,2\n", "none of the 2 scored clips is in .*: expected files like a.gif"),
        ("s.csv", "id,anger\nred,1\nred,2\n", "red named more than once"),
        ("s.json", '{"red": {"anger": [1]}}', r"anger of red is \[1\]; expected a number"),
        ("s.json", '{"red": {"joy": 1}}', "unknown emotion joy"),
        ("s.json", '[{"anger": 1}]', r"expected \{id: \{emotion: score\}\}"),
        ("s.json", "{}", "at least one clip"),
        ("s.json", '{"red": ', "cannot be read: .*; expected JSON"),
    ],
)
def test_what_is_wrong_with_scores_is_named(flat: Path, tmp_path: Path, name: str, text: str, complaint: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(DataError, match=complaint):
        scores_set(flat, tmp_path / name)


@pytest.mark.parametrize(
    ("known", "quadrant"),
    [
        ({"surprise": 0.25}, "pleasure-arousal"),
        ({"surprise": 0.24}, None),
        ({"pride": 0.9, "anger": 0.8}, "pleasure-sleepiness"),
        ({"shame": 0.5, "fear": 0.4}, "misery-sleepiness"),
        ({}, None),
    ],
)
def test_quadrant_is_that_of_the_strongest_emotion(known: dict[str, float], quadrant: str | None) -> None:
    row = np.full((1, len(SEVENTEEN)), np.nan, np.float32)
    for emotion, value in known.items():
        row[0, SEVENTEEN.index(emotion)] = value
    expected = -1 if quadrant is None else QUADRANTS.index(quadrant)
    assert quadrant_target(row).tolist() == [expected]
    assert quadrant_target(np.nan_to_num(row)).tolist() == [expected]


def test_a_sure_labeler_counts_more_than_one_who_guesses() -> None:
    labels = [json.dumps({"e7": e, "conf": c}) for e, c in (("anger", 3), ("fear", 1))]
    both, alone = seven_target(pd.DataFrame({"label_1": [labels[0]] * 2, "label_2": [labels[1], ""]}))
    assert both.sum() == pytest.approx(1)
    assert both[SEVEN.index("anger")] == pytest.approx(1.02 / 1.64)
    assert both[SEVEN.index("fear")] == pytest.approx(0.52 / 1.64)
    assert alone[SEVEN.index("anger")] == pytest.approx(1.02 / 1.14)


def made(split: list[str], **intensities: list[float]) -> ClipSet:
    """Return a set without files."""
    n = len(split)
    values = np.full((n, len(SEVENTEEN)), np.nan, np.float32)
    for emotion, column in intensities.items():
        values[:, SEVENTEEN.index(emotion)] = column
    return ClipSet(
        ids=[str(k) for k in range(n)],
        split=np.array(split),
        intensities=values,
        seven=np.full((n, len(SEVEN)), np.nan, np.float32),
        quadrant=quadrant_target(values),
        acts=np.zeros((n, 0), np.float32),
        act_names=[],
        opened=list,
    )


def test_an_emotion_that_train_does_not_show_is_told() -> None:
    clips = made(["train", "train", "valid"], anger=[0.3, 0, 0], guilt=[0, 0.1, 0.9], fear=[0.25, 0, 0])
    assert check_splits(clips) == ("no clip of train shows guilt: the strongest has 0.10, expected 0.25 or more",)
    assert check_splits(made(["train", "valid"], anger=[1, 1])) == ()


def test_a_split_without_clips_or_train_without_labels_is_an_error() -> None:
    with pytest.raises(DataError, match=r"no clips in split valid \(found 2 train\)"):
        check_splits(made(["train", "train"], anger=[1, 1]))
    with pytest.raises(DataError, match=r"no clips in split train, test \(found 1 valid\)"):
        check_splits(made(["valid"], anger=[1]), ("train", "valid", "test"))
    with pytest.raises(DataError, match="none of the 2 clips of train has a label"):
        check_splits(made(["train", "train", "valid"], anger=[np.nan, np.nan, 1]))


def test_arrays_of_another_length_are_refused() -> None:
    clips = made(["train", "valid"], anger=[1, 1])
    with pytest.raises(DataError, match=r"seven of 2 clips must have shape \(2, 7\), not \(2, 8\)"):
        replace(clips, seven=np.zeros((2, 8), np.float32))
    with pytest.raises(DataError, match=r"acts of 2 clips must have shape \(2, 1\), not \(2, 0\)"):
        replace(clips, act_names=["wave"])


@pytest.mark.shared
def test_reactions_are_whole_and_their_first_clip_opens() -> None:
    clips = reactions_set("valid")
    assert len(clips) == 506
    assert set(clips.split) == {"valid"}
    assert np.isfinite(clips.intensities).all()
    assert (clips.intensities >= 0).all() and (clips.intensities <= 1).all()
    np.testing.assert_allclose(clips.seven.sum(1), 1, rtol=1e-5)
    assert clips.acts.shape == (506, len(clips.act_names))
    assert {"crying", "dancing", "laughing"} < set(clips.act_names)
    index, source = next(clips.sources())
    assert index == 0
    assert len(Clip.open(source)) > 0
    both = reactions_set()
    assert both.ids[-506:] == clips.ids
    assert (both.acts[both.split == "train"].sum(0) > 0).all()
    assert check_splits(both) == ()
