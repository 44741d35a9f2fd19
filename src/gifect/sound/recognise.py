"""How a sound feels: windows of its descriptors through the network, and what their scores mean on the circumplex."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np

from gifect.emotions import QUADRANTS, RUSSELL_EIGHT, SECTOR_DEGREES, SPEECH_ANGLES, sector_at
from gifect.errors import ModelError, SoundError
from gifect.models.registry import load_session
from gifect.sound.decode import Sound, Source, load_sound, stretches
from gifect.sound.features import FEATURE_NAMES, HOP_MS, describe, frame_times
from gifect.sound.result import SoundMoment, SoundReading
from gifect.sound.spectra import Array

__all__ = [
    "MODEL_RATE",
    "STEP_MS",
    "WINDOW_MS",
    "circumplex",
    "levelled",
    "listen",
    "listen_through",
    "network_labels",
    "read_sound",
]

MODEL_RATE = 16_000  # Hz, declared by the network that ships
WINDOW_MS = 3000  # of sound that is judged together: about one sentence
STEP_MS = 1500  # from one window to the next
LEAST_FRAMES = 16  # that the network takes; less is lengthened by its last frame
LEVEL = 0.1  # root mean square to which the loud parts are brought
LOUD_PERCENTILE = 95
LEVEL_MS = 40  # over which the level is taken
SILENCE = 2e-5  # level below which a track is silent: less than the last bit of 16
QUIET = 0.1  # of the level, below which a frame does not sound
NEUTRAL_REACH = 0.25  # of neutral from the middle of the circumplex
SILENT = "the sound track is silent: there is nothing in it to read"


@dataclass(frozen=True)
class _Judged:
    """What the network says of windows: middles (W,) in ms, scores (W, K), distance (W,) from what it learnt from (1:
    as far as the farthest hundredth of that), and how much each counts (W,), the share of it that sounds."""

    times: Array
    scores: Array
    distance: Array
    weight: Array


def listen(source: Source) -> SoundReading:
    """Return how the most representative 30 seconds of a sound track feel.

    Parameters
    ----------
    source : path, bytes or seekable binary file object
        A video, or a file of sound alone.

    Raises
    ------
    SoundError
        If there is no sound track, nothing in it can be decoded, or it is silent.
    """
    return read_sound(load_sound(source, rate=MODEL_RATE))


def read_sound(sound: Sound) -> SoundReading:
    """Return how a sound feels; it must have the rate ``MODEL_RATE``.

    The scores are the mean over windows of three seconds, weighted by how much of each sounds.

    Raises
    ------
    SoundError
        If the sound is silent.
    """
    if sound.rate != MODEL_RATE:
        raise SoundError(f"expected sound at {MODEL_RATE} Hz, found {sound.rate}: load it with rate={MODEL_RATE}")
    judged, labels = _judge(sound.samples), network_labels()
    share = judged.weight / judged.weight.sum()
    scores = share @ judged.scores
    quadrants, sectors, (valence, arousal) = circumplex(scores, labels)
    best = int(scores.argmax())
    return SoundReading(
        label=labels[best],
        confidence=_rounded(scores[best]),
        scores=_named(labels, scores),
        quadrant=QUADRANTS[int(quadrants.argmax())],
        quadrants=_named(QUADRANTS, quadrants),
        sector=RUSSELL_EIGHT[int(sectors.argmax())],
        sectors=_named(RUSSELL_EIGHT, sectors),
        valence=_signed(valence),
        arousal=_signed(arousal),
        familiarity=_rounded(2 - float(share @ judged.distance)),
        start_ms=sound.start_ms,
        duration_ms=sound.duration_ms,
        track_ms=max(sound.track_ms, sound.start_ms + sound.duration_ms),
        timeline=_moments(judged, sound.start_ms),
        warnings=list(sound.warnings),
    )


def listen_through(source: Source) -> tuple[list[SoundMoment], list[str]]:
    """Return how a whole track feels from window to window, and what could not be read; silent stretches are left out.

    The track is streamed and judged thirty seconds at a time.

    Raises
    ------
    SoundError
        If there is no sound track, nothing in it can be decoded, or all of it is silent.
    """
    warnings: list[str] = []
    moments: list[SoundMoment] = []
    heard = False
    for sound in stretches(source, MODEL_RATE, warnings):
        heard = True
        if _level(sound.samples) > SILENCE:
            moments += _moments(_judge(sound.samples), sound.start_ms)
    if not moments:
        raise SoundError(SILENT if heard else "nothing of the sound track can be decoded")
    return moments, warnings


def levelled(samples: Array) -> Array:
    """Return a sound without its offset and with its loud parts at one level; a silent one as it is."""
    centred = samples - samples.mean()
    level = _level(centred)
    return np.asarray(centred * (LEVEL / level) if level > SILENCE else centred, np.float32)


def _level(samples: Array) -> float:
    """Return the root mean square that a twentieth of the sound's pieces of 40 ms surpass."""
    size = min(MODEL_RATE * LEVEL_MS // 1000, len(samples))
    pieces = samples[: len(samples) // size * size].reshape(-1, size)
    pieces = pieces - samples.mean()
    return float(np.percentile(np.sqrt((pieces**2).mean(1)), LOUD_PERCENTILE))


def circumplex(scores: Array, labels: tuple[str, ...]) -> tuple[Array, Array, Array]:
    """Return what scores (..., K) of classes say on the circumplex: quadrants (..., 4), sectors (..., 8) and points
    (..., 2), valence and arousal.

    A class counts for the sector that its direction lies in, a quadrant half for each of its two sectors; a quadrant
    is the sum of its sectors. The point is the mean of the classes' directions; neutral lies a quarter from the middle.
    """
    weights = np.zeros((len(labels), len(RUSSELL_EIGHT)), np.float32)
    points = np.zeros((len(labels), 2), np.float32)
    for row, label in enumerate(labels):
        if label in QUADRANTS:
            angle = (QUADRANTS.index(label) + 0.5) * 2 * SECTOR_DEGREES
            weights[row, 2 * QUADRANTS.index(label) : 2 * QUADRANTS.index(label) + 2] = 0.5
        elif label in RUSSELL_EIGHT:
            angle = (RUSSELL_EIGHT.index(label) + 0.5) * SECTOR_DEGREES
            weights[row, RUSSELL_EIGHT.index(label)] = 1
        else:
            angle = SPEECH_ANGLES[label]
            weights[row, RUSSELL_EIGHT.index(sector_at(angle))] = 1
        reach = NEUTRAL_REACH if label == "neutral" else 1.0
        points[row] = reach * math.cos(math.radians(angle)), reach * math.sin(math.radians(angle))
    sectors = scores @ weights
    quadrants = sectors.reshape(*sectors.shape[:-1], len(QUADRANTS), 2).sum(-1)
    return quadrants, sectors, scores @ points


@cache
def network_labels() -> tuple[str, ...]:
    """Return the classes of the network that is loaded, in the order of its scores.

    Raises
    ------
    ModelError
        If it was made for other sound than ``MODEL_RATE``, or names no classes.
    """
    said = load_session("sound").get_modelmeta().custom_metadata_map
    labels = tuple(filter(None, said.get("labels", "").split(",")))
    known = {*SPEECH_ANGLES, *QUADRANTS, *RUSSELL_EIGHT}
    if said.get("rate") != str(MODEL_RATE) or not labels or not known.issuperset(labels):
        raise ModelError(
            f"the network sound is for {said.get('rate')} Hz and the classes {labels}; expected {MODEL_RATE} Hz and "
            "emotions of speech, quadrants or sectors: train it again with gifect train sound"
        )
    return labels


def _judge(samples: Array) -> _Judged:
    """Return what the network says of a sound (N,), window by window."""
    level = _level(samples)
    if level <= SILENCE:
        raise SoundError(SILENT)
    features = describe(levelled(samples), MODEL_RATE)
    loud = features[:, FEATURE_NAMES.index("rms")] > QUIET * LEVEL
    if len(features) < LEAST_FRAMES:
        features = np.pad(features, ((0, LEAST_FRAMES - len(features)), (0, 0)), mode="edge")
    size = min(WINDOW_MS // HOP_MS, len(features))
    starts = np.unique(np.append(np.arange(0, len(features) - size + 1, STEP_MS // HOP_MS), len(features) - size))
    windows = np.stack([features[k : k + size] for k in starts])
    scores, distance = load_session("sound").run(["scores", "distance"], {"features": windows})
    middles = np.array([frame_times(len(features))[k : k + size].mean() for k in starts])
    weight = np.array([loud[k : k + size].mean() + 1e-6 for k in starts], np.float32)
    return _Judged(middles, scores, distance, weight)


def _moments(judged: _Judged, start_ms: int) -> list[SoundMoment]:
    labels = network_labels()
    points = circumplex(judged.scores, labels)[2]
    return [
        SoundMoment(
            ms=start_ms + round(float(ms)), scores=_named(labels, scores), valence=_signed(x), arousal=_signed(y)
        )
        for ms, scores, (x, y) in zip(judged.times, judged.scores, points, strict=True)
    ]


def _rounded(value: float) -> float:
    return round(float(min(max(value, 0.0), 1.0)), 4)


def _signed(value: float) -> float:
    return round(float(min(max(value, -1.0), 1.0)), 4)


def _named(names: tuple[str, ...], values: Array) -> dict[str, float]:
    return {name: _rounded(value) for name, value in zip(names, values, strict=True)}
