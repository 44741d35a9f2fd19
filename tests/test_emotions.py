"""The vocabularies fit together."""

from __future__ import annotations

import pytest

from gifect import emotions


@pytest.mark.parametrize(
    ("names", "count"),
    [
        (emotions.SEVEN, 7),
        (emotions.EIGHT, 8),
        (emotions.SEVENTEEN, 17),
        (emotions.QUADRANTS, 4),
        (emotions.RUSSELL_EIGHT, 8),
    ],
    ids=["seven", "eight", "seventeen", "quadrants", "russell"],
)
def test_names_are_distinct_and_as_many_as_they_are_called(names: tuple[str, ...], count: int) -> None:
    assert len(names) == len(set(names)) == count


def test_orders_that_files_and_networks_rely_on() -> None:
    assert emotions.SEVEN == ("anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral")
    assert emotions.EIGHT[0] == "neutral" and emotions.EIGHT[-1] == "contempt"
    assert list(emotions.SEVENTEEN) == sorted(emotions.SEVENTEEN)
    assert emotions.SEVENTEEN[0] == "amusement" and emotions.SEVENTEEN[-1] == "surprise"


def test_every_expression_of_a_face_has_a_class() -> None:
    assert tuple(emotions.SEVEN_OF_EIGHT) == emotions.EIGHT
    assert set(emotions.SEVEN_OF_EIGHT.values()) == set(emotions.SEVEN)
    assert {e for e, seven in emotions.SEVEN_OF_EIGHT.items() if e != seven} == {"contempt"}


def test_every_one_of_the_seventeen_has_a_quadrant() -> None:
    assert set(emotions.QUADRANT_OF) == set(emotions.SEVENTEEN)
    assert set(emotions.QUADRANT_OF.values()) == set(emotions.QUADRANTS)


@pytest.mark.parametrize(
    ("emotion", "code"),
    [("excitement", "PV-PA"), ("surprise", "PV-PA"), ("fear", "NV-PA"), ("shame", "NV-NA"), ("relief", "PV-NA")],
)
def test_quadrant_and_code_of(emotion: str, code: str) -> None:
    assert emotions.QUADRANT_CODES[emotions.QUADRANT_OF[emotion]] == code


def test_quadrants_run_counter_clockwise_as_their_codes_say() -> None:
    assert [emotions.QUADRANT_CODES[q] for q in emotions.QUADRANTS] == ["PV-PA", "NV-PA", "NV-NA", "PV-NA"]
