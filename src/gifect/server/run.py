"""Running the application: one process that listens, and ends in peace."""

from __future__ import annotations

import signal
import socket
import sys

import uvicorn

from gifect.errors import ServerError
from gifect.server.app import make_app
from gifect.server.house import House
from gifect.server.settings import Settings
from gifect.server.watch import log_event, log_to_stderr

__all__ = ["run"]

BACKLOG = 512
KEEP_ALIVE_S = 20


class Server(uvicorn.Server):
    """uvicorn's server, which says where it listens, and has streams ended before it waits for connections to end."""

    def __init__(self, config: uvicorn.Config, house: House) -> None:
        super().__init__(config)
        self.house = house

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Let requests be finished, then close what is held."""
        self.house.jobs.pause()
        await super().shutdown(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and tell the address."""
        await super().startup(sockets)
        for one in sockets or []:
            host, port = one.getsockname()[:2]
            shown = f"[{host}]" if ":" in host else host
            log_event("listening", address=f"http://{shown}:{port}/")
            if sys.stderr.isatty():
                print(f"\n  gifect is at http://{shown}:{port}/   (Ctrl-C ends it)\n", file=sys.stderr)


def run(settings: Settings, proxy: str | None = None) -> None:
    """Serve until a signal comes; requests and clips that run are finished first.

    Raises
    ------
    GifectError
        If the address cannot be listened at, or folder, database or library cannot be used.
    """
    log_to_stderr()
    # uvicorn ends in peace and then raises the signal again: that is the end we want
    signal.signal(signal.SIGTERM, lambda *_: None)
    listener = _listen(settings.host, settings.port)
    with listener:
        house = House(settings)
        config = uvicorn.Config(
            make_app(house),
            log_config=None,
            access_log=False,
            server_header=False,
            backlog=BACKLOG,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=int(settings.stop_seconds),
            proxy_headers=proxy is not None,
            forwarded_allow_ips=proxy,
            h11_max_incomplete_event_size=64 << 10,
        )
        Server(config, house).run(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        raise ServerError(f"{host}:{port} cannot be listened at: {error.strerror or error}") from error
    return listener
