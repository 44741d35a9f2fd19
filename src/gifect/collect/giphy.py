"""Searching GIF providers: GIPHY's API, and KLIPY's, which has the shape of Tenor's.

Keys come from the environment. A page that does not come as it should (too many requests, a server's error, something
that is no JSON, half of it) is asked for again after a while; what stays wrong is one clear error, without the key.

References
----------
GIPHY: developers.giphy.com/docs/api/endpoint. KLIPY: docs.klipy.com, version 2, compatible with Tenor's.
"""

from __future__ import annotations

import http.client
import json
import os
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from gifect.collect.candidates import Candidate, CandidateFile
from gifect.errors import CollectError

__all__ = ["PROVIDERS", "Client", "Page", "Provider", "search"]

TIMEOUT_S = 30.0
TRIES = 6  # of one page
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 120.0  # between tries, doubled each time
INTERVAL_S = 0.2  # between requests
MOST_BYTES = 20_000_000  # of one page
GIPHY_LAST_OFFSET = 4999  # beyond, GIPHY gives nothing


@dataclass(frozen=True)
class Page:
    """Results of a search, and where the next page begins; None if this was the last."""

    candidates: list[Candidate]
    next_place: str | None


@dataclass(frozen=True)
class Provider:
    """How a provider is asked and understood.

    Attributes
    ----------
    name : short, in lower case.
    address : of its API.
    key_variable : environment variable that holds the key.
    page_size : results of a page.
    ask : query (term, place, size, rating, key) as the path and its parameters.
    understand : a parsed answer and the place it was asked for, as a page.
    """

    name: str
    address: str
    key_variable: str
    page_size: int
    ask: Callable[[str, str, int, str, str], tuple[str, dict[str, str]]]
    understand: Callable[[Any, str], Page]


def _ask_giphy(term: str, place: str, size: int, rating: str, key: str) -> tuple[str, dict[str, str]]:
    query = {"api_key": key, "q": term, "limit": str(size), "offset": place or "0", "rating": rating}
    return "/v1/gifs/search", query


def _understand_giphy(answer: Any, place: str) -> Page:
    found = []
    for item in answer["data"]:
        original = item["images"]["original"]
        found.append(
            Candidate(
                *("giphy", str(item["id"]), original["url"], item.get("url") or "", item.get("title") or ""),
                rating=item.get("rating") or "",
                tags=tuple(map(str, item.get("tags") or ())),
                width=_number(original.get("width")),
                height=_number(original.get("height")),
                bytes=_number(original.get("size")),
            )
        )
    start, total = int(place or 0), int(answer["pagination"]["total_count"])
    after = start + len(answer["data"])
    more = bool(answer["data"]) and after < total and after <= GIPHY_LAST_OFFSET
    return Page(found, str(after) if more else None)


def _ask_klipy(term: str, place: str, size: int, rating: str, key: str) -> tuple[str, dict[str, str]]:
    filters = {"g": "high", "pg": "medium", "pg-13": "low", "r": "off"}
    query = {"key": key, "q": term, "limit": str(size), "contentfilter": filters[rating], "media_filter": "gif"}
    return "/v2/search", query | ({"pos": place} if place else {})


def _understand_klipy(answer: Any, place: str) -> Page:
    found = []
    for item in answer["results"]:
        media = item["media_formats"]["gif"]
        width, height = (*(media.get("dims") or ()), 0, 0)[:2]
        title = item.get("content_description") or item.get("title") or ""
        found.append(
            Candidate(
                *("klipy", str(item["id"]), media["url"], item.get("itemurl") or "", title),
                tags=tuple(map(str, item.get("tags") or ())),
                width=_number(width),
                height=_number(height),
                bytes=_number(media.get("size")),
            )
        )
    following = str(answer.get("next") or "")
    return Page(found, following if found and following and following != place else None)


def _number(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return 0


PROVIDERS: Final = {
    "giphy": Provider("giphy", "https://api.giphy.com", "GIPHY_API_KEY", 50, _ask_giphy, _understand_giphy),
    "klipy": Provider("klipy", "https://api.klipy.com", "KLIPY_API_KEY", 50, _ask_klipy, _understand_klipy),
}
RATINGS: Final = ("g", "pg", "pg-13", "r")


class _Refused(Exception):
    """An answer that may be better next time, and after how many seconds the server wants to be asked again."""

    def __init__(self, why: str, after_s: float = 0.0) -> None:
        super().__init__(why)
        self.after_s = after_s


class Client:
    """Asks one provider for pages of results.

    Parameters
    ----------
    provider : one of ``PROVIDERS``.
    address : of the API, if it is not the provider's own.
    rating : audience that every GIF must be fit for: g, pg, pg-13 or r.
    interval_s : seconds from one request to the next, at least.
    tries : of one page.
    wait : called with the seconds to wait.

    Raises
    ------
    CollectError
        If the provider or rating is unknown, or the environment holds no key.
    """

    def __init__(
        self,
        provider: str = "giphy",
        *,
        address: str | None = None,
        rating: str = "pg-13",
        interval_s: float = INTERVAL_S,
        tries: int = TRIES,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        if provider not in PROVIDERS:
            raise CollectError(f"no provider {provider!r}: expected one of {', '.join(PROVIDERS)}")
        if rating not in RATINGS:
            raise CollectError(f"no rating {rating!r}: expected one of {', '.join(RATINGS)}")
        self.provider = PROVIDERS[provider]
        self.key = os.environ.get(self.provider.key_variable, "")
        if not self.key:
            raise CollectError(f"no key for {provider}: set {self.provider.key_variable}")
        self.address = (address or self.provider.address).rstrip("/")
        self.rating, self.interval_s, self.tries, self.wait = rating, interval_s, tries, wait
        self.last = float("-inf")

    def page(self, term: str, place: str = "", size: int | None = None) -> Page:
        """Return the results of a search that begin at ``place``; the first, if it is empty.

        Raises
        ------
        CollectError
            If the key is refused, or no good answer came in all tries.
        """
        path, query = self.provider.ask(term, place, size or self.provider.page_size, self.rating, self.key)
        url = f"{self.address}{path}?{urllib.parse.urlencode(query)}"
        pause, why = FIRST_WAIT_S, ""
        for attempt in range(self.tries):
            if attempt:
                self.wait(min(pause, LONGEST_WAIT_S))
            try:
                return self._ask(url, place)
            except _Refused as refused:
                why = str(refused)
                pause = max(refused.after_s, FIRST_WAIT_S * 2**attempt)
        raise CollectError(f"{self.provider.name}, {term!r}: {why}, {self.tries} times over; try again later")

    def _ask(self, url: str, place: str) -> Page:
        early = self.last + self.interval_s - time.monotonic()
        if early > 0:
            self.wait(early)
        self.last = time.monotonic()
        request = urllib.request.Request(url, headers={"User-Agent": "gifect", "Accept": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as response:
                body = response.read(MOST_BYTES)
                if response.length:
                    raise _Refused("half an answer")
        except urllib.error.HTTPError as error:
            with error:
                self._refuse(error)
        except (OSError, http.client.HTTPException) as error:
            raise _Refused(f"no whole answer ({getattr(error, 'reason', None) or type(error).__name__})") from error
        try:
            return self.provider.understand(json.loads(body), place)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise _Refused("an answer that is no list of GIFs") from error

    def _refuse(self, error: urllib.error.HTTPError) -> None:
        if error.code == 429 or error.code >= 500:
            raise _Refused(f"the server answers {error.code}", float(_number(error.headers.get("Retry-After"))))
        hint = f"; is {self.provider.key_variable} right?" if error.code in (401, 403) else ""
        raise CollectError(f"{self.provider.name}: the server answers {error.code}{hint}")


def search(client: Client, terms: list[str], file: CandidateFile, per_term: int) -> int:
    """Search for each term until ``per_term`` results were looked at, and return how many candidates are new.

    A search goes on where the file says that it stopped.
    """
    new = 0
    for term in terms:
        place = file.place(client.provider.name, term)
        while place.next_place is not None and place.seen < per_term:
            size = min(client.provider.page_size, per_term - place.seen)
            page = client.page(term, place.next_place, size)
            new += file.add_page(client.provider.name, term, page.candidates, page.next_place)
            place = file.place(client.provider.name, term)
    return new
