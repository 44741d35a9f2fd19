"""What a message does (greets, thanks, mourns, boasts ...), by the words in it, and the tags that go with that."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from gifect.feeling.vocabulary import stems

__all__ = ["Intent", "intents_of"]

FILE = Path(__file__).with_name("intents.toml")


@dataclass(frozen=True)
class Intent:
    """What a message does, the words by which that was seen, and the concepts that go with it, best first."""

    name: str
    cue: str
    tags: tuple[str, ...]


@cache
def _cues() -> dict[tuple[str, ...], list[tuple[Intent, bool]]]:
    """Return by the stems of its words what a cue tells, and whether the message must begin with it."""
    cues: dict[tuple[str, ...], list[tuple[Intent, bool]]] = {}
    for name, table in tomllib.loads(FILE.read_text(encoding="utf-8")).items():
        for cue in table["cues"]:
            words = cue.removeprefix("^")
            intent = Intent(name.replace("_", " "), words, tuple(table["tags"]))
            cues.setdefault(tuple(stems(words)), []).append((intent, cue.startswith("^")))
    return cues


def intents_of(text: str) -> list[Intent]:
    """Return what a message does, each once, in the order of its words."""
    words, cues = stems(text), _cues()
    longest = max(map(len, cues))
    found: dict[str, Intent] = {}
    for start in range(len(words)):
        for size in range(1, longest + 1):
            for intent, first in cues.get(tuple(words[start : start + size]), ()):
                if not first or start == 0:
                    found.setdefault(intent.name, intent)
    return list(found.values())
