"""From a clip to its ``Reading``."""

from __future__ import annotations

import os
from typing import BinaryIO

import numpy as np

from gifect.emotions import EIGHT, SEVEN, SEVEN_OF_EIGHT, SEVENTEEN
from gifect.faces.facs import explain_units
from gifect.faces.layout import ACTION_UNITS
from gifect.feeling.cues import Cues, SeenFace, see
from gifect.feeling.fuse import Verdict, fuse
from gifect.feeling.grade import grade
from gifect.feeling.hear import evidence_of, hear, weigh_sound
from gifect.feeling.precedence import decide_by_action
from gifect.feeling.quote import quote, weigh_captions
from gifect.feeling.reading import Action, Caption, FaceSample, FaceTrack, Moment, Reading, Reason
from gifect.feeling.tags import look_scores, tag_reading
from gifect.media.clip import Clip
from gifect.media.limits import Limits
from gifect.sound.result import SoundReading

QUOTED = 80  # letters of the captions that a reason quotes
FAMILIAR = 0.5  # familiarity of a sound below which its reason says that it counts for little


def read(
    source: str | os.PathLike[str] | bytes | BinaryIO,
    *,
    landmarks: bool = False,
    every_frame: bool = False,
    actions: str | None = None,
    captions: bool = False,
    background: tuple[int, int, int] = (255, 255, 255),
    limits: Limits | None = None,
) -> Reading:
    """Read the feelings in a GIF, WebP, APNG, AVIF, video or picture.

    Parameters
    ----------
    source : path, http(s) URL, bytes, or a binary file object.
    landmarks : give the 70 landmarks of each face sample.
    every_frame : look for faces in each frame instead of six; slower, and the timeline is as fine as the clip.
    actions : recogniser of what people do ("i3d", whose networks are to be at hand); none if not given. Where no face
        can be read, the likeliest action then decides (``feeling.precedence``).
    captions : read what is written in the frames, too, and weigh how the words feel; needs the extra ``captions`` and
        takes longer than all the rest.
    background : what shows through transparent pixels, RGB.
    limits : the largest clip to accept; the defaults of ``Limits`` if not given.

    Raises
    ------
    ClipError
        If nothing can be read, or a limit is passed.
    ModelError
        If ``actions`` is unknown or not at hand.
    MissingExtraError
        If ``captions`` are to be read and rapidocr is not installed.
    """
    clip = Clip.open(source, background=background, limits=limits or Limits())
    return read_clip(clip, landmarks=landmarks, every_frame=every_frame, actions=actions, captions=captions)


def read_clip(
    clip: Clip,
    *,
    landmarks: bool = False,
    every_frame: bool = False,
    actions: str | None = None,
    captions: bool = False,
) -> Reading:
    """Read the feelings in an opened clip; see ``read``."""
    return read_cues(clip, see(clip, every_frame, actions, captions), landmarks=landmarks)


def read_cues(clip: Clip, cues: Cues, *, landmarks: bool = False) -> Reading:
    """Read the feelings in a clip of which all ``cues`` have been seen; see ``read``."""
    heard, troubles = hear(clip)
    verdict, graded = fuse(clip, cues), grade(clip, cues)
    if cues.actions and not cues.faces:
        verdict = decide_by_action(verdict, cues.actions)
    verdict = weigh_captions(verdict, cues.captions)
    verdict = weigh_sound(verdict, clip, heard)
    starts = clip.starts_ms
    best = int(verdict.scores.argmax())
    moments = [
        Moment(ms=int(starts[k]), scores=_named(SEVEN, m)) for k, m in zip(verdict.times, verdict.moments, strict=True)
    ]
    peak = int(verdict.moments[:, best].argmax())
    reading = Reading(
        source=clip.source,
        frames=clip.frame_count,
        duration_ms=clip.duration_ms,
        width=clip.width,
        height=clip.height,
        loops=clip.loops,
        emotion=SEVEN[best],
        confidence=_rounded(verdict.scores[best]),
        scores=_named(SEVEN, verdict.scores),
        intensities=_named(SEVENTEEN, graded.intensities),
        quadrant=graded.quadrant,
        valence=round(graded.valence, 4),
        arousal=round(graded.arousal, 4),
        peak_ms=moments[peak].ms,
        timeline=moments,
        faces=[_track(n, face, starts, landmarks) for n, face in enumerate(cues.faces)],
        actions=[Action(name=a.name, score=_rounded(a.score), recogniser=a.recogniser) for a in cues.actions],
        captions=[
            Caption(text=c.text, first_ms=int(starts[c.first]), last_ms=int(starts[c.last]), confidence=c.confidence)
            for c in cues.captions
        ],
        sound=heard,
        reasons=_reasons(clip, cues, heard, verdict, best),
        warnings=[*clip.warnings, *troubles],
    )
    return tag_reading(reading, look_scores(cues, clip.width * clip.height))


def _rounded(value: float) -> float:
    return round(float(min(max(value, 0.0), 1.0)), 4)


def _named(names: tuple[str, ...], values: np.ndarray) -> dict[str, float]:
    return {n: _rounded(v) for n, v in zip(names, values, strict=True)}


def _units(values: np.ndarray) -> dict[str, float]:
    return {f"AU{u}": _rounded(v) for u, v in zip(ACTION_UNITS, values, strict=True)}


def _track(number: int, face: SeenFace, starts: np.ndarray, landmarks: bool) -> FaceTrack:
    m = face.measures
    share = (0.05 + m.readable) / (0.05 + m.readable).sum()
    samples = [
        FaceSample(
            ms=int(starts[k]),
            box=tuple(round(float(x), 1) for x in face.boxes[i]),
            confidence=_rounded(face.confidences[i]),
            readable=_rounded(m.readable[i]),
            scores=_named(EIGHT, face.expression[i]),
            valence=round(float(m.affect[i, 0]), 4),
            arousal=_rounded(m.affect[i, 1]),
            action_units=_units(face.units[i]),
            landmarks=[(round(float(x), 1), round(float(y), 1), _rounded(c)) for x, y, c in m.landmarks[i]]
            if landmarks
            else None,
        )
        for i, k in enumerate(face.frames)
    ]
    return FaceTrack(
        track=number,
        first_ms=samples[0].ms,
        last_ms=samples[-1].ms,
        scores=_named(EIGHT, share @ face.expression),
        action_units=_units(share @ face.units),
        samples=samples,
    )


def _reasons(clip: Clip, cues: Cues, heard: SoundReading | None, verdict: Verdict, best: int) -> list[Reason]:
    """Return what the decision rests on, weightiest first: a cue weighs what the score would lose without it."""
    emotion = SEVEN[best]
    losses = {
        "face": max(float(verdict.scores[best] - verdict.without_face[best]), 0.0) if cues.faces else 0.0,
        "scene": max(float(verdict.scores[best] - verdict.without_scene[best]), 0.0),
        "caption": max(float(verdict.scores[best] - verdict.without_caption[best]), 0.0),
        "sound": max(float(verdict.scores[best] - verdict.without_sound[best]), 0.0),
    }
    total = sum(losses.values())
    first = "face" if cues.faces else "scene"
    shares = {k: v / total if total > 0 else float(k == first) for k, v in losses.items()}
    reasons = [_face_reason(clip, cues, shares["face"], emotion)] if cues.faces else []
    alone = verdict.without_face
    said = f"the scene and its motion alone would say {SEVEN[int(alone.argmax())]} ({alone.max():.0%})"
    if cues.actions:
        reasons.append(_action_reason(cues))
        shares["scene"] *= bool(cues.faces)
    elif not cues.faces:
        said = "no face can be read; the scene and its motion decide"
    reasons.append(Reason(cue="scene", text=said, emotion=SEVEN[int(alone.argmax())], weight=_rounded(shares["scene"])))
    if reason := _caption_reason(clip, cues, shares["caption"]):
        reasons.append(reason)
    if heard:
        reasons.append(_sound_reason(heard, shares["sound"]))
    return sorted(reasons, key=lambda r: -r.weight)


def _action_reason(cues: Cues) -> Reason:
    likeliest = cues.actions[0]
    text = f"what is done is most like {likeliest.name} ({likeliest.score:.0%}), which shows {likeliest.emotion}"
    end = "a face can be read and comes first" if cues.faces else "no face can be read, so the action decides"
    return Reason(cue="action", text=f"{text}; {end}", emotion=likeliest.emotion, weight=0.0 if cues.faces else 1.0)


def _face_reason(clip: Clip, cues: Cues, share: float, emotion: str) -> Reason:
    main = cues.faces[0]
    wanted = [k for k, name in enumerate(EIGHT) if SEVEN_OF_EIGHT[name] == emotion]
    peak = int(main.expression[:, wanted].sum(1).argmax())
    mean = main.expression.mean(0)
    shown = EIGHT[int(mean.argmax())]
    units = {f"AU{u}": float(v) for u, v in zip(ACTION_UNITS, main.units[peak], strict=True)}
    side = main.measures.sides[peak]
    for unit, value in zip((12, 14), side, strict=True):
        units[f"AU{unit}R" if value > 0 else f"AU{unit}L"] = abs(float(value))
    text = f"the main face, seen in {len(main.frames)} of {len(cues.looked)} frames, shows {shown} ({mean.max():.0%})"
    words = explain_units(units, shown)
    return Reason(
        cue="face",
        text=f"{text}: {words}" if words else text,
        emotion=SEVEN_OF_EIGHT[shown],
        weight=_rounded(share),
        ms=int(clip.starts_ms[main.frames[peak]]),
    )


def _caption_reason(clip: Clip, cues: Cues, share: float) -> Reason | None:
    said = quote(cues.captions)
    if said is None:
        return None
    words = said[0].text if len(said[0].text) <= QUOTED else f"{said[0].text[: QUOTED - 1]}…"
    text = f'the caption "{words}" reads like {said[0].emotion} ({said[0].confidence:.0%})'
    first = int(clip.starts_ms[cues.captions[0].first])
    return Reason(cue="caption", text=text, emotion=said[0].emotion, weight=_rounded(share), ms=first)


def _sound_reason(heard: SoundReading, share: float) -> Reason:
    text = f"the sound track sounds like {heard.label} ({heard.confidence:.0%}), {heard.sector}"
    if heard.familiarity < FAMILIAR:
        text += "; it is unlike the speech that the network learnt from and counts for little"
    loudest = max(heard.timeline, key=lambda moment: moment.scores[heard.label])
    emotion = SEVEN[int(evidence_of(heard.scores, heard.quadrants).argmax())]
    return Reason(cue="sound", text=text, emotion=emotion, weight=_rounded(share), ms=loudest.ms)
