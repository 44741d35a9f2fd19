"""The library as the server uses it: opened when it is first needed, added to by workers."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from gifect.errors import LibraryError
from gifect.models.registry import file_digest
from gifect.server.gallery import MEDIA_TYPES
from gifect.server.problems import Refusal
from gifect.server.readings import take_over
from gifect.server.workers import PATIENT, Pool, Task

if TYPE_CHECKING:
    from gifect.library import Entry, Library, LibraryStats

__all__ = ["Shelf"]

FRESH_S = 10.0  # for which counts of the library stand


class Shelf:
    """A library and the files that were added to it from browsers.

    Parameters
    ----------
    place : of the library, a folder or an address.
    files : where files lie that came by a browser, each under its content's name.
    pool : who reads them.
    """

    def __init__(self, place: str, files: Path, pool: Pool) -> None:
        self.place = place
        self.files = files
        self.pool = pool
        self.lock = threading.Lock()
        self.opened: Library | None = None
        self.counted: tuple[float, LibraryStats | None] = (0.0, None)

    @property
    def library(self) -> Library:
        """The library; opened, or made, when it is first asked for.

        Raises
        ------
        LibraryError
            If it cannot be opened.
        """
        with self.lock:
            if self.opened is None:
                from gifect.library import Library

                self.opened = Library(self.place)
            return self.opened

    def close(self) -> None:
        """Close the library."""
        if self.opened is not None:
            self.opened.close()

    def entry(self, number: str) -> Entry:
        """Return an entry by its whole id.

        Raises
        ------
        Refusal
            404 if there is none.
        """
        if len(number) == 64 and all(sign in "0123456789abcdef" for sign in number):
            try:
                return self.library.get(number)
            except LibraryError:
                pass
        raise Refusal(404, "there is no such clip in the library")

    def file(self, number: str) -> Path:
        """Return the file of an entry.

        Raises
        ------
        Refusal
            404 if there is none, or its file has gone.
        """
        path = Path(self.entry(number).source)
        if path.suffix.lower() in MEDIA_TYPES and path.is_file():
            return path
        raise Refusal(404, "the file of this clip has gone")

    def remove(self, number: str) -> None:
        """Take an entry out of the library; its file is removed if it came by a browser.

        Raises
        ------
        Refusal
            404 if there is none.
        """
        path = Path(self.entry(number).source)
        self.library.remove(number)
        if path.is_relative_to(self.files):
            path.unlink(missing_ok=True)

    def stats(self) -> LibraryStats:
        """Return counts of the library, at most a few seconds old."""
        then, known = self.counted
        if known is None or time.monotonic() - then > FRESH_S:
            known = self.library.stats()
            self.counted = (time.monotonic(), known)
        return known

    async def add(self, file: Path, name: str) -> str:
        """Read a file into the library and return the id of its entry; a copy of the file is kept.

        Raises
        ------
        Refusal
            If it cannot be read.
        """
        digest = await asyncio.to_thread(file_digest, file)
        kept = self.files / digest[:2] / digest[2:16] / f"{Path(name).stem}{_ending(name)}"
        known = kept.is_file()
        kept.parent.mkdir(parents=True, exist_ok=True)
        if not known:
            await asyncio.to_thread(take_over, file, kept)
        try:
            await self.pool.run(Task("add", kept, name, Path(self.place)), PATIENT)
        except BaseException:
            if not known:
                kept.unlink(missing_ok=True)
            raise
        return digest


def _ending(name: str) -> str:
    ending = Path(name).suffix.lower()
    return ending if ending in MEDIA_TYPES else ".gif"
