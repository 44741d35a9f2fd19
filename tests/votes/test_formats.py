"""Files of votes: every format back and forth, and every way in which a file can be broken."""

from __future__ import annotations

import io
import json
from pathlib import Path

import choix
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gifect.emotions import SEVENTEEN
from gifect.errors import VoteError
from gifect.votes.ballots import NEITHER, Votes
from gifect.votes.formats import FORMATS, Row, format_of, read_rows, write_votes
from gifect.votes.importing import ImportReport, import_votes
from gifect.votes.store import Store

NAME = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=8)


@st.composite
def vote_sets(draw: st.DrawFn) -> Votes:
    gifs = draw(st.lists(NAME, min_size=2, max_size=5, unique=True))
    voters = draw(st.lists(NAME, max_size=3, unique=True))
    count = draw(st.integers(0, 12))

    def column(low: int, high: int) -> np.ndarray:
        return np.array(draw(st.lists(st.integers(low, high), min_size=count, max_size=count)), np.int64)

    left = column(0, len(gifs) - 1)
    right = (left + column(1, len(gifs) - 1)) % len(gifs)
    voter, time_ms = column(-1, len(voters) - 1), column(-1, 2_000_000_000_000)
    return Votes.from_columns(gifs, column(0, 16), left, right, column(0, 2), voter, time_ms, voters)


def rows_of(votes: Votes) -> list[Row]:
    columns = (votes.emotion, votes.left, votes.right, votes.choice, votes.voter, votes.time_ms)
    return [
        Row(e, votes.gifs[a], votes.gifs[b], c, None if v < 0 else votes.voters[v], None if t < 0 else t)
        for e, a, b, c, v, t in zip(*(column.tolist() for column in columns), strict=True)
    ]


def written(votes: Votes, format: str, folder: Path) -> Path:
    path = folder / f"votes.{format}"
    with path.open("wb") as stream:
        write_votes(votes, stream, format)
    return path


@pytest.mark.parametrize("format", ["csv", "parquet", "labelstudio"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(votes=vote_sets())
def test_what_is_written_is_read(votes: Votes, format: str, tmp_path: Path) -> None:
    assert list(read_rows(written(votes, format, tmp_path), format)) == rows_of(votes)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(votes=vote_sets())
def test_pairs_hold_winners_and_losers(votes: Votes, tmp_path: Path) -> None:
    votes = votes.of("fear")
    path = written(votes, "choix", tmp_path)
    document = json.loads(path.read_text())
    decided = [row for row in rows_of(votes) if row.choice != NEITHER]
    winners = [(row.left, row.right)[row.choice] for row in decided]
    assert [document["items"][pair[0]] for pair in document["pairs"]] == winners
    assert [row.left for row in read_rows(path, "choix", "fear") if isinstance(row, Row)] == winners
    if document["pairs"]:
        assert len(choix.lsr_pairwise(len(votes.gifs), document["pairs"], alpha=0.1)) == len(votes.gifs)


GIFGIF = """emotion,left,right,choice
happiness,aa,bb,left
anger,aa,cc,neither
,aa,bb,left
joy,aa,bb,left
fear,,bb,left
fear,aa,,right
fear,aa,aa,left
fear,aa,bb,both
fear,aa,bb
fear,aa,bb,left,extra
fear,"aa,bb,left

 shame , "b,b" ,cc, right
shame,"b,b",cc,right
"""


def test_the_public_file_with_broken_rows(tmp_path: Path, store: Store) -> None:
    path = tmp_path / "votes.csv"
    path.write_text(GIFGIF)
    report = import_votes(store, path)
    faults = {
        "unknown emotion": 2,
        "empty id": 2,
        "same GIF twice": 1,
        "unknown choice": 1,
        "wrong number of columns": 3,
        "broken quotes": 1,
    }
    assert report == ImportReport(13, 3, faults, 0)
    votes = store.votes()
    assert [votes.gifs[g] for g in votes.left] == ["aa", "aa", "b,b"]
    assert votes.voter.tolist() == [-1, -1, -1]


@pytest.mark.parametrize("ending", ["\r\n", "\n"], ids=["of Windows", "of Unix"])
def test_line_endings_byte_order_marks_and_bytes_that_are_no_text(ending: str, tmp_path: Path) -> None:
    path = tmp_path / "votes.csv"
    lines = [
        b"\xef\xbb\xbfemotion,left,right,choice",
        b"fear,a,b,left",
        b"fear,\xff\xfe,b,right",
        b"fear,a\x00,b,right",
    ]
    path.write_bytes(ending.encode().join(lines))
    assert [isinstance(row, Row) for row in read_rows(path, "csv")] == [True] * 3


def test_columns_in_any_order_and_one_emotion_for_all(tmp_path: Path) -> None:
    path = tmp_path / "votes.csv"
    path.write_text("choice,voter,right,left,more\nleft,ann,b,a,1\nright,,a,b,2\n")
    assert list(read_rows(path, "csv", "pride")) == [
        Row(SEVENTEEN.index("pride"), "a", "b", 0, "ann", None),
        Row(SEVENTEEN.index("pride"), "b", "a", 1, None, None),
    ]


def test_a_file_is_taken_once_whatever_its_name(tmp_path: Path, store: Store) -> None:
    path = tmp_path / "votes.csv"
    path.write_text(GIFGIF)
    first = import_votes(store, path)
    again = import_votes(store, path.rename(tmp_path / "copy.csv"))
    assert again == ImportReport(first.rows, first.taken, first.broken, first.rows)
    assert len(store.votes()) == first.taken


@pytest.mark.parametrize("format", FORMATS)
def test_every_format_goes_through_the_store(format: str, tmp_path: Path, store: Store) -> None:
    votes = Votes.from_columns(["x", "y", "z"], 7, [0, 1, 2], [1, 2, 0], [0, 1, 0], [0, 0, 0], [1, 2, 3], ["ann"])
    report = import_votes(store, written(votes, format, tmp_path), format, "fear")
    assert (report.taken, report.broken) == (3, {})
    stream = io.BytesIO()
    write_votes(store.votes("fear"), stream, format)
    (tmp_path / "again").write_bytes(stream.getvalue())
    assert list(read_rows(tmp_path / "again", format, "fear")) == list(
        read_rows(tmp_path / f"votes.{format}", format, "fear")
    )


def test_pairs_as_lines(tmp_path: Path) -> None:
    path = tmp_path / "votes.pairs"
    path.write_text("a,b\nb c\n\na\n")
    found = list(read_rows(path, "choix", "fear"))
    assert [row if isinstance(row, str) else (row.left, row.right, row.choice) for row in found] == [
        ("a", "b", 0),
        ("b", "c", 0),
        "no pair",
        "no pair",
    ]


def test_tasks_of_label_studio(tmp_path: Path) -> None:
    def task(result: list[object], **more: object) -> dict[str, object]:
        data = {"emotion": "fear", "first": "a", "second": "b"}
        return {"data": data, "annotations": [{"result": result, "created_at": "2026-03-09T22:16:08.5Z", **more}]}

    def chosen(side: str) -> dict[str, object]:
        return {"type": "pairwise", "to_name": "first,second", "from_name": "pw", "value": {"selected": side}}

    tasks = [task([chosen("right")], completed_by=10), task([]), task([], was_cancelled=True), {"data": 3}, "what"]
    path = tmp_path / "votes.json"
    path.write_text(json.dumps(tasks))
    assert format_of(path) == "labelstudio"
    at = 1773094568500
    found = list(read_rows(path, "labelstudio"))
    assert found == [Row(7, "a", "b", 1, "10", at), "empty id", "cancelled", "no task", "no task"]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("v.csv", b"", "expected columns emotion, left, right, choice, found nothing"),
        ("v.csv", b"a,b\n1,2\n", "found a, b"),
        ("v.parquet", b"no parquet", "no Parquet file"),
        ("v.json", b'{"annotations": 3', "no JSON file"),
        ("v.json", b'{"annotations": 3}', "expected a list of tasks"),
        ("v.json", b'{"pairs": 3}', "expected a list of pairs"),
        ("v.txt", b"a b\n", "pairs tell no emotion"),
        ("v.doc", b"", "no format is known for .doc"),
    ],
    ids=["empty", "other columns", "parquet", "half JSON", "no tasks", "no pairs", "no emotion", "ending"],
)
def test_a_file_that_is_none(name: str, content: bytes, words: str, tmp_path: Path, store: Store) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(VoteError, match=words):
        import_votes(store, path)
    assert len(store.votes()) == 0


def test_pairs_of_two_emotions_cannot_be_written() -> None:
    votes = Votes.from_columns(["a", "b"], [0, 1], [0, 0], [1, 1], [0, 0])
    with pytest.raises(VoteError, match="pairs hold one emotion"):
        write_votes(votes, io.BytesIO(), "choix")
