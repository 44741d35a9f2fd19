"""``/api/v1/votes``, ``/api/v1/scores`` and ``/api/v1/gifs``: what to ask, what was answered, what comes of it."""

from __future__ import annotations

import io
from dataclasses import asdict
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query, Request, Response

from gifect.server.access import Admin, Labeler, Looker, Voter, name_of
from gifect.server.gallery import MEDIA_TYPES
from gifect.server.house import house_of
from gifect.server.routes.answers import Limit, Offset, file_response, listed, next_page, tagged
from gifect.server.schemas import (
    Count,
    Emotion,
    GifName,
    GifOut,
    GifsIn,
    Name,
    Page,
    PlaceOut,
    QuestionOut,
    RankingOut,
    VoteIn,
    VoteOut,
)
from gifect.votes.ballots import Ballot

router = APIRouter(prefix="/api/v1", tags=["votes and scores"])

VoterName = Annotated[Name | None, Query(description="who votes; of the token or the browser if not given")]


@router.get("/question", response_model=QuestionOut | None, summary="What to ask a voter next")
async def next_question(
    request: Request,
    person: Looker,
    voter: VoterName = None,
    emotion: Annotated[Emotion | None, Query(description="the one whose turn it is, if not given")] = None,
    skip_left: Annotated[GifName | None, Query(description="with skip_right: a pair to ask no more about")] = None,
    skip_right: Annotated[GifName | None, Query()] = None,
) -> QuestionOut | None:
    """The pair of which an answer is expected to tell most; null when the voter has seen every pair."""
    skipped = (skip_left, skip_right) if skip_left and skip_right else None
    asked = await house_of(request).votes.next_question(name_of(request, person, voter), emotion, skipped)
    return QuestionOut(**asdict(asked)) if asked else None


@router.post("/votes", status_code=201, summary="Vote")
async def add_vote(request: Request, vote: VoteIn, person: Voter) -> VoteOut:
    """The vote is on the disk when this is answered."""
    house = house_of(request)
    voter = name_of(request, person, vote.voter)
    told = vote.model_dump(exclude={"voter"})
    written = await house.votes.add(Ballot(**told, voter=voter))
    house.metrics.votes.inc()
    return VoteOut(**asdict(written))


@router.delete("/votes/{vote_id}", summary="Undo a vote")
async def undo_vote(
    request: Request,
    vote_id: Annotated[int, Path(ge=1, lt=1 << 53)],
    person: Voter,
    voter: VoterName = None,
) -> VoteOut:
    """It stays in the store, with the time at which it was undone, and counts no more."""
    return VoteOut(**asdict(await house_of(request).votes.undo(name_of(request, person, voter), vote_id)))


@router.get("/votes", summary="The votes of a voter, oldest first")
def list_votes(
    request: Request, person: Looker, voter: VoterName = None, limit: Limit = 50, offset: Offset = 0
) -> Page[VoteOut]:
    """With those that were undone."""
    votes = house_of(request).store.history(name_of(request, person, voter))
    items = [VoteOut(**asdict(vote)) for vote in listed(votes, limit, offset)]
    return Page(items=items, total=len(votes), next=next_page(request, limit, offset, len(votes)))


@router.get("/export/votes", response_class=Response, summary="All votes that stand, as a file")
def export_votes(
    request: Request,
    _: Admin,
    format: Annotated[Literal["csv", "parquet", "labelstudio"], Query()] = "csv",
    emotion: Annotated[Emotion | None, Query()] = None,
) -> Response:
    """The formats of `gifect votes export`."""
    from gifect.votes.formats import write_votes

    buffer = io.BytesIO()
    write_votes(house_of(request).store.votes(emotion), buffer, format)
    ending = "json" if format == "labelstudio" else format
    return _download(buffer, f"votes.{ending}")


def _download(buffer: io.BytesIO, name: str) -> Response:
    kinds = {"csv": "text/csv; charset=utf-8", "json": "application/json", "zip": "application/zip"}
    kind = kinds.get(name.rpartition(".")[2], "application/octet-stream")
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(buffer.getvalue(), media_type=kind, headers=headers)


@router.get("/scores", summary="Votes by emotion")
def count_votes(request: Request, _: Looker) -> dict[str, int]:
    """Those that stand."""
    return house_of(request).votes.counts()


@router.get("/export/scores", response_class=Response, summary="Scores of every GIF and emotion, as CSV")
def export_scores(request: Request, _: Looker) -> Response:
    """The table of `gifect votes score`."""
    from gifect.votes.scores import score_votes

    buffer = io.BytesIO()
    score_votes(house_of(request).store.votes()).write_csv(buffer)
    return _download(buffer, "scores.csv")


@router.get("/export/plot", response_class=Response, summary="Distributions of the scores, as SVG")
def plot_scores(
    request: Request, _: Looker, kind: Annotated[Literal["distributions", "uncertainty"], Query()] = "distributions"
) -> Response:
    """One panel an emotion."""
    from gifect.votes import plots
    from gifect.votes.scores import score_votes

    scores = score_votes(house_of(request).store.votes())
    buffer = io.BytesIO()
    draw = plots.plot_distributions if kind == "distributions" else plots.plot_uncertainty
    draw(scores).savefig(buffer, format="svg")
    headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox"}
    return Response(buffer.getvalue(), media_type="image/svg+xml", headers=headers)


@router.get("/scores/{emotion}", response_model=RankingOut, summary="The ranking of an emotion")
def get_ranking(request: Request, emotion: Emotion, _: Looker, limit: Limit = 50, offset: Offset = 0) -> Response:
    """At most two seconds old."""
    ranking = house_of(request).votes.ranking(emotion)
    total = len(ranking.places)
    items = [PlaceOut(**asdict(place)) for place in listed(ranking.places, limit, offset)]
    next_one = next_page(request, limit, offset, total)
    return tagged(request, RankingOut(items=items, total=total, next=next_one, emotion=emotion, votes=ranking.votes))


@router.get("/gifs", summary="GIFs that can be voted on")
def list_gifs(request: Request, _: Looker, limit: Limit = 100, offset: Offset = 0) -> Page[GifOut]:
    """In the order in which they came."""
    house = house_of(request)
    names, shown = house.store.gifs(), house.gallery.shown()
    items = [GifOut(name=name, shown=name in shown) for name in listed(names, limit, offset)]
    return Page(items=items, total=len(names), next=next_page(request, limit, offset, len(names)))


@router.post("/gifs", status_code=201, summary="Make GIFs known, so that they can be voted on")
def add_gifs(request: Request, given: GifsIn, _: Labeler) -> Count:
    """Says how many were new."""
    house = house_of(request)
    count = house.store.add_gifs(given.names)
    house.votes.forget()
    return Count(count=count)


@router.get("/gifs/media", response_class=Response, summary="The file of a GIF")
def get_gif(request: Request, name: Annotated[GifName, Query(description="of the GIF")], _: Looker) -> Response:
    """By its name, which is never taken for a path."""
    path = house_of(request).gallery.find(name)
    return file_response(request, path, MEDIA_TYPES[path.suffix.lower()])


@router.get("/gifs/still", response_class=Response, summary="A still picture of a GIF")
async def get_still(request: Request, name: Annotated[GifName, Query(description="of the GIF")], _: Looker) -> Response:
    """JPEG, at most 320 pixels wide or high."""
    gallery = house_of(request).gallery
    return file_response(request, await gallery.still(gallery.find(name)), "image/jpeg")
