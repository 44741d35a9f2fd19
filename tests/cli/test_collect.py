"""The commands of collecting, from a table of scores to a data set."""

from __future__ import annotations

from pathlib import Path

import pytest
from driving import gifect


def test_from_scores_to_a_data_set(tmp_path: Path) -> None:
    address = ("--store", f"sqlite:///{tmp_path}/labels.db")
    scores = tmp_path / "scores.csv"
    scores.write_text("gif,fear,pride\na,0.1,3\nb,0.9,2\nc,0.5,1\n")
    ranked = gifect("collect", "rank", scores, *address)
    assert ranked.stdout == "fear: 3 GIFs to look at\npride: 3 GIFs to look at\n"
    assert gifect("collect", "next", "fear", "--labeler", "ann", *address).stdout == "b\n"
    answers = [("ann", "b", "yes"), ("bob", "b", "yes"), ("ann", "c", "yes"), ("bob", "c", "no")]
    for labeler, gif, answer in answers:
        assert gifect("collect", "label", "fear", gif, answer, "--labeler", labeler, *address).returncode == 0
    assert gifect("collect", "next", "fear", "--labeler", "ann", "--wanted", "1", *address).stdout == ""
    shown = gifect("collect", "agree", *address).stdout
    assert "fear c: ann yes, bob no" in shown
    assert ["fear", "1", "2", "50%"] in [line.split()[:4] for line in shown.splitlines()]
    gifect("collect", "label", "fear", "c", "yes", "--labeler", "eve", "--resolve", "--cartoon", *address)
    assert gifect("collect", "export", tmp_path / "set", *address).stdout == f"{tmp_path / 'set'}: 2 GIFs\n"
    assert (tmp_path / "set" / "labels.csv").read_text().count("\n") == 3


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("label", "fear", "a", "maybe", "--labeler", "ann"), 2, "'maybe': expected yes or no"),
        (("label", "fear", "a", "yes", "--labeler", "ann"), 1, "'a' is not in the queue of fear"),
        (("export", "set"), 1, "no GIF has an emotion that two labelers agree on"),
        (("next", "joy", "--labeler", "ann"), 1, "no emotion 'joy'"),
    ],
    ids=["answer", "unknown GIF", "nothing", "emotion"],
)
def test_an_error_is_one_line(tmp_path: Path, arguments: tuple[str, ...], code: int, words: str) -> None:
    done = gifect("collect", *arguments, "--store", f"sqlite:///{tmp_path}/labels.db")
    assert done.returncode == code
    assert words in done.stderr and len(done.stderr.splitlines()) == 1


def test_a_folder_is_screened(tmp_path: Path) -> None:
    assert gifect("collect", "screen", tmp_path).stdout == "nothing to do\n"
    (tmp_path / "half.gif").write_bytes(b"GIF89a")
    done = gifect("collect", "screen", tmp_path)
    assert done.stdout.startswith("broken half.gif: ") and done.stdout.endswith("\n1 broken\n")


def test_an_unknown_provider_is_told(tmp_path: Path) -> None:
    done = gifect("collect", "search", "happy", "-o", tmp_path / "c.jsonl", "--provider", "tenor")
    assert done.stderr == "gifect: no provider 'tenor': expected one of giphy, klipy\n"


def test_a_folder_is_ranked_by_its_readings(clips: list[Path], tmp_path: Path) -> None:
    address = ("--store", f"sqlite:///{tmp_path}/labels.db")
    (clips[0].parent / "half.gif").write_bytes(b"GIF89a")
    done = gifect("collect", "rank", clips[0].parent, *address)
    assert "left out: " in done.stdout and "half.gif" in done.stdout
    assert done.stdout.endswith("4 GIFs to look at for each emotion, ranked by their readings\n")
    assert gifect("collect", "next", "pride", "--labeler", "ann", *address).stdout.strip() in [p.stem for p in clips]
    table = tmp_path / "readings.csv"
    gifect("read", clips[0].parent, "--csv", table, "--quiet")
    assert gifect("collect", "rank", table, *address).stdout.startswith("4 GIFs to look at")
    gifect("batch", clips[0].parent, tmp_path / "out", "--quiet")
    ranked = gifect("collect", "rank", tmp_path / "out" / "readings", *address)
    assert ranked.stdout.startswith("4 GIFs to look at")
