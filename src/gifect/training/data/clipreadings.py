"""What the shipped networks read in the clips of the reactions set, kept in the cache for the weights that made it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from multiprocessing import get_context

from gifect.feeling.read import read
from gifect.feeling.reading import Reading
from gifect.feeling.vocabulary import FILE as VOCABULARY
from gifect.models.registry import available_models, model_card
from gifect.training.data.shared import cache_root, iterate_clips

__all__ = ["read_clips"]

UNUSED = ("attend", "lexicon", "sound", "text")  # networks that do not bear on the pictures of a silent clip


def read_clips(split: str, processes: int = 2) -> list[Reading]:
    """Return the readings of all clips of ``split``, in their order, without samples and timelines; a reading's source
    is the clip's id."""
    cards = [model_card(name) for name in available_models() if name not in UNUSED]
    made_by = "".join(card.sha256 for card in cards if card.url is None) + VOCABULARY.read_text(encoding="utf-8")
    path = cache_root() / f"readings-{split}-{hashlib.sha256(made_by.encode()).hexdigest()[:12]}.jsonl"
    if not path.exists():
        part = path.with_suffix(".part")
        with part.open("w", encoding="utf-8") as file, get_context("spawn").Pool(processes) as pool:
            for line in pool.imap(_read, iterate_clips(split), chunksize=8):
                file.write(line + "\n")
        part.replace(path)
    return list(_lines(path.read_text(encoding="utf-8")))


def _read(clip: tuple[str, bytes]) -> str:
    name, data = clip
    reading = read(data)
    faces = [face.model_copy(update={"samples": []}) for face in reading.faces]
    return reading.model_copy(update={"source": name, "timeline": [], "faces": faces}).to_json()


def _lines(text: str) -> Iterator[Reading]:
    return (Reading.from_json(line) for line in text.splitlines())
