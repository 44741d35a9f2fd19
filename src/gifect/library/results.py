"""What a library takes and gives: entries, matches with their reasons, filters, what came of adding, and counts."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from gifect.emotions import QUADRANTS, SEVEN

__all__ = ["Added", "Entry", "Filters", "LibraryStats", "Match"]

MEDIA = ("live", "cartoon", "animal", "other")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Entry(_Frozen):
    """One clip of a library: where it lies, what was read in it, and the tags that people gave it."""

    id: str = Field(description="SHA-256 of the file, in hexadecimal")
    source: str = Field(description="path or URL from which it was added")
    added: datetime = Field(description="when, in UTC")
    frames: int
    duration_ms: int = Field(description="of one loop, as played")
    width: int
    height: int
    emotion: str = Field(description="one of the seven")
    confidence: float = Field(description="in [0, 1]")
    scores: dict[str, float] = Field(description="seven emotions in [0, 1], sum 1")
    intensities: dict[str, float] = Field(description="seventeen emotions in [0, 1]")
    quadrant: str | None = None
    medium: str | None = Field(default=None, description="live, cartoon, animal or other; None where unknown")
    people: int | None = Field(default=None, description="0, 1, 2 = more; None where unknown")
    tags: tuple[str, ...] = Field(default=(), description="best first; those that people gave come first")
    own_tags: tuple[str, ...] = Field(default=(), description="those of them that people gave")
    captions: tuple[str, ...] = Field(default=(), description="words drawn in the frames")
    duplicate_of: str | None = Field(default=None, description="id of the clip that this one repeats")


class Match(_Frozen):
    """One clip that was found, and why."""

    source: str
    score: float = Field(description="higher is better; comes to 1 for what fits best in every respect")
    emotion: str
    tags: list[str]
    reasons: list[str] = Field(description="weightiest first, one sentence each")
    id: str
    quadrant: str | None = None
    medium: str | None = None
    duration_ms: int = 0
    captions: list[str] = Field(default_factory=list)


class Filters(_Frozen):
    """Which clips are looked at; what is None does not matter."""

    emotion: str | None = None
    quadrant: str | None = None
    medium: str | None = None
    min_ms: int | None = Field(default=None, ge=0, description="shortest loop")
    max_ms: int | None = Field(default=None, ge=0, description="longest loop")
    has_caption: bool | None = None
    folder: str | None = Field(default=None, description="the clip's file lies in it or below")
    duplicates: bool = Field(default=False, description="also clips that repeat another")

    @field_validator("emotion")
    @classmethod
    def _emotion(cls, name: str | None) -> str | None:
        return _one_of("emotion", name, SEVEN)

    @field_validator("quadrant")
    @classmethod
    def _quadrant(cls, name: str | None) -> str | None:
        return _one_of("quadrant", name, QUADRANTS)

    @field_validator("medium")
    @classmethod
    def _medium(cls, name: str | None) -> str | None:
        return _one_of("medium", name, MEDIA)


def _one_of(what: str, name: str | None, names: tuple[str, ...]) -> str | None:
    if name is not None and name not in names:
        raise ValueError(f"no {what} {name!r}: expected one of {', '.join(names)}")
    return name


State = Literal["added", "known", "moved", "duplicate", "failed"]


class Added(_Frozen):
    """What became of one file: ``added``; ``duplicate`` (added, and repeats another clip); ``known``; ``moved`` (known
    from another place that is gone); ``failed``, and why."""

    source: str
    state: State
    id: str | None = None
    emotion: str | None = None
    why: str = ""
    done: int = Field(description="files that are settled, this one included")
    total: int = Field(description="files in all")


class LibraryStats(_Frozen):
    """Counts of a library; each table from the most frequent on."""

    count: int
    duplicates: int
    with_caption: int
    emotions: dict[str, int]
    quadrants: dict[str, int]
    media: dict[str, int]
    tags: dict[str, int] = Field(description="the fifty most frequent")
    folders: dict[str, int] = Field(description="the fifty with most clips")
    durations_ms: list[int] = Field(description="of every clip")
    intensities: dict[str, float] = Field(description="mean of each of the seventeen, in [0, 1]")
