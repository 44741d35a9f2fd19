"""What is read in texts, and what is honestly not."""

from __future__ import annotations

import pytest

import gifect
from gifect.emotions import FINER, SEVEN, SEVENTEEN
from gifect.errors import TextError
from gifect.text import recognise
from gifect.text.pieces import Pieces
from gifect.text.result import TextReading


@pytest.mark.parametrize(
    ("text", "emotion"),
    [
        ("I am so happy for you, this is wonderful!", "happiness"),
        ("my code finally compiles, thank you so much", "happiness"),
        ("I miss her so much, I can't stop crying", "sadness"),
        ("I am so scared of what will happen tonight", "fear"),
        ("this makes me furious, I hate you", "anger"),
        ("that is disgusting, it makes me want to vomit", "disgust"),
        ("wow, I did not expect that at all!", "surprise"),
    ],
)
def test_a_plain_text_is_understood(text: str, emotion: str) -> None:
    (reading,) = recognise([text])
    assert reading.emotion == emotion
    assert reading.english and reading.warnings == []


def test_a_reading_keeps_its_orders_and_sums() -> None:
    (reading,) = gifect.text.recognise(["thank you, I love it"])
    assert (tuple(reading.scores), tuple(reading.intensities), tuple(reading.finer)) == (SEVEN, SEVENTEEN, FINER)
    assert sum(reading.scores.values()) == pytest.approx(1, abs=1e-3)
    assert reading.confidence == max(reading.scores.values()) == reading.scores[reading.emotion]
    assert set(reading.labels) <= set(SEVEN)
    assert TextReading.model_validate_json(reading.model_dump_json()) == reading


@pytest.mark.parametrize("text", ["", "   \n\t", "\x00", "   "])
def test_nothing_is_said_of_nothing(text: str) -> None:
    (reading,) = recognise([text])
    assert reading.emotion == "neutral"
    assert reading.confidence == pytest.approx(1 / 7, abs=1e-3)
    assert max(reading.intensities.values()) == 0
    assert any("nothing to read" in warning for warning in reading.warnings)


@pytest.mark.parametrize(
    "text",
    [
        "Я очень рад тебя видеть",
        "今日はとても嬉しい",
        "أنا سعيد جدا",
        "ich bin heute sehr traurig und allein",
        "je suis très content de te voir",
        "estoy muy feliz de verte",
        "сегодня грустно :(",
    ],
)
def test_other_languages_are_said_to_be_so(text: str) -> None:
    (reading,) = recognise([text])
    assert not reading.english
    assert any("English" in warning for warning in reading.warnings)


@pytest.mark.parametrize(
    "text",
    [
        "lol",
        "omg yesss",
        "wow!!!",
        "ok",
        "deal with it",
        "I can't even",
        "brb",
        "😂",
        ":)",
        "you're welcome",
        "die hard",
    ],
)
def test_short_english_is_english(text: str) -> None:
    assert recognise([text])[0].english


@pytest.mark.parametrize(
    ("text", "emotion"),
    [("😂😂😂", "happiness"), ("😡", "anger"), ("😭", "sadness"), ("😱", "fear"), ("<3", "happiness")],
)
def test_emoji_alone_carry_a_feeling(text: str, emotion: str) -> None:
    (reading,) = recognise([text])
    assert reading.scores[emotion] > 1 / 7
    assert reading.warnings == []


def test_a_text_of_100_kb_is_read_in_part_and_says_so() -> None:
    (reading,) = recognise(["I am so sad and lonely today. " * 3500])
    assert reading.emotion == "sadness"
    assert any("only the first" in warning for warning in reading.warnings)
    (word,) = recognise(["a" * 100_000])
    assert sum(word.scores.values()) == pytest.approx(1, abs=1e-3)


def test_many_texts_are_read_as_one_by_one() -> None:
    texts = ["", "I hate this", "such a lovely long day in the sun with all of my friends", "?", "no"] * 20
    together = recognise(texts)
    assert [reading.text for reading in together] == texts
    for text, reading in zip(texts[:5], together, strict=False):
        alone = recognise([text])[0]
        assert alone.emotion == reading.emotion
        assert alone.confidence == pytest.approx(reading.confidence, abs=2e-3)
    assert recognise([]) == []


@pytest.mark.parametrize("wrong", ["a text", [1], [None], [b"text"]])
def test_what_is_no_list_of_texts_is_an_error(wrong: object) -> None:
    with pytest.raises(TextError, match="list of texts"):
        recognise(wrong)  # type: ignore[arg-type]


def test_unknown_words_fall_into_pieces() -> None:
    pieces = Pieces(["[PAD]", "[UNK]", "un", "##happy", "##h", "happy", "!"])
    assert [pieces.vocabulary[k] for k in pieces.numbers("unhappy happy!", 9)] == ["un", "##happy", "happy", "!"]
    assert pieces.numbers("xyz", 9) == [1]
    assert pieces.numbers("happy " * 20, 3) == [5, 5, 5]
