"""The GIFs that can be shown under their names: those of a folder, and those of the library."""

from __future__ import annotations

import hashlib
import threading
import time
from pathlib import Path
from typing import Final

from gifect.server.problems import Refusal
from gifect.server.workers import PATIENT, Pool, Task

__all__ = ["MEDIA_TYPES", "Gallery"]

MEDIA_TYPES: Final = {
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".apng": "image/apng",
    ".png": "image/png",
    ".avif": "image/avif",
    ".mp4": "video/mp4",
    ".webm": "video/webm",
}
"""What browsers play, by the end of a file's name."""

LOOK_AGAIN_S = 30  # for files that are new


class Gallery:
    """Files by name: the path below the folder, or its last part without its ending where that is unique.

    Parameters
    ----------
    folder : of GIFs, or None.
    stills : where still pictures are kept.
    pool : who makes them.
    """

    def __init__(self, folder: Path | None, stills: Path, pool: Pool) -> None:
        self.folder = folder
        self.stills = stills
        self.pool = pool
        self.files: dict[str, Path] = {}
        self.short: dict[str, Path | None] = {}
        self.looked = float("-inf")
        self.lock = threading.Lock()
        stills.mkdir(parents=True, exist_ok=True)

    def look(self, *, now: bool = False) -> None:
        """Look for files that are new or gone, if that was not done a moment ago."""
        with self.lock:
            if self.folder is None or (not now and time.monotonic() - self.looked < LOOK_AGAIN_S):
                return
            files, short = {}, dict[str, Path | None]()
            for path in sorted(self.folder.rglob("*")):
                inner = path.relative_to(self.folder)
                hidden = any(part.startswith(".") for part in inner.parts)
                if path.suffix.lower() in MEDIA_TYPES and not hidden and path.is_file():
                    files[inner.as_posix()] = path
                    short[path.stem] = None if path.stem in short else path
            self.files, self.short, self.looked = files, short, time.monotonic()

    def names(self) -> list[str]:
        """Return the names of all files, in order."""
        self.look()
        return list(self.files)

    def shown(self) -> set[str]:
        """Return all names under which something can be shown."""
        self.look()
        return set(self.files) | {stem for stem, path in self.short.items() if path}

    def find(self, name: str) -> Path:
        """Return the file of a GIF.

        Raises
        ------
        Refusal
            404 if there is none.
        """
        self.look()
        path = self.files.get(name) or self.short.get(name)
        if path is None:
            raise Refusal(404, "no file of this GIF is at hand")
        return path

    async def still(self, path: Path) -> Path:
        """Return a small still picture of a file, made when it is first asked for.

        Raises
        ------
        Refusal
            If the file cannot be read.
        """
        try:
            about = path.stat()
        except OSError as error:
            raise Refusal(404, "no file of this GIF is at hand") from error
        key = hashlib.sha256(f"{path}\0{about.st_mtime_ns}\0{about.st_size}".encode()).hexdigest()[:32]
        target = self.stills / f"{key}.jpg"
        if not target.is_file():
            await self.pool.run(Task("still", path, path.name, target), PATIENT)
        return target
