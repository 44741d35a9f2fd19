"""``gifect collect``: files that come in, and folders of them: download, screen, clean, prepare."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gifect.cli.errors import UsageError
from gifect.cli.train import raise_missing
from gifect.cli.words import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gifect.collect.screen import Finding

__all__ = ["clean", "download", "prepare", "screen"]

FolderArgument = Annotated[Path, typer.Argument(metavar="FOLDER", help="A folder of clips.", show_default=False)]
PlaceholderOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--placeholder", metavar="FILE", help="A clip that stands for what was taken away.", show_default=False
    ),
]


def download(
    candidates: Annotated[Path, typer.Argument(help="File of a search.", show_default=False)],
    folder: Annotated[Path, typer.Argument(help="Where the files go.", show_default=False)],
) -> None:
    """Download candidates; what is gone, broken, still, a card or a near-duplicate is told and left out."""
    from gifect.collect.candidates import CandidateFile
    from gifect.collect.screen import download as download_candidates

    _tell(download_candidates(CandidateFile(candidates), folder))


def screen(folder: FolderArgument, placeholder: PlaceholderOption = None) -> None:
    """List the files of a folder that are broken, still, cards or near-duplicates; nothing is changed."""
    from gifect.collect.screen import screen_folder
    from gifect.media.clip import Clip

    _tell(screen_folder(folder, placeholders=[Clip.open(path) for path in placeholder or ()]))


def clean(
    folder: FolderArgument,
    aside: Annotated[
        Path | None,
        typer.Option("--aside", metavar="FOLDER", help="Where they go. [default: FOLDER-aside]", show_default=False),
    ] = None,
    placeholder: PlaceholderOption = None,
) -> None:
    """Move what is broken, still, a card or a near-duplicate out of a folder; nothing is deleted.

    A card is a "content not available": words or a sign on one colour. ``moved.csv`` tells what was moved and why.
    """
    from gifect.collect.screen import clean_folder
    from gifect.media.clip import Clip

    known = [Clip.open(path) for path in placeholder or ()]
    _tell(
        clean_folder(folder, aside or folder.resolve().with_name(f"{folder.resolve().name}-aside"), placeholders=known)
    )


def prepare(
    table: Annotated[
        Path,
        typer.Argument(
            metavar="CSV",
            help="Columns id, youtube_id or url; start and end in seconds, and a class, if there are.",
            show_default=False,
        ),
    ],
    folder: Annotated[Path, typer.Argument(help="Where everything goes.", show_default=False)],
    frames: Annotated[bool, typer.Option("--frames", help="Write the frames as JPEG, too.")] = False,
    flow: Annotated[
        str | None, typer.Option("--flow", metavar="dis|tvl1", help="Write the optical flow, too.", show_default=False)
    ] = None,
    rate: Annotated[float, typer.Option("--rate", min=0.1, help="Frames a second of frames and flow.")] = 25.0,
    side: Annotated[int, typer.Option("--side", min=16, help="Short side of the clips in pixels.")] = 256,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes.")] = 2,
    again: Annotated[bool, typer.Option("--again", help="Ask again for what was gone.")] = False,
    address: Annotated[
        str | None,
        typer.Option(
            "--address", metavar="URL", help="Of a video, {id} for its id. [default: YouTube's]", show_default=False
        ),
    ] = None,
) -> None:
    """Fetch videos, cut them to clips, and take these apart into frames and flow.

    A run that was broken off goes on where it stopped. ``mapping.csv`` lists the clips, ``failed.csv`` the rest.
    """
    try:
        from gifect.collect.clipmaking import ADDRESS, Plan
        from gifect.collect.prepare import prepare as prepare_rows
        from gifect.collect.videolist import read_list
        from gifect.media.flow import flow_methods
    except ModuleNotFoundError as error:
        raise_missing(error, "preparing", "collect")
    if flow is not None and flow not in flow_methods():
        raise UsageError(f"--flow {flow!r}: expected one of {', '.join(flow_methods())}")
    from gifect.cli.batch import Interruption

    plan = Plan(folder, address or ADDRESS, side, frames, flow, rate)
    counts: Counter[str] = Counter()
    with Interruption() as interruption:
        for found in prepare_rows(read_list(table), plan, jobs, again=again, stopped=lambda: interruption.asked):
            counts[found.state] += 1
            if found.state != "kept":
                print(printable(f"{found.state} {found.wanted.place}: {found.why}"), flush=True)
    print(", ".join(f"{count:,} {state}" for state, count in sorted(counts.items())) or "nothing to do")
    if interruption.asked:
        raise typer.Abort


def _tell(findings: Iterable[Finding]) -> None:
    """Print a line for each file that is not kept, and how many there are of each kind."""
    counts: Counter[str] = Counter()
    for found in findings:
        counts[found.state] += 1
        if found.state != "kept":
            print(printable(f"{found.state} {found.name}: {found.why}"), flush=True)
    print(", ".join(f"{count:,} {state}" for state, count in sorted(counts.items())) or "nothing to do")
