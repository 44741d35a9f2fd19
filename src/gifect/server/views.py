"""What pages are made of: the templates, and readings put into the words, shapes and numbers that they show."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from gifect.cli import look
from gifect.cli.glyphs import GLYPHS
from gifect.cli.plots import plot_affect, plot_place, plot_timeline
from gifect.emotions import CIRCUMPLEX, QUADRANT_OF, QUADRANTS, SEVEN, SEVENTEEN
from gifect.feeling.reading import Reading
from gifect.server.readings import KeptReading

__all__ = ["STATIC", "Shown", "render", "show"]

STATIC: Final = Path(__file__).with_name("static")
NEAREST: Final = {
    **dict.fromkeys(("amusement", "excitement", "happiness", "pleasure", "contentment"), "happiness"),
    **dict.fromkeys(("pride", "relief", "satisfaction"), "happiness"),
    **dict.fromkeys(("embarrassment", "guilt", "sadness", "shame"), "sadness"),
    **{name: name for name in ("anger", "contempt", "disgust", "fear", "surprise")},
}
"""Whose colour and sign each of the seventeen has."""

UNITS_SHOWN = 6
NAMED = 0.3  # share of the strongest intensity from which an emotion of the circumplex carries its name
NAME_HEIGHT = 8  # per cent of the circumplex that a name takes


@dataclass(frozen=True)
class FaceShown:
    """One face of a page: its number, picture, what it shows at its peak, and its action units."""

    track: int
    picture: str
    ms: int
    first_ms: int
    last_ms: int
    expression: str
    score: float
    units: list[tuple[str, float]]


@dataclass(frozen=True)
class Shown:
    """A reading as a page shows it; ``played`` is what its script needs."""

    id: str
    base: str
    reading: Reading
    is_video: bool
    is_played: bool
    timeline: Any
    affect: Any
    place: Any
    words: list[dict[str, Any]]
    faces: list[FaceShown]
    attended: list[tuple[int, str]]
    played: dict[str, Any]


def show(kept: KeptReading) -> Shown:
    """Return a kept reading as a page shows it."""
    reading, about = kept.reading, kept.about
    base = f"/api/v1/readings/{kept.id}"
    moments = reading.timeline
    times = [moment.ms for moment in moments] or [0]
    media_type = about["media_type"]
    tracks = {face.track: face for face in reading.faces}
    faces = []
    for told in about["faces"]:
        track = tracks[told["track"]]
        sample = next(sample for sample in track.samples if sample.ms == told["ms"])
        units = look.strongest_units(sample.action_units, UNITS_SHOWN)
        faces.append(
            FaceShown(
                told["track"],
                f"{base}/face-{told['track']}",
                told["ms"],
                track.first_ms,
                track.last_ms,
                told["expression"],
                told["score"],
                units,
            )
        )
    return Shown(
        id=kept.id,
        base=base,
        reading=reading,
        is_video=bool(media_type and media_type.startswith("video")),
        is_played=media_type is not None,
        timeline=plot_timeline(reading),
        affect=plot_affect(reading.faces[0]) if reading.faces else None,
        place=plot_place(reading),
        words=circle_words(reading.intensities or {}),
        faces=faces,
        attended=[(ms, f"{base}/attended-{k}") for k, ms in enumerate(about["attended"])],
        played={
            "media": f"{base}/media",
            "type": media_type,
            "delays": about["delays_ms"],
            "duration": max(reading.duration_ms, 1),
            "peak": reading.peak_ms,
            "names": SEVEN,
            "times": times,
            "scores": [[round(m.scores[n], 3) for n in SEVEN] for m in moments] or [list(reading.scores.values())],
            "slack": (times[-1] - times[0]) / max(len(times) - 1, 1) / 2,
            "faces": [
                {"expression": look.best(f.scores), "samples": [[s.ms, *s.box] for s in f.samples]}
                for f in reading.faces
                if f.samples
            ],
            "attended": about["attended"],
            "masks": about["masks"],
        },
    )


def circle_words(intensities: dict[str, float]) -> list[dict[str, Any]]:
    """Return the seventeen emotions at their places of the circumplex, in per cent from the left and the top, weakest
    first; the strongest are named where no stronger one is close."""
    strongest = max(intensities.values(), default=0) or 1
    words: list[dict[str, Any]] = []
    for name, value in sorted(intensities.items(), key=lambda item: -item[1]):
        x, y = 50 + 44 * CIRCUMPLEX[name][0], 50 - 44 * CIRCUMPLEX[name][1]
        close = any(word["named"] and abs(word["y"] - y) < NAME_HEIGHT for word in words)
        named = value / strongest >= NAMED and not close
        word = {"name": name, "x": round(x, 1), "y": round(y, 1), "share": round(value / strongest, 2), "named": named}
        words.append(word)
    return words[::-1]


@cache
def version_of(name: str) -> str:
    """Return a sign of what is in a static file, so that browsers may keep it for good."""
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def static(name: str) -> str:
    """Return the address of a static file."""
    return f"/static/{name}?v={version_of(name)}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("gifect.server", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        GLYPHS={name: Markup(drawing) for name, drawing in GLYPHS.items()},
        COLOURS=look.COLOURS,
        SEVEN=SEVEN,
        SEVENTEEN=SEVENTEEN,
        QUADRANTS=QUADRANTS,
        QUADRANT_OF=QUADRANT_OF,
        NEAREST=NEAREST,
        static=static,
    )
    environment.filters.update(
        confidence=look.confidence_words,
        face_count=look.face_count,
        percent=look.percent,
        seconds=look.seconds,
        sentence=look.sentence,
        unit_words=look.unit_words,
        thousands=lambda value: f"{value:,}",
        width=lambda value: f"{100 * value:.1f}%",
    )
    return environment


def render(
    request: Request, template: str, *, status: int = 200, headers: dict[str, str] | None = None, **values: Any
) -> HTMLResponse:
    """Return a page."""
    from gifect.server.access import may, person_of
    from gifect.server.problems import Refusal

    try:
        person = person_of(request)
    except Refusal:
        person = None
    settings = request.app.state.house.settings
    roles = [role for role in ("reader", "voter", "labeler", "admin") if person and may(person, role)]
    values |= {
        "path": request.url.path,
        "roles": roles,
        "signed_in": person.name if person else None,
        "asks_tokens": settings.asks_tokens,
    }
    text = _environment().get_template(template).render(values)
    return HTMLResponse(text, status, {"Cache-Control": "no-store", **(headers or {})})
