"""The HTML report: one self-contained page for one clip or many.

Each clip's part is rendered as soon as it is read and waits in a temporary file, so that a report of thousands of clips
holds no more in memory than their places; the parts are put in order at the end, by emotion.
"""

from __future__ import annotations

import base64
import hashlib
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote, urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from gifect.cli import look
from gifect.cli.circumplex import draw_circumplex
from gifect.cli.glyphs import GLYPHS
from gifect.cli.pictures import FacePicture, Pictures
from gifect.cli.plots import Affect, Timeline, plot_affect, plot_place, plot_timeline
from gifect.cli.sources import Source
from gifect.emotions import SEVEN
from gifect.feeling.reading import FaceTrack, Reading

__all__ = ["Report"]

CLIP_BYTES = 8 << 20  # of one file that the page will carry
PAGE_BYTES = 64 << 20  # of all files that the page will carry
UNITS_SHOWN = 5


@dataclass(frozen=True)
class FaceView:
    """One face as the page shows it: its picture (a data URI) and what it shows at its peak."""

    track: FaceTrack
    picture: str
    ms: int
    expression: str
    score: float
    units: list[tuple[str, float]]


@dataclass(frozen=True)
class Trail:
    """The boxes of one face: rows of ms, x0, y0, x1, y1."""

    expression: str
    samples: list[list[float]]


@dataclass(frozen=True)
class ClipView:
    """One clip as the page shows it; ``media``, ``poster`` and the other pictures are data URIs."""

    reading: Reading
    anchor: str
    name: str
    where: str
    many: bool
    media: str | None
    is_video: bool
    note: str
    poster: str
    background: str
    timeline: Timeline | None
    affect: Affect | None
    place: tuple[float, float] | None
    circumplex: Markup | None
    faces: list[FaceView]
    attended: list[tuple[int, str]]
    boxes: list[Trail]
    played: dict[str, Any]


@dataclass(frozen=True)
class Entry:
    """Where the parts of one clip lie in the temporary file: its card, then its article."""

    emotion: str
    confidence: float
    start: int
    middle: int
    end: int


@dataclass(frozen=True)
class Share:
    """How many clips have an emotion."""

    emotion: str
    count: int


class Report:
    """A page that grows clip by clip and is written at the end."""

    def __init__(self, background: tuple[int, int, int] = (255, 255, 255), *, many: bool) -> None:
        self.background = "#" + bytes(background).hex()
        self.many = many
        self.spool: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        self.entries: list[Entry] = []
        self.names: list[str] = []
        self.carried = 0

    def add(self, source: Source, reading: Reading, pictures: Pictures) -> None:
        """Add one clip."""
        view = self._view(source, reading, pictures)
        start = self.spool.tell()
        thumb = _uri(pictures.thumb, "image/jpeg")
        if self.many:
            self._write(_part("report.html", "card", view.anchor, view.name, reading, thumb))
        middle = self.spool.tell()
        self._write(_part("report_clip.html", "clip", view))
        self.names.append(view.name)
        self.entries.append(Entry(reading.emotion, reading.confidence, start, middle, self.spool.tell()))

    def write(self, sink: IO[bytes], errors: Sequence[str] = (), *, interrupted: bool = False) -> None:
        """Write the whole page."""
        script = Markup(_environment().get_template("report_script.html").render().strip())
        script_hash = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        title = f"{len(self.entries)} clips" if self.many else "".join(self.names) or "no clip read"
        groups = {name: [entry for entry in self.entries if entry.emotion == name] for name in SEVEN}
        shares = [Share(name, len(group)) for name, group in groups.items() if group] if self.many else []
        now = time.strftime("%Y-%m-%d %H:%M")
        sink.write(_part("report.html", "start", title, self.entries, shares, now, script_hash).encode())
        ordered = [e for group in groups.values() for e in sorted(group, key=lambda entry: -entry.confidence)]
        for share in shares:
            sink.write(_part("report.html", "group_start", share).encode())
            for entry in ordered:
                if entry.emotion == share.emotion:
                    self._copy(sink, entry.start, entry.middle)
            sink.write(_part("report.html", "group_end").encode())
        for entry in ordered:
            self._copy(sink, entry.middle, entry.end)
        sink.write(_part("report.html", "end", list(errors), interrupted, script).encode())

    def close(self) -> None:
        """Drop what waits in the temporary file."""
        self.spool.close()

    def _write(self, text: str) -> None:
        self.spool.write(text.encode())

    def _copy(self, sink: IO[bytes], start: int, end: int) -> None:
        self.spool.seek(start)
        sink.write(self.spool.read(end - start))

    def _view(self, source: Source, reading: Reading, pictures: Pictures) -> ClipView:
        media, note = self._media(source, pictures)
        trails = [_trail(face) for face in reading.faces if face.samples]
        return ClipView(
            reading=reading,
            anchor=f"clip-{len(self.entries) + 1}",
            name=_short(reading.source),
            where=reading.source,
            many=self.many,
            media=media,
            is_video=bool(media and media.startswith("data:video")),
            note=note,
            poster=_uri(pictures.poster, "image/jpeg"),
            background=self.background,
            timeline=plot_timeline(reading),
            affect=plot_affect(reading.faces[0]) if reading.faces else None,
            place=plot_place(reading),
            circumplex=Markup(draw_circumplex(reading.sound, "Sound", inline=True)) if reading.sound else None,
            faces=[_face_view(reading, picture) for picture in pictures.faces],
            attended=[(ms, _uri(jpeg, "image/jpeg")) for ms, jpeg in pictures.attended],
            boxes=trails,
            played=_played(reading, pictures, trails),
        )

    def _media(self, source: Source, pictures: Pictures) -> tuple[str | None, str]:
        """Return the file as a data URI, or None and why it is not on the page."""
        instead = "the frame of the peak is shown instead"
        if pictures.media_type is None:
            return None, f"Browsers do not play this format; {instead}."
        size = len(source.data) if source.data is not None else Path(source.place).stat().st_size
        if size > CLIP_BYTES:
            return None, f"The file has {size / 1e6:.1f} MB, too many to carry along; {instead}."
        if self.carried + size > PAGE_BYTES:
            return None, f"The page carries {self.carried / 1e6:.0f} MB of clips already; {instead}."
        self.carried += size
        data = source.data if source.data is not None else Path(source.place).read_bytes()
        return _uri(data, pictures.media_type), ""


def _played(reading: Reading, pictures: Pictures, trails: Sequence[Trail]) -> dict[str, Any]:
    """Return what the page's script needs to move playhead, marks and boxes with the clip."""
    moments = reading.timeline or []
    times = [moment.ms for moment in moments] or [0]
    return {
        "delays": pictures.delays_ms,
        "duration": max(reading.duration_ms, 1),
        "peak": reading.peak_ms,
        "names": SEVEN,
        "times": times,
        "scores": [[round(m.scores[n], 3) for n in SEVEN] for m in moments] or [list(reading.scores.values())],
        "slack": (times[-1] - times[0]) / max(len(times) - 1, 1) / 2,
        "faces": [{"samples": trail.samples} for trail in trails],
    }


def _trail(face: FaceTrack) -> Trail:
    samples = [[sample.ms, *(round(v, 1) for v in sample.box)] for sample in face.samples]
    return Trail(look.best(face.scores), samples)


def _face_view(reading: Reading, picture: FacePicture) -> FaceView:
    track = next(face for face in reading.faces if face.track == picture.track)
    sample = next(sample for sample in track.samples if sample.ms == picture.ms)
    units = look.strongest_units(sample.action_units, UNITS_SHOWN)
    return FaceView(track, _uri(picture.jpeg, "image/jpeg"), picture.ms, picture.expression, picture.score, units)


def _short(source: str) -> str:
    """Return the last part of a path or URL."""
    if "://" in source:
        parts = urlsplit(source)
        return unquote(parts.path.rstrip("/").rsplit("/", 1)[-1]) or parts.netloc
    return Path(source).name or source


def _uri(data: bytes, kind: str) -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("gifect", "cli"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(COLOURS=look.COLOURS, GLYPHS={name: Markup(drawing) for name, drawing in GLYPHS.items()})
    environment.filters.update(
        confidence=look.confidence_words,
        face_count=look.face_count,
        percent=look.percent,
        seconds=look.seconds,
        sentence=look.sentence,
        unit_words=look.unit_words,
        width=lambda value: f"{100 * value:.1f}%",
    )
    return environment


def _part(template: str, macro: str, *arguments: object) -> str:
    loaded: Template = _environment().get_template(template)
    return str(getattr(loaded.module, macro)(*arguments))
