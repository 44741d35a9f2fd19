"""What a server is told before it starts: where things lie, who may do what, and how much of anything it takes."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gifect.errors import ServerError
from gifect.media.limits import Limits

__all__ = ["ROLES", "Caps", "Settings"]

MIB: Final = 1 << 20
ROLES: Final = ("reader", "voter", "labeler", "admin")
"""What a token may do, each more than the one before: read and search; vote; label; all."""


@dataclass(frozen=True)
class Caps:
    """How much the server takes.

    Attributes
    ----------
    upload_bytes : of one file, sent or fetched.
    batch_bytes, batch_files : of all files of one job.
    body_bytes : of any other request.
    pixels, frames, seconds, decoded_bytes : of one clip, as in ``media.limits.Limits``.
    url_seconds : time for fetching an address; ``fetches`` of them run at once.
    cpu_seconds, wall_seconds, memory_bytes : of one clip in a worker, which is killed beyond them.
    waiting : clips that may wait for a worker; more are turned away with 503.
    kept_readings, kept_bytes : readings with their clips that are kept, the oldest go first.
    """

    upload_bytes: int = 32 * MIB
    batch_bytes: int = 512 * MIB
    batch_files: int = 200
    body_bytes: int = 8 * MIB
    pixels: int = 16 * MIB
    frames: int = 4000
    seconds: int = 300
    decoded_bytes: int = 1024 * MIB
    url_seconds: float = 15
    fetches: int = 8
    cpu_seconds: int = 40
    wall_seconds: float = 90
    memory_bytes: int = 2560 * MIB
    waiting: int = 64
    kept_readings: int = 5000
    kept_bytes: int = 4096 * MIB

    def limits(self, *, allow_private: bool = False) -> Limits:
        """Return the limits of a clip."""
        return Limits(
            pixels=self.pixels,
            frames=self.frames,
            seconds=self.seconds,
            file_bytes=self.upload_bytes,
            decoded_bytes=self.decoded_bytes,
            url_bytes=self.upload_bytes,
            url_seconds=self.url_seconds,
            allow_private=allow_private,
        )


@dataclass(frozen=True)
class Settings:
    """How one server runs.

    Attributes
    ----------
    folder : readings, stills, jobs and, if no other ``store`` is named, the database.
    host, port : where it listens.
    store : address of the database of votes, labels, tokens and jobs.
    library : folder or address of the library; one in ``folder`` if not given.
    gifs : a folder of GIFs that are voted on and labelled, besides the library's.
    auth : whether tokens are asked for; None: unless only this machine can connect.
    anonymous : role of those without a token where tokens are asked for; None: they may do nothing.
    rates : whether the rate of requests is limited; None: as ``auth``.
    workers : processes that decode.
    hosts : names by which the server is reached, besides ``host`` and this machine's; ``*`` for any.
    origins : of other sites whose pages may call the API (CORS); none by default.
    allow_private : whether addresses of this machine and private networks may be read.
    stop_seconds : for what runs to end, when the server is stopped.
    """

    folder: Path = Path("gifect-data")
    host: str = "127.0.0.1"
    port: int = 8000
    store: str | None = None
    library: str | None = None
    gifs: Path | None = None
    auth: bool | None = None
    anonymous: str | None = None
    rates: bool | None = None
    workers: int = field(default_factory=lambda: max(1, min(4, os.cpu_count() or 1)))
    hosts: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    allow_private: bool = False
    stop_seconds: float = 20
    caps: Caps = field(default_factory=Caps)

    def __post_init__(self) -> None:
        if self.anonymous is not None and self.anonymous not in ROLES:
            raise ServerError(f"no role {self.anonymous!r}: expected one of {', '.join(ROLES)}")
        if self.gifs is not None and not self.gifs.is_dir():
            raise ServerError(f"{self.gifs}: expected a folder of GIFs")
        if self.workers < 1:
            raise ServerError(f"{self.workers} workers: expected at least one")

    @property
    def is_local(self) -> bool:
        """Whether only this machine can connect."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def asks_tokens(self) -> bool:
        """Whether tokens are asked for."""
        return not self.is_local if self.auth is None else self.auth

    @property
    def limits_rates(self) -> bool:
        """Whether the rate of requests is limited."""
        return self.asks_tokens if self.rates is None else self.rates

    @property
    def store_address(self) -> str:
        """Address of the database."""
        return self.store or f"sqlite:///{self.folder / 'gifect.db'}"

    @property
    def known_hosts(self) -> frozenset[str]:
        """Names by which the server may be called: another one is a page that had its name point here."""
        own = self.hosts
        if self.host not in ("0.0.0.0", "::"):
            own = (self.host, *own)
        elif self.asks_tokens and not own:
            own = ("*",)  # a session belongs to the name that it was begun under, so another name has no rights
        return frozenset({"localhost", "127.0.0.1", "::1", *own})
