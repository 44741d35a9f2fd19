"""Adding files: what is known is skipped, the rest is read in a few processes and written by this one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from os import PathLike
from pathlib import Path

import numpy as np

from gifect.emotions import SEVENTEEN
from gifect.errors import GifectError
from gifect.feeling.reading import Reading, Tag
from gifect.library.files import find_clips, look_at
from gifect.library.pool import DEAD, spread
from gifect.library.results import Added, Entry
from gifect.library.store import Store
from gifect.library.tables import Known
from gifect.media.limits import Limits

__all__ = ["Options", "add_files", "entry_from"]


@dataclass(frozen=True)
class Options:
    """How clips are read; see ``Library.add``."""

    name_tags: bool = False
    actions: str | None = None
    captions: bool = False
    limits: Limits | None = None


@dataclass(frozen=True)
class _Read:
    """What was read in one file: its reading and difference hash, or why it could not be read."""

    reading: Reading | None = None
    hash: bytes = b""
    why: str = ""


class _Progress:
    def __init__(self, total: int) -> None:
        self.done, self.total = 0, total

    def settled(self, source: str, state: str, **more: str | None) -> Added:
        self.done += 1
        return Added.model_validate({"source": source, "state": state, "done": self.done, "total": self.total, **more})


def add_files(store: Store, paths: Sequence[str | PathLike[str]], jobs: int, options: Options) -> Iterator[Added]:
    """Add the clips that ``paths`` name, and yield what becomes of each; see ``Library.add``."""
    sources = find_clips(paths)
    progress = _Progress(len(sources))
    settled: list[Added] = []
    work = partial(_read, options)
    for (source, file), found in spread(work, _unknown(store, sources, settled, progress), jobs):
        yield from _drained(settled)
        if isinstance(found, BrokenProcessPool) or found.reading is None:
            why = DEAD if isinstance(found, BrokenProcessPool) else found.why
            yield progress.settled(source, "failed", why=why)
            continue
        entry, tags = entry_from(found.reading, source, file.id, options)
        written = store.add(entry, file, found.hash, tags, found.reading)
        state = "known" if written is None else "duplicate" if written.duplicate_of else "added"
        why = f"repeats {written.duplicate_of[:12]}" if written and written.duplicate_of else ""
        yield progress.settled(source, state, id=entry.id, emotion=entry.emotion, why=why)
    yield from _drained(settled)


def _drained(settled: list[Added]) -> Iterator[Added]:
    while settled:
        yield settled.pop(0)


def _unknown(
    store: Store, sources: Iterable[str], settled: list[Added], progress: _Progress
) -> Iterator[tuple[str, Known]]:
    """Yield files whose content is to be read; what is known already goes to ``settled``."""
    for source in sources:
        known = store.known(source)
        try:
            file = look_at(source, known)
        except OSError as error:
            settled.append(progress.settled(source, "failed", why=f"cannot be read: {error.strerror or error}"))
            continue
        if known == file:
            settled.append(progress.settled(source, "known", id=file.id))
        elif store.holds(file.id):
            settled.append(progress.settled(source, _placed(store, source, file), id=file.id))
        else:
            yield source, file


def _placed(store: Store, source: str, file: Known) -> str:
    """Write where a known content lies; places of it that are gone are forgotten."""
    before = store.sources(file.id)
    store.place(source, file)
    gone = [place for place in before if place != source and not Path(place).exists()]
    for place in gone:
        store.leave(file.id, place)
    return "moved" if gone else "known"


def _read(options: Options, task: tuple[str, Known]) -> _Read:
    source = task[0]
    try:
        from gifect.feeling.cues import see
        from gifect.feeling.read import read_cues
        from gifect.media.clip import Clip
        from gifect.media.likeness import clip_hash

        clip = Clip.open(source, limits=options.limits)
        reading = read_cues(clip, see(clip, actions=options.actions, captions=options.captions))
        return _Read(reading, np.packbits(clip_hash(clip)).tobytes())
    except (GifectError, OSError) as error:
        return _Read(why=str(error).removeprefix(f"{source}: "))
    except MemoryError:
        return _Read(why="not enough memory")
    except Exception as error:  # a fault of ours in one clip must not cost the others
        return _Read(why=f"fault in gifect: {type(error).__name__}: {error}")


def entry_from(reading: Reading, source: str, id: str, options: Options) -> tuple[Entry, list[Tag]]:
    """Return the entry of a clip that was read, and all tags that were weighed for it."""
    tags = reading.weighed_tags
    if options.name_tags:
        from gifect.feeling.tags import name_tags

        tags = name_tags(tags, Path(source).stem)
    entry = Entry(
        id=id,
        source=source,
        added=datetime.now(UTC),
        frames=reading.frames,
        duration_ms=reading.duration_ms,
        width=reading.width,
        height=reading.height,
        emotion=reading.emotion,
        confidence=reading.confidence,
        scores=reading.scores,
        intensities=reading.intensities or dict.fromkeys(SEVENTEEN, 0.0),
        quadrant=reading.quadrant,
        medium=getattr(reading, "medium", None),
        people=getattr(reading, "people", None),
        tags=tuple(tag.name for tag in tags),
        captions=tuple(caption.text for caption in reading.captions),
    )
    return entry, tags
