"""What is read in a text."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from gifect.emotions import FINER, SEVEN, SEVENTEEN

__all__ = ["TextReading"]

Unit = Annotated[float, Field(ge=0, le=1)]


class TextReading(BaseModel):
    """The feelings that a reader would see in one text."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str = Field(description="as it was given")
    emotion: str = Field(description="the class of the seven with the highest score")
    confidence: Unit = Field(description="calibrated probability of that class")
    scores: dict[str, Unit] = Field(description="seven classes in [0, 1], sum 1")
    labels: list[str] = Field(description="the classes of the seven that the text may be said to show, perhaps several")
    intensities: dict[str, Unit] = Field(description="seventeen emotions in [0, 1]")
    finer: dict[str, Unit] = Field(description="probability of each of the finer emotions, which do not exclude others")
    english: bool = Field(description="whether it looks like English, the one language that the network knows")
    warnings: list[str] = Field(default_factory=list)

    @field_validator("scores", "intensities", "finer")
    @classmethod
    def _in_order(cls, values: dict[str, float]) -> dict[str, float]:
        if tuple(values) not in (SEVEN, SEVENTEEN, FINER):
            raise ValueError(f"expected the names of emotions in their order, found {', '.join(values) or 'none'}")
        return values
