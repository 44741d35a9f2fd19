"""Errors as RFC 9457 has them: ``application/problem+json``, one form for all."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from gifect.errors import GifectError, HasteError, MissingExtraError, ModelError

__all__ = ["DOCUMENTED", "MEDIA_TYPE", "Problem", "Refusal", "add_handlers", "problem_response"]

MEDIA_TYPE = "application/problem+json"
DOCUMENTED: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "What went wrong",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
}
SHOWN_FAULTS = 8


class Problem(BaseModel):
    """What went wrong with a request."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"type": "about:blank", "title": "Not Found", "status": 404, "detail": "no reading 'x1'"}
        }
    )

    type: str = Field(default="about:blank", description="always about:blank: the status says what kind it is")
    title: str = Field(description="of the status")
    status: int = Field(ge=400, le=599)
    detail: str = Field(description="one line for a person: what was found, what was expected, what to do")


class Refusal(GifectError):
    """A request that is refused, with the status that says why."""

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.headers = headers or {}


def problem_response(status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
    """Return a problem as a response."""
    try:
        title = HTTPStatus(status).phrase
    except ValueError:
        title = "Error"
    body = Problem(title=title, status=status, detail=detail).model_dump()
    return JSONResponse(body, status, headers, media_type=MEDIA_TYPE)


def add_handlers(app: FastAPI) -> None:
    """Make an app answer every error as a problem, or as a page where a page was asked for."""

    def answer(request: Request, status: int, detail: str, headers: dict[str, str] | None = None) -> Response:
        if request.url.path.startswith("/api/") or "text/html" not in request.headers.get("accept", ""):
            return problem_response(status, detail, headers)
        from gifect.server.views import render

        return render(request, "problem.html", status=status, headers=headers, code=status, detail=detail)

    @app.exception_handler(GifectError)
    async def known(request: Request, error: GifectError) -> Response:
        if isinstance(error, Refusal):
            return answer(request, error.status, str(error), error.headers)
        if isinstance(error, HasteError):
            return answer(request, 429, str(error), {"Retry-After": "30"})
        missing = isinstance(error, MissingExtraError | ModelError)
        return answer(request, 501 if missing else 422, str(error))

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        faults = [f"{'.'.join(map(str, e['loc'][1:])) or e['loc'][0]}: {e['msg']}" for e in error.errors()]
        return answer(request, 422, "; ".join(faults[:SHOWN_FAULTS]))

    @app.exception_handler(HTTPException)
    async def plain(request: Request, error: HTTPException) -> Response:
        headers = dict(error.headers or {})
        if error.status_code == 405 and (methods := _methods(request)):
            headers = {name: value for name, value in headers.items() if name.lower() != "allow"}
            headers["Allow"] = ", ".join(methods)
        return answer(request, error.status_code, str(error.detail), headers)

    @app.exception_handler(Exception)
    async def fault(request: Request, error: Exception) -> Response:
        return answer(request, 500, "a fault in gifect; the log has it under the request's number")


def _methods(request: Request) -> list[str]:
    """Return the documented methods of a path; the framework tells those of the first route alone."""
    paths: dict[str, dict[str, Any]] = request.app.openapi()["paths"]
    here = request.url.path
    if here not in paths:
        here = next((path for path in paths if re.fullmatch(re.sub(r"{\w+}", "[^/]+", path), here)), "")
    return sorted(method.upper() for method in paths.get(here, ()))
