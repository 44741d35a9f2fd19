"""A shelf of networks for tests, and a server that hands them out well or badly."""

from __future__ import annotations

import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from gifect.models import registry


class Shelf:
    """Cards of networks in a folder of the test's own, and the folders that they speak of."""

    def __init__(self, folder: Path) -> None:
        self.cards, self.public, self.shipped = folder / "models.toml", folder / "public", folder / "weights"
        self.elsewhere = folder / "elsewhere"
        for place in (self.shipped, self.elsewhere):
            place.mkdir()

    def write(self, text: str) -> None:
        """Replace all cards."""
        self.cards.write_text(text)
        registry._cards.cache_clear()

    def add(
        self,
        name: str,
        content: bytes,
        *,
        url: str = "http://127.0.0.1:9/nothing",
        ships: bool = False,
        kept: bytes | None = None,
        checkpoint: str = "",
    ) -> None:
        """Add the card of a network of that content, and the file ``kept`` where it is looked for."""
        entry = {
            "file": f"{name}.onnx",
            "sha256": hashlib.sha256(content).hexdigest(),
            "size": len(content),
            "does": "nothing",
            "licence": "MIT",
            "trained_on": "nothing",
        } | ({} if ships else {"url": url})
        if checkpoint:
            entry |= {"checkpoint": checkpoint, "sha256": ""}
        lines = [f"{key} = {json.dumps(value)}" for key, value in entry.items()]
        before = self.cards.read_text() if self.cards.exists() else ""
        self.write("\n".join([before, f"[{name}]", *lines, ""]))
        if kept is not None:
            place = self.shipped if ships else self.public
            place.mkdir(exist_ok=True)
            (place / f"{name}.onnx").write_bytes(kept)

    def files(self) -> list[str]:
        """Return the names of all that lies in the folder of public networks."""
        return sorted(p.name for p in self.public.rglob("*")) if self.public.exists() else []


class _Handler(BaseHTTPRequestHandler):
    content = b""
    asked: list[str]

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path == "/absent":
            self.send_error(404)
            return
        self.send_response(200)
        if self.path == "/chunked-broken":
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.wfile.write(b"%x\r\n" % len(self.content) + self.content[: len(self.content) // 2])
            return
        if self.path != "/unsized":
            self.send_header("Content-Length", str(len(self.content)))
        self.end_headers()
        sent = {"/broken": self.content[: len(self.content) // 2], "/unsized": self.content + b"and more"}
        self.wfile.write(sent.get(self.path, self.content))

    def log_message(self, *_: object) -> None:
        pass


class Server:
    """Hands out ``content`` at /whole, half of it at /broken and /chunked-broken, too much at /unsized."""

    def __init__(self, content: bytes) -> None:
        self.asked: list[str] = []
        handler = type("Handler", (_Handler,), {"content": content, "asked": self.asked})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Server:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
