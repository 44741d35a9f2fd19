"""What a sound track says: the result type, a part of the reading's contract."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Unit = Annotated[float, Field(ge=0, le=1)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SoundMoment(_Frozen):
    """How one window of the sound feels."""

    ms: int = Field(description="middle of the window, in milliseconds from the start of the track")
    scores: dict[str, float] = Field(description="the network's own classes in [0, 1], sum 1")
    valence: float = Field(ge=-1, le=1)
    arousal: float = Field(ge=-1, le=1)


class SoundReading(_Frozen):
    """How a sound track feels: of the stretch that was listened to, and over time.

    ``scores`` are the classes that the network was trained on; ``quadrants`` and ``sectors`` are their sums by the
    direction of each class on the circumplex, ``valence`` and ``arousal`` the mean of those directions.
    """

    label: str = Field(description="the class with the highest score")
    confidence: Unit = Field(description="calibrated on speakers that the network had not heard")
    scores: dict[str, float] = Field(description="the network's own classes in [0, 1], sum 1")
    quadrant: str
    quadrants: dict[str, float] = Field(description="the four quadrants of the circumplex in [0, 1], sum 1")
    sector: str
    sectors: dict[str, float] = Field(description="Russell's eight in [0, 1], sum 1")
    valence: float = Field(ge=-1, le=1)
    arousal: float = Field(ge=-1, le=1)
    familiarity: Unit = Field(description="how like the sounds of the training the track is; 1 like them, 0 unlike")
    start_ms: int = Field(ge=0, description="where the stretch that was listened to begins in the track")
    duration_ms: int = Field(ge=0, description="of that stretch")
    track_ms: int = Field(ge=0, description="of the whole track")
    timeline: list[SoundMoment]
    warnings: list[str]
