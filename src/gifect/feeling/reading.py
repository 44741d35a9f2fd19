"""The one result type: what was read in a clip, with everything that speaks for it."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from gifect.emotions import EIGHT, SEVEN, SEVENTEEN
from gifect.sound.result import SoundReading

Unit = Annotated[float, Field(ge=0, le=1)]
Box = tuple[float, float, float, float]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _must_hold(scores: dict[str, float], names: tuple[str, ...]) -> dict[str, float]:
    if tuple(scores) != names:
        raise ValueError(f"expected the keys {', '.join(names)} in this order, found {', '.join(scores) or 'none'}")
    return scores


class Moment(_Frozen):
    """The seven scores at one time of the clip."""

    ms: int = Field(description="start of the frame, in milliseconds from the start of the clip")
    scores: dict[str, float] = Field(description="seven emotions in [0, 1], sum 1")

    @field_validator("scores")
    @classmethod
    def _seven(cls, scores: dict[str, float]) -> dict[str, float]:
        return _must_hold(scores, SEVEN)


class FaceSample(_Frozen):
    """One face in one frame."""

    ms: int
    box: Box = Field(description="x0, y0, x1, y1 in pixels of the source")
    confidence: Unit = Field(description="of the detector, that there is a face")
    readable: Unit = Field(description="how sure it is that the face can be read")
    scores: dict[str, float] = Field(description="eight expressions with contempt, in [0, 1], sum 1")
    valence: float = Field(ge=-1, le=1)
    arousal: float = Field(ge=0, le=1)
    action_units: dict[str, float] = Field(description='name such as "AU12" -> intensity in [0, 1]')
    landmarks: list[tuple[float, float, float]] | None = Field(
        default=None,
        description="70 x (x, y in pixels of the source, confidence in [0, 1]), OpenPose's order; on request",
    )

    @field_validator("scores")
    @classmethod
    def _eight(cls, scores: dict[str, float]) -> dict[str, float]:
        return _must_hold(scores, EIGHT)


class FaceTrack(_Frozen):
    """One face followed through the clip; ``scores`` and ``action_units`` are the means of its samples."""

    track: int = Field(description="0 is the main face")
    first_ms: int
    last_ms: int = Field(description="start of the last frame in which the face was seen")
    scores: dict[str, float]
    action_units: dict[str, float]
    samples: list[FaceSample]


class Action(_Frozen):
    """Something that is done in the clip."""

    name: str
    score: Unit
    recogniser: str


class Caption(_Frozen):
    """Words drawn in the frames."""

    text: str
    first_ms: int
    last_ms: int
    confidence: Unit


class Tag(_Frozen):
    """A word to find the clip by."""

    name: str
    score: Unit = Field(description="how likely it is that an onlooker would tag the clip so")
    cue: str = Field(description="what speaks for it most: emotion, action, caption, look, medium, people or name")
    text: str = Field(description="why, one sentence for a person")


class Reason(_Frozen):
    """Why the reading says what it says."""

    cue: str = Field(description="face, scene, action, caption or sound")
    text: str = Field(description="one sentence for a person")
    emotion: str | None = Field(default=None, description="the class that it speaks for")
    weight: Unit = Field(description="its share in the decision")
    ms: int | None = Field(default=None, description="when")


class Reading(_Frozen):
    """What one clip shows. Emotions are *perceived*, as an onlooker would name them; nobody's inner state is known.

    The JSON form (``to_json``) is a contract: its keys stay.
    """

    source: str
    frames: int = Field(ge=1)
    duration_ms: int = Field(ge=0, description="of one loop, as played")
    width: int = Field(ge=1)
    height: int = Field(ge=1)
    loops: int = Field(ge=0, description="times the clip plays; 0 = for ever")
    emotion: str = Field(description="the class of the seven with the highest score")
    confidence: Unit = Field(description="calibrated probability that an onlooker names this emotion")
    scores: dict[str, float] = Field(description="seven classes in [0, 1], sum 1")
    intensities: dict[str, float] | None = Field(default=None, description="seventeen emotions in [0, 1]")
    quadrant: str | None = Field(default=None, description="of the circumplex; None where no emotion is strong")
    valence: float | None = Field(
        default=None, ge=-1, le=1, description="place in the circumplex, unpleasant to pleasant"
    )
    arousal: float | None = Field(default=None, ge=-1, le=1, description="place in the circumplex, calm to excited")
    tags: list[str] = Field(default_factory=list, description="words to find the clip by, best first, at most ten")
    weighed_tags: list[Tag] = Field(default_factory=list, description="what the tags were chosen from, best first")
    peak_ms: int | None = Field(default=None, description="when the emotion shows most; None without a timeline")
    timeline: list[Moment] = Field(default_factory=list)
    faces: list[FaceTrack] = Field(default_factory=list)
    actions: list[Action] = Field(default_factory=list)
    captions: list[Caption] = Field(default_factory=list)
    sound: SoundReading | None = Field(default=None, description="how the sound track feels; None without one")
    reasons: list[Reason] = Field(default_factory=list)
    warnings: list[str] = Field(default_factory=list)

    @field_validator("scores")
    @classmethod
    def _seven(cls, scores: dict[str, float]) -> dict[str, float]:
        _must_hold(scores, SEVEN)
        if abs(sum(scores.values()) - 1) > 1e-3:
            raise ValueError(f"expected scores that sum to 1, found {sum(scores.values()):.4f}")
        return scores

    @field_validator("intensities")
    @classmethod
    def _seventeen(cls, intensities: dict[str, float] | None) -> dict[str, float] | None:
        return intensities if intensities is None else _must_hold(intensities, SEVENTEEN)

    def to_json(self, indent: int | None = None) -> str:
        """Return the reading as JSON; numbers are rounded to what they mean."""
        return self.model_dump_json(indent=indent)

    @classmethod
    def from_json(cls, text: str | bytes) -> Reading:
        """Return the reading that ``to_json`` wrote."""
        return cls.model_validate_json(text)
