"""``/api/v1/readings`` and ``/api/v1/jobs``: clips in, readings out, one at once or many in the background."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from gifect.server import uploads
from gifect.server.access import Admin, Looker, Reader
from gifect.server.house import house_of
from gifect.server.job_store import OPEN, Job
from gifect.server.readings import Asked, KeptReading
from gifect.server.routes.answers import Limit, Offset, file_response, next_page, tagged
from gifect.server.schemas import JobItem, JobView, Page, ReadingLinks, StoredReading

router = APIRouter(prefix="/api/v1", tags=["reading"])

ReadingId = Annotated[str, Path(max_length=64, description="of the reading")]
Words = Annotated[bool, Query(description="read what is written in the frames; slower, needs the extra captions")]
JobId = Annotated[str, Path(max_length=64, description="of the job")]
EVENT = {"type": "object", "properties": {"event": {"type": "string"}, "data": {"type": "string"}}}
Everywhere = Annotated[bool, Query(description="look for faces in each frame, not in six")]
Points = Annotated[bool, Query(description="give the 70 landmarks of each face")]


@router.post(
    "/readings",
    status_code=201,
    response_model=StoredReading,
    openapi_extra=uploads.MULTIPART_ONE,
    summary="Read a clip",
)
async def read_clip(
    request: Request, _: Reader, every_frame: Everywhere = False, landmarks: Points = False, captions: Words = False
) -> Response:
    """Read a clip: as a form's `file`, as the body itself, or by its address."""
    kept = await uploads.read_one(request, house_of(request), Asked(every_frame, landmarks, captions))
    headers = {"Location": f"/api/v1/readings/{kept.id}"}
    return Response(stored(kept), 201, headers, media_type="application/json")


def stored(kept: KeptReading) -> str:
    """Return a kept reading as JSON; the reading is passed on as it was written."""
    base = f"/api/v1/readings/{kept.id}"
    links = ReadingLinks(page=f"/r/{kept.id}", media=f"{base}/media", poster=f"{base}/poster", thumb=f"{base}/thumb")
    return f'{{"id":{json.dumps(kept.id)},"links":{links.model_dump_json()},"reading":{kept.text}}}'


@router.get("/readings/{reading_id}", response_model=StoredReading, summary="A kept reading")
def get_reading(request: Request, reading_id: ReadingId) -> Response:
    """Whoever has the id may see it, so that a page can be shared."""
    return tagged(request, stored(house_of(request).readings.get(reading_id)))


@router.delete("/readings/{reading_id}", status_code=204, summary="Remove a reading and its clip")
def delete_reading(request: Request, reading_id: ReadingId, _: Admin) -> None:
    """It cannot be brought back."""
    house_of(request).readings.remove(reading_id)


@router.get("/readings/{reading_id}/media", response_class=Response, summary="The clip of a reading")
def get_media(request: Request, reading_id: ReadingId) -> Response:
    """Byte for byte as it came."""
    kept = house_of(request).readings.get(reading_id)
    kind = kept.about["media_type"] or "application/octet-stream"
    return file_response(request, kept.clip, kind, kept.reading.source)


@router.get("/readings/{reading_id}/{picture}", response_class=Response, summary="A picture of a reading")
def get_picture(
    request: Request,
    reading_id: ReadingId,
    picture: Annotated[str, Path(description="poster, thumb, face-N or attended-N", max_length=16)],
) -> Response:
    """JPEG."""
    return file_response(request, house_of(request).readings.picture(reading_id, picture), "image/jpeg")


@router.post(
    "/jobs", status_code=202, response_model=JobView, openapi_extra=uploads.MULTIPART_MANY, summary="Read many clips"
)
async def add_job(
    request: Request,
    response: Response,
    _: Reader,
    kind: Annotated[Literal["read"], Query(description="what is done with each clip")] = "read",
) -> JobView:
    """Take clips and read them in the background; what is not done when the server stops is done after its next
    start."""
    return await begin_job(request, response, kind)


async def begin_job(request: Request, response: Response, kind: str) -> JobView:
    """Take the clips of a request as a job."""
    house = house_of(request)
    given = await uploads.receive(request, house, house.settings.caps.batch_files)
    job = await house.jobs.add(kind, given)
    response.headers["Location"] = f"/api/v1/jobs/{job.id}"
    return _view(job)


def _view(job: Job) -> JobView:
    return JobView.model_validate(asdict(job))


@router.get("/jobs", summary="All jobs, the youngest first")
def list_jobs(request: Request, _: Admin, limit: Limit = 50, offset: Offset = 0) -> Page[JobView]:
    """For who keeps the server."""
    found, total = house_of(request).job_store.page(limit, offset)
    return Page(items=[_view(job) for job in found], total=total, next=next_page(request, limit, offset, total))


@router.get("/jobs/{job_id}", summary="How far a job is")
async def get_job(request: Request, job_id: JobId, _: Looker) -> JobView:
    """Ask again, or follow its events."""
    return _view(await house_of(request).jobs.get(job_id))


@router.delete("/jobs/{job_id}", summary="Cancel a job")
async def cancel_job(request: Request, job_id: JobId, _: Reader) -> JobView:
    """What is read stays; no further clip is read."""
    return _view(await house_of(request).jobs.cancel(job_id))


@router.get("/jobs/{job_id}/items", summary="What came of each clip of a job")
async def get_items(
    request: Request, job_id: JobId, _: Looker, limit: Limit = 100, offset: Offset = 0
) -> Page[JobItem]:
    """In the order in which they were sent."""
    house = house_of(request)
    job = await house.jobs.get(job_id)
    rows = [JobItem.model_validate(asdict(item)) for item in house.job_store.items(job_id, limit, offset)]
    return Page(items=rows, total=job.total, next=next_page(request, limit, offset, job.total))


@router.get(
    "/jobs/{job_id}/events",
    response_class=Response,
    responses={200: {"content": {"text/event-stream": {"schema": EVENT}}}},
    summary="Follow a job",
)
async def follow_job(request: Request, job_id: JobId, _: Looker) -> Response:
    """Server-sent events: `progress` with the job as data whenever it is further, `end` with its last state."""
    jobs = house_of(request).jobs
    await jobs.get(job_id)

    async def told() -> AsyncIterator[str]:
        last: Job | None = None
        async for job in jobs.follow(job_id):
            if job is None:
                yield ": still here\n\n"
                continue
            last = job
            yield f"event: progress\ndata: {_view(job).model_dump_json()}\n\n"
        if last is not None and last.state not in OPEN:  # a browser whose stream just ends asks again
            yield f"event: end\ndata: {_view(last).model_dump_json()}\n\n"

    return StreamingResponse(told(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})
