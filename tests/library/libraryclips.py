"""Clips drawn for the tests of the library, and entries put in by hand where a clip would not show what is tested."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import cv2
import numpy as np

from gifect.emotions import SEVEN, SEVENTEEN
from gifect.feeling.reading import Tag
from gifect.library.results import Entry
from gifect.library.store import Store
from gifect.library.tables import Known
from gifect.media.clip import Clip
from gifect.media.write import write_clip

SAMPLES = Path(__file__).parents[2] / "samples"
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"}


def draw_clip(path: Path, seed: int, side: int = 48, frames: int = 3) -> None:
    """Write a clip of random blots; the same seed gives the same blots at any size."""
    coarse = np.random.default_rng(seed).integers(0, 256, (frames, 6, 6, 3), dtype=np.uint8)
    pictures = [cv2.resize(frame, (side, side), interpolation=cv2.INTER_CUBIC) for frame in coarse]
    write_clip(Clip.from_frames(np.stack(pictures)), path)


def put(
    store: Store,
    source: str,
    *,
    tags: dict[str, float] | None = None,
    captions: tuple[str, ...] = (),
    emotion: str = "neutral",
    **facts: object,
) -> Entry:
    """Write an entry whose reading is given, and return it."""
    weighed = [Tag(name=name, score=score, cue="look", text="") for name, score in (tags or {}).items()]
    strengths = dict.fromkeys(SEVENTEEN, 0.1) | {
        name: float(value)
        for name, value in facts.items()
        if name in SEVENTEEN  # type: ignore[arg-type]
    }
    others = {name: value for name, value in facts.items() if name not in SEVENTEEN}
    plain = {
        "id": hashlib.sha256(source.encode()).hexdigest(),
        "source": source,
        "added": datetime.now(UTC),
        "frames": 10,
        "duration_ms": 1000,
        "width": 320,
        "height": 240,
        "emotion": emotion,
        "confidence": 0.7,
        "scores": {name: 0.7 if name == emotion else 0.05 for name in SEVEN},
        "intensities": strengths,
        "tags": tuple(tags or ()),
        "captions": captions,
    }
    entry = Entry.model_validate(plain | others)
    unlike = np.random.default_rng(int(entry.id[:8], 16)).bytes(24)
    written = store.add(entry, Known(entry.id, 1, 1), unlike, weighed, None)
    assert written is not None
    return written


def command(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run ``gifect`` with arguments."""
    line = [sys.executable, "-m", "gifect", *map(str, arguments)]
    return subprocess.run(line, capture_output=True, text=True, env=ENVIRONMENT, timeout=120, check=False)
