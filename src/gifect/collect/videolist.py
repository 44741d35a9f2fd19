"""Lists of videos: which stretch of which one, and of which class."""

from __future__ import annotations

import csv
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gifect.errors import CollectError

__all__ = ["Wanted", "read_list"]

COLUMNS: Final = {
    "id": ("id", "youtube_id", "video_id", "url"),
    "start": ("start", "time_start", "start_s"),
    "end": ("end", "time_end", "end_s"),
    "label": ("label", "class", "emotion"),
}


@dataclass(frozen=True)
class Wanted:
    """A stretch of a video: ``id`` or address, start and end in seconds (None: to the end), and its class."""

    id: str
    start_s: float = 0.0
    end_s: float | None = None
    label: str = ""

    @property
    def name(self) -> str:
        """Name of its files, such as ``abc_000010_000020``; what no file name should hold is replaced."""
        plain = re.sub(r"[^\w-]+", "-", self.id, flags=re.ASCII).strip("-.")[-60:]
        if plain != self.id:
            plain += f"-{zlib.crc32(self.id.encode()):08x}"
        times = [f"{time:06.0f}" if time == int(time) else f"{time:09.2f}" for time in (self.start_s, self.end_s or 0)]
        return "_".join([plain, *times])

    @property
    def place(self) -> str:
        """Folder and name: what tells it from other rows."""
        return f"{self.folder}/{self.name}"

    @property
    def folder(self) -> str:
        """Name of its class's folder."""
        return re.sub(r"[^\w .()-]+", "-", self.label).strip(" .-") or "clips"


def read_list(path: Path) -> list[Wanted]:
    """Return the rows of a CSV: an id (``id``, ``youtube_id`` or ``url``) and, where it has them, start, end and class.

    Raises
    ------
    CollectError
        If it has no such column, or a time is none; the message names the line.
    """
    with path.open(newline="", encoding="utf-8-sig") as file:
        reader = csv.DictReader(file)
        given = {name.strip().lower(): name for name in reader.fieldnames or ()}
        at = {key: next((given[n] for n in names if n in given), None) for key, names in COLUMNS.items()}
        if at["id"] is None:
            raise CollectError(
                f"{path}: expected a column {', '.join(COLUMNS['id'])}; found {', '.join(given) or 'none'}"
            )
        rows = []
        for row in reader:
            found = {key: (row[name] or "").strip() if name else "" for key, name in at.items()}
            try:
                start, end = float(found["start"] or 0), float(found["end"]) if found["end"] else None
                if not found["id"] or not 0 <= start < (float("inf") if end is None else end):
                    raise ValueError(f"id {found['id']!r} from {start:g} to {end}")
            except ValueError as error:
                raise CollectError(
                    f"{path}, line {reader.line_num}: expected an id, a start and a later end: {error}"
                ) from error
            rows.append(Wanted(found["id"], start, end, found["label"]))
    return list(dict.fromkeys(rows))
