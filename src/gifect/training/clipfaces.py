"""What the shipped detector and measuring network see in the clips of the reactions set, for the fusion to learn on."""

from __future__ import annotations

from multiprocessing import get_context

import numpy as np

from gifect.feeling.cues import face_cues, face_statistics
from gifect.media.clip import Clip
from gifect.models.registry import model_card
from gifect.training.data.shared import cache_root, iterate_clips


def clip_statistics(split: str, processes: int = 2) -> np.ndarray:
    """Return the face statistics (N, F) of all clips of ``split``; cached for the weights that made them."""
    versions = "-".join(model_card(n).sha256[:8] for n in ("detect", "measure"))
    path = cache_root() / f"clip-faces-{split}-{versions}.npy"
    if not path.exists():
        with get_context("spawn").Pool(processes) as pool:
            rows = list(pool.imap(_statistics, (mp4 for _, mp4 in iterate_clips(split)), chunksize=16))
        np.save(path, np.stack(rows))
    return np.asarray(np.load(path))


def _statistics(mp4: bytes) -> np.ndarray:
    clip = Clip.open(mp4)
    faces, looked = face_cues(clip)
    return face_statistics(faces, len(looked), clip.width * clip.height)
