"""Everything seen in a clip, before it is weighed: the faces over time, the scene, what is done."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from gifect.actions.recognise import DoneAction, recognise_actions
from gifect.captions.read import ReadCaption, read_captions
from gifect.faces.detect import FoundFaces, detect_faces
from gifect.faces.layout import ACTION_UNITS, EXPRESSIONS
from gifect.faces.measure import FaceMeasures, measure_faces
from gifect.faces.track import Track, find_cuts, link_faces, prominence, smooth
from gifect.feeling.scene import embed_scene
from gifect.media.clip import Clip
from gifect.media.sample import evenly_spaced
from gifect.media.sample import every_frame as all_frames

FACE_FRAMES = 6  # frames in which faces are looked for, by default
MOST_SAMPLES = 24  # faces measured in one clip, of the most prominent tracks, by default
LEAST_READABLE = 0.15  # mean readability of a track below which it is taken for no face at all
SPREAD_MS = 160.0  # deviation of the weights with which measures of one track are smoothed over time

STATISTICS = len(EXPRESSIONS) + 2 + len(ACTION_UNITS)  # numbers a face: expression, affect, action units


@dataclass(frozen=True)
class SeenFace:
    """One track with its measures, row i for looked-at frame ``frames[i]`` of the clip.

    Attributes
    ----------
    frames : int (N,), indices into the clip.
    boxes : float (N, 4), pixels of the source; confidences : float (N,) of the detector.
    measures : of the N samples, as the network gave them.
    expression, units : float (N, 8) and (N, 19), smoothed over time.
    prominence : how much the face stands out; the main face has the highest.
    """

    frames: np.ndarray
    boxes: np.ndarray
    confidences: np.ndarray
    measures: FaceMeasures
    expression: np.ndarray
    units: np.ndarray
    prominence: float


@dataclass(frozen=True)
class Cues:
    """What was seen: ``faces``, main face first; ``looked`` (L,), the frames in which faces were looked for; ``scene``
    embeddings float (S, 256) and ``maps`` float (S, 192, 6, 8) of the clip's frames ``scene_frames`` (S,);
    ``actions``, likeliest first; ``captions`` in the order of time."""

    faces: list[SeenFace]
    looked: np.ndarray
    scene: np.ndarray
    maps: np.ndarray
    scene_frames: np.ndarray
    actions: list[DoneAction] = field(default_factory=list)
    captions: list[ReadCaption] = field(default_factory=list)


def see(clip: Clip, every_frame: bool = False, actions: str | None = None, captions: bool = False) -> Cues:
    """Return what is to be seen in ``clip``; with ``every_frame`` faces are looked for in each of its frames,
    ``actions`` names the recogniser of what is done, if there is to be one, and with ``captions`` what is written in
    it is read."""
    faces, looked = face_cues(clip, every_frame)
    scene, maps, scene_frames = embed_scene(clip.frames)
    done = recognise_actions(clip, actions) if actions else []
    return Cues(faces, looked, scene, maps, scene_frames, done, read_captions(clip) if captions else [])


def face_cues(clip: Clip, every_frame: bool = False, count: int = FACE_FRAMES) -> tuple[list[SeenFace], np.ndarray]:
    """Return the faces of ``clip``, main face first, and the frames in which they were looked for: ``count`` evenly
    spaced ones or all."""
    looked = all_frames(clip.frame_count) if every_frame else evenly_spaced(clip.frame_count, count)
    frames = clip.frames[looked]
    found = detect_faces(frames)
    tracks = link_faces(found, find_cuts(frames))
    tracks = _most_prominent(tracks, found, clip, MOST_SAMPLES * (len(looked) // FACE_FRAMES + 1))
    return _measured(tracks, found, clip, looked), looked


def _most_prominent(tracks: list[Track], found: list[FoundFaces], clip: Clip, limit: int) -> list[Track]:
    def rank(track: Track) -> float:
        sure = np.array([found[s].scores[f] for s, f in zip(track.steps, track.faces, strict=True)])
        return -prominence(np.array(track.boxes), sure, clip.width, clip.height)

    kept: list[Track] = []
    samples = 0
    for track in sorted(tracks, key=rank):
        if samples + len(track.steps) <= limit or not kept:
            kept.append(track)
            samples += len(track.steps)
    return kept


def _measured(tracks: list[Track], found: list[FoundFaces], clip: Clip, looked: np.ndarray) -> list[SeenFace]:
    if not tracks:
        return []
    boxes = np.concatenate([np.array(t.boxes) for t in tracks])
    at = [looked[s] for t in tracks for s in t.steps]
    measures = measure_faces([clip.frames[k] for k in at], boxes)
    seen, start = [], 0
    for track in tracks:
        part = slice(start, start + len(track.steps))
        start = part.stop
        own = measures.part(part)
        if own.readable.mean() < LEAST_READABLE:
            continue
        frames = looked[track.steps]
        times = clip.starts_ms[frames].astype(float)
        confidences = np.array([found[s].scores[f] for s, f in zip(track.steps, track.faces, strict=True)])
        seen.append(
            SeenFace(
                frames,
                boxes[part],
                confidences,
                own,
                smooth(own.expression, times, SPREAD_MS),
                smooth(own.units, times, SPREAD_MS),
                prominence(boxes[part], own.readable, clip.width, clip.height),
            )
        )
    return sorted(seen, key=lambda f: -f.prominence)


def face_statistics(
    faces: list[SeenFace], looked: int, area: int, weights: list[np.ndarray] | None = None
) -> np.ndarray:
    """Return what the faces of a clip show as one vector, the last entry saying whether there is a face (1 or 0).

    Mean, maximum and deviation over the main face's samples of expression, affect and action units; their mean over
    all faces; the main face's mean embedding; its size, its share of the ``looked`` frames, its readability and the
    number of faces.

    Parameters
    ----------
    area : pixels of a frame.
    weights : for each face the weights (N,) of its samples; all alike if not given.
    """
    size = 4 * STATISTICS + 256 + 5
    if not faces:
        return np.zeros(size, np.float32)
    weights = weights or [np.ones(len(f.frames)) for f in faces]
    rows, shares = [], []
    for face, weight in zip(faces, weights, strict=True):
        m = face.measures
        values = np.concatenate([m.expression, m.affect, m.units], 1)
        share = weight * (0.05 + m.readable)
        rows.append((values, share / share.sum()))
        shares.append(face.prominence * weight.sum() / len(weight))
    values, share = rows[0]
    main = faces[0]
    mean = share @ values
    spread = np.sqrt(np.maximum(share @ (values - mean) ** 2, 0))
    highest = np.where(share[:, None] > 0.05 * share.max(), values, -1).max(0)
    means = np.stack([s @ v for v, s in rows])
    crowd = np.asarray(shares) @ means / sum(shares)
    side = np.sqrt(np.prod(main.boxes[:, 2:] - main.boxes[:, :2], axis=1).mean() / area)
    seen = len(main.frames) / looked, float(main.measures.readable.mean()), np.log(len(faces))
    return np.concatenate([mean, highest, spread, crowd, share @ main.measures.embedding, [side], seen, [1.0]]).astype(
        np.float32
    )
