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
        (emotions.SPEECH_SEVEN, 7),
    ],
    ids=["seven", "eight", "seventeen", "quadrants", "russell", "speech"],
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


@pytest.mark.parametrize(
    ("degrees", "sector", "quadrant"),
    [
        (0, "happy", "pleasure-arousal"),
        (44.9, "happy", "pleasure-arousal"),
        (45, "aroused", "pleasure-arousal"),
        (90, "tensed", "misery-arousal"),
        (179.9, "frustrated", "misery-arousal"),
        (180, "miserable", "misery-sleepiness"),
        (269.9, "tired", "misery-sleepiness"),
        (270, "sleepy", "pleasure-sleepiness"),
        (359.9, "pleased", "pleasure-sleepiness"),
        (360, "happy", "pleasure-arousal"),
        (-1, "pleased", "pleasure-sleepiness"),
        (-1e-20, "happy", "pleasure-arousal"),
    ],
)
def test_sector_and_quadrant_at_a_direction(degrees: float, sector: str, quadrant: str) -> None:
    assert (emotions.sector_at(degrees), emotions.quadrant_at(degrees)) == (sector, quadrant)


def test_direction_of_a_point() -> None:
    points = [(1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1)]
    assert [emotions.direction_of(*point) for point in points] == pytest.approx([45 * k for k in range(8)])


def test_every_emotion_of_speech_has_a_direction() -> None:
    assert set(emotions.SPEECH_ANGLES) == set(emotions.SPEECH_SEVEN)
    assert {emotions.quadrant_at(angle) for angle in emotions.SPEECH_ANGLES.values()} == set(emotions.QUADRANTS)
