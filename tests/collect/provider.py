"""A server on localhost that speaks the APIs of GIPHY and KLIPY over a few hundred made-up GIFs, and can fail."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

KEY = "secret key"
COUNT = 120  # results of each term


class Server(http.server.ThreadingHTTPServer):
    """Answers rightly, but first plays each of ``faults``; ``asked`` holds the queries that came."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.faults: list[str] = []
        self.asked: list[dict[str, str]] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.server.asked.append(query)
        answer = {"/v1/gifs/search": self.giphy, "/v2/search": self.klipy}.get(parts.path)
        if answer is None:
            self.answer(404, b"nothing here")
        elif query.get("api_key", query.get("key")) != KEY:
            self.answer(401, b'{"meta": {"status": 401}}')
        elif self.server.faults:
            self.fail(self.server.faults.pop(0), json.dumps(answer(query)).encode())
        else:
            self.answer(200, json.dumps(answer(query)).encode())

    def giphy(self, query: dict[str, str]) -> dict[str, object]:
        start, size = int(query["offset"]), min(int(query["limit"]), 50)
        places = range(start, min(start + size, COUNT))
        data = [
            {
                "id": f"{query['q']}{k}",
                "title": f"{query['q']} number {k}",
                "rating": query["rating"],
                "url": f"https://giphy.example/{k}",
                "images": {"original": {"url": f"https://media.example/{k}.gif", "width": "320", "height": "240"}},
            }
            for k in places
        ]
        return {"data": data, "pagination": {"total_count": COUNT, "count": len(data), "offset": start}}

    def klipy(self, query: dict[str, str]) -> dict[str, object]:
        start, size = int(query.get("pos", "mark0")[4:]), min(int(query["limit"]), 50)
        places = range(start, min(start + size, COUNT))
        results = [
            {
                "id": k,
                "content_description": f"{query['q']} number {k}",
                "tags": [query["q"], f"tag {k}"],
                "itemurl": f"https://klipy.example/{k}",
                "media_formats": {"gif": {"url": f"https://media.example/{k}.gif", "dims": [320, 240], "size": 9000}},
            }
            for k in places
        ]
        return {"results": results, "next": f"mark{places.stop}" if places.stop < COUNT else ""}

    def fail(self, fault: str, right: bytes) -> None:
        if fault.isdigit():
            self.answer(int(fault), b"<html>sorry</html>", {"Retry-After": "7"} if fault == "429" else {})
        elif fault == "html":
            self.answer(200, b"<!doctype html><html>Please sign in to the network</html>")
        elif fault == "other":
            self.answer(200, b'{"data": [{"id": 1}], "results": 3}')
        elif fault == "half":
            self.answer(200, right[: len(right) // 2], claim=len(right))
        else:
            self.connection.close()

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None, claim: int | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(claim or len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@contextmanager
def running_provider() -> Iterator[Server]:
    """Yield the server while it runs."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
