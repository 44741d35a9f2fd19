"""``gifect read``: clips in, readings out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gifect.cli.errors import UsageError

if TYPE_CHECKING:
    from gifect.cli.sources import Source

__all__ = ["read"]

OVERLAY_SUFFIXES = (".gif", ".webp", ".mp4")
FILES = "Write to files"


def _file(flag: str, words: str) -> Any:
    return typer.Option(flag, metavar="FILE", help=words, rich_help_panel=FILES, show_default=False)


def read(
    paths: Annotated[
        list[str],
        typer.Argument(
            metavar="PATH", help="Files, folders (searched through), URLs, or - for stdin.", show_default=False
        ),
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON: an object for a file, a list for more.")] = False,
    csv: Annotated[Path | None, _file("--csv", "One row a clip, as CSV.")] = None,
    parquet: Annotated[Path | None, _file("--parquet", "One row a clip, as Parquet (needs gifect[library]).")] = None,
    html: Annotated[Path | None, _file("--html", "A self-contained page: clips, plots, faces, reasons.")] = None,
    overlay: Annotated[
        Path | None, _file("--overlay", "The clip with faces and emotions drawn on it (.gif, .webp, .mp4).")
    ] = None,
    attention: Annotated[
        Path | None, _file("--attention", "The clip as bright as the grader attends to it (.gif, .webp, .mp4).")
    ] = None,
    landmarks: Annotated[
        bool, typer.Option("--landmarks", help="Give the 70 landmarks of each face in the JSON.")
    ] = False,
    every_frame: Annotated[
        bool, typer.Option("--every-frame", help="Look for faces in every frame, not six; --overlay does so always.")
    ] = False,
    actions: Annotated[
        str | None,
        typer.Option(
            "--actions",
            metavar="i3d",
            help="Recognise what people do, too; it decides where no face can be read. See `gifect models list`.",
            show_default=False,
        ),
    ] = None,
    captions: Annotated[
        bool,
        typer.Option(
            "--captions", help="Read what is written in the frames, too; its words count (needs gifect[captions])."
        ),
    ] = False,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, metavar="N", help="Processes for many clips.")] = 2,
    background: Annotated[
        str, typer.Option("--background", metavar="#RRGGBB", help="Colour behind transparent clips.")
    ] = "#ffffff",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print errors only, and what --json asks for.")] = False,
) -> None:
    """Read which emotion clips show, how sure that is, and why.

    Folders are searched for GIF, WebP, APNG, AVIF, MP4, MOV, WebM, MKV and AVI files; single pictures are read when
    they are named one by one. Outputs may be combined; each file is written whole or not at all.
    """
    colour = _colour(background)
    from gifect.cli.run import Wanted, run
    from gifect.cli.sources import expand
    from gifect.cli.work import Asked

    listed = len(paths) > 1 or Path(paths[0]).is_dir()
    wanted = Wanted(as_json, listed, quiet, csv, parquet, html, overlay, attention)
    sources = expand(paths)
    _check_files(sources, wanted.files)
    for flag, drawn in (("--overlay", overlay), ("--attention", attention)):
        if drawn is not None:
            _check_drawn(flag, drawn, len(sources))
    asked = Asked(
        landmarks=landmarks,
        every_frame=every_frame or overlay is not None,
        actions=actions,
        captions=captions,
        pictures=html is not None,
        background=colour,
    )
    try:
        raise typer.Exit(run(sources, asked, wanted, jobs))
    except KeyboardInterrupt as error:
        raise typer.Abort from error


def _colour(text: str) -> tuple[int, int, int]:
    digits = text.removeprefix("#")
    if re.fullmatch(r"[0-9a-fA-F]{3}", digits):
        digits = "".join(2 * digit for digit in digits)
    if not re.fullmatch(r"[0-9a-fA-F]{6}", digits):
        raise UsageError(f"--background {text!r} is no colour: expected #RGB or #RRGGBB")
    red, green, blue = bytes.fromhex(digits)
    return red, green, blue


def _check_files(sources: list[Source], files: list[Path]) -> None:
    """Refuse to write two outputs to one file, or an output over a clip that is read."""
    taken = {source.place.resolve() for source in sources if isinstance(source.place, Path)}
    for file in files:
        if file.resolve() in taken:
            raise UsageError(f"{file} is already read or written by this call; choose another name")
        taken.add(file.resolve())


def _check_drawn(flag: str, file: Path, clips: int) -> None:
    if clips > 1:
        raise UsageError(f"{flag} draws one clip, but {clips} are to be read")
    if file.suffix.lower() not in OVERLAY_SUFFIXES:
        raise UsageError(f"{flag} writes {', '.join(OVERLAY_SUFFIXES)}, not {file.suffix or file.name}")
