"""What every request passes first: the name it calls us by, where it comes from, and how large it is.

A page of another site can make a browser send requests here, even to a server that only listens on this machine. It is
told by ``Sec-Fetch-Site``, or ``Origin`` in older browsers; a site that has its own name point at this machine is told
by ``Host``.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gifect.server.problems import problem_response
from gifect.server.settings import Settings

__all__ = ["Gate"]

SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
FORM_BYTES = 64 << 10  # of a multipart body beside its files
HEADERS: Final = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
    "media-src 'self' blob:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}


class Gate:
    """ASGI middleware that lets through what may pass, and puts the security headers on every answer."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        self.settings = settings
        self.hosts = settings.known_hosts
        caps = settings.caps
        self.large = {
            "/api/v1/readings": caps.upload_bytes + FORM_BYTES,
            "/read": caps.upload_bytes + FORM_BYTES,
            "/api/v1/jobs": caps.batch_bytes + FORM_BYTES * caps.batch_files,
            "/api/v1/library/uploads": caps.batch_bytes + FORM_BYTES * caps.batch_files,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        allowed = self.large.get(scope["path"], self.settings.caps.body_bytes)
        refusal = self._refusal(scope["method"], headers, allowed)
        came = 0

        async def counted() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            if came > allowed:
                raise HTTPException(413, _too_large(allowed), {"Connection": "close"})
            return message

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    given.setdefault(name, value)
            await send(message)

        if refusal is not None:
            await problem_response(*refusal, headers={"Connection": "close"})(scope, receive, dressed)
            return
        await self.app(scope, counted, dressed)

    def _refusal(self, method: str, headers: Headers, allowed: int) -> tuple[int, str] | None:
        name = host_name(headers.get("host", ""))
        if name not in self.hosts and "*" not in self.hosts:
            return 421, f"this server is not called {name[:80]!r}; if it is, start it with --allow-host"
        length = headers.get("content-length", "0")
        if not length.isdecimal():
            return 400, "the Content-Length is no number"
        if int(length) > allowed:
            return 413, _too_large(allowed)
        if method not in SAFE and not self._is_own(headers):
            return 403, "this request comes from a page of another site"
        return None

    def _is_own(self, headers: Headers) -> bool:
        origin = headers.get("origin")
        if origin is not None and origin in self.settings.origins:
            return True
        site = headers.get("sec-fetch-site")
        if site is not None:
            return site in ("same-origin", "none")
        if origin is not None:
            return urlsplit(origin).netloc == headers.get("host")
        return "cookie" not in headers  # no browser, or one too old to tell whose page it is


def host_name(host: str) -> str:
    """Return the name in a ``Host`` header, without port and brackets, in small letters."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def _too_large(allowed: int) -> str:
    return f"the request is larger than the {allowed:,} bytes that are taken here"
