"""Clips of the reactions set with what is written in them: as their labelers wrote it down, and as it was read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gifect.captions.engine import Line
from gifect.captions.frames import Look, ReadFrame, Shown, look_for_lines, read_frames
from gifect.media.clip import Clip
from gifect.training.data.shared import cache_root, reactions


@dataclass(frozen=True)
class WrittenClip:
    """One clip.

    Attributes
    ----------
    text : the caption as its labelers wrote it down, in lower case and cut at twelve words; empty without one.
    looks, frames : where lines were found, and what was read there.
    """

    id: str
    text: str
    looks: list[Look]
    frames: list[ReadFrame]


def written_clips(split: str, each: int | None = None) -> list[WrittenClip]:
    """Return clips of a split: ``each`` of those with a caption and as many of those without, drawn by chance, or all.
    They are read once; what was read is kept in the cache."""
    rows = reactions(split, ["id", "text", "mp4"])
    texts = rows["text"].fillna("").astype(str)
    rng, written = np.random.default_rng(0), (texts != "").to_numpy()
    chosen = np.arange(len(rows))
    if each is not None:
        chosen = np.concatenate([rng.permutation(np.flatnonzero(kind))[:each] for kind in (written, ~written)])
    folder = cache_root() / "captions"
    folder.mkdir(exist_ok=True)
    return [_written(str(rows["id"][k]), texts[k], rows["mp4"][k], folder / f"{rows['id'][k]}.json") for k in chosen]


def _written(name: str, text: str, mp4: bytes, path: Path) -> WrittenClip:
    if not path.exists():
        clip = Clip.open(mp4)
        looks = look_for_lines(clip)
        keep(path, looks, read_frames(clip, looks))
    return kept_clip(name, text, path)


def kept_clip(name: str, text: str, path: Path) -> WrittenClip:
    """Return a clip with what ``keep`` wrote down."""
    looks_kept, frames_kept = json.loads(path.read_text())
    return WrittenClip(
        name,
        text,
        [Look(frame, _lines(lines)) for frame, lines in looks_kept],
        [ReadFrame(Shown(*shown), _lines(lines)) for shown, lines in frames_kept],
    )


def keep(path: Path, looks: list[Look], frames: list[ReadFrame]) -> None:
    """Write down what was read in a clip."""
    found = (
        [(look.frame, _plain(look.lines)) for look in looks],
        [((f.shown.frame, f.shown.first, f.shown.last), _plain(f.lines)) for f in frames],
    )
    path.with_suffix(".part").write_text(json.dumps(found))
    path.with_suffix(".part").replace(path)


def _plain(lines: list[Line]) -> list[tuple[list[float], float, str]]:
    return [(np.round(line.box, 5).tolist(), line.confidence, line.text) for line in lines]


def _lines(kept: list[tuple[list[float], float, str]]) -> list[Line]:
    return [Line(np.array(box), confidence, text) for box, confidence, text in kept]
