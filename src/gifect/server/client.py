"""A client of the server, for Python programs; it needs nothing but gifect itself.

>>> client = Client("http://127.0.0.1:8000", token="gfx_...")  # doctest: +SKIP
>>> client.read("party.gif").reading.emotion  # doctest: +SKIP
'happiness'
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from http.client import HTTPResponse
from pathlib import Path
from typing import Any, TypeVar
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode, urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener
from uuid import uuid4

from pydantic import BaseModel

from gifect.errors import ServerError
from gifect.server.schemas import (
    DatasetItem,
    DatasetOut,
    GifOut,
    Health,
    JobItem,
    JobView,
    LabelState,
    MatchOut,
    ModelOut,
    NextGif,
    PlaceOut,
    QuestionOut,
    StoredEntry,
    StoredReading,
    VerdictOut,
    VoteOut,
)
from gifect.text.result import TextReading

__all__ = ["Client", "RequestError"]

Model = TypeVar("Model", bound=BaseModel)
TRIES = 4  # of a request that may be sent again
WAIT_S = 0.5  # before the second try; doubles
TIMEOUT_S = 120.0
PAGE = 200  # rows asked for at once

Source = str | os.PathLike[str] | bytes


class RequestError(ServerError):
    """A request that the server refuses; ``status`` says why in HTTP's words (0 if it was not reached)."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


class _Stay(HTTPRedirectHandler):
    """Follows no redirect: the API has none, and a token goes to nobody else."""

    def redirect_request(self, *_: Any) -> None:
        return None


class Client:
    """Calls the API of one server; answers are the models of its document.

    Parameters
    ----------
    address : such as ``http://127.0.0.1:8000``.
    token : of ``gifect tokens add``, where the server asks for one.
    timeout : seconds for one answer.

    Raises
    ------
    RequestError
        From every method, if the server refuses or cannot be reached.
    """

    def __init__(self, address: str, token: str | None = None, *, timeout: float = TIMEOUT_S) -> None:
        if urlsplit(address).scheme not in ("http", "https"):
            raise ServerError(f"{address!r}: expected an address that begins with http:// or https://")
        self.address = address.rstrip("/")
        self.token = token
        self.timeout = timeout
        self._opener = build_opener(ProxyHandler({}), _Stay)

    def health(self) -> Health:
        """Return whether the server can do its work."""
        return self._get(Health, "/health")

    def models(self) -> list[ModelOut]:
        """Return the networks of the server."""
        return [ModelOut.model_validate(row) for row in self._json("GET", "/models")]

    def read(
        self, source: Source, *, every_frame: bool = False, landmarks: bool = False, captions: bool = False
    ) -> StoredReading:
        """Return the reading of a file, of a file's bytes, or of an address that the server fetches."""
        asked = {"every_frame": every_frame, "landmarks": landmarks, "captions": captions}
        if isinstance(source, str) and "://" in source[:12]:
            return StoredReading.model_validate(self._json("POST", "/readings", asked, {"url": source}))
        body, kind = _form("file", [source])
        return StoredReading.model_validate_json(self._send("POST", "/readings", asked, body, kind))

    def reading(self, number: str) -> StoredReading:
        """Return a reading that the server keeps."""
        return self._get(StoredReading, f"/readings/{quote(number, safe='')}")

    def start_job(self, sources: Sequence[Source]) -> JobView:
        """Have many files, or many addresses, read in the background."""
        return self._start("/jobs", sources)

    def add_to_library(self, sources: Sequence[Source]) -> JobView:
        """Have files, or addresses, read into the library, in the background."""
        return self._start("/library/uploads", sources)

    def _start(self, path: str, sources: Sequence[Source]) -> JobView:
        if all(isinstance(source, str) and "://" in source[:12] for source in sources):
            return JobView.model_validate(self._json("POST", path, body={"urls": list(sources)}))
        body, kind = _form("files", sources)
        return JobView.model_validate_json(self._send("POST", path, {}, body, kind))

    def job(self, number: str) -> JobView:
        """Return how far a job is."""
        return self._get(JobView, f"/jobs/{quote(number, safe='')}")

    def cancel_job(self, number: str) -> JobView:
        """Read no further clip of a job."""
        return JobView.model_validate(self._json("DELETE", f"/jobs/{quote(number, safe='')}"))

    def follow_job(self, number: str) -> Iterator[JobView]:
        """Yield a job whenever it is further, up to its end."""
        with self._open("GET", f"/jobs/{quote(number, safe='')}/events", {}, None, {}) as answer:
            for line in answer:
                if line.startswith(b"data:"):
                    yield JobView.model_validate_json(line[5:])

    def job_items(self, number: str) -> Iterator[JobItem]:
        """Yield what came of each clip of a job."""
        return self._pages(JobItem, f"/jobs/{quote(number, safe='')}/items")

    def text(self, texts: Sequence[str]) -> list[TextReading]:
        """Return the feelings in texts."""
        return [TextReading.model_validate(row) for row in self._json("POST", "/text", body={"texts": list(texts)})]

    def search(self, query: str, top: int = 10, **filters: Any) -> list[MatchOut]:
        """Return the clips of the library that go best with words or a mood; filters are those of the API."""
        return self._matches("/search", {"q": query, "top": top, **filters})

    def recommend(self, sentence: str, top: int = 10, *, seed: int | None = None, **filters: Any) -> list[MatchOut]:
        """Return the clips of the library that go best with a message."""
        return self._matches("/recommend", {"sentence": sentence, "top": top, "seed": seed, **filters})

    def similar(self, entry: str, top: int = 10) -> list[MatchOut]:
        """Return the clips that feel most like an entry of the library."""
        return self._matches(f"/library/{quote(entry, safe='')}/similar", {"top": top})

    def _matches(self, path: str, asked: Mapping[str, Any]) -> list[MatchOut]:
        return [MatchOut.model_validate(row) for row in self._json("GET", path, asked)["items"]]

    def entries(self, **filters: Any) -> Iterator[StoredEntry]:
        """Yield the clips of the library, the youngest first."""
        return self._pages(StoredEntry, "/library", filters)

    def tag(self, entry: str, add: Sequence[str] = (), remove: Sequence[str] = ()) -> StoredEntry:
        """Give an entry of the library tags and take others away."""
        body = {"add": list(add), "remove": list(remove)}
        return StoredEntry.model_validate(self._json("PATCH", f"/library/{quote(entry, safe='')}/tags", body=body))

    def gifs(self) -> Iterator[GifOut]:
        """Yield the GIFs that can be voted on."""
        return self._pages(GifOut, "/gifs")

    def add_gifs(self, names: Sequence[str]) -> int:
        """Make GIFs known, and return how many were new."""
        return int(self._json("POST", "/gifs", body={"names": list(names)})["count"])

    def question(self, voter: str | None = None, emotion: str | None = None) -> QuestionOut | None:
        """Return what to ask a voter next, None when they have seen every pair."""
        told = self._json("GET", "/question", {"voter": voter, "emotion": emotion})
        return None if told is None else QuestionOut.model_validate(told)

    def vote(self, emotion: str, left: str, right: str, choice: str, voter: str | None = None) -> VoteOut:
        """Write a vote; it is on the disk when this returns, once, however often it had to be sent."""
        body = {"emotion": emotion, "left": left, "right": right, "choice": choice, "voter": voter}
        return VoteOut.model_validate(self._json("POST", "/votes", body=body | {"token": uuid4().hex}, again=True))

    def undo(self, vote: int, voter: str | None = None) -> VoteOut:
        """Take back a vote."""
        return VoteOut.model_validate(self._json("DELETE", f"/votes/{vote}", {"voter": voter}))

    def votes(self, voter: str | None = None) -> Iterator[VoteOut]:
        """Yield the votes of a voter, oldest first."""
        return self._pages(VoteOut, "/votes", {"voter": voter})

    def ranking(self, emotion: str) -> Iterator[PlaceOut]:
        """Yield the GIFs of an emotion, the strongest first."""
        return self._pages(PlaceOut, f"/scores/{quote(emotion, safe='')}")

    def label(
        self,
        emotion: str,
        gif: str,
        answer: str,
        labeler: str | None = None,
        *,
        cartoon: bool = False,
        multiple: bool = False,
        resolve: bool = False,
    ) -> LabelState:
        """Write what a labeler says of a GIF: yes, no or unsure."""
        flags = {"cartoon": cartoon, "multiple": multiple, "resolve": resolve}
        body = {"emotion": emotion, "gif": gif, "answer": answer, "labeler": labeler} | flags
        return LabelState.model_validate(self._json("POST", "/labels", body=body))

    def next_gif(self, emotion: str, labeler: str | None = None) -> str | None:
        """Return the GIF that a labeler should look at next."""
        return self._get(NextGif, f"/labels/{quote(emotion, safe='')}/next", {"labeler": labeler}).gif

    def verdicts(self, emotion: str, state: str = "all") -> Iterator[VerdictOut]:
        """Yield what is known of each GIF with labels for an emotion."""
        return self._pages(VerdictOut, f"/labels/{quote(emotion, safe='')}/verdicts", {"state": state})

    def set_queue(self, emotion: str, gifs: Sequence[str]) -> int:
        """Set in which order labelers look at GIFs."""
        path = f"/labels/{quote(emotion, safe='')}/queue"
        return int(self._json("PUT", path, body={"gifs": list(gifs)})["count"])

    def dataset(self) -> DatasetOut:
        """Return in numbers what labelers have agreed on."""
        return self._get(DatasetOut, "/dataset")

    def dataset_items(self, emotion: str | None = None, split: str | None = None) -> Iterator[DatasetItem]:
        """Yield the GIFs of the data set."""
        return self._pages(DatasetItem, "/dataset/items", {"emotion": emotion, "split": split})

    def download(self, path: str) -> bytes:
        """Return what lies under a path of the server, such as a link of a reading."""
        with self._open("GET", path, {}, None, {}, base="") as answer:
            return answer.read()

    def _get(self, model: type[Model], path: str, asked: Mapping[str, Any] | None = None) -> Model:
        return model.model_validate(self._json("GET", path, asked))

    def _pages(self, model: type[Model], path: str, asked: Mapping[str, Any] | None = None) -> Iterator[Model]:
        told = self._json("GET", path, {**(asked or {}), "limit": PAGE})
        while True:
            yield from (model.model_validate(row) for row in told["items"])
            if told["next"] is None:
                return
            told = json.loads(self.download(told["next"]))

    def _json(
        self,
        method: str,
        path: str,
        asked: Mapping[str, Any] | None = None,
        body: object = None,
        *,
        again: bool = False,
    ) -> Any:
        data = None if body is None else json.dumps(body).encode()
        kind = "" if body is None else "application/json"
        return json.loads(self._send(method, path, asked or {}, data, kind, again=again or method == "GET"))

    def _send(
        self, method: str, path: str, asked: Mapping[str, Any], body: bytes | None, kind: str, *, again: bool = False
    ) -> bytes:
        headers = {"Content-Type": kind} if kind else {}
        for attempt in range(TRIES):
            try:
                with self._open(method, path, asked, body, headers) as answer:
                    return answer.read()
            except RequestError as error:
                if attempt == TRIES - 1 or not (again and error.status in (0, 503)):
                    raise
            time.sleep(WAIT_S * 2**attempt)
        raise AssertionError("the last attempt returns or raises")

    def _open(
        self,
        method: str,
        path: str,
        asked: Mapping[str, Any],
        body: bytes | None,
        headers: Mapping[str, str],
        base: str = "/api/v1",
    ) -> HTTPResponse:
        told = {name: str(v).lower() if isinstance(v, bool) else v for name, v in asked.items() if v is not None}
        address = self.address + base + path + (f"?{urlencode(told)}" if told else "")
        request = Request(address, data=body, method=method, headers={"Accept": "application/json", **headers})
        if self.token:
            request.add_header("Authorization", f"Bearer {self.token}")
        try:
            answer: HTTPResponse = self._opener.open(request, timeout=self.timeout)
        except HTTPError as error:
            with error:
                raise RequestError(error.code, _detail(error.read(), error.code)) from error
        except (URLError, OSError) as error:
            raise RequestError(0, f"{self.address} cannot be reached: {getattr(error, 'reason', error)}") from error
        return answer


def _detail(body: bytes, status: int) -> str:
    try:
        return str(json.loads(body)["detail"])
    except (ValueError, KeyError, TypeError):
        return f"the server answers {status}"


def _form(field: str, sources: Sequence[Source]) -> tuple[bytes, str]:
    """Return files as a multipart form, and its content type."""
    edge = uuid4().hex
    parts = []
    for source in sources:
        data = bytes(source) if isinstance(source, bytes) else Path(source).read_bytes()
        name = "clip" if isinstance(source, bytes) else Path(source).name
        told = f'Content-Disposition: form-data; name="{field}"; filename="{quote(name, safe=" ()[]")}"'
        parts.append(f"--{edge}\r\n{told}\r\nContent-Type: application/octet-stream\r\n\r\n".encode() + data + b"\r\n")
    return b"".join(parts) + f"--{edge}--\r\n".encode(), f"multipart/form-data; boundary={edge}"
