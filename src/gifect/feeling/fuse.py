"""Weighing the cues: from what was seen to seven classes, over the clip and over time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gifect.feeling.cues import Cues, face_statistics
from gifect.feeling.scene import pool_scene
from gifect.media.clip import Clip
from gifect.models.registry import load_session

MOMENT_MS = 250.0  # deviation of the weights with which samples count for one moment of the timeline


@dataclass(frozen=True)
class Verdict:
    """What the fusion says.

    Attributes
    ----------
    scores : float (7,), calibrated probabilities of the seven classes.
    without_face, without_scene, without_caption, without_sound : the same, had that cue been missing.
    times : int (L,), frames of the timeline; moments : float (L, 7), the scores at each.
    """

    scores: np.ndarray
    without_face: np.ndarray
    without_scene: np.ndarray
    without_caption: np.ndarray
    without_sound: np.ndarray
    times: np.ndarray
    moments: np.ndarray


def fuse(clip: Clip, cues: Cues) -> Verdict:
    """Return what all ``cues`` of ``clip`` say together, and how it changes over the clip; captions and sound come
    after.

    For a moment of the timeline the samples of each face count the less the farther off they are in time, and the
    scene is that of the whole clip mixed half and half with the nearest frames.
    """
    area, looked = clip.width * clip.height, len(cues.looked)
    starts = clip.starts_ms.astype(float)
    whole = face_statistics(cues.faces, looked, area)
    nobody = np.zeros_like(whole)
    scene = pool_scene(cues.scene)
    scenes, faces, seen = [scene, scene, np.zeros_like(scene)], [whole, nobody, whole], [1.0, 1.0, 0.0]
    for k in cues.looked:
        near = [_nearness(starts[f.frames], starts[k]) for f in cues.faces]
        present = [(f, w) for f, w in zip(cues.faces, near, strict=True) if w.max() > 0.1]
        faces.append(face_statistics([f for f, _ in present], looked, area, [w for _, w in present]))
        weight = _nearness(starts[cues.scene_frames], starts[k]) + 1e-6
        local = np.concatenate([weight @ cues.scene / weight.sum(), scene[len(scene) // 2 :]])
        scenes.append((scene + local) / 2)
        seen.append(1.0)
    scores = load_session("fuse").run(
        ["scores"],
        {
            "scene": np.asarray(scenes, np.float32),
            "face": np.asarray(faces, np.float32),
            "scene_seen": np.asarray(seen, np.float32)[:, None],
        },
    )[0]
    return Verdict(scores[0], scores[1], scores[2], scores[0], scores[0], cues.looked, scores[3:])


def _nearness(times: np.ndarray, now: float) -> np.ndarray:
    return np.asarray(np.exp(-0.5 * ((times - now) / MOMENT_MS) ** 2))
