"""``gifect collect``: search for candidates, rank them, label them two by two, and export what is agreed on."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gifect.cli import collect_files as files
from gifect.cli import collect_rank as ranking
from gifect.cli.errors import UsageError
from gifect.cli.train import raise_missing
from gifect.cli.words import printable

if TYPE_CHECKING:
    from gifect.collect.label import LabelStore

__all__ = ["app", "open_labels"]

app = typer.Typer(help="Collect GIFs: search, rank, label, agree, export.", no_args_is_help=True)

StoreOption = Annotated[str, typer.Option("--store", metavar="URL", help="Where labels are kept.")]
DEFAULT_STORE = "sqlite:///labels.db"
EmotionArgument = Annotated[str, typer.Argument(help="One of the seventeen emotions.", show_default=False)]
LabelerOption = Annotated[str, typer.Option("--labeler", help="Who labels.", show_default=False)]


def open_labels(address: str) -> LabelStore:
    """Return the store of labels at an address."""
    try:
        from gifect.collect.label import LabelStore
    except ModuleNotFoundError as error:
        raise_missing(error, "collecting", "collect")
    return LabelStore(address)


@app.command()
def search(
    terms: Annotated[list[str], typer.Argument(metavar="TERM", help="What to search for.", show_default=False)],
    output: Annotated[Path, typer.Option("--output", "-o", help="Candidates, a line of JSON each.")] = Path(
        "candidates.jsonl"
    ),
    provider: Annotated[str, typer.Option("--provider", help="giphy or klipy; keys come from the environment.")] = (
        "giphy"
    ),
    count: Annotated[int, typer.Option("--count", min=1, help="Results to look at for each term.")] = 200,
    rating: Annotated[str, typer.Option("--rating", help="g, pg, pg-13 or r.")] = "pg-13",
    address: Annotated[str | None, typer.Option("--address", help="Of a compatible API.", show_default=False)] = None,
) -> None:
    """Search a provider for candidates; a search that was broken off goes on where it stopped."""
    from gifect.collect.candidates import CandidateFile
    from gifect.collect.giphy import Client
    from gifect.collect.giphy import search as search_terms

    file = CandidateFile(output)
    new = search_terms(Client(provider, address=address, rating=rating), terms, file, count)
    print(f"{printable(str(output))}: {new:,} new candidates, {len(file):,} in all")


app.command("download")(files.download)
app.command("screen")(files.screen)
app.command("clean")(files.clean)
app.command("prepare")(files.prepare)
app.command("rank")(ranking.rank)


@app.command("next")
def next_gif(
    emotion: EmotionArgument,
    labeler: LabelerOption,
    wanted: Annotated[int, typer.Option("--wanted", min=1, help="Positive GIFs after which to stop.")] = 3000,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Print the GIF that a labeler should look at next; nothing when enough are found or none is left."""
    gif = open_labels(store).next_gif(emotion, labeler, wanted)
    if gif is not None:
        print(gif)


@app.command()
def label(
    emotion: EmotionArgument,
    gif: Annotated[str, typer.Argument(help="The GIF.", show_default=False)],
    answer: Annotated[str, typer.Argument(metavar="yes|no", help="Whether it shows the emotion.", show_default=False)],
    labeler: LabelerOption,
    cartoon: Annotated[bool, typer.Option("--cartoon", help="It is drawn.")] = False,
    multiple: Annotated[bool, typer.Option("--multiple", help="It has several scenes or characters.")] = False,
    resolve: Annotated[bool, typer.Option("--resolve", help="This decides what two labelers see differently.")] = False,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Write what a labeler says of a GIF; the last label counts."""
    if answer not in ("yes", "no"):
        raise UsageError(f"{answer!r}: expected yes or no")
    labels = open_labels(store)
    from gifect.collect.label import Label

    labels.add(Label(emotion, gif, labeler, answer == "yes", cartoon, multiple, resolve))


@app.command()
def agree(store: StoreOption = DEFAULT_STORE) -> None:
    """Show how labelers agree on each emotion, and what is still to be resolved."""
    labels = open_labels(store)
    from rich.box import SIMPLE_HEAD
    from rich.table import Table
    from rich.text import Text

    from gifect.cli.terminal import make_console
    from gifect.emotions import SEVENTEEN

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("emotion")
    for name in ("agreed on", "seen by two", "same", "kappa", "to resolve"):
        table.add_column(name, justify="right")
    for name in SEVENTEEN:
        found, open_ones = labels.agreement(name), labels.disagreements(name)
        positive = sum(verdict.positive is True for verdict in labels.verdicts(name).values())
        kappa = "" if found.kappa != found.kappa else f"{found.kappa:.2f}"
        share = f"{found.share:.0%}" if found.both else ""
        table.add_row(name, f"{positive:,}", f"{found.both:,}", share, kappa, f"{len(open_ones):,}")
    make_console().print(table)
    for name in SEVENTEEN:
        for verdict in labels.disagreements(name):
            said = ", ".join(f"{own.labeler} {'yes' if own.positive else 'no'}" for own in verdict.labels)
            print(printable(Text(f"{name} {verdict.gif}: {said}").plain))


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="A new folder.", show_default=False)],
    candidates: Annotated[
        Path | None, typer.Option("--candidates", help="File of a search, for addresses and tags.", show_default=False)
    ] = None,
    clips: Annotated[
        Path | None,
        typer.Option("--clips", help="Folder of the files, for frames, delays and sizes.", show_default=False),
    ] = None,
    title: Annotated[str, typer.Option("--title", help="Of the data set.")] = "GIFs",
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Write what labelers agree on as a data set: CSV, Parquet, splits, a data card and pictures."""
    labels = open_labels(store)
    from gifect.collect.candidates import CandidateFile
    from gifect.collect.export import collect_labels, export_collection

    collection = collect_labels(labels)
    known = CandidateFile(candidates).known if candidates else None
    export_collection(collection, folder, known, title, clips)
    print(f"{printable(str(folder))}: {len(collection.gifs):,} GIFs")
