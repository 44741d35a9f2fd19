"""Downloading candidates and screening files: what cannot be read, does not move, or is there already."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from gifect.collect.candidates import Candidate
from gifect.errors import ClipError, CollectError
from gifect.media.clip import Clip
from gifect.media.fetch import fetch_url
from gifect.media.likeness import HASH_BITS, NEAR, clip_hash
from gifect.media.limits import Limits

__all__ = ["Finding", "Screen", "download", "screen_folder"]

LOG = "downloads.jsonl"
ENDINGS = (".gif", ".webp", ".apng", ".png", ".avif", ".mp4", ".webm")


@dataclass(frozen=True)
class Finding:
    """What became of a clip: ``kept``, ``gone`` (not to be had), ``broken``, ``still`` or ``duplicate``; ``why`` is the
    error, or the name of the clip that it repeats."""

    name: str
    state: str
    why: str = ""


class Screen:
    """Looks at clips one after another and remembers those it kept."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.names: list[str] = []
        self.hashes = np.zeros((0, HASH_BITS), bool)

    def look(self, name: str, data: bytes) -> Finding:
        """Return whether the clip in ``data`` is kept, and why not."""
        try:
            clip = Clip.open(data, limits=self.limits)
        except ClipError as error:
            return Finding(name, "broken", str(error))
        if clip.frame_count < 2 or not (clip.frames[1:] != clip.frames[0]).any():
            return Finding(name, "still", f"{clip.frame_count} frames, all alike")
        own = clip_hash(clip)
        apart = (self.hashes != own).mean(1)
        if len(apart) and apart.min() <= NEAR:
            return Finding(name, "duplicate", self.names[int(np.argmin(apart))])
        self.names.append(name)
        self.hashes = np.concatenate([self.hashes, own[None]])
        return Finding(name, "kept")


def screen_folder(folder: Path, limits: Limits | None = None) -> Iterator[Finding]:
    """Yield what is found of each clip file of a folder and those below, by name; nothing is changed.

    Raises
    ------
    CollectError
        If there is no such folder.
    """
    if not folder.is_dir():
        raise CollectError(f"{folder}: no folder")
    screen = Screen(limits)
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in ENDINGS and path.is_file():
            yield screen.look(path.relative_to(folder).as_posix(), path.read_bytes())


def download(candidates: Iterable[Candidate], folder: Path, limits: Limits | None = None) -> Iterator[Finding]:
    """Download candidates into a folder and yield what is found of each; those kept lie there as ``NAME.gif``.

    What an earlier call has settled, by the log in the folder, is not asked for again; what was not to be had is.
    """
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / LOG
    settled = {}
    if log.exists():
        lines = log.read_bytes()
        os.truncate(log, lines.rfind(b"\n") + 1)  # half a line is what a crash left
        settled = {found.name: found for found in (Finding(**json.loads(line)) for line in log.open("rb"))}
    screen = Screen(limits)
    for name, found in settled.items():
        if found.state == "kept" and (folder / f"{name}.gif").exists():
            screen.look(name, (folder / f"{name}.gif").read_bytes())
    with log.open("ab") as file:
        for candidate in candidates:
            if candidate.key in settled and settled[candidate.key].state != "gone":
                continue
            found = _get(candidate, folder, screen)
            file.write(json.dumps(asdict(found)).encode() + b"\n")
            file.flush()
            yield found


def _get(candidate: Candidate, folder: Path, screen: Screen) -> Finding:
    if "/" in candidate.key or candidate.key.startswith("."):
        return Finding(candidate.key, "broken", "its id cannot be a file's name")
    try:
        data = fetch_url(candidate.url, screen.limits)
    except ClipError as error:
        return Finding(candidate.key, "gone", str(error))
    found = screen.look(candidate.key, data)
    if found.state == "kept":
        part = folder / f".{candidate.key}.part"
        part.write_bytes(data)
        part.replace(folder / f"{candidate.key}.gif")
    return found
