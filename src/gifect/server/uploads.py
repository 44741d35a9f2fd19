"""Files that come in: written to the disk as they come, however they are sent."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException

from gifect.errors import ClipError
from gifect.media.fetch import fetch_url
from gifect.server.house import House
from gifect.server.problems import Refusal
from gifect.server.readings import Asked, KeptReading, safe_name

__all__ = ["MULTIPART_MANY", "MULTIPART_ONE", "Incoming", "at_hand", "discard", "read_one", "receive"]

COPY_BYTES = 1 << 18
RAW: Final = ("image/", "video/", "application/octet-stream")
_FILE: Final = {"type": "string", "format": "binary"}
_ADDRESS: Final = {"type": "string", "minLength": 1, "maxLength": 2000, "description": "http or https"}


def _body(form: dict[str, Any], plain: dict[str, Any], *, raw: bool) -> dict[str, Any]:
    content: dict[str, Any] = {"multipart/form-data": {"schema": form}, "application/json": {"schema": plain}}
    if raw:
        content["image/gif"] = content["application/octet-stream"] = {"schema": _FILE}
    return {"requestBody": {"required": True, "content": content}}


MULTIPART_ONE: Final = _body(
    {"type": "object", "properties": {"file": _FILE}, "required": ["file"]},
    {"type": "object", "properties": {"url": _ADDRESS}, "required": ["url"], "additionalProperties": False},
    raw=True,
)
MULTIPART_MANY: Final = _body(
    {
        "type": "object",
        "properties": {"files": {"type": "array", "items": _FILE, "minItems": 1}},
        "required": ["files"],
    },
    {
        "type": "object",
        "properties": {"urls": {"type": "array", "items": _ADDRESS, "minItems": 1}},
        "required": ["urls"],
        "additionalProperties": False,
    },
    raw=False,
)


@dataclass(frozen=True)
class Incoming:
    """A file that came in and lies on the disk, or an address that is still to be fetched."""

    name: str
    file: Path | None = None
    url: str | None = None


async def receive(request: Request, house: House, most: int = 1) -> list[Incoming]:
    """Return what a request brings: files of a form, one file as the body, or addresses in JSON.

    Raises
    ------
    Refusal
        If there is nothing, too much, or a file is too large.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in ("multipart/form-data", "application/x-www-form-urlencoded"):
        found = await _of_form(request, house, most)
    elif kind == "application/json":
        found = _of_json(await request.body())
    elif kind.startswith(RAW) and most == 1:
        found = [await _of_body(request, house)]
    else:
        raise Refusal(415, f"{kind[:80] or 'no content type'}: expected multipart/form-data, image/gif or JSON")
    if not found:
        raise Refusal(422, "no file and no address: expected one" + (" or more" if most > 1 else ""))
    if len(found) > most:
        discard(found)
        raise Refusal(422, f"{len(found)} files: expected at most {most}")
    return found


async def _of_form(request: Request, house: House, most: int) -> list[Incoming]:
    found: list[Incoming] = []
    try:
        async with request.form(max_files=most, max_fields=most + 10) as form:
            for _, value in form.multi_items():
                if isinstance(value, UploadFile):
                    if value.filename or value.size:
                        parts = _parts(value)
                        found.append(Incoming(safe_name(value.filename), await _write(parts, house)))
                elif value.strip():
                    found.append(_address(value))
    except (MultiPartException, HTTPException, Refusal, OSError) as error:
        discard(found)
        if (isinstance(error, HTTPException) and error.status_code == 413) or isinstance(error, Refusal):
            raise
        raise Refusal(422, f"the form cannot be read: {getattr(error, 'detail', error)}") from error
    return found


def _of_json(body: bytes) -> list[Incoming]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Refusal(422, "the body is no JSON") from error
    if isinstance(told, dict) and set(told) == {"url"}:
        told = {"urls": [told["url"]]}
    if not isinstance(told, dict) or set(told) != {"urls"} or not isinstance(told["urls"], list):
        raise Refusal(422, 'expected {"url": ...} or {"urls": [...]}')
    return [_address(url) for url in told["urls"]]


def _address(url: object) -> Incoming:
    if not isinstance(url, str) or not 0 < len(url.strip()) <= 2000:
        raise Refusal(422, "expected an address of 1 to 2,000 signs")
    url = url.strip()
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise Refusal(422, f"not an address: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise Refusal(422, "expected an address that begins with http:// or https://")
    return Incoming(safe_name(unquote(parts.path)) if parts.path.strip("/") else safe_name(parts.hostname), url=url)


async def _of_body(request: Request, house: House) -> Incoming:
    return Incoming("clip", await _write(request.stream(), house))


async def _parts(upload: UploadFile) -> AsyncIterator[bytes]:
    while part := await upload.read(COPY_BYTES):
        yield part


async def _write(parts: AsyncIterator[bytes], house: House) -> Path:
    """Write what comes to a new file; it is not left behind when it is too large or breaks off."""
    path = house.incoming / secrets.token_hex(16)
    size, most = 0, house.settings.caps.upload_bytes
    try:
        with path.open("xb") as file:
            async for part in parts:
                size += len(part)
                if size > most:
                    raise Refusal(413, f"the file is larger than {most:,} bytes")
                file.write(part)
        if not size:
            raise Refusal(422, "the file is empty")
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


@asynccontextmanager
async def at_hand(house: House, incoming: Incoming) -> AsyncIterator[Path]:
    """Yield the file of what came in, fetched if it is an address; what was fetched is removed at the end.

    Raises
    ------
    Refusal
        422 if the address is refused or fails.
    """
    if incoming.file is not None:
        yield incoming.file
        return
    settings = house.settings
    limits = settings.caps.limits(allow_private=settings.allow_private)
    async with house.fetches:
        try:
            data = await asyncio.to_thread(fetch_url, str(incoming.url), limits)
        except ClipError as error:
            message = str(error).partition("; pass Limits")[0].partition("; to allow it pass")[0]
            raise Refusal(422, message[:500]) from error
    path = house.incoming / secrets.token_hex(16)
    try:
        await asyncio.to_thread(path.write_bytes, data)
        del data
        yield path
    finally:
        path.unlink(missing_ok=True)


async def read_one(request: Request, house: House, asked: Asked) -> KeptReading:
    """Return the reading of the one clip that a request brings."""
    found = await receive(request, house)
    try:
        async with at_hand(house, found[0]) as file:
            return await house.readings.read(file, found[0].name, asked)
    finally:
        discard(found)


def discard(found: list[Incoming]) -> None:
    """Remove files that came in."""
    for incoming in found:
        if incoming.file is not None:
            incoming.file.unlink(missing_ok=True)
