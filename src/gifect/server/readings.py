"""Readings that are kept with their clips and pictures: a folder each, under a name that nobody can guess."""

from __future__ import annotations

import asyncio
import json
import os
import re
import secrets
import shutil
import threading
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gifect.feeling.reading import Reading
from gifect.server.problems import Refusal
from gifect.server.settings import Caps
from gifect.server.workers import HURRIED, Pool, Task

__all__ = ["Asked", "KeptReading", "ReadingStore", "safe_name", "take_over"]

NAME: Final = re.compile(r"[A-Za-z0-9_-]{16}")
PICTURE: Final = re.compile(r"poster|thumb|face-\d{1,3}|attended-\d{1,3}")
UNSAFE: Final = re.compile(r"[^\w.()\[\] +-]", re.UNICODE)


@dataclass(frozen=True)
class Asked:
    """What is wanted of a reading: faces in each frame, the 70 landmarks, words in the frames."""

    every_frame: bool = False
    landmarks: bool = False
    captions: bool = False


PLAIN: Final = Asked()


@dataclass(frozen=True)
class KeptReading:
    """A reading with what a page shows of it.

    Attributes
    ----------
    id : its unguessable name.
    text : the reading as JSON, as it was written.
    about : media type, delays, pictures of faces, masks of attention.
    folder : where clip and pictures lie.
    """

    id: str
    text: str
    about: dict[str, Any]
    folder: Path

    @property
    def reading(self) -> Reading:
        """The reading itself."""
        return Reading.from_json(self.text)

    @property
    def clip(self) -> Path:
        """The file that was read, byte for byte."""
        return self.folder / "clip"


class ReadingStore:
    """Readings in a folder; when there are too many, the oldest go.

    Parameters
    ----------
    folder : of all readings.
    pool : who reads.
    caps : how many are kept.
    """

    def __init__(self, folder: Path, pool: Pool, caps: Caps) -> None:
        self.folder = folder
        self.pool = pool
        self.caps = caps
        self.lock = threading.Lock()
        self.sizes: OrderedDict[str, int] = OrderedDict()
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(".new-*"):
            shutil.rmtree(left, ignore_errors=True)
        for kept in sorted((p for p in folder.iterdir() if NAME.fullmatch(p.name)), key=lambda p: p.stat().st_mtime):
            self.sizes[kept.name] = _size(kept)

    async def read(self, file: Path, name: str, asked: Asked = PLAIN, priority: int = HURRIED) -> KeptReading:
        """Read a clip and keep it; ``file`` itself stays where it is.

        Raises
        ------
        Refusal
            If it cannot be read.
        """
        number = secrets.token_urlsafe(12)
        folder = self.folder / f".new-{number}"
        folder.mkdir()
        try:
            clip = folder / "clip"
            await asyncio.to_thread(take_over, file, clip)
            task = Task("read", clip, name, folder, asked.every_frame, asked.landmarks, asked.captions)
            await self.pool.run(task, priority)
            folder.replace(self.folder / number)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        with self.lock:
            self.sizes[number] = _size(self.folder / number)
        self._drop_old()
        return self.get(number)

    def get(self, number: str) -> KeptReading:
        """Return a reading.

        Raises
        ------
        Refusal
            404 if there is none of this name.
        """
        if NAME.fullmatch(number):
            folder = self.folder / number
            try:
                text = (folder / "reading.json").read_text(encoding="utf-8")
                about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
                return KeptReading(number, text, about, folder)
            except OSError:
                pass
        raise Refusal(404, "there is no such reading; old ones make room for new ones")

    def picture(self, number: str, name: str) -> Path:
        """Return where a picture of a reading lies: poster, thumb, face-N or attended-N.

        Raises
        ------
        Refusal
            404 if there is none.
        """
        path = self.folder / number / f"{name}.jpg"
        if NAME.fullmatch(number) and PICTURE.fullmatch(name) and path.is_file():
            return path
        raise Refusal(404, "there is no such picture")

    def remove(self, number: str) -> None:
        """Remove a reading with its clip.

        Raises
        ------
        Refusal
            404 if there is none.
        """
        self.get(number)
        with self.lock:
            self.sizes.pop(number, None)
        shutil.rmtree(self.folder / number, ignore_errors=True)

    def _drop_old(self) -> None:
        with self.lock:
            total, old = sum(self.sizes.values()), []
            while self.sizes and (len(self.sizes) > self.caps.kept_readings or total > self.caps.kept_bytes):
                number, size = self.sizes.popitem(last=False)
                total -= size
                old.append(number)
        for number in old:
            shutil.rmtree(self.folder / number, ignore_errors=True)


def take_over(file: Path, target: Path) -> None:
    """Give a file a second name, or copy it where that cannot be: if we are killed, the first name is still there."""
    try:
        os.link(file, target)
    except OSError:
        shutil.copyfile(file, target)


def safe_name(given: str | None) -> str:
    """Return the last part of a file's name without what could be a path, a command or another line."""
    last = (given or "").replace("\\", "/").rsplit("/", 1)[-1]
    return UNSAFE.sub("_", last).strip(" .")[-80:] or "clip"


def _size(folder: Path) -> int:
    return sum(entry.stat().st_size for entry in folder.iterdir())
