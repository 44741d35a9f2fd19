"""Cleaning: each step does what it says and can be left out."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest

from gifect.text.clean import Cleaning, clean, read_stop_words
from gifect.text.lemmas import lemma

NOTHING = replace(Cleaning(), **{step.name: False for step in fields(Cleaning)})


@pytest.mark.parametrize(
    ("step", "before", "after"),
    [
        ("urls", "look https://a.example/b?c=d @Bob www.site.example", "look"),
        ("emoticons", "fine :) ok", "fine slightly smiling face ok"),
        ("emoticons", "😂😂😂😂 no", "face with tears of joy face with tears of joy no"),
        ("emoticons", "👍🏽", "thumbs up sign"),
        ("lengthened", "sooooo goooood!!!!", "soo good!"),
        ("lower", "I AM Fine", "i am fine"),
        ("joined", "don't you're", "dont youre"),
        ("punctuation", "well, well... no?", "well well no"),
        ("stop_words", "this is the end of it", "end"),
        ("lemmas", "cats were crying and stopped", "cat be cry and stop"),
    ],
)
def test_one_step(step: str, before: str, after: str) -> None:
    assert clean(before, NOTHING) == before
    assert clean(before, replace(NOTHING, **{step: True})) == after


@pytest.mark.parametrize("text", ["10:30", "http://x.example", "a:b", "C:/data", "1) first", "x<3000"])
def test_marks_within_words_are_no_emoticons(text: str) -> None:
    assert clean(text, replace(NOTHING, emoticons=True)) == text


def test_the_list_of_stop_words_may_be_edited(tmp_path: Path) -> None:
    path = tmp_path / "mine.txt"
    path.write_text("# mine\nKitten   # a remark\n\n", encoding="utf-8")
    words = read_stop_words(path)
    assert words == {"kitten"}
    assert clean("the kitten sat", replace(NOTHING, stop_words=True), words) == "the sat"


@pytest.mark.parametrize(
    ("word", "plain"),
    [("hoping", "hope"), ("hopping", "hop"), ("cried", "cry"), ("boxes", "box"), ("this", "this"), ("was", "be"),
     ("feelings", "feeling"), ("glass", "glass"), ("nothing", "nothing"), ("walked", "walk"), ("ok", "ok")],
)  # fmt: skip
def test_lemma(word: str, plain: str) -> None:
    assert lemma(word) == plain
