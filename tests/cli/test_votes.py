"""The commands of votes, as a person and as a script use them."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
from driving import ENVIRONMENT, gifect


@pytest.fixture
def store(tmp_path: Path) -> str:
    """Return the address of a store that knows three GIFs."""
    address = f"sqlite:///{tmp_path}/votes.db"
    assert gifect("votes", "gifs", "a.gif", "b.gif", "c.gif", "--store", address).stdout == "3 new GIFs\n"
    return address


def test_from_question_to_score(store: str, tmp_path: Path) -> None:
    question = json.loads(gifect("votes", "next", "--voter", "ann", "--store", store).stdout)
    answer = (question["emotion"], question["left"], question["right"], "left", "--voter", "ann", "--store", store)
    assert gifect("votes", "add", *answer).stdout == "1\n"
    table, picture, cloud = tmp_path / "scores.csv", tmp_path / "scores.png", tmp_path / "ratings.svg"
    scored = gifect("votes", "score", "-o", table, "--plot", picture, "--uncertainty", cloud, "--store", store)
    assert "3 GIFs, 1 emotions with votes" in scored.stdout
    assert "warning: 1 of 3 GIFs have no votes" in scored.stdout
    rows = {(row["emotion"], row["gif"]): row for row in csv.DictReader(table.open())}
    winner, loser = (rows[question["emotion"], question[side]] for side in ("left", "right"))
    assert float(winner["mu"]) > 25 > float(loser["mu"])
    assert (winner["strength_scaled"], loser["strength_scaled"]) == ("1.0", "0.0")
    assert picture.read_bytes().startswith(b"\x89PNG") and b"<svg" in cloud.read_bytes()


def test_undo_and_stats(store: str) -> None:
    for right in ("b.gif", "c.gif"):
        gifect("votes", "add", "fear", "a.gif", right, "right", "--voter", "ann", "--store", store)
    assert gifect("votes", "undo", "--voter", "ann", "--store", store).stdout == "undone: 2 fear a.gif c.gif right\n"
    shown = gifect("votes", "stats", "--store", store)
    assert "1 votes on 3 GIFs" in shown.stdout
    assert any(line.split()[:2] == ["fear", "1"] for line in shown.stdout.splitlines())


def test_import_counts_what_it_leaves_out_and_exports_give_it_back(store: str, tmp_path: Path) -> None:
    path = tmp_path / "gifgif.csv"
    path.write_text("emotion,left,right,choice\nfear,x,y,left\nfear,,y,left\nfear,y,x,neither\njoy,x,y,left\n")
    done = gifect("votes", "import", path, "--store", store)
    assert done.stdout == f"{path}: 2 votes of 4 rows; left out: 1 empty id, 1 unknown emotion\n"
    assert "4 rows were in already" in gifect("votes", "import", path, "--store", store).stdout
    for name, more in (("o.csv", ()), ("o.parquet", ()), ("o.json", ("--format", "labelstudio"))):
        assert "2 votes" in gifect("votes", "export", tmp_path / name, *more, "--store", store).stdout
        other = f"sqlite:///{tmp_path}/{name}.db"
        assert "2 votes of 2 rows" in gifect("votes", "import", tmp_path / name, "--store", other).stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("add", "joy", "a.gif", "b.gif", "left", "--voter", "ann"), 1, "no emotion 'joy'"),
        (("add", "fear", "a.gif", "a.gif", "left", "--voter", "ann"), 1, "'a.gif' is on both sides"),
        (("add", "fear", "a.gif", "z.gif", "left", "--voter", "ann"), 1, "no GIF 'z.gif'"),
        (("import", "missing.csv"), 1, "No such file"),
        (("import", "votes.doc"), 1, "no format is known for .doc"),
        (("score", "-o", "scores.xls"), 2, "expected a name that ends in .csv or .parquet"),
        (("export", "votes.json"), 2, "name it with --format"),
        (("undo", "--voter", "ann"), 1, "'ann' has no vote"),
    ],
    ids=["emotion", "same", "unknown", "no file", "ending", "table", "json", "nothing to undo"],
)
def test_an_error_is_one_line(store: str, arguments: tuple[str, ...], code: int, words: str) -> None:
    done = gifect("votes", *arguments, "--store", store)
    assert done.returncode == code
    assert words in done.stderr and len(done.stderr.splitlines()) == 1


def test_without_the_extra_a_line_names_it(tmp_path: Path) -> None:
    (tmp_path / "sqlalchemy.py").write_text("raise ModuleNotFoundError('not here', name='sqlalchemy')")
    environment = {**ENVIRONMENT, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-m", "gifect", "votes", "stats"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 1
    assert done.stderr == "gifect: voting needs optional packages: pip install 'gifect[votes]'\n"
