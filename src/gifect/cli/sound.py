"""``gifect sound``: how the sound track of a file feels, over time and on the circumplex."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gifect.cli.errors import UsageError

if TYPE_CHECKING:
    from gifect.sound.result import SoundMoment, SoundReading

__all__ = ["sound"]


def sound(
    path: Annotated[
        Path, typer.Argument(metavar="FILE", help="A video, or a file of sound alone.", show_default=False)
    ],
    whole: Annotated[
        bool, typer.Option("--whole", help="Show the course of the whole track, not of its most representative 30 s.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", metavar="FILE.svg", help="Draw the course on the circumplex.", show_default=False),
    ] = None,
) -> None:
    """Read how a sound track feels: classes over time, quadrant, and place on Russell's circumplex.

    The network learnt from acted German speech; of music and noise its answers mean little, and the familiarity says
    how like that speech a track is.
    """
    if plot is not None and plot.suffix.lower() != ".svg":
        raise UsageError(f"--plot writes .svg, not {plot.suffix or plot.name}")
    from gifect.cli.atomic import OutputFile
    from gifect.sound.recognise import listen, listen_through

    file = OutputFile(plot) if plot is not None else None
    try:
        heard = listen(path)
        moments, warnings = listen_through(path) if whole else (heard.timeline, heard.warnings)
        if as_json:
            shown = heard.model_copy(update={"timeline": moments, "warnings": warnings})
            print(json.dumps(shown.model_dump(), indent=2, ensure_ascii=False))
        else:
            _print(path, heard, moments, warnings)
        if file is not None:
            from gifect.cli.circumplex import draw_circumplex

            file.stream.write(draw_circumplex(heard, path.name, moments).encode())
            file.commit()
    finally:
        if file is not None:
            file.discard()


def _print(path: Path, heard: SoundReading, moments: list[SoundMoment], warnings: list[str]) -> None:
    from gifect.cli.sound_panel import sound_panel
    from gifect.cli.terminal import make_console

    make_console().print(sound_panel(path.name, heard, moments, warnings))
