"""The library as its users know it: add, search, recommend, similar, tag, remove, export, count."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO

from gifect.errors import LibraryError
from gifect.feeling.reading import Reading
from gifect.library.add import Options, add_files
from gifect.library.engine import Engine
from gifect.library.files import whole_path
from gifect.library.remote import Remote, copy_folder
from gifect.library.results import Added, Entry, Filters, LibraryStats, Match
from gifect.library.search import search
from gifect.library.similar import similar
from gifect.library.stats import count_up
from gifect.library.store import FILE, Store

if TYPE_CHECKING:
    from gifect.media.limits import Limits

__all__ = ["Library", "library_place"]

DEFAULT_PLACE = "~/.local/share/gifect/library"
TOP = 10
PUSH_EVERY = 50  # files that are added before object storage is told


def library_place(given: str | os.PathLike[str] | None = None) -> str:
    """Return the place given, else ``GIFECT_LIBRARY``, else ``~/.local/share/gifect/library``."""
    return os.fspath(given or os.environ.get("GIFECT_LIBRARY") or Path(DEFAULT_PLACE).expanduser())


class Library:
    """Clips with their readings, tags and captions, found by words, moods, sentences or other clips.

    Entries are on the disk when ``add`` yields them; several processes and threads may use one library at once.

    Parameters
    ----------
    place : a folder, made if it is not there, or the address of one on object storage, such as ``s3://bucket/gifs``
        (kept in step through fsspec); by default ``GIFECT_LIBRARY`` or a folder in the user's home.
    create : whether to make a library where there is none.

    Raises
    ------
    LibraryError
        If it cannot be opened, is not there and not to be made, or a later version of gifect made it.
    """

    def __init__(self, place: str | os.PathLike[str] | None = None, *, create: bool = True) -> None:
        self.place = library_place(place)
        is_remote = "://" in self.place
        folder = copy_folder(self.place) if is_remote else Path(self.place)
        if not create and not is_remote and not (folder / FILE).exists():
            raise LibraryError(f"no library at {self.place}: make one with gifect library add, or name another place")
        self._store = Store(folder)
        self._engine = Engine(self._store)
        self._remote = Remote(self.place, self._store) if is_remote else None
        self.refresh()

    def __enter__(self) -> Library:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        return self.count()

    def _id(self, name: str) -> str:
        id = self._store.find(name) or self._store.find(whole_path(name))
        if id is None:
            raise LibraryError(f"no clip {name!r} in {self.place}: expected an id, its beginning, or a path")
        return id

    def _push(self) -> None:
        if self._remote:
            self._remote.push()

    def refresh(self) -> None:
        """Take in what other machines have written on object storage; in a folder others' changes are seen anyway."""
        if self._remote:
            self._remote.push()  # what an earlier call could not
            self._remote.pull()

    def close(self) -> None:
        """Close all files."""
        self._store.close()

    def add(
        self,
        paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
        *,
        jobs: int = 2,
        name_tags: bool = False,
        actions: str | None = None,
        captions: bool = False,
        limits: Limits | None = None,
    ) -> Iterator[Added]:
        """Read files and folders (searched through) into the library, and yield what becomes of each file.

        A file that is known by its place, size and time is not opened, one that is known by its content is not read
        again. Broken off at any time, the same call goes on where it stopped.

        Parameters
        ----------
        paths : files and folders, or one.
        jobs : processes that read; 1 reads in this one.
        name_tags : take words of the files' names for tags.
        actions, captions : recogniser of what people do, and whether to read captions, as of ``gifect.read``.
        limits : the largest clip to accept.

        Raises
        ------
        LibraryError
            If the disk is full or the library cannot be written; what was yielded stays.
        """
        some = [paths] if isinstance(paths, str | os.PathLike) else list(paths)
        for done, settled in enumerate(
            add_files(self._store, some, jobs, Options(name_tags, actions, captions, limits))
        ):
            yield settled
            if done % PUSH_EVERY == PUSH_EVERY - 1:
                self._push()
        self._push()

    def search(self, query: str, top: int | None = TOP, filters: Filters | None = None) -> list[Match]:
        """Return the clips that go best with words, moods or both, best first.

        Parameters
        ----------
        query : such as "happy dance", "sad cat" or "thank you".
        top : how many at most; None for all that match.
        filters : which clips are looked at.
        """
        return search(self._engine, query, top, filters or Filters())

    def recommend(
        self, sentence: str, top: int | None = TOP, *, seed: int | None = None, filters: Filters | None = None
    ) -> list[Match]:
        """Return the clips that go best with a message, as an answer or to underline it, best first.

        Parameters
        ----------
        sentence : the message.
        top : how many at most; None for all.
        seed : draw at random among the clips of the message's emotion instead, always the same ones for a seed.
        filters : which clips are looked at.
        """
        from gifect.library.recommend import recommend

        return recommend(self._engine, sentence, top, seed, filters or Filters())

    def similar(
        self,
        gif: str | os.PathLike[str] | bytes | BinaryIO,
        top: int | None = TOP,
        filters: Filters | None = None,
    ) -> list[Match]:
        """Return the clips that feel most like another, best first.

        Parameters
        ----------
        gif : id or place of an entry, or any clip that ``gifect.read`` takes.
        top : how many at most; None for all.
        filters : which clips are looked at.
        """
        return similar(self._engine, gif, top, filters or Filters())

    def tag(self, name: str, add: Sequence[str] = (), remove: Sequence[str] = ()) -> Entry:
        """Give an entry (id, its beginning, or place) tags and take others away; return it as it is then."""
        id = self._id(name)
        add, remove = ([tag for tag in map(_tag, some) if tag] for some in (add, remove))

        def change(own: Sequence[str], hidden: Sequence[str]) -> tuple[list[str], list[str]]:
            kept = [tag for tag in dict.fromkeys((*own, *add)) if tag not in remove]
            return kept, [tag for tag in dict.fromkeys((*hidden, *remove)) if tag not in add]

        self._store.set_tags(id, change)
        self._push()
        return self._store.entry(id)

    def remove(self, name: str) -> Entry:
        """Remove an entry (id, its beginning, or place), and return it; the file itself stays."""
        entry = self.get(name)
        self._store.remove(entry.id)
        self._push()
        return entry

    def get(self, name: str) -> Entry:
        """Return an entry by its id, the beginning of it, or a place.

        Raises
        ------
        LibraryError
            If there is none, or more than one.
        """
        return self._store.entry(self._id(name))

    def reading(self, name: str) -> Reading:
        """Return the whole reading of an entry (id, its beginning, or place)."""
        return self._store.reading(self._id(name))

    def entries(
        self, filters: Filters | None = None, start: int = 0, count: int | None = None, *, newest_first: bool = False
    ) -> Iterator[Entry]:
        """Yield entries in the order in which they came (or the other way round), ``count`` from ``start`` on."""
        return self._engine.entries(filters or Filters(duplicates=True), start, count, newest_first)

    def count(self, filters: Filters | None = None) -> int:
        """Return how many entries there are."""
        return self._engine.count(filters or Filters(duplicates=True))

    def export(self, path: str | os.PathLike[str], format: str | None = None) -> int:
        """Write all entries to a file or, for ``fiftyone``, a folder, and return how many there are.

        ``format`` is csv, json, parquet, fiftyone or coco; told from the name if not given.
        """
        from gifect.library.export import export_entries

        return export_entries(self.entries(), Path(path), format)

    def stats(self) -> LibraryStats:
        """Return counts of what is in the library."""
        return count_up(self.entries())


def _tag(text: str) -> str:
    return " ".join(text.lower().split())
