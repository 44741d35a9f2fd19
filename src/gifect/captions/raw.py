"""All that is written in a clip, before it is judged: the lines of the frames worth reading, followed over time."""

from __future__ import annotations

from dataclasses import dataclass

from gifect.captions.engine import Line, read_lines
from gifect.captions.frames import Look, Shown, worth_reading
from gifect.media.clip import Clip

__all__ = ["ReadFrame", "read_frames"]


@dataclass(frozen=True)
class ReadFrame:
    """What was read in one frame, and over which looks it was shown."""

    shown: Shown
    lines: list[Line]


def read_frames(clip: Clip, looks: list[Look]) -> list[ReadFrame]:
    """Return what is written in the frames of a clip that are worth reading."""
    return [ReadFrame(one, read_lines(clip.frames[one.frame])) for one in worth_reading(clip, looks)]
