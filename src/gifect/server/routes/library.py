"""``/api/v1/library``, ``/api/v1/search`` and ``/api/v1/recommend``: the clips at hand, and the one for the mood."""

from __future__ import annotations

from pathlib import Path as FilePath
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from starlette.convertors import StringConvertor, register_url_convertor

from gifect.emotions import SEVEN
from gifect.library.results import Entry, Filters, LibraryStats, Match
from gifect.server import uploads
from gifect.server.access import Admin, Labeler, Looker
from gifect.server.gallery import MEDIA_TYPES
from gifect.server.house import house_of
from gifect.server.routes.answers import Limit, Offset, file_response, next_page, tagged
from gifect.server.routes.readings import begin_job
from gifect.server.schemas import JobView, Matches, MatchOut, Page, StoredEntry, TagsIn

router = APIRouter(prefix="/api/v1", tags=["library"])

Seven = Literal["anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral"]
assert Seven.__args__ == SEVEN  # type: ignore[attr-defined]
Quadrant = Literal["pleasure-arousal", "misery-arousal", "misery-sleepiness", "pleasure-sleepiness"]
Top = Annotated[int, Query(ge=1, le=200, description="clips at most")]
EntryId = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$", description="SHA-256 of the file")]


class Digest(StringConvertor):
    """A SHA-256 in a path, so that no other word is taken for one."""

    regex = "[0-9a-f]{64}"


register_url_convertor("digest", Digest())

MS = Query(ge=0, le=10**9)


def filters(
    emotion: Annotated[Seven | None, Query(description="the class that was read")] = None,
    quadrant: Annotated[Quadrant | None, Query(description="of the circumplex")] = None,
    medium: Annotated[Literal["live", "cartoon", "animal", "other"] | None, Query()] = None,
    min_ms: Annotated[int | None, MS] = None,
    max_ms: Annotated[int | None, MS] = None,
    has_caption: Annotated[bool | None, Query(description="whether words are drawn in the frames")] = None,
) -> Filters:
    """Return which clips are looked at."""
    return Filters(
        emotion=emotion, quadrant=quadrant, medium=medium, min_ms=min_ms, max_ms=max_ms, has_caption=has_caption
    )


Chosen = Annotated[Filters, Depends(filters)]


def match_view(match: Match) -> MatchOut:
    """Return a match without where its file lies on this machine."""
    told = match.model_dump(exclude={"source"})
    return MatchOut(**told, name=FilePath(match.source).name)


def entry_view(entry: Entry) -> StoredEntry:
    """Return an entry without where its file lies on this machine."""
    told = entry.model_dump(exclude={"source"})
    return StoredEntry(**told, name=FilePath(entry.source).name)


@router.get("/search", summary="Search by words, moods or both")
def search(
    request: Request, _: Looker, chosen: Chosen, q: Annotated[str, Query(min_length=1, max_length=500)], top: Top = 24
) -> Matches:
    """Such as "happy dance", "sad cat" or "thank you"; best first."""
    found = house_of(request).shelf.library.search(q, top, chosen)
    return Matches(items=[match_view(match) for match in found])


@router.get("/recommend", summary="The clips that go best with a message")
def recommend(
    request: Request,
    _: Looker,
    chosen: Chosen,
    sentence: Annotated[str, Query(min_length=1, max_length=2000)],
    top: Top = 10,
    seed: Annotated[int | None, Query(ge=0, le=2**31, description="draw within the message's emotion instead")] = None,
) -> Matches:
    """As an answer, or to underline it; best first, each with its reasons."""
    found = house_of(request).shelf.library.recommend(sentence, top, seed=seed, filters=chosen)
    return Matches(items=[match_view(match) for match in found])


@router.get("/library", summary="The clips of the library, the youngest first")
def list_entries(
    request: Request, _: Looker, chosen: Chosen, limit: Limit = 48, offset: Offset = 0
) -> Page[StoredEntry]:
    """All of them, or those that pass the filters."""
    library = house_of(request).shelf.library
    total = library.count(chosen)
    items = [entry_view(entry) for entry in library.entries(chosen, offset, limit, newest_first=True)]
    return Page(items=items, total=total, next=next_page(request, limit, offset, total))


@router.get("/library/stats", response_model=LibraryStats, summary="Counts of the library")
def get_stats(request: Request, _: Looker) -> Response:
    """Without the folders of this machine."""
    stats = house_of(request).shelf.stats()
    return tagged(request, stats.model_copy(update={"folders": {}}))


@router.post(
    "/library/uploads",
    status_code=202,
    response_model=JobView,
    openapi_extra=uploads.MULTIPART_MANY,
    summary="Add clips to the library",
)
async def add_clips(request: Request, response: Response, _: Labeler) -> JobView:
    """They are read in the background, as a job."""
    return await begin_job(request, response, "add")


@router.get("/library/{entry_id:digest}", response_model=StoredEntry, summary="A clip of the library")
def get_entry(request: Request, entry_id: EntryId, _: Looker) -> Response:
    """By the SHA-256 of its file."""
    return tagged(request, entry_view(house_of(request).shelf.entry(entry_id)))


@router.delete("/library/{entry_id:digest}", status_code=204, summary="Take a clip out of the library")
def remove_entry(request: Request, entry_id: EntryId, _: Admin) -> None:
    """Its file stays, unless it came by upload."""
    house_of(request).shelf.remove(entry_id)


@router.patch("/library/{entry_id:digest}/tags", summary="Give a clip tags, or take some away")
def set_tags(request: Request, entry_id: EntryId, given: TagsIn, _: Labeler) -> StoredEntry:
    """The tags that people give come first."""
    shelf = house_of(request).shelf
    shelf.entry(entry_id)
    return entry_view(shelf.library.tag(entry_id, given.add, given.remove))


@router.get("/library/{entry_id:digest}/similar", summary="The clips that feel most like another")
def get_similar(request: Request, entry_id: EntryId, _: Looker, chosen: Chosen, top: Top = 12) -> Matches:
    """Best first."""
    shelf = house_of(request).shelf
    shelf.entry(entry_id)
    return Matches(items=[match_view(match) for match in shelf.library.similar(entry_id, top, chosen)])


@router.get("/library/{entry_id:digest}/media", response_class=Response, summary="The file of a clip")
def get_media(request: Request, entry_id: EntryId, _: Looker) -> Response:
    """As it lies on the disk."""
    path = house_of(request).shelf.file(entry_id)
    return file_response(request, path, MEDIA_TYPES[path.suffix.lower()])


@router.get("/library/{entry_id:digest}/still", response_class=Response, summary="A still picture of a clip")
async def get_still(request: Request, entry_id: EntryId, _: Looker) -> Response:
    """JPEG, at most 320 pixels wide or high."""
    house = house_of(request)
    return file_response(request, await house.gallery.still(house.shelf.file(entry_id)), "image/jpeg")
