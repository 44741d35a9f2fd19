"""What is told of every request: a line of JSON and Prometheus' numbers, neither with anything about a person.

A line has the template of the path (``/api/v1/readings/{reading_id}``), not the path, and no address, name or browser.
"""

from __future__ import annotations

import json
import logging
import sys
import time
import traceback
from typing import Any
from uuid import uuid4

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.exposition import generate_latest
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["LOG", "JsonLines", "Metrics", "Watch", "log_event"]

LOG = logging.getLogger("gifect.server")
BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)  # seconds


class JsonLines(logging.Formatter):
    """A line of JSON an event; errors with where they happened, without what they were about."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        line: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{record.msecs:03.0f}Z",
            "level": record.levelname.lower(),
        }
        line |= record.__dict__.get("told") or {"event": record.name, "text": record.getMessage()}
        if record.exc_info and record.exc_info[1]:
            frames = traceback.extract_tb(record.exc_info[1].__traceback__)
            line["error"] = type(record.exc_info[1]).__name__
            line["at"] = [f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames[-6:]]
        return json.dumps(line, default=str)


def log_event(event: str, **told: object) -> None:
    """Write a line about something that happened."""
    LOG.info(event, extra={"told": {"event": event, **told}})


class Metrics:
    """Prometheus' numbers of one server."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("method", "route", "status")
        self.requests = Counter("gifect_requests", "Requests answered", labels, registry=self.registry)
        self.seconds = Histogram(
            "gifect_request_seconds", "Time to an answer", ("route",), buckets=BUCKETS, registry=self.registry
        )
        self.readings = Counter("gifect_readings", "Clips read, by outcome", ("outcome",), registry=self.registry)
        self.reading_seconds = Histogram(
            "gifect_reading_seconds", "Time of a worker for a clip", buckets=BUCKETS, registry=self.registry
        )
        self.votes = Counter("gifect_votes", "Votes written", registry=self.registry)
        self.labels = Counter("gifect_labels", "Labels written", registry=self.registry)
        self.killed = Counter("gifect_workers_killed", "Workers ended by a limit or a crash", registry=self.registry)
        self.waiting = Gauge("gifect_clips_waiting", "Clips that wait for a worker", registry=self.registry)
        self.jobs = Gauge("gifect_jobs_open", "Jobs that are not finished", registry=self.registry)

    def text(self) -> bytes:
        """Return all numbers in Prometheus' text format."""
        return generate_latest(self.registry)


class Watch:
    """ASGI middleware that counts, times and logs requests, and gives each a number."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self.app = app
        self.metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        begun, status, number = time.perf_counter(), 0, uuid4().hex[:16]

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["x-request-id"] = number
            await send(message)

        try:
            await self.app(scope, receive, noted)
        except Exception:
            LOG.exception("fault", extra={"told": {"event": "fault", "request": number, "route": _route(scope)}})
            if not status:
                raise
        finally:
            spent = time.perf_counter() - begun
            route, method = _route(scope), scope["method"]
            self.metrics.requests.labels(method, route, str(status)).inc()
            self.metrics.seconds.labels(route).observe(spent)
            told = {"event": "request", "request": number, "method": method, "route": route, "status": status}
            LOG.info("request", extra={"told": told | {"ms": round(1000 * spent, 1)}})


def _route(scope: Scope) -> str:
    return getattr(scope.get("route"), "path", None) or "none"


def log_to_stderr() -> None:
    """Send the log to stderr, a line of JSON an event."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.getLogger().handlers[:] = [handler]  # others' warnings, too, are lines of JSON
    logging.captureWarnings(True)
    LOG.setLevel(logging.INFO)
