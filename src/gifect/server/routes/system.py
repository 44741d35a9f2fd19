"""``/api/v1/health``, ``/api/v1/models``, ``/api/v1/text`` and ``/metrics``."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

import gifect
from gifect.models.registry import available_models, model_card
from gifect.server.access import Looker, Reader
from gifect.server.house import house_of
from gifect.server.schemas import Health, ModelOut, TextsIn
from gifect.text.result import TextReading

router = APIRouter(tags=["system"])


@router.get("/api/v1/health", summary="Whether the server can do its work")
def get_health(request: Request) -> Health:
    """Asked by who watches over it; needs no token."""
    pool = house_of(request).pool
    return Health(
        status="ok" if pool.ready else "starting",
        version=gifect.__version__,
        workers=pool.count,
        ready=pool.ready,
        waiting=pool.queue.qsize(),
    )


@router.get("/metrics", response_class=Response, summary="Prometheus' numbers")
def get_metrics(request: Request, _: Looker) -> Response:
    """In the text format; with tokens, Prometheus sends one as its bearer token."""
    return Response(house_of(request).metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")


@router.get("/api/v1/models", response_model=list[ModelOut], summary="The networks and what was measured of them")
def list_models(_: Looker) -> list[ModelOut]:
    """Those that are in use here are there."""
    cards = [model_card(name) for name in available_models()]
    wanted = ("name", "does", "licence", "trained_on", "size", "figures")
    return [ModelOut(**{name: getattr(card, name) for name in wanted}, there=card.path.is_file()) for card in cards]


@router.post("/api/v1/text", tags=["reading"], summary="Read the feelings in texts")
def read_texts(given: TextsIn, _: Reader) -> list[TextReading]:
    """One reading a text, in their order."""
    from gifect.text import recognise

    return recognise(given.texts)
