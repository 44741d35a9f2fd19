"""A real server in a process of its own, started by the real command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from gifect.server.client import Client

START_S = 90
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1"}
SAMPLES = Path(__file__).parents[2] / "samples"


@dataclass
class Answer:
    """Status, headers and body of one answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict:
        return json.loads(self.body)


@dataclass
class Server:
    """A running server and where its log lies."""

    process: subprocess.Popen[bytes]
    address: str
    log: Path
    folder: Path
    started_s: float
    client: Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = Client(self.address)

    def lines(self) -> list[dict]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def ask(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
        request = urllib.request.Request(self.address + path, data=body, method=method, headers=headers or {})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay)
        try:
            with opener.open(request, timeout=120) as answer:
                return Answer(answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, {k.lower(): v for k, v in error.headers.items()}, error.read())

    def memory(self) -> int:
        """Return the bytes that the server's own process holds."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def stop(self, how: int = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.process.wait(60)


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        return None


def start(folder: Path, *options: str) -> Server:
    """Start a server and wait until it listens."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "log"
    begun = time.monotonic()
    command = [sys.executable, "-m", "gifect", "serve", "--port", "0", "--data", str(folder / "data"), *options]
    with log.open("ab") as stream:
        at = stream.tell()
        process = subprocess.Popen(command, stderr=stream, env=ENVIRONMENT)
    while time.monotonic() - begun < START_S:
        for line in log.read_bytes()[at:].splitlines():
            if b'"listening"' in line:
                server = Server(process, json.loads(line)["address"].rstrip("/"), log, folder, 0)
                assert server.ask("GET", "/api/v1/health").status == 200
                server.started_s = time.monotonic() - begun
                return server
        assert process.poll() is None, log.read_text()
        time.sleep(0.02)
    process.kill()
    raise AssertionError(f"no server within {START_S} s: {log.read_text()}")


@contextmanager
def running(folder: Path, *options: str) -> Iterator[Server]:
    """Yield a server that is stopped at the end."""
    server = start(folder, *options)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            server.stop()


def made_token(folder: Path, name: str, role: str) -> str:
    """Make a token by the real command."""
    command = [sys.executable, "-m", "gifect", "tokens", "add", name, "--role", role, "--data", str(folder / "data")]
    return subprocess.run(command, capture_output=True, text=True, check=True, env=ENVIRONMENT).stdout.strip()
