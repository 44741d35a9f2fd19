"""The clips that paths name: files and folders, searched through."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from gifect.library.tables import Known

__all__ = ["SUFFIXES", "find_clips", "look_at", "whole_path"]

SUFFIXES = (".gif", ".webp", ".apng", ".avif", ".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi")
"""Files of a folder that are added. Single pictures are added when they are named one by one."""


def whole_path(path: str | os.PathLike[str]) -> str:
    """Return a path from the root on, links left as they are."""
    return os.path.abspath(path)  # noqa: PTH100


def find_clips(paths: Iterable[str | os.PathLike[str]]) -> list[str]:
    """Return the absolute paths of all clips that ``paths`` name, each once; a path that is not there stays in."""
    found: dict[str, None] = {}
    for path in paths:
        whole = whole_path(path)
        if not Path(whole).is_dir():
            found[whole] = None
            continue
        for parent, folders, names in os.walk(whole):
            folders.sort()
            for name in sorted(names):
                if name.lower().endswith(SUFFIXES) and not name.startswith("."):
                    found[str(Path(parent, name))] = None
    return list(found)


def look_at(source: str, known: Known | None) -> Known:
    """Return id, size and time of a file; it is read only if size or time are not what is known.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    with open(source, "rb") as file:
        state = os.fstat(file.fileno())
        if known is not None and (known.size, known.changed_ns) == (state.st_size, state.st_mtime_ns):
            return known
        return Known(hashlib.file_digest(file, "sha256").hexdigest(), state.st_size, state.st_mtime_ns)
