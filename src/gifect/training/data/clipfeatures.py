"""The frames of every clip as the shipped networks see them, kept on disk, so that an epoch of a grader takes seconds.

A clip is kept as ``STORED`` evenly spaced frames; a grader of fewer reads one of each segment (TSN), at random in
training. Augmented variants of a clip are made before the networks look, so that all frames change alike.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

import numpy as np

from gifect.faces.layout import LANDMARK_COUNT
from gifect.feeling.cues import face_cues
from gifect.feeling.grade import FACE_SIZE, face_vectors
from gifect.feeling.scene import scene_input
from gifect.media.clip import Clip
from gifect.models.registry import load_session, model_card
from gifect.training.data.augment import Augmentation, augment_clip
from gifect.training.data.clipsets import ClipSet
from gifect.training.data.shared import cache_root
from gifect.training.networks.scene import MAP_CHANNELS, MAP_HEIGHT, MAP_WIDTH

STORED = 12  # frames kept of a clip
SLAB = 256  # encoded clips in memory at a time
FACES = 3  # faces of a frame whose landmarks are kept
KEYPOINT_SPREAD = 0.045  # deviation of a keypoint's Gaussian as a fraction of the frame's longer side
LIP_WEIGHT = 0.3  # of the landmarks around the lips, which lie denser than the others
HEAT_GAIN = 8.0  # of the overlaid Gaussians before the softmax over the map
LIPS = slice(48, 68)


@dataclass
class ClipFeatures:
    """N clips of ``STORED`` frames.

    Attributes
    ----------
    maps : float16 (N, 12, 192, 6, 8), of the scene.
    faces : float32 (N, 12, 295), ``feeling.grade.face_vectors``.
    heat : float32 (N, 12, 6, 8), where the keypoints of faces lie, sum 1 a frame; all 0 in a frame without a face.
    """

    maps: np.ndarray
    faces: np.ndarray
    heat: np.ndarray

    def read(self, rows: np.ndarray, at: np.ndarray) -> dict[str, np.ndarray]:
        """Return what a grader reads of the clips at ``rows`` (B,), of each the stored frames ``at`` (B, T): float32
        maps (B, T, 192, 6, 8) and faces (B, T, 295)."""
        picked = rows[:, None], at
        return {"maps": self.maps[picked].astype(np.float32), "faces": self.faces[picked]}


def prepare_features(
    clips: ClipSet, augmentation: Augmentation | None = None, variant: int = 0, processes: int = 2
) -> ClipFeatures:
    """Return the features of ``clips``; made once for the shipped weights, then read from the cache.

    Parameters
    ----------
    augmentation, variant : to learn from changed clips; each variant draws its own changes.
    """
    named = [model_card(n).sha256 for n in ("detect", "measure", "scene")] + [repr(augmentation), str(variant)]
    base = f"clips-{hashlib.sha256(chr(10).join(named + clips.ids).encode()).hexdigest()[:16]}"
    paths = {k: cache_root() / f"{base}-{k}.npy" for k in ("maps", "faces", "heat")}
    if not paths["heat"].exists():
        count = len(clips)
        shape = (count, STORED, MAP_CHANNELS, MAP_HEIGHT, MAP_WIDTH)
        maps = np.lib.format.open_memmap(paths["maps"], "w+", np.float16, shape)
        faces = np.zeros((count, STORED, FACE_SIZE), np.float32)
        heat = np.zeros((count, STORED, MAP_HEIGHT, MAP_WIDTH), np.float32)
        jobs = ((k, source, augmentation, variant) for k, source in clips.sources())
        with get_context("spawn").Pool(processes) as pool:
            while some := list(islice(jobs, SLAB)):
                for k, (one, two, three) in pool.imap(_features, some, chunksize=8):
                    maps[k], faces[k], heat[k] = one, two, three
        maps.flush()
        np.save(paths["faces"], faces)
        np.save(paths["heat"], heat)
    return ClipFeatures(**{k: np.load(p, mmap_mode="r" if k == "maps" else None) for k, p in paths.items()})


def _features(
    job: tuple[int, bytes | Path, Augmentation | None, int],
) -> tuple[int, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    index, source, augmentation, variant = job
    clip = Clip.open(source)
    if augmentation is not None:
        frames, kept = augment_clip(clip.frames, np.random.default_rng([variant, index]), augmentation)
        clip = Clip.from_frames(frames, clip.delays_ms[kept])
    return index, clip_features(clip)


def clip_features(clip: Clip) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return maps (12, 192, 6, 8), faces (12, 295) and heat (12, 6, 8) of one clip; frames of a shorter clip repeat."""
    seen, looked = face_cues(clip, count=STORED)
    inputs = np.stack([scene_input(clip.frames, int(k)) for k in looked])
    maps = load_session("scene").run(["map"], {"frames": inputs})[0].astype(np.float16)
    faces = face_vectors(seen, looked, clip.width, clip.height)
    points = np.full((len(looked), FACES, LANDMARK_COUNT, 3), np.nan)
    for f, face in enumerate(seen[:FACES]):
        rows = np.searchsorted(looked, face.frames)
        points[rows, f] = face.measures.landmarks / np.array([clip.width, clip.height, 1.0])
    heat = np.stack([keypoint_heat(p, clip.width / clip.height) for p in points])
    back = np.minimum(np.arange(STORED) * len(looked) // STORED, len(looked) - 1)
    return maps[back], faces[back], heat[back]


def keypoint_heat(points: np.ndarray, aspect: float) -> np.ndarray:
    """Return where the keypoints of a frame's faces lie, float32 (6, 8), as KAVAN is to learn to look.

    One Gaussian a keypoint, weighted by its confidence, those around the lips less; overlaid, then a softmax over the
    map. All 0 without a face.

    Parameters
    ----------
    points : (F, 70, 3), x and y as fractions of the frame and confidence; NaN rows are no faces.
    aspect : width / height of the frame.
    """
    known = points[np.isfinite(points[:, 0, 0])]
    if not len(known):
        return np.zeros((MAP_HEIGHT, MAP_WIDTH), np.float32)
    weight = known[..., 2].copy()
    weight[:, LIPS] *= LIP_WEIGHT
    y, x = ((np.arange(n) + 0.5) / n for n in (MAP_HEIGHT, MAP_WIDTH))
    span = np.array([aspect, 1.0]) / max(aspect, 1.0)
    across = (x[None, None] - known[..., 0, None]) * span[0]
    down = (y[None, None] - known[..., 1, None]) * span[1]
    near = np.exp(-0.5 * (down[..., :, None] ** 2 + across[..., None, :] ** 2) / KEYPOINT_SPREAD**2)
    overlay = (weight[..., None, None] * near).sum((0, 1))
    odds = np.exp(HEAT_GAIN * overlay / max(overlay.max(), 1e-6))
    return np.asarray(odds / odds.sum(), np.float32)


def segment_frames(count: int, clips: int, rng: np.random.Generator | None) -> np.ndarray:
    """Return for each of ``clips`` which ``count`` of the stored frames to read, (clips, count): one of each of
    ``count`` equal segments, at random with ``rng``, else the middle one."""
    edges = np.linspace(0, STORED, count + 1)
    share = np.full((clips, count), 0.5) if rng is None else rng.random((clips, count))
    chosen = edges[:-1] + share * (edges[1:] - edges[:-1])
    return np.asarray(np.minimum(chosen.astype(int), STORED - 1))
