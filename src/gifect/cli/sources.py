"""What the arguments of the command line stand for: files, folders, URLs and standard input."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

__all__ = ["SUFFIXES", "Source", "expand"]

SUFFIXES = (".gif", ".webp", ".apng", ".avif", ".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi")
"""Files of a folder that are read. Single pictures are read when they are named one by one."""

STDIN = "<stdin>"


class _NamedBytes(io.BytesIO):
    def __init__(self, data: bytes, name: str) -> None:
        super().__init__(data)
        self.name = name


@dataclass(frozen=True)
class Source:
    """One clip to read.

    Attributes
    ----------
    name : str
        What it is called in the results; always valid Unicode.
    place : str or Path
        Where it lies: a path or a URL.
    data : bytes or None
        Its bytes, once they are at hand: of standard input, of a URL that a page will show.
    problem : str or None
        Why it cannot even be tried.
    """

    name: str
    place: str | Path
    data: bytes | None = None
    problem: str | None = None

    @property
    def is_url(self) -> bool:
        """Whether it lies on the web."""
        return isinstance(self.place, str) and "://" in self.place

    def opened(self) -> str | Path | BinaryIO:
        """Return what `Clip.open` takes."""
        return self.place if self.data is None else _NamedBytes(self.data, self.name)


def expand(arguments: Iterable[str]) -> list[Source]:
    """Return the clips that the arguments name, each once, folders searched through; nothing is read yet but stdin."""
    sources: dict[str | Path, Source] = {}
    for argument in arguments:
        for source in _of_argument(argument):
            sources.setdefault(source.place, source)
    return list(sources.values())


def _of_argument(argument: str) -> Iterator[Source]:
    if argument == "-":
        yield Source(STDIN, STDIN, data=_read_stdin())
    elif "://" in argument[:12]:
        yield Source(argument, argument)
    elif Path(argument).is_dir():
        yield from _of_folder(argument)
    else:
        yield _of_path(Path(argument))


def _of_path(path: Path, problem: str | None = None) -> Source:
    return Source(os.fsencode(path).decode(errors="replace"), path, problem=problem)


def _of_folder(folder: str) -> Iterator[Source]:
    troubles: list[OSError] = []
    found = False
    for parent, folders, names in os.walk(folder, onerror=troubles.append):
        folders.sort()
        for name in sorted(names):
            if name.lower().endswith(SUFFIXES) and not name.startswith("."):
                found = True
                yield _of_path(Path(parent, name))
    for trouble in troubles:
        yield _of_path(Path(os.fsdecode(trouble.filename or folder)), f"cannot be searched: {trouble.strerror}")
    if not found and not troubles:
        kinds = " ".join(suffix[1:] for suffix in SUFFIXES)
        yield _of_path(Path(folder), f"no clip in this folder (looked for {kinds}; name single pictures one by one)")


def _read_stdin() -> bytes:
    from gifect.media.limits import Limits

    return sys.stdin.buffer.read(int(Limits().file_bytes) + 1)
