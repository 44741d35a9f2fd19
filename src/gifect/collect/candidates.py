"""GIFs that a search has found: a line of JSON each, in a file that a crash leaves readable and searches go on with."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from gifect.errors import CollectError

__all__ = ["Candidate", "CandidateFile", "Place"]


@dataclass(frozen=True)
class Candidate:
    """A GIF of a provider.

    Attributes
    ----------
    provider, id : which it is.
    url : of the GIF file.
    page : where people see it.
    title : as the provider calls it.
    rating : of the provider for its audience, such as g or pg-13; empty where not given.
    tags : where given.
    width, height, bytes : as the provider says, 0 where not given.
    """

    provider: str
    id: str
    url: str
    page: str = ""
    title: str = ""
    rating: str = ""
    tags: tuple[str, ...] = field(default=())
    width: int = 0
    height: int = 0
    bytes: int = 0

    @property
    def key(self) -> str:
        """Name that is unique over all providers and can be a file's."""
        return f"{self.provider}-{self.id}"


@dataclass(frozen=True)
class Place:
    """How far a search has come: results looked at, and where the next page begins (None: there is none)."""

    seen: int = 0
    next_place: str | None = ""


class CandidateFile:
    """Candidates without double ones, and how far each search has come.

    A page of results and the place of the next are written together, as lines of JSON; what a crash cut off at the end
    is taken away when the file is opened again.

    Raises
    ------
    CollectError
        If a line in the middle cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.known: dict[str, Candidate] = {}
        self.places: dict[tuple[str, str], Place] = {}
        if path.exists():
            self._load()

    def _load(self) -> None:
        content = self.path.read_bytes()
        whole = content[: content.rfind(b"\n") + 1]
        if len(whole) < len(content):
            os.truncate(self.path, len(whole))
        pending: list[Candidate] = []
        for number, line in enumerate(whole.splitlines(), 1):
            try:
                record = json.loads(line)
                if "term" in record:
                    self.places[record["provider"], record["term"]] = Place(record["seen"], record["next"])
                    self.known.update((candidate.key, candidate) for candidate in pending)
                    pending = []
                else:
                    pending.append(Candidate(**{**record, "tags": tuple(record["tags"])}))
            except (ValueError, TypeError, KeyError) as error:
                raise CollectError(f"{self.path}, line {number}: no candidate: {error}") from error
        self.known.update((candidate.key, candidate) for candidate in pending)

    def __iter__(self) -> Iterator[Candidate]:
        return iter(self.known.values())

    def __len__(self) -> int:
        return len(self.known)

    def place(self, provider: str, term: str) -> Place:
        """Return how far a search has come."""
        return self.places.get((provider, term), Place())

    def add_page(self, provider: str, term: str, found: Sequence[Candidate], next_place: str | None) -> int:
        """Write a page of results of a search, and where its next page begins (None: nowhere); return how many
        candidates are new."""
        new = {candidate.key: candidate for candidate in found if candidate.key not in self.known}
        records: list[dict[str, Any]] = [asdict(candidate) for candidate in new.values()]
        place = Place(self.place(provider, term).seen + len(found), next_place)
        records.append({"provider": provider, "term": term, "seen": place.seen, "next": place.next_place})
        with self.path.open("ab") as file:
            file.write("".join(json.dumps(record) + "\n" for record in records).encode())
            file.flush()
            os.fsync(file.fileno())
        self.known |= new
        self.places[provider, term] = place
        return len(new)
