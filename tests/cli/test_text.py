"""``gifect text``: a panel, a table, JSON, and stdin."""

from __future__ import annotations

import json

from driving import gifect

from gifect.emotions import SEVEN
from gifect.text import recognise
from gifect.text.result import TextReading

GLAD, SAD = "I am so happy today!", "I feel lonely and sad"


def test_one_text_is_a_panel() -> None:
    done = gifect("text", GLAD)
    assert (done.returncode, done.stderr) == (0, "")
    for words in (*SEVEN, "HAPPINESS", "intensities", "finer", GLAD):
        assert words in done.stdout


def test_several_are_a_table() -> None:
    done = gifect("text", GLAD, SAD)
    assert done.returncode == 0
    rows = [line for line in done.stdout.splitlines() if GLAD in line or SAD in line]
    assert ["happiness" in rows[0], "sadness" in rows[1]] == [True, True]


def test_json_is_the_reading() -> None:
    one, two = gifect("text", GLAD, "--json"), gifect("text", GLAD, SAD, "--json")
    assert TextReading.model_validate(json.loads(one.stdout)) == recognise([GLAD])[0]
    assert [reading["text"] for reading in json.loads(two.stdout)] == [GLAD, SAD]


def test_stdin_is_a_text_a_line() -> None:
    done = gifect("text", "-", "--json", given=f"{GLAD}\n\n{SAD}\n\xff\xfe\n".encode("latin-1"))
    assert [reading["emotion"] for reading in json.loads(done.stdout)][:2] == ["happiness", "sadness"]
    assert gifect("text", given=SAD.encode()).stdout.count("SADNESS") == 1


def test_wrong_calls_are_one_line() -> None:
    for arguments in (("text",), ("text", "-", "more"), ("text", "--jsn", GLAD)):
        done = gifect(*arguments)
        assert done.returncode == 2
        assert len(done.stderr.splitlines()) == 1


def test_another_script_is_warned_of() -> None:
    done = gifect("text", "сегодня мне грустно")
    assert done.returncode == 0
    assert "English" in done.stdout
