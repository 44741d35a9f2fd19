"""Tags: ranked, explained, of the vocabulary; words and their forms mean the same concept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import gifect
from gifect.emotions import SEVEN, SEVENTEEN
from gifect.feeling.reading import Action, Caption, Reading
from gifect.feeling.tags import MOST_TAGS, name_tags, weigh_tags
from gifect.feeling.vocabulary import GROUPS, concepts_in, stem, stems, vocabulary

SAMPLES = Path(__file__).parents[2] / "samples"
NOTHING = np.zeros(len(vocabulary().names))


def reading(emotion: str = "neutral", **more: object) -> Reading:
    scores = {name: 0.94 if name == emotion else 0.01 for name in SEVEN}
    plain = {
        "source": "made",
        "frames": 1,
        "duration_ms": 0,
        "width": 8,
        "height": 8,
        "loops": 0,
        "emotion": emotion,
        "confidence": 0.94,
        "scores": scores,
        "intensities": dict.fromkeys(SEVENTEEN, 0.0),
    }
    return Reading.model_validate(plain | more)


@pytest.mark.parametrize(
    "forms",
    [
        "dance dances dancing danced",
        "happy happiness happily",
        "cry cries crying cried",
        "stop stops stopped stopping",
        "hug hugs hugging",
        "party parties partying",
        "kiss kisses kissing",
        "winter winters",
        "scare scares scared",
        "excited exciting excites",
    ],
)
def test_forms_of_a_word_have_one_stem(forms: str) -> None:
    assert len({stem(form) for form in forms.split()}) == 1


@pytest.mark.parametrize(("one", "other"), [("care", "car"), ("hope", "hop"), ("this", "thi"), ("never", "nev")])
def test_other_words_keep_theirs(one: str, other: str) -> None:
    assert stem(one) != stem(other)


def test_marks_and_accents_do_not_matter() -> None:
    assert stems("DON'T… Café!") == stems("dont cafe") == stems("don’t cafe")


@pytest.mark.parametrize(
    ("text", "concept"),
    [("thumbs up!", "thumbs up"), ("kittens", "cat"), ("i don't care", "whatever"), ("Sobbing", "crying")],
)
def test_words_stand_for_concepts(text: str, concept: str) -> None:
    assert concepts_in(text)[concept] > 0


def test_every_concept_can_be_found_by_its_name() -> None:
    for name in vocabulary().names:
        assert concepts_in(name).get(name) == 1.0, name
        assert vocabulary().group[name] in GROUPS


@pytest.mark.parametrize(
    ("read", "tag", "cue"),
    [
        (reading("happiness"), "happy", "emotion"),
        (reading(actions=[Action(name="facepalm", score=0.8, recogniser="acts")]), "facepalm", "action"),
        (reading(actions=[Action(name="high_five", score=0.8, recogniser="acts")]), "high five", "action"),
        (reading(captions=[Caption(text="No way!", first_ms=0, last_ms=0, confidence=1)]), "no", "caption"),
        (
            reading(captions=[Caption(text="Mind = blorp", first_ms=0, last_ms=0, confidence=1)]),
            "mind blorp",
            "caption",
        ),
        (reading(intensities={**dict.fromkeys(SEVENTEEN, 0.0), "pride": 0.8}), "proud", "emotion"),
    ],
    ids=["emotion", "action", "action of two words", "caption", "short caption", "intensity"],
)
def test_what_speaks_for_a_tag(read: Reading, tag: str, cue: str) -> None:
    best = weigh_tags(read, NOTHING)[0] if tag not in ("no",) else {t.name: t for t in weigh_tags(read, NOTHING)}[tag]
    assert (best.name, best.cue) == (tag, cue)
    assert best.text


def test_witnesses_add_up() -> None:
    looks = NOTHING.copy()
    looks[vocabulary().names.index("happy")] = 0.3
    (alone,) = weigh_tags(reading(), looks)
    both = weigh_tags(reading("happiness"), looks)[0]
    assert (alone.name, both.name) == ("happy", "happy")
    assert alone.score < both.score < 1


def test_the_name_of_a_file_gives_tags_if_wanted() -> None:
    found = {tag.name: tag.cue for tag in name_tags([], "IMG_2021_cat-blorp")}
    assert found["cat"] == "name"


def test_real_clips_have_tags_that_fit() -> None:
    tags = {path.stem: gifect.read(path).tags for path in SAMPLES.glob("*.gif")}
    assert all(0 < len(own) <= MOST_TAGS and len(set(own)) == len(own) for own in tags.values())
    assert {"smiling", "happy"} & set(tags["laugh"][:4])
    assert "angry" in tags["glare"]
    assert {"sad", "crying"} & set(tags["tears"])
    assert {"surprised", "shocked"} & set(tags["gasp"][:3])
