"""What a message asks of a clip, part by part: its feeling, its words, and what it does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gifect.emotions import SEVEN, SEVENTEEN
from gifect.feeling.vocabulary import STOP_WORDS, concepts_in, stems, vocabulary
from gifect.library.intents import Intent, intents_of
from gifect.library.lexicon import load_lexicon
from gifect.text import recognise
from gifect.text.result import TextReading

__all__ = ["FEELINGS", "WORDS", "Message", "understand_message"]

FEELINGS = ("words feel", "text feels", "text shows", "does feel", "named feel")
WORDS = ("words ask", "does ask", "names", "says")
"""Parts of a message: feelings of its words (by the lexicon), of the whole text (by the text network: the seventeen,
and the seven classes), of what it does and of what it names; tags that its words call for, that go with what it does,
that it names, and its very words."""

LATER = 0.25  # by how much a tag of an intent counts less than the one before
MOST_ASKED = 16  # tags that the words of a message call for
LONGEST = 2000  # letters of a message that are looked at

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Message:
    """A message understood.

    Attributes
    ----------
    reading : what the text network reads in it.
    intents : what it does.
    feelings : for each of ``FEELINGS`` weights of the numbers of an entry (24,).
    concepts : for each of ``WORDS`` but the last, weights of the concepts.
    stems : its words.
    """

    reading: TextReading
    intents: list[Intent]
    feelings: dict[str, Floats]
    concepts: dict[str, Mapping[str, float]]
    stems: list[str]


def understand_message(text: str) -> Message:
    """Return what a message asks for."""
    text = text[:LONGEST]
    (reading,) = recognise([text])
    intents, named = intents_of(text), concepts_in(text)
    words_feel, likelier = load_lexicon().meaning(text)
    best = np.argsort(-likelier)[:MOST_ASKED]
    asked = {vocabulary().names[k]: float(likelier[k]) for k in best if likelier[k] > 0}
    does: dict[str, float] = {}
    for intent in intents:
        for rank, name in enumerate(intent.tags):
            does[name] = does.get(name, 0.0) + 1 / (1 + LATER * rank) / len(intents)
    text_feels = [reading.intensities[name] if reading.english else 0.0 for name in SEVENTEEN]
    shows = [reading.scores[name] if reading.english else 0.0 for name in SEVEN]
    feelings = {
        "words feel": _seventeen(words_feel),
        "text feels": _seventeen(np.array(text_feels)),
        "text shows": np.array([*shows, *[0.0] * len(SEVENTEEN)], np.float32),
        "does feel": _seventeen(_moods(does)),
        "named feel": _seventeen(_moods(named)),
    }
    own = [word for word in dict.fromkeys(stems(text)) if word not in STOP_WORDS]
    return Message(reading, intents, feelings, {"words ask": asked, "does ask": does, "names": named}, own)


def _seventeen(weights: NDArray[np.floating]) -> Floats:
    return np.concatenate([np.zeros(len(SEVEN)), weights]).astype(np.float32)


def _moods(concepts: Mapping[str, float]) -> NDArray[np.float64]:
    """Return what of the seventeen emotions concepts ask for."""
    found = np.zeros(len(SEVENTEEN))
    for name, far in concepts.items():
        emotions = vocabulary().moods.get(name, ())
        for emotion in emotions:
            found[SEVENTEEN.index(emotion)] += far / len(emotions)
    return found
