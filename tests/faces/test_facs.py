"""Action units to emotions and words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gifect.emotions import EIGHT
from gifect.errors import GifectError
from gifect.faces.facs import (
    PRESENT,
    RULES,
    UNIT_NAMES,
    Requirement,
    Scoring,
    emotions_of_units,
    explain_units,
    intensity_of,
    letter_of,
    parse_rule,
    score_rule,
)
from gifect.faces.layout import ACTION_UNITS

SCORINGS: tuple[Scoring, ...] = ("all", "mean", "mean_if_all")


@pytest.mark.parametrize(
    ("rule", "needs"),
    [
        pytest.param("6+12", [(6, "", PRESENT), (12, "", PRESENT)], id="no letter means present"),
        pytest.param("5B", [(5, "", 0.2)], id="a letter is the least intensity"),
        pytest.param("1A+2E", [(1, "", 0.0), (2, "", 0.8)], id="trace and maximum"),
        pytest.param("R12A + L14C", [(12, "R", 0.0), (14, "L", 0.4)], id="sides, and blanks around the plus"),
    ],
)
def test_a_rule_is_parsed(rule: str, needs: list[tuple[int, str, float]]) -> None:
    assert parse_rule(rule) == tuple(Requirement(*need) for need in needs)


@pytest.mark.parametrize("rule", ["", "6+", "+6", "12F", "AU12", "12 14", "B5", "RL12", "6,12", "12b"])
def test_what_is_no_rule_is_refused_by_name(rule: str) -> None:
    with pytest.raises(GifectError, match="is no action unit: expected a form such as 12, 5B or R14A"):
        parse_rule(rule)


@pytest.mark.parametrize(
    ("intensity", "letter"),
    [
        (0.0, ""),
        (0.001, "A"),
        (0.2, "A"),
        (0.201, "B"),
        (0.4, "B"),
        (0.5, "C"),
        (0.6, "C"),
        (0.61, "D"),
        (0.8, "D"),
        (0.81, "E"),
        (1.0, "E"),
    ],
)
def test_letter_of_an_intensity(intensity: float, letter: str) -> None:
    assert letter_of(intensity) == letter


@pytest.mark.parametrize("intensity", [-0.01, 1.01, float("nan")])
def test_an_intensity_beyond_the_scale_is_refused(intensity: float) -> None:
    with pytest.raises(GifectError, match="outside 0 to 1"):
        letter_of(intensity)


@pytest.mark.parametrize("letter", "ABCDE")
def test_a_lettered_unit_counts_when_its_own_letter_is_reached(letter: str) -> None:
    need = parse_rule(f"5{letter}")[0]
    for percent in range(101):
        met = intensity_of(need, {"AU5": percent / 100}) > 0
        assert met == (letter_of(percent / 100) >= letter), percent


@pytest.mark.parametrize(
    ("units", "scores"),
    [
        pytest.param({"AU6": 0.8, "AU12": 0.6}, (1.0, 0.7, 0.7), id="both present"),
        pytest.param({"AU6": 0.8, "AU12": 0.4}, (0.0, 0.8, 0.0), id="one too weak"),
        pytest.param({"AU12": 1.0}, (0.0, 1.0, 0.0), id="one missing"),
        pytest.param({"AU6": PRESENT, "AU12": PRESENT}, (1.0, 0.5, 0.5), id="just present"),
        pytest.param({}, (0.0, 0.0, 0.0), id="nothing"),
        pytest.param({"AU4": 1.0}, (0.0, 0.0, 0.0), id="another unit"),
    ],
)
def test_three_published_scorings_of_happiness(units: dict[str, float], scores: tuple[float, float, float]) -> None:
    assert tuple(score_rule("6+12", units, scoring) for scoring in SCORINGS) == pytest.approx(scores)


def test_an_unknown_scoring_is_refused() -> None:
    with pytest.raises(GifectError, match="'median': expected all, mean or mean_if_all"):
        score_rule("6+12", {"AU6": 1, "AU12": 1}, "median")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("emotion", "units"),
    [
        ("happiness", (6, 12)),
        ("happiness", (6, 12, 25)),
        ("sadness", (1, 4, 15)),
        ("surprise", (1, 2, 5, 26)),
        ("fear", (1, 2, 4, 5, 7, 20, 26)),
        ("fear", (1, 2, 4, 5, 20, 26)),
        ("anger", (4, 5, 7, 23)),
        ("anger", (4, 5, 7, 24)),
        ("disgust", (9, 15, 16)),
        ("disgust", (4, 10, 17)),
    ],
)
def test_the_printed_combination_means_its_emotion(emotion: str, units: tuple[int, ...]) -> None:
    scores = emotions_of_units({f"AU{u}": 0.9 for u in units})
    assert scores[emotion] == pytest.approx(0.9)
    weaker = emotions_of_units({f"AU{u}": 0.9 for u in units[1:]})
    assert weaker[emotion] == 0 or emotion == "fear"  # one variant of fear lacks a unit of the other


def test_surprise_takes_a_slight_raise_of_the_lids() -> None:
    units = {"AU1": 0.8, "AU2": 0.8, "AU5": 0.25, "AU26": 0.8}
    assert score_rule("1+2+5B+26", units) > 0
    assert score_rule("1+2+5+26", units) == 0
    assert emotions_of_units(units)["surprise"] == score_rule("1+2+5B+26", units)


@pytest.mark.parametrize(
    ("units", "score"),
    [
        pytest.param({"AU12R": 0.6, "AU14R": 0.4}, 0.5, id="right side alone"),
        pytest.param({"AU12L": 0.6, "AU14L": 0.4}, 0.5, id="left side alone"),
        pytest.param({"AU12R": 0.6, "AU12L": 0.2, "AU14R": 0.4, "AU14L": 0.2}, 0.3, id="counts what the left lacks"),
        pytest.param({"AU12R": 0.6, "AU12L": 0.6, "AU14R": 0.4, "AU14L": 0.4}, 0.0, id="both sides alike: a smile"),
        pytest.param({"AU12R": 0.6, "AU14L": 0.4}, 0.0, id="one unit on either side"),
        pytest.param({"AU12": 0.9, "AU14": 0.9}, 0.0, id="sides unknown"),
    ],
)
def test_contempt_is_one_sided(units: dict[str, float], score: float) -> None:
    assert emotions_of_units(units)["contempt"] == pytest.approx(score)


@pytest.mark.parametrize(
    ("units", "emotion", "words"),
    [
        ({"AU6": 0.8, "AU12": 0.9}, "happiness", "cheek raiser + lip corner puller -> happiness"),
        ({"AU12": 0.9}, "happiness", "lip corner puller -> happiness"),
        (
            {"AU6": 0.8, "AU12": 0.9, "AU25": 1.0},
            "happiness",
            "cheek raiser + lip corner puller + lips part -> happiness",
        ),
        ({"AU4": 0.9, "AU10": 0.9, "AU17": 0.6}, "disgust", "upper lip raiser + chin raiser + brow lowerer -> disgust"),
        ({"AU12R": 0.5, "AU14R": 0.3}, "contempt", "right lip corner puller + right dimpler -> contempt"),
        ({"AU12L": 0.5, "AU14L": 0.3}, "contempt", "left lip corner puller + left dimpler -> contempt"),
        ({"AU6": 0.2}, "happiness", ""),
        ({"AU6": 0.9}, "neutral", ""),
        ({}, "anger", ""),
    ],
)
def test_an_emotion_is_explained_in_words(units: dict[str, float], emotion: str, words: str) -> None:
    assert explain_units(units, emotion) == words


def test_rules_speak_of_known_units_and_expressions() -> None:
    assert set(RULES) == set(EIGHT) - {"neutral"}
    assert {need.unit for rules in RULES.values() for rule in rules for need in parse_rule(rule)} <= set(UNIT_NAMES)
    assert set(ACTION_UNITS) <= set(UNIT_NAMES)


def test_a_unit_without_a_name_has_its_number() -> None:
    assert Requirement(99).name == "action unit 99"


units_of_any_face = st.dictionaries(st.sampled_from([f"AU{u}" for u in ACTION_UNITS]), st.floats(0, 1))


@given(units_of_any_face, st.sampled_from(SCORINGS))
def test_scores_lie_between_0_and_1(units: dict[str, float], scoring: Scoring) -> None:
    assert all(0 <= s <= 1 for s in emotions_of_units(units, scoring).values())


@given(units_of_any_face)
def test_whatever_is_fulfilled_can_be_explained(units: dict[str, float]) -> None:
    for emotion, score in emotions_of_units(units).items():
        assert score == 0 or explain_units(units, emotion).endswith(f"-> {emotion}")
