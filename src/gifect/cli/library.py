"""``gifect library``, ``search`` and ``recommend``: your own clips, found by words, moods and messages."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gifect.cli.errors import UsageError
from gifect.cli.words import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gifect.library.library import Library
    from gifect.library.results import Filters, Match

__all__ = ["app", "recommend", "search"]

app = typer.Typer(help="Keep your own clips and find the one for the mood.", no_args_is_help=True)

FILTERS = "Look only at"

PlaceOption = Annotated[
    str | None,
    typer.Option(
        "--library",
        "-l",
        metavar="DIR",
        help="Where the library is: a folder, or an address of object storage. "
        "[default: GIFECT_LIBRARY, or ~/.local/share/gifect/library]",
        show_default=False,
    ),
]
TopOption = Annotated[int, typer.Option("--top", "-n", min=1, metavar="N", help="Clips to list.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print a list of objects, best first.")]
EmotionOption = Annotated[
    str | None,
    typer.Option("--emotion", help="One of the seven.", rich_help_panel=FILTERS, show_default=False),
]
QuadrantOption = Annotated[
    str | None,
    typer.Option("--quadrant", help="Such as pleasure-arousal.", rich_help_panel=FILTERS, show_default=False),
]
MediumOption = Annotated[
    str | None,
    typer.Option("--medium", help="live, cartoon, animal or other.", rich_help_panel=FILTERS, show_default=False),
]
MinOption = Annotated[
    float | None,
    typer.Option("--longer", min=0, metavar="S", help="Loops from so many seconds.", rich_help_panel=FILTERS),
]
MaxOption = Annotated[
    float | None,
    typer.Option("--shorter", min=0, metavar="S", help="Loops up to so many seconds.", rich_help_panel=FILTERS),
]
CaptionOption = Annotated[
    bool | None,
    typer.Option("--caption/--no-caption", help="With or without a caption.", rich_help_panel=FILTERS),
]
FolderOption = Annotated[
    str | None,
    typer.Option("--folder", metavar="DIR", help="In this folder or below.", rich_help_panel=FILTERS),
]
NameArgument = Annotated[str, typer.Argument(metavar="CLIP", help="Its id, the beginning of it, or its path.")]


def _open(place: str | None, *, create: bool = False) -> Library:
    from gifect.library.library import Library

    return Library(place, create=create)


def _filters(
    emotion: str | None,
    quadrant: str | None,
    medium: str | None,
    longer: float | None,
    shorter: float | None,
    caption: bool | None,
    folder: str | None,
) -> Filters:
    from pydantic import ValidationError

    from gifect.library.results import Filters

    low, high = (None if seconds is None else round(1000 * seconds) for seconds in (longer, shorter))
    try:
        return Filters(
            emotion=emotion,
            quadrant=quadrant,
            medium=medium,
            min_ms=low,
            max_ms=high,
            has_caption=caption,
            folder=folder,
        )
    except ValidationError as error:
        raise UsageError(str(error.errors()[0]["ctx"]["error"])) from error


def _tell(matches: Sequence[Match], as_json: bool) -> None:
    if as_json:
        from pydantic import TypeAdapter

        from gifect.library.results import Match

        print(TypeAdapter(list[Match]).dump_json(list(matches), indent=2).decode())
        return
    if not matches:
        print("nothing found")
        return
    from gifect.cli.library_tables import matches_table
    from gifect.cli.terminal import make_console

    make_console().print(matches_table(matches))


@app.command()
def add(
    paths: Annotated[list[str], typer.Argument(metavar="PATH", help="Clips, and folders of them.")],
    library: PlaceOption = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, metavar="N", help="Processes that read.")] = 2,
    name_tags: Annotated[bool, typer.Option("--name-tags", help="Take words of the files' names for tags.")] = False,
    actions: Annotated[
        str | None, typer.Option("--actions", metavar="i3d", help="As of `gifect read`.", show_default=False)
    ] = None,
    captions: Annotated[
        bool, typer.Option("--captions", help="Read what is written in the frames, too (needs gifect[captions]).")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Print only what failed.")] = False,
) -> None:
    """Read clips into the library; what it has already is skipped.

    Broken off at any time, the same call goes on where it stopped. Clips that repeat another one, whatever their size
    and compression, are kept but not shown in searches.
    """
    from gifect.cli.library_tables import AddProgress

    with _open(library, create=True) as own, AddProgress(quiet) as progress:
        for settled in own.add(paths, jobs=jobs, name_tags=name_tags, actions=actions, captions=captions):
            progress.take(settled)
    if not quiet:
        print(f"{progress.summary()}; {own.place}")
    if progress.counts["failed"] or not progress.total:
        raise typer.Exit(1)


@app.command()
def search(
    query: Annotated[list[str], typer.Argument(metavar="WORDS", help="Words, a mood or both.")],
    library: PlaceOption = None,
    top: TopOption = 10,
    as_json: JsonOption = False,
    emotion: EmotionOption = None,
    quadrant: QuadrantOption = None,
    medium: MediumOption = None,
    longer: MinOption = None,
    shorter: MaxOption = None,
    caption: CaptionOption = None,
    folder: FolderOption = None,
) -> None:
    """Find clips by words and moods: `gifect search happy dance`."""
    filters = _filters(emotion, quadrant, medium, longer, shorter, caption, folder)
    with _open(library) as own:
        _tell(own.search(" ".join(query), top, filters), as_json)


@app.command()
def recommend(
    sentence: Annotated[list[str], typer.Argument(metavar="MESSAGE", help="What you want to answer or underline.")],
    library: PlaceOption = None,
    top: TopOption = 10,
    as_json: JsonOption = False,
    seed: Annotated[
        int | None,
        typer.Option("--seed", help="Draw at random among the clips of the message's emotion.", show_default=False),
    ] = None,
    emotion: EmotionOption = None,
    quadrant: QuadrantOption = None,
    medium: MediumOption = None,
    longer: MinOption = None,
    shorter: MaxOption = None,
    caption: CaptionOption = None,
    folder: FolderOption = None,
) -> None:
    """Find the clips that go with a message, and say why: `gifect recommend "my code finally compiles"`."""
    filters = _filters(emotion, quadrant, medium, longer, shorter, caption, folder)
    with _open(library) as own:
        _tell(own.recommend(" ".join(sentence), top, seed=seed, filters=filters), as_json)


@app.command()
def similar(
    gif: Annotated[str, typer.Argument(metavar="CLIP", help="A clip of the library (id or path), a file or a URL.")],
    library: PlaceOption = None,
    top: TopOption = 10,
    as_json: JsonOption = False,
    emotion: EmotionOption = None,
    quadrant: QuadrantOption = None,
    medium: MediumOption = None,
    longer: MinOption = None,
    shorter: MaxOption = None,
    caption: CaptionOption = None,
    folder: FolderOption = None,
) -> None:
    """Find the clips that feel most like another one."""
    filters = _filters(emotion, quadrant, medium, longer, shorter, caption, folder)
    with _open(library) as own:
        _tell(own.similar(gif, top, filters), as_json)


@app.command()
def tag(
    clip: NameArgument,
    tags: Annotated[list[str] | None, typer.Argument(metavar="TAG", help="Tags to give.")] = None,
    remove: Annotated[
        list[str] | None, typer.Option("--remove", "-r", metavar="TAG", help="Tags to take away.")
    ] = None,
    library: PlaceOption = None,
) -> None:
    """Give a clip tags of your own or take some away, and print those it has."""
    with _open(library) as own:
        entry = own.tag(clip, tags or [], remove or []) if tags or remove else own.get(clip)
    print(printable(", ".join(entry.tags)))


@app.command()
def remove(
    clips: Annotated[list[str], typer.Argument(metavar="CLIP", help="Ids, beginnings of them, or paths.")],
    library: PlaceOption = None,
) -> None:
    """Take clips out of the library; the files stay where they are."""
    with _open(library) as own:
        for clip in clips:
            print(printable(f"removed {own.remove(clip).source}"))


@app.command()
def export(
    path: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write; for fiftyone a folder.")],
    library: PlaceOption = None,
    format: Annotated[
        str | None,
        typer.Option("--format", help="csv, json, parquet, fiftyone or coco; told from the name.", show_default=False),
    ] = None,
) -> None:
    """Write all entries to a file."""
    with _open(library) as own:
        print(f"{printable(str(path))}: {own.export(path, format):,} clips")


@app.command()
def stats(
    library: PlaceOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one object.")] = False,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="FILE", help="Draw it (.png, .svg, .pdf).", show_default=False)
    ] = None,
) -> None:
    """Show what is in the library."""
    with _open(library) as own:
        found = own.stats()
    if plot is not None:
        try:
            from gifect.library.plots import save_stats
        except ModuleNotFoundError as error:
            from gifect.cli.train import raise_missing

            raise_missing(error, "--plot", "library")
        save_stats(found, plot)
    if as_json:
        print(found.model_dump_json(indent=2))
        return
    from gifect.cli.library_tables import stats_panel
    from gifect.cli.terminal import make_console

    make_console().print(stats_panel(found, own.place))
