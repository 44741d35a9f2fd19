"""Downloading candidates and screening files: what cannot be read, does not move, is a card, or is there already."""

from __future__ import annotations

import csv
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from gifect.collect.candidates import Candidate
from gifect.errors import ClipError, CollectError
from gifect.media.clip import Clip
from gifect.media.fetch import fetch_url
from gifect.media.likeness import HASH_BITS, NEAR, SAME_TONE, TONES, clip_hash, clip_tones
from gifect.media.limits import Limits

__all__ = ["Finding", "Screen", "clean_folder", "download", "is_card", "screen_folder"]

LOG, MOVED = "downloads.jsonl", "moved.csv"
CARD_SIDE = 96  # pixels of the picture in which a card is looked for
COLOUR_STEP = 16  # levels of 256 that count as one colour
PLAIN = 0.6  # least share of a card that has its colour ...
FRAMED = 0.9  # ... and of its border
MOVING = 0.003  # largest share of a card that changes
ENDINGS = (".gif", ".webp", ".apng", ".png", ".avif", ".mp4", ".webm")


@dataclass(frozen=True)
class Finding:
    """What became of a clip: ``kept``, ``gone`` (not to be had), ``broken``, ``placeholder`` (a card that stands for
    what was taken away), ``still`` or ``duplicate``; ``why`` is the error, or the name of the clip that it repeats."""

    name: str
    state: str
    why: str = ""


def is_card(clip: Clip) -> bool:
    """Whether a clip is a card, such as "content not available": words or a sign on one plain colour, hardly moving."""
    small = np.stack([_small(clip.frames[k]) for k in sorted({0, clip.frame_count // 2, clip.frame_count - 1})])
    levels = small // COLOUR_STEP
    codes = (levels * (1, 64, 4096)).sum(-1)
    values, counts = np.unique(codes[0], return_counts=True)
    plain = counts.max() / codes[0].size
    moving = (np.abs(small - small[0]) > COLOUR_STEP).any(-1).mean((1, 2)).max()
    border = np.concatenate([codes[0][0], codes[0][-1], codes[0][:, 0], codes[0][:, -1]])
    framed = (border == values[counts.argmax()]).mean()
    return bool(plain >= PLAIN and framed >= FRAMED and moving <= MOVING)


def _small(frame: NDArray[np.uint8]) -> NDArray[np.int64]:
    return cv2.resize(frame, (CARD_SIDE, CARD_SIDE), interpolation=cv2.INTER_AREA).astype(np.int64)


class Screen:
    """Looks at clips one after another and remembers those it kept.

    Parameters
    ----------
    limits : what a clip may cost.
    placeholders : clips that stand for what was taken away; whatever looks like one of them is one.
    """

    def __init__(self, limits: Limits | None = None, placeholders: Iterable[Clip] = ()) -> None:
        self.limits = limits or Limits()
        self.placeholders = [clip_hash(clip) for clip in placeholders]
        self.names: list[str] = []
        self.hashes = np.zeros((0, HASH_BITS), bool)
        self.tones = np.zeros((0, TONES), np.int64)

    def look(self, name: str, data: bytes) -> Finding:
        """Return whether the clip in ``data`` is kept, and why not."""
        try:
            clip = Clip.open(data, limits=self.limits)
        except ClipError as error:
            return Finding(name, "broken", str(error))
        own = clip_hash(clip)
        if is_card(clip) or any((own != known).mean() <= NEAR for known in self.placeholders):
            return Finding(name, "placeholder", "a card of words or a sign on one colour")
        if clip.frame_count < 2 or not (clip.frames[1:] != clip.frames[0]).any():
            return Finding(name, "still", f"{clip.frame_count} frames, all alike")
        tones = clip_tones(clip)
        # plain pictures have few edges to differ in
        apart = np.where(np.abs(self.tones - tones).mean(1) <= SAME_TONE, (self.hashes != own).mean(1), 1.0)
        if len(apart) and apart.min() <= NEAR:
            return Finding(name, "duplicate", self.names[int(np.argmin(apart))])
        self.names.append(name)
        self.hashes = np.concatenate([self.hashes, own[None]])
        self.tones = np.concatenate([self.tones, tones[None]])
        return Finding(name, "kept")


def screen_folder(
    folder: Path, limits: Limits | None = None, placeholders: Iterable[Clip] = (), ignored: Path | None = None
) -> Iterator[Finding]:
    """Yield what is found of each clip file of a folder and those below, by name; nothing is changed.

    Parameters
    ----------
    folder : where to look.
    limits, placeholders : as of `Screen`.
    ignored : a folder below that is left out.

    Raises
    ------
    CollectError
        If there is no such folder.
    """
    if not folder.is_dir():
        raise CollectError(f"{folder}: no folder")
    screen = Screen(limits, placeholders)
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in ENDINGS and path.is_file() and not (ignored and path.is_relative_to(ignored)):
            yield screen.look(path.relative_to(folder).as_posix(), path.read_bytes())


def clean_folder(
    folder: Path, aside: Path, limits: Limits | None = None, placeholders: Iterable[Clip] = ()
) -> Iterator[Finding]:
    """Move what a screen does not keep to ``aside``, a folder for each reason, and yield what is found of each file.

    Nothing is deleted or written over; ``aside/moved.csv`` tells what was moved and why.

    Raises
    ------
    CollectError
        If there is no such folder.
    """
    table = aside / MOVED
    for found in screen_folder(folder, limits, placeholders, ignored=aside):
        if found.state != "kept":
            target = _free(aside / found.state / found.name)
            target.parent.mkdir(parents=True, exist_ok=True)
            is_new = not table.exists()
            with table.open("a", newline="", encoding="utf-8") as file:
                writer = csv.writer(file, lineterminator="\n")
                if is_new:
                    writer.writerow(("file", "state", "why", "moved_to"))
                writer.writerow((found.name, found.state, found.why, target.relative_to(aside).as_posix()))
            shutil.move(folder / found.name, target)
        yield found


def _free(path: Path) -> Path:
    """Return a path at which nothing lies: this one, or one with a number."""
    return next(p for k in count() if not (p := path.with_stem(f"{path.stem}-{k}") if k else path).exists())


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
