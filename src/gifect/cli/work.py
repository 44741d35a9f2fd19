"""Reading one clip, in this process or in a worker: what is asked, what comes back."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from gifect.cli.sources import Source
from gifect.errors import ClipError, GifectError
from gifect.feeling.reading import Reading

if TYPE_CHECKING:
    from gifect.cli.pictures import Pictures
    from gifect.feeling.cues import Cues
    from gifect.media.clip import Clip

__all__ = ["Asked", "Outcome", "attempt", "without_landmarks"]


@dataclass(frozen=True)
class Asked:
    """What is wanted of every clip.

    Attributes
    ----------
    landmarks : bool
        The 70 landmarks of each face in the reading.
    every_frame : bool
        Faces looked for in each frame rather than in six.
    actions : str or None
        The recogniser of what people do, if there is to be one.
    captions : bool
        What is written in the frames.
    pictures : bool
        The still pictures that a page shows.
    overlay : Path or None
        Where to write the clip with the reading drawn on it.
    attention : Path or None
        Where to write the clip as bright as it is attended to.
    background : tuple of int
        RGB to show where a clip is transparent.
    """

    landmarks: bool = False
    every_frame: bool = False
    actions: str | None = None
    captions: bool = False
    pictures: bool = False
    overlay: Path | None = None
    attention: Path | None = None
    background: tuple[int, int, int] = (255, 255, 255)


@dataclass(frozen=True)
class Outcome:
    """What became of one source: a reading (with the pictures of it, if asked), or the line that says why not.

    ``fatal`` tells that no other source would fare better, so that there is no sense in going on.
    """

    source: Source
    reading: Reading | None = None
    pictures: Pictures | None = None
    error: str | None = None
    fatal: bool = False


def attempt(source: Source, asked: Asked) -> Outcome:
    """Read one clip and make what is asked of it; whatever happens to it, an outcome comes back."""
    try:
        source = _fetched(source) if asked.pictures else source
        clip, cues, reading = _read(source, asked)
        pictures = None
        if asked.pictures:
            from gifect.cli.pictures import take_pictures

            pictures = take_pictures(clip, reading, cues)
        if asked.overlay is not None:
            _write_overlay(clip, reading, asked.overlay)
        if asked.attention is not None:
            _write_attention(clip, cues, asked.attention)
        return Outcome(source, reading if asked.landmarks else without_landmarks(reading), pictures)
    except ClipError as error:
        return Outcome(source, error=_naming(source, str(error)))
    except GifectError as error:
        return Outcome(source, error=str(error), fatal=True)
    except OSError as error:
        return Outcome(source, error=f"{source.name}: {error}")
    except MemoryError:
        return Outcome(source, error=f"{source.name}: not enough memory")
    except Exception as error:  # a fault of ours in one clip must not cost the other ten thousand
        return Outcome(source, error=f"{source.name}: fault in gifect: {type(error).__name__}: {error}")


def without_landmarks(reading: Reading) -> Reading:
    """Return a reading whose faces carry no landmarks."""
    if not any(sample.landmarks for face in reading.faces for sample in face.samples):
        return reading
    faces = [
        face.model_copy(update={"samples": [sample.model_copy(update={"landmarks": None}) for sample in face.samples]})
        for face in reading.faces
    ]
    return reading.model_copy(update={"faces": faces})


def _read(source: Source, asked: Asked) -> tuple[Clip, Cues, Reading]:
    from gifect.feeling.cues import see
    from gifect.feeling.read import read_cues
    from gifect.media.clip import Clip

    if source.problem:
        raise ClipError(f"{source.name}: {source.problem}")
    clip = replace(Clip.open(source.opened(), background=asked.background), source=source.name)
    cues = see(clip, asked.every_frame, asked.actions, asked.captions)
    return clip, cues, read_cues(clip, cues, landmarks=asked.landmarks or asked.overlay is not None)


def _fetched(source: Source) -> Source:
    """Return a source of the web with its bytes: the page shows the very file that was read."""
    if not source.is_url:
        return source
    from gifect.media.fetch import fetch_url
    from gifect.media.limits import Limits

    return replace(source, data=fetch_url(str(source.place), Limits()))


def _write_overlay(clip: Clip, reading: Reading, path: Path) -> None:
    from gifect.feeling.overlay import draw_overlay
    from gifect.media.write import write_clip

    write_clip(draw_overlay(clip, reading), path)


def _write_attention(clip: Clip, cues: Cues, path: Path) -> None:
    from gifect.feeling.attention import attend, draw_attention
    from gifect.media.write import write_clip

    write_clip(draw_attention(clip, attend(clip, cues)), path)


def _naming(source: Source, message: str) -> str:
    return message if source.name in message else f"{source.name}: {message}"
