"""Grading the seventeen emotions, and what is done by whom: from a few frames, each one vector of its main face and one
map of its scene."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gifect.emotions import CIRCUMPLEX, QUADRANTS, SEVENTEEN
from gifect.faces.layout import ACTION_UNITS, EXPRESSIONS, LEFT_EYE, RIGHT_EYE
from gifect.feeling.cues import Cues, SeenFace
from gifect.media.clip import Clip
from gifect.models.registry import load_session

MEDIA = ("live", "cartoon", "animal", "other")
PEOPLE = 3  # none, one, more
GEOMETRY = 8  # numbers that say where and how a face is held
FACE_SIZE = len(EXPRESSIONS) + 2 + len(ACTION_UNITS) + 1 + GEOMETRY + 256 + 1
SAID = ("intensities", "quadrant", "seven", "acts", "kinds")  # what the network gives
LEAST = 0.08  # intensity of the strongest emotion below which a clip stands in no quadrant
PLACES = np.array([CIRCUMPLEX[e] for e in SEVENTEEN])
NOSE_TIP, LIPS, CORNERS = 30, (62, 66), (60, 64)  # landmarks


@dataclass(frozen=True)
class Grade:
    """What a clip expresses.

    Attributes
    ----------
    intensities : float (17,) in [0, 1], of the scale "not at all" to "as strongly as can be".
    quadrant : of the circumplex, None where no emotion is strong enough to say.
    valence, arousal : in [-1, 1], the mean place of the emotions in the circumplex, each counted by its intensity.
    seven, faceless : float (7,), calibrated probabilities of the seven classes; the latter as if no face were there.
    acts : float (A,) in [0, 1], how likely each of ``actions.acts.ACTS`` is seen.
    medium, people : float (4,) and (3,), how likely each of ``MEDIA``, and none, one or more people; sum 1.
    """

    intensities: np.ndarray
    quadrant: str | None
    valence: float
    arousal: float
    seven: np.ndarray
    faceless: np.ndarray
    acts: np.ndarray
    medium: np.ndarray
    people: np.ndarray


def grade(clip: Clip, cues: Cues) -> Grade:
    """Return the intensities of the seventeen emotions in ``clip`` and its place in the circumplex."""
    session = load_session("grade")
    inputs, _ = grader_inputs(clip, cues, session.get_inputs()[0].shape[1])
    if cues.faces:
        maps, faces = inputs["maps"], inputs["faces"]
        inputs = {"maps": np.concatenate([maps, maps]), "faces": np.concatenate([faces, np.zeros_like(faces)])}
    said = dict(zip(SAID, session.run(SAID, inputs), strict=True))
    intensities, quadrant, acts, kinds = (said[name][0] for name in ("intensities", "quadrant", "acts", "kinds"))
    place = intensities @ PLACES / max(float(intensities.sum()), 1e-6)
    strong = intensities.max() >= LEAST
    return Grade(
        intensities,
        QUADRANTS[int(quadrant.argmax())] if strong else None,
        valence=float(place[0]),
        arousal=float(place[1]),
        seven=said["seven"][0],
        faceless=said["seven"][-1],
        acts=acts,
        medium=kinds[: len(MEDIA)],
        people=kinds[len(MEDIA) :],
    )


def grader_inputs(clip: Clip, cues: Cues, count: int) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return maps (1, ``count``, 192, 6, 8) and faces (1, ``count``, 295) for a grader, and the frames of the clip that
    they are of (``count``,); frames of a shorter clip repeat."""
    back = np.minimum(np.arange(count) * len(cues.scene_frames) // count, len(cues.scene_frames) - 1)
    faces = face_vectors(cues.faces, cues.scene_frames, clip.width, clip.height)
    return {"maps": cues.maps[None, back], "faces": faces[None, back]}, cues.scene_frames[back]


def face_vectors(faces: list[SeenFace], frames: np.ndarray, width: int, height: int) -> np.ndarray:
    """Return what the main face shows in each of ``frames`` (T,) as float32 (T, 295).

    Expression (8), valence and arousal, action units (19), readability, geometry (8), embedding (256), and whether
    the face is there (1 or 0; without it the whole row is 0).
    """
    rows = np.zeros((len(frames), FACE_SIZE), np.float32)
    if faces:
        face = faces[0]
        m = face.measures
        where = _geometry(m.landmarks[..., :2], face.boxes, width, height)
        seen = np.ones((len(m), 1))
        known = np.concatenate([m.expression, m.affect, m.units, m.readable[:, None], where, m.embedding, seen], 1)
        at = {int(k): i for i, k in enumerate(face.frames)}
        for t, k in enumerate(frames):
            if int(k) in at:
                rows[t] = known[at[int(k)]]
    return rows


def _geometry(points: np.ndarray, boxes: np.ndarray, width: int, height: int) -> np.ndarray:
    """Return (N, 8): middle of the face as fractions of the frame, log of its side over the frame's, roll in radians,
    nose beside and below the eyes, opening and width of the mouth, the last four in distances between the eyes."""
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2 / np.array([width, height])
    side = np.sqrt(np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 1), axis=1) / (width * height))
    right, left = points[:, RIGHT_EYE].mean(1), points[:, LEFT_EYE].mean(1)
    across = left - right
    apart = np.maximum(np.linalg.norm(across, axis=1), 1.0)
    unit = across / apart[:, None]
    nose = points[:, NOSE_TIP] - (right + left) / 2
    beside = (nose * unit).sum(1) / apart
    below = (nose[:, 1] * unit[:, 0] - nose[:, 0] * unit[:, 1]) / apart
    opening, spread = (np.linalg.norm(points[:, a] - points[:, b], axis=1) / apart for a, b in (LIPS, CORNERS))
    roll = np.arctan2(across[:, 1], across[:, 0])
    return np.column_stack([middle, np.log(side), roll, beside, below, opening, spread])
