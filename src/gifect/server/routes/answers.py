"""What routes share: pages of lists, ETags, files."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import Query, Request
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel

from gifect.server.problems import Refusal

__all__ = ["Limit", "Offset", "file_response", "next_page", "tagged"]

MOST = 10**9

Limit = Annotated[int, Query(ge=1, le=200, description="items at most")]
Offset = Annotated[int, Query(ge=0, le=MOST, description="items to leave out; follow `next` instead of counting")]

MEDIA_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cache-Control": "private, max-age=86400",
}


def next_page(request: Request, limit: int, offset: int, total: int) -> str | None:
    """Return the address of the next part of a list, None at its end."""
    if offset + limit >= total:
        return None
    kept = [(name, value) for name, value in request.query_params.multi_items() if name not in ("offset", "limit")]
    return f"{request.url.path}?{urlencode([*kept, ('limit', limit), ('offset', offset + limit)])}"


def tagged(request: Request, body: BaseModel | str, *, private: bool = True) -> Response:
    """Return JSON with an ETag, or 304 if the caller has it already."""
    data = (body if isinstance(body, str) else body.model_dump_json()).encode()
    tag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache" if private else "no-cache"}
    if has_tag(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(data, media_type="application/json", headers=headers)


def has_tag(request: Request, tag: str) -> bool:
    """Return whether the caller has what an ETag stands for."""
    given = request.headers.get("if-none-match", "")
    return any(one.strip().removeprefix("W/") in (tag, "*") for one in given.split(","))


def file_response(request: Request, path: Path, media_type: str, name: str | None = None) -> Response:
    """Return a file with an ETag, or 304; pages cannot be made of it whatever is in it."""
    try:
        about = path.stat()
    except OSError as error:
        raise Refusal(404, "the file has gone") from error
    tag = f'"{hashlib.sha256(f"{about.st_mtime_ns} {about.st_size}".encode()).hexdigest()[:32]}"'
    headers = {**MEDIA_HEADERS, "ETag": tag}
    if name:
        headers["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(name)}"
    if has_tag(request, tag):
        return Response(status_code=304, headers=headers)
    return FileResponse(path, media_type=media_type, headers=headers)


def listed(rows: Sequence[Any], limit: int, offset: int) -> Sequence[Any]:
    """Return a part of a list."""
    return rows[offset : offset + limit]
