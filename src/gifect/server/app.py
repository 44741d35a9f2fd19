"""The application: rooms put together, the order in which requests pass them, and the document of the API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

import gifect
from gifect.server.gate import Gate
from gifect.server.house import House
from gifect.server.problems import DOCUMENTED, Problem, add_handlers
from gifect.server.routes import labels, library, pages, readings, system, votes
from gifect.server.watch import Watch

__all__ = ["make_app"]

DESCRIPTION = """Reads the feelings in animated GIFs and short clips.

Errors are `application/problem+json`. Lists come in parts: follow `next`. Answers with an `ETag` are answered by 304
when it is sent back in `If-None-Match`. Emotions are perceived: what an onlooker would name."""


def make_app(house: House) -> ASGIApp:
    """Return the application of a server."""
    settings = house.settings

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await house.open()
        yield
        await house.close()

    app = FastAPI(
        title="gifect",
        version=gifect.__version__,
        description=DESCRIPTION,
        openapi_url="/api/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        responses=DOCUMENTED,
        redirect_slashes=False,
    )
    app.state.house = house
    for part in (readings, votes, labels, library, system):
        app.include_router(part.router)
    app.include_router(pages.router, include_in_schema=False)
    pages.mount_static(app)
    add_handlers(app)
    if settings.origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=list(settings.origins),
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "If-None-Match"],
            expose_headers=["ETag", "Location"],
        )
    app.openapi = lambda: _document(app)  # type: ignore[method-assign]
    return Watch(Gate(app, settings), house.metrics)


def _document(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document, with problems as they are really answered."""
    if app.openapi_schema is None:
        document = FastAPI.openapi(app)
        schemas = document["components"]["schemas"]
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        schemas["Problem"] = Problem.model_json_schema()
        for path in document["paths"].values():
            for operation in path.values():
                operation["responses"].pop("422", None)
        app.openapi_schema = document
    return app.openapi_schema
