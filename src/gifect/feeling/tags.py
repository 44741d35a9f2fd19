"""Tags: words to find a clip by, each with what speaks for it.

What speaks for a concept of the vocabulary: how the clip looks (a linear layer over scene and faces, learnt from the
tags that annotators gave), its emotion and how strong that is, what is done, the caption, the medium, how many people
there are and, if wanted, the name of the file. Each gives a probability, and they add up as independent witnesses do:
1 - (1 - p1) (1 - p2) ...
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from gifect.feeling.cues import Cues, face_statistics
from gifect.feeling.reading import Reading, Tag
from gifect.feeling.scene import pool_scene
from gifect.feeling.vocabulary import STOP_WORDS, concepts_in, stems, vocabulary
from gifect.models.registry import load_session

__all__ = ["MOST_TAGS", "look_scores", "name_tags", "tag_reading", "weigh_tags"]

MOST_TAGS = 10
MOST_WEIGHED = 30
LEAST = 0.04  # score below which a concept is not worth weighing
PHRASE_WORDS = 4  # of a caption that is a tag itself

EMOTION, ACTION, CAPTION, MEDIUM, PEOPLE, NAME = 0.45, 0.9, 0.6, 0.8, 0.15, 0.7  # the most that each can say
PLAIN = {
    "anger": ("angry",),
    "disgust": ("disgusted",),
    "fear": ("scared",),
    "happiness": ("happy",),
    "sadness": ("sad",),
    "surprise": ("surprised", "shocked"),
    "neutral": (),
}
STRONG = 0.35  # intensity from which one of the seventeen emotions gives its tags
OF_INTENSITY = {
    "amusement": "amused",
    "contempt": "contempt",
    "contentment": "content",
    "embarrassment": "embarrassed",
    "excitement": "excited",
    "pride": "proud",
    "relief": "relieved",
    "guilt": "sorry",
    "satisfaction": "content",
}


@dataclass
class _Evidence:
    """What was heard for one tag: the chance that none of it holds, and the strongest."""

    doubt: float = 1.0
    strongest: float = -1.0
    cue: str = ""
    text: str = ""

    def add(self, score: float, cue: str, text: str) -> None:
        self.doubt *= 1 - score
        if score > self.strongest:
            self.strongest, self.cue, self.text = score, cue, text


@dataclass
class _Weighing:
    found: dict[str, _Evidence] = field(default_factory=dict)

    def add(self, name: str, score: float, cue: str, text: str) -> None:
        score = min(max(score, 0.0), 0.99)
        if score > 0:
            self.found.setdefault(name, _Evidence()).add(score, cue, text)


def look_scores(cues: Cues, area: int) -> np.ndarray:
    """Return how likely each concept of the vocabulary is, by the look of the scene and of the faces, (C,) in [0, 1].

    ``area`` is of a frame, in pixels.
    """
    faces = face_statistics(cues.faces, len(cues.looked), area)
    inputs = {"scene": pool_scene(cues.scene)[None].astype(np.float32), "face": faces[None]}
    return np.asarray(load_session("tags").run(["scores"], inputs)[0][0])


def tag_reading(reading: Reading, looks: np.ndarray) -> Reading:
    """Return a reading with its tags; see ``weigh_tags``."""
    weighed = weigh_tags(reading, looks)
    return reading.model_copy(update={"tags": [tag.name for tag in weighed[:MOST_TAGS]], "weighed_tags": weighed})


def weigh_tags(reading: Reading, looks: Sequence[float] | np.ndarray) -> list[Tag]:
    """Return all tags that were weighed for a reading, best first; ``looks`` (C,) are of ``look_scores``."""
    weighing = _Weighing()
    for concept, score in zip(vocabulary().names, looks, strict=True):
        weighing.add(concept, float(score), "look", f"clips that look so are tagged {concept}")
    _feelings(weighing, reading)
    for action in reading.actions:
        words = action.name.replace("_", " ")
        for concept, far in concepts_in(words).items():
            weighing.add(concept, ACTION * far * action.score, "action", f"{words} is seen ({action.score:.0%})")
    for caption in reading.captions:
        _words(weighing, caption.text, CAPTION * caption.confidence, "caption", f'the caption says "{caption.text}"')
    _kinds(weighing, reading)
    return _ranked(weighing)


def name_tags(tags: Sequence[Tag], name: str) -> list[Tag]:
    """Return tags with those that the name of a file gives, best first."""
    weighing = _Weighing()
    for tag in tags:
        weighing.add(tag.name, tag.score, tag.cue, tag.text)
    _words(weighing, name, NAME, "name", f"the file is called {name}")
    return _ranked(weighing)


def _ranked(weighing: _Weighing) -> list[Tag]:
    tags = [
        Tag(name=concept, score=round(1 - found.doubt, 4), cue=found.cue, text=found.text)
        for concept, found in weighing.found.items()
        if 1 - found.doubt >= LEAST
    ]
    return sorted(tags, key=lambda tag: -tag.score)[:MOST_WEIGHED]


def _feelings(weighing: _Weighing, reading: Reading) -> None:
    for emotion, concepts in PLAIN.items():
        score = reading.scores[emotion]
        for concept in concepts:
            weighing.add(concept, EMOTION * score**2, "emotion", f"{emotion} is seen ({score:.0%})")
    for emotion, strength in (reading.intensities or {}).items():
        if emotion in OF_INTENSITY and strength >= STRONG:
            weighing.add(OF_INTENSITY[emotion], EMOTION * strength, "emotion", f"{emotion} is strong ({strength:.0%})")


def _words(weighing: _Weighing, text: str, most: float, cue: str, why: str) -> None:
    """Weigh the concepts of a text, and a short text itself."""
    for concept, far in concepts_in(text).items():
        weighing.add(concept, most * far, cue, why)
    words = re.findall(r"[\w'’]+", text.lower().replace("_", " "))
    telling = [word for word in words if len(word) > 1 and not word.isdigit() and word not in STOP_WORDS]
    if telling and len(words) <= PHRASE_WORDS and tuple(stems(text)) not in vocabulary().phrases:
        weighing.add(" ".join(words), most, cue, why)


def _kinds(weighing: _Weighing, reading: Reading) -> None:
    medium, people = getattr(reading, "medium", None), getattr(reading, "people", None)
    if medium in ("cartoon", "animal"):
        weighing.add(medium, MEDIUM, "medium", "it is drawn" if medium == "cartoon" else "it shows an animal")
    if people is not None and people > 1:
        weighing.add("friends", PEOPLE, "people", "several people are seen")
