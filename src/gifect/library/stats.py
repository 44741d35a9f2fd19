"""Counts of a library."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from gifect.emotions import SEVENTEEN
from gifect.library.results import Entry, LibraryStats

__all__ = ["count_up"]

LISTED = 50  # tags and folders, at most


def count_up(entries: Iterable[Entry]) -> LibraryStats:
    """Return counts of entries."""
    emotions: Counter[str] = Counter()
    quadrants: Counter[str] = Counter()
    media: Counter[str] = Counter()
    tags: Counter[str] = Counter()
    folders: Counter[str] = Counter()
    durations: list[int] = []
    sums = dict.fromkeys(SEVENTEEN, 0.0)
    duplicates = with_caption = 0
    for entry in entries:
        emotions[entry.emotion] += 1
        quadrants[entry.quadrant or "none"] += 1
        media[entry.medium or "unknown"] += 1
        tags.update(entry.tags)
        folders[entry.source.rpartition("/")[0]] += 1
        durations.append(entry.duration_ms)
        duplicates += entry.duplicate_of is not None
        with_caption += bool(entry.captions)
        for name in SEVENTEEN:
            sums[name] += entry.intensities[name]
    count = len(durations)
    return LibraryStats(
        count=count,
        duplicates=duplicates,
        with_caption=with_caption,
        emotions=dict(emotions.most_common()),
        quadrants=dict(quadrants.most_common()),
        media=dict(media.most_common()),
        tags=dict(tags.most_common(LISTED)),
        folders=dict(folders.most_common(LISTED)),
        durations_ms=durations,
        intensities={name: round(total / max(count, 1), 4) for name, total in sums.items()},
    )
