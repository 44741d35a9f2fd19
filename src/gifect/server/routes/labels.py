"""``/api/v1/labels`` and ``/api/v1/dataset``: who says what of which GIF, and the data set that comes of it."""

from __future__ import annotations

import io
import tempfile
import zipfile
from pathlib import Path as FilePath
from typing import Annotated, Literal

import numpy as np
from fastapi import APIRouter, Path, Query, Request, Response

from gifect.collect.label import Label, LabelStore, Verdict
from gifect.emotions import SEVENTEEN
from gifect.errors import CollectError
from gifect.server.access import Admin, Labeler, Looker, name_of
from gifect.server.house import house_of
from gifect.server.routes.answers import Limit, Offset, listed, next_page, tagged
from gifect.server.schemas import (
    Count,
    DatasetItem,
    DatasetOut,
    Emotion,
    LabelIn,
    LabelState,
    Name,
    NextGif,
    Page,
    QueueIn,
    VerdictOut,
)

router = APIRouter(prefix="/api/v1", tags=["labels and data set"])

EmotionPath = Annotated[Emotion, Path(description="one of the seventeen")]


def state_of(store: LabelStore, emotion: str) -> LabelState:
    """Return how far the labels of an emotion are."""
    verdicts = store.verdicts(emotion).values()
    agreement = store.agreement(emotion)
    return LabelState(
        emotion=emotion,
        queued=len(store.queue(emotion)),
        agreed=sum(verdict.positive is True for verdict in verdicts),
        refused=sum(verdict.positive is False for verdict in verdicts),
        both=agreement.both,
        share=agreement.share if agreement.both else None,
        kappa=agreement.kappa if np.isfinite(agreement.kappa) else None,
        disagreements=len(store.disagreements(emotion)),
    )


@router.get("/labels", summary="How far all labels are")
def list_states(request: Request, _: Looker) -> list[LabelState]:
    """One state an emotion."""
    store = house_of(request).labels
    return [state_of(store, emotion) for emotion in SEVENTEEN]


@router.post("/labels", status_code=201, summary="Label a GIF")
def add_label(request: Request, given: LabelIn, person: Labeler) -> LabelState:
    """The last label of a labeler counts; one who is unsure is not asked again."""
    house = house_of(request)
    labeler = name_of(request, person, given.labeler)
    if given.answer == "unsure":
        house.labels.pass_on(given.emotion, given.gif, labeler)
    else:
        flags = (given.cartoon, given.multiple, given.resolve)
        house.labels.add(Label(given.emotion, given.gif, labeler, given.answer == "yes", *flags))
    house.metrics.labels.inc()
    return state_of(house.labels, given.emotion)


@router.get("/labels/{emotion}", summary="How far the labels of an emotion are")
def get_state(request: Request, emotion: EmotionPath, _: Looker) -> LabelState:
    """With the agreement of its labelers."""
    return state_of(house_of(request).labels, emotion)


@router.get("/labels/{emotion}/next", summary="What a labeler should look at next")
def next_gif(
    request: Request,
    emotion: EmotionPath,
    person: Looker,
    labeler: Annotated[Name | None, Query(description="of the token or the browser if not given")] = None,
    wanted: Annotated[int, Query(ge=1, le=10**6, description="positive GIFs after which to stop")] = 3000,
) -> NextGif:
    """First what another labeler has seen, then what nobody has, in ranked order."""
    return NextGif(gif=house_of(request).labels.next_gif(emotion, name_of(request, person, labeler), wanted))


@router.get("/labels/{emotion}/verdicts", summary="What is known of each GIF")
def list_verdicts(
    request: Request,
    emotion: EmotionPath,
    _: Looker,
    state: Annotated[
        Literal["all", "positive", "negative", "open", "disagree"], Query(description="which of them")
    ] = "all",
    limit: Limit = 100,
    offset: Offset = 0,
) -> Page[VerdictOut]:
    """In ranked order."""
    found = verdicts_of(house_of(request).labels, emotion, state)
    items = [
        VerdictOut(
            gif=v.gif,
            positive=v.positive,
            disagrees=v.disagrees,
            labels={own.labeler: own.positive for own in v.labels},
        )
        for v in listed(found, limit, offset)
    ]
    return Page(items=items, total=len(found), next=next_page(request, limit, offset, len(found)))


def verdicts_of(store: LabelStore, emotion: str, state: str) -> list[Verdict]:
    """Return the verdicts of an emotion in one state, in ranked order."""
    verdicts = store.verdicts(emotion)
    found = [verdicts[gif] for gif in store.queue(emotion) if gif in verdicts]
    return [verdict for verdict in found if state in ("all", _state(verdict))]


def _state(verdict: Verdict) -> str:
    if verdict.positive is None:
        return "disagree" if verdict.disagrees else "open"
    return "positive" if verdict.positive else "negative"


@router.put("/labels/{emotion}/queue", summary="Set the order in which labelers look at GIFs")
def set_queue(request: Request, emotion: EmotionPath, given: QueueIn, _: Admin) -> Count:
    """Labels stay."""
    return Count(count=house_of(request).labels.set_queue(emotion, given.gifs))


@router.get("/labels/{emotion}/queue", summary="The order in which labelers look at GIFs")
def get_queue(request: Request, emotion: EmotionPath, _: Looker, limit: Limit = 100, offset: Offset = 0) -> Page[str]:
    """Best first."""
    gifs = house_of(request).labels.queue(emotion)
    return Page(
        items=list(listed(gifs, limit, offset)), total=len(gifs), next=next_page(request, limit, offset, len(gifs))
    )


@router.get("/dataset", response_model=DatasetOut, summary="What labelers have agreed on, in numbers")
def get_dataset(request: Request, _: Looker) -> Response:
    """All zero while that is nothing."""
    return tagged(request, dataset_of(house_of(request).labels))


def dataset_of(store: LabelStore) -> DatasetOut:
    """Return the data set in numbers."""
    from gifect.collect.export import collect_labels
    from gifect.collect.portraits import overlap

    try:
        found = collect_labels(store)
    except CollectError:
        return DatasetOut(gifs=0, test=0, counts=dict.fromkeys(SEVENTEEN, 0), overlap={})
    shares = overlap(found.positive)
    return DatasetOut(
        gifs=len(found.gifs),
        test=int(found.is_test.sum()),
        counts=dict(zip(SEVENTEEN, found.positive.sum(0).tolist(), strict=True)),
        overlap={
            row: {
                column: None if np.isnan(value) else round(float(value), 4)
                for column, value in zip(SEVENTEEN, own, strict=True)
            }
            for row, own in zip(SEVENTEEN, shares, strict=True)
        },
    )


@router.get("/dataset/items", summary="The GIFs of the data set")
def list_dataset(
    request: Request,
    _: Looker,
    emotion: Annotated[Emotion | None, Query(description="only those that show it")] = None,
    split: Annotated[Literal["train", "test"] | None, Query()] = None,
    limit: Limit = 100,
    offset: Offset = 0,
) -> Page[DatasetItem]:
    """In the order of their names."""
    found = dataset_items(house_of(request).labels, emotion, split)
    items = list(listed(found, limit, offset))
    return Page(items=items, total=len(found), next=next_page(request, limit, offset, len(found)))


def dataset_items(store: LabelStore, emotion: str | None, split: str | None) -> list[DatasetItem]:
    """Return the GIFs of the data set."""
    from gifect.collect.export import collect_labels

    try:
        found = collect_labels(store)
    except CollectError:
        return []
    columns = (found.gifs, found.positive, found.cartoon, found.multiple, found.is_test)
    items = [
        DatasetItem(
            gif=gif,
            emotions=[name for name, shown in zip(SEVENTEEN, positive, strict=True) if shown],
            cartoon=bool(cartoon),
            multiple=bool(multiple),
            split="test" if is_test else "train",
        )
        for gif, positive, cartoon, multiple, is_test in zip(*columns, strict=True)
    ]
    return [i for i in items if emotion in (None, *i.emotions) and split in (None, i.split)]


@router.get("/dataset/export", response_class=Response, summary="The data set as a zip archive")
def export_dataset(
    request: Request, _: Looker, title: Annotated[str, Query(max_length=80, pattern=r"^[\w .,-]+$")] = "GIFs"
) -> Response:
    """What `gifect collect export` writes: CSV, Parquet, splits, a data card, pictures."""
    from gifect.collect.export import collect_labels, export_collection

    collection = collect_labels(house_of(request).labels)
    buffer = io.BytesIO()
    with tempfile.TemporaryDirectory() as place, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        folder = FilePath(place) / "dataset"
        export_collection(collection, folder, title=title)
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                archive.write(path, path.relative_to(folder.parent))
    headers = {"Content-Disposition": 'attachment; filename="dataset.zip"'}
    return Response(buffer.getvalue(), media_type="application/zip", headers=headers)
