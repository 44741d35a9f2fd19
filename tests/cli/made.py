"""Readings and clips made by hand, for tests of what is drawn and written."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from gifect.emotions import EIGHT, QUADRANTS, RUSSELL_EIGHT, SEVEN, SPEECH_SEVEN
from gifect.faces.layout import ACTION_UNITS
from gifect.feeling.reading import FaceSample, FaceTrack, Moment, Reading, Reason
from gifect.media.clip import Clip
from gifect.sound.result import SoundMoment, SoundReading


def shares(names: tuple[str, ...], weights: dict[str, float]) -> dict[str, float]:
    """Return scores over `names` that sum to 1, in proportion to the weights."""
    total = sum(weights.get(name, 0.02) for name in names)
    return {name: weights.get(name, 0.02) / total for name in names}


def make_clip(frames: int = 12, width: int = 160, height: int = 120, delay_ms: int = 80) -> Clip:
    """Return a clip in which a disc with eyes and mouth moves to the right over a shaded ground."""
    ys, xs = np.mgrid[:height, :width]
    pictures = []
    for k in range(frames):
        picture = np.stack([xs * 120 // width + 90, ys * 90 // height + 100, np.full_like(xs, 150)], axis=-1)
        cx, cy, r = face_at(k, frames, width, height)
        picture[(xs - cx) ** 2 + (ys - cy) ** 2 < r * r] = (244, 205, 150)
        for side in (-1, 1):
            picture[(xs - cx - side * r * 0.4) ** 2 + (ys - cy + r * 0.25) ** 2 < (r * 0.14) ** 2] = (40, 30, 30)
        mouth = ((xs - cx) ** 2 + (ys - cy) ** 2 < (r * 0.65) ** 2) & (ys > cy + r * 0.25)
        picture[mouth] = (150, 40, 50)
        pictures.append(picture)
    return Clip.from_frames(np.stack(pictures).astype(np.uint8), delay_ms, source="made.gif")


def face_at(k: int, frames: int, width: int, height: int) -> tuple[float, float, float]:
    """Return centre and radius of the face in frame `k`."""
    return width * (0.3 + 0.4 * k / max(frames - 1, 1)), height * 0.5, height * 0.3


def make_sound(label: str = "anger", **changes: Any) -> SoundReading:
    """Return how a sound of two windows feels."""
    scores = {name: 0.9 if name == label else 0.02 for name in dict.fromkeys((label, *SPEECH_SEVEN))}
    moments = [SoundMoment(ms=1500 * k, scores=scores, valence=-0.2 * k, arousal=0.7) for k in (1, 2)]
    plain = {
        "label": label,
        "confidence": 0.9,
        "scores": scores,
        "quadrant": "misery-arousal",
        "quadrants": dict.fromkeys(QUADRANTS, 0.25),
        "sector": "tensed",
        "sectors": dict.fromkeys(RUSSELL_EIGHT, 0.125),
        "valence": -0.2,
        "arousal": 0.7,
        "familiarity": 0.9,
        "start_ms": 0,
        "duration_ms": 4500,
        "track_ms": 4500,
        "timeline": moments,
        "warnings": [],
    }
    return SoundReading(**(plain | changes))


def make_reading(
    clip: Clip, emotion: str = "happiness", *, second: str = "surprise", source: str = "made.gif"
) -> Reading:
    """Return a reading of a clip of `make_clip` in which `second` gives way to `emotion`."""
    looked = np.unique(np.linspace(0, clip.frame_count - 1, 6).astype(int))
    moments, samples = [], []
    for k in looked:
        course = (math.sin((k / max(clip.frame_count - 1, 1) - 0.3) * 3) + 1) / 2
        weights = {emotion: 0.1 + 2 * course, second: 0.1 + 1.2 * (1 - course)}
        ms = int(clip.starts_ms[k])
        moments.append(Moment(ms=ms, scores=shares(SEVEN, weights)))
        cx, cy, r = face_at(int(k), clip.frame_count, clip.width, clip.height)
        units = {f"AU{u}": 0.9 * course if u in (6, 12, 25) else 0.05 for u in ACTION_UNITS}
        around = np.arange(70) / 70 * 2 * np.pi
        samples.append(
            FaceSample(
                ms=ms,
                box=(cx - r, cy - r, cx + r, cy + r),
                confidence=0.97,
                readable=0.9,
                scores=shares(EIGHT, weights),
                valence=0.9 * course,
                arousal=0.2 + 0.5 * course,
                action_units=units,
                landmarks=[(cx + 0.8 * r * math.cos(a), cy + 0.8 * r * math.sin(a), 0.9) for a in around],
            )
        )
    peak = max(moments, key=lambda moment: moment.scores[emotion])
    top = max(samples, key=lambda sample: sample.scores[emotion])
    face = FaceTrack(
        track=0,
        first_ms=samples[0].ms,
        last_ms=samples[-1].ms,
        scores=top.scores,
        action_units=top.action_units,
        samples=samples,
    )
    scores = shares(SEVEN, {emotion: 1.4, second: 0.3})
    return Reading(
        source=source,
        frames=clip.frame_count,
        duration_ms=clip.duration_ms,
        width=clip.width,
        height=clip.height,
        loops=clip.loops,
        emotion=emotion,
        confidence=scores[emotion],
        scores=scores,
        peak_ms=peak.ms,
        timeline=moments,
        faces=[face],
        reasons=[
            Reason(
                cue="face",
                text=f"the main face, seen in 6 of 6 frames, shows {emotion} (81%): cheek raiser + lip corner puller",
                emotion=emotion,
                weight=0.8,
                ms=peak.ms,
            ),
            Reason(
                cue="scene", text=f"the scene and its motion alone would say {second} (31%)", emotion=second, weight=0.2
            ),
        ],
    )
