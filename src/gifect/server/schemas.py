"""What the API takes and gives, beside the reading itself."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from gifect.emotions import SEVENTEEN
from gifect.feeling.reading import Reading

Emotion = Literal[
    "amusement",
    "anger",
    "contempt",
    "contentment",
    "disgust",
    "embarrassment",
    "excitement",
    "fear",
    "guilt",
    "happiness",
    "pleasure",
    "pride",
    "relief",
    "sadness",
    "satisfaction",
    "shame",
    "surprise",
]
assert Emotion.__args__ == SEVENTEEN  # type: ignore[attr-defined]

Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[^\x00-\x1f\x7f]*\S[^\x00-\x1f\x7f]*$")]
GifName = Annotated[str, Field(min_length=1, max_length=400, pattern=r"^[^\x00-\x1f\x7f]+$")]
Row = TypeVar("Row")


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Page(BaseModel, Generic[Row]):
    """A part of a list; ``next`` is the address of what follows, null at the end."""

    items: list[Row]
    total: int = Field(ge=0, description="of the whole list")
    next: str | None


class Health(BaseModel):
    """Whether the server can do its work."""

    status: Literal["ok", "starting"]
    version: str
    workers: int = Field(description="processes that decode")
    ready: int = Field(description="of them, those that have loaded their networks")
    waiting: int = Field(description="clips that wait for one")


class ReadingLinks(BaseModel):
    """Where the parts of a kept reading are."""

    page: str = Field(description="to share: whoever has it sees the reading")
    media: str = Field(description="the clip itself")
    poster: str = Field(description="the frame of the peak, JPEG")
    thumb: str


class StoredReading(BaseModel):
    """A reading that is kept with its clip."""

    id: str
    links: ReadingLinks
    reading: Reading


class JobView(BaseModel):
    """A job and how far it is."""

    id: str
    kind: Literal["read", "add"]
    state: Literal["queued", "running", "done", "cancelled"]
    made_ms: int = Field(description="milliseconds since 1970, UTC")
    ended_ms: int | None
    total: int = Field(description="clips")
    done: int = Field(description="of them, read")
    failed: int = Field(description="of them, refused")


class JobItem(BaseModel):
    """One clip of a job."""

    place: int
    name: str
    state: Literal["waiting", "done", "failed", "cancelled"]
    result: str | None = Field(description="id of the reading, or of the entry in the library")
    detail: str | None = Field(description="why it failed")


class VoteIn(_Strict):
    """A vote on two GIFs."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"emotion": "pride", "left": "a.gif", "right": "b.gif", "choice": "left", "voter": "ann"}
        }
    )

    emotion: Emotion
    left: GifName
    right: GifName
    choice: Literal["left", "right", "neither"]
    voter: Name | None = Field(default=None, description="who votes; of the token or the browser if not given")
    token: Annotated[str, Field(min_length=1, max_length=80)] | None = Field(
        default=None, description="of this request: the same one is written once, so it may be sent again"
    )


class VoteOut(BaseModel):
    """A vote as it stands."""

    id: int
    emotion: str
    left: str
    right: str
    choice: str
    voter: str | None
    time_ms: int | None
    undone: bool


class QuestionOut(BaseModel):
    """Which of two GIFs better expresses an emotion?"""

    emotion: str
    left: str
    right: str
    information: float = Field(description="in bits, expected of a decided answer")


class PlaceOut(BaseModel):
    """One GIF in a ranking."""

    rank: int
    gif: str
    votes: int
    neither: int
    mu: float = Field(description="belief about the strength; 25 without votes")
    sigma: float = Field(description="its deviation; 8.33 without votes")
    strength: float | None = Field(description="Bradley-Terry log-odds, mean 0")
    error: float | None = Field(description="its standard error")


class RankingOut(Page[PlaceOut]):
    """The GIFs of an emotion that were voted on, by mu - 3 sigma."""

    emotion: str
    votes: int


class GifOut(BaseModel):
    """A GIF that can be voted on."""

    name: str
    shown: bool = Field(description="whether a file of it is at hand")


class GifsIn(_Strict):
    """Names of GIFs."""

    names: Annotated[list[GifName], Field(min_length=1, max_length=10_000)]


class Count(BaseModel):
    """How many."""

    count: int


class LabelIn(_Strict):
    """What a labeler says of a GIF and an emotion."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"emotion": "pride", "gif": "a.gif", "answer": "yes", "labeler": "ann"}}
    )

    emotion: Emotion
    gif: GifName
    answer: Literal["yes", "no", "unsure"]
    labeler: Name | None = None
    cartoon: bool = False
    multiple: bool = Field(default=False, description="several scenes or characters")
    resolve: bool = Field(default=False, description="this decides what two labelers see differently")


class NextGif(BaseModel):
    """What a labeler should look at next; null when enough is found or nothing is left."""

    gif: str | None


class LabelState(BaseModel):
    """How far the labels of an emotion are."""

    emotion: str
    queued: int
    agreed: int = Field(description="GIFs that two labelers, or a resolution, find positive")
    refused: int = Field(description="GIFs found negative in the same way")
    both: int = Field(description="GIFs that two labelers have seen")
    share: float | None = Field(description="of them, those labelled alike")
    kappa: float | None = Field(description="Cohen's")
    disagreements: int


class VerdictOut(BaseModel):
    """What is known of a GIF and an emotion."""

    gif: str
    positive: bool | None = Field(description="what two agree on, or the resolution")
    disagrees: bool
    labels: dict[str, bool] = Field(description="by labeler")


class QueueIn(_Strict):
    """GIFs in the order in which labelers look at them."""

    gifs: Annotated[list[GifName], Field(max_length=100_000)]


class DatasetItem(BaseModel):
    """A GIF with the emotions that two labelers agree on."""

    gif: str
    emotions: list[str]
    cartoon: bool
    multiple: bool
    split: Literal["train", "test"]


class DatasetOut(BaseModel):
    """What labelers have agreed on, in numbers."""

    gifs: int
    test: int = Field(description="of them, in the test split")
    counts: dict[str, int]
    overlap: dict[str, dict[str, float | None]] = Field(
        description="share of the GIFs of the first emotion that also show the second; null where there is none"
    )


class TextsIn(_Strict):
    """Texts to be read."""

    model_config = ConfigDict(json_schema_extra={"example": {"texts": ["I got the job!"]}})

    texts: Annotated[list[Annotated[str, Field(max_length=20_000)]], Field(min_length=1, max_length=100)]


class ModelOut(BaseModel):
    """A network, as its card has it."""

    name: str
    does: str
    licence: str
    trained_on: str
    size: int = Field(description="bytes")
    there: bool
    figures: dict[str, float | str]


class StoredEntry(BaseModel):
    """A clip of the library."""

    id: str = Field(description="SHA-256 of the file, in hexadecimal")
    name: str = Field(description="of the file")
    added: datetime
    frames: int
    duration_ms: int
    width: int
    height: int
    emotion: str
    confidence: float
    scores: dict[str, float]
    intensities: dict[str, float]
    quadrant: str | None
    medium: str | None
    people: int | None
    tags: list[str] = Field(description="best first; those that people gave come first")
    own_tags: list[str] = Field(description="those of them that people gave")
    captions: list[str]
    duplicate_of: str | None


class MatchOut(BaseModel):
    """A clip of the library that was found, and why."""

    id: str
    name: str
    score: float = Field(description="higher is better")
    emotion: str
    quadrant: str | None
    medium: str | None
    duration_ms: int
    tags: list[str]
    captions: list[str]
    reasons: list[str] = Field(description="weightiest first")


class Matches(BaseModel):
    """Clips that were found, best first."""

    items: list[MatchOut]


class TagsIn(_Strict):
    """Tags to give and to take away."""

    add: Annotated[list[Name], Field(max_length=30)] = []
    remove: Annotated[list[Name], Field(max_length=30)] = []
