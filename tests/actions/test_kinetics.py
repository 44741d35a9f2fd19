"""The 400 actions are those of the set, in its order, and each has one emotion that makes sense."""

from __future__ import annotations

import pytest

from gifect.actions.kinetics import CLASSES, EMOTIONS, NEUTRAL, emotion_of
from gifect.emotions import SEVEN


def test_there_are_four_hundred_in_alphabetical_order() -> None:
    assert len(CLASSES) == len(set(CLASSES)) == 400
    assert list(CLASSES) == sorted(CLASSES)
    assert all(name == name.strip() and name for name in CLASSES)


@pytest.mark.parametrize(
    ("line", "name"),
    [(4, "applauding"), (52, "celebrating"), (80, "crying"), (151, "headbutting"), (159, "hugging"), (177, "kissing"),
     (181, "laughing"), (257, "pumping fist"), (260, "punching person (boxing)"), (290, "shaking head"),
     (315, "slapping"), (360, "tickling"), (398, "yawning"), (400, "zumba")],
)  # fmt: skip
def test_a_name_has_its_place(line: int, name: str) -> None:
    assert CLASSES[line - 1] == name


@pytest.mark.shared
def test_names_are_those_of_the_public_list() -> None:
    from gifect.training.data.shared import data_root

    assert list(CLASSES) == (data_root() / "action" / "kinetics400_labels.txt").read_text().splitlines()


def test_every_entry_of_the_table_is_a_class_once() -> None:
    from gifect.actions import kinetics

    named = [name for _, _, names in kinetics._GROUPS for name in kinetics._listed(names)]
    assert len(named) == len(set(named)) == len(EMOTIONS)
    assert set(named) <= set(CLASSES)
    for emotion, strength in (*EMOTIONS.values(), NEUTRAL):
        assert emotion in SEVEN
        assert 0 < strength <= 1


def test_most_actions_are_neutral() -> None:
    assert sum(emotion_of(name) == NEUTRAL for name in CLASSES) > 250
    assert "neutral" not in {emotion for emotion, _ in EMOTIONS.values()}


def test_every_dance_is_happy() -> None:
    dances = [name for name in CLASSES if "dancing" in name]
    assert len(dances) == 13
    assert {emotion_of(name)[0] for name in dances} == {"happiness"}


@pytest.mark.parametrize(
    ("name", "emotion"),
    [("crying", "sadness"), ("slapping", "anger"), ("laughing", "happiness"), ("sneezing", "disgust"),
     ("bungee jumping", "fear"), ("faceplanting", "surprise"), ("yawning", "neutral"), ("hurling (sport)", "neutral"),
     ("playing chess", "neutral"), ("playing cards", "neutral"), ("arm wrestling", "neutral")],
)  # fmt: skip
def test_an_action_shows_what_an_onlooker_would_say(name: str, emotion: str) -> None:
    assert emotion_of(name)[0] == emotion
