"""``gifect votes``: bring votes in, ask and answer, score, and give them out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gifect.cli.atomic import OutputFile
from gifect.cli.errors import UsageError
from gifect.cli.train import raise_missing
from gifect.cli.words import printable

if TYPE_CHECKING:
    from gifect.votes.store import Store

__all__ = ["app"]

app = typer.Typer(help="Keep votes on pairs of GIFs and turn them into scores.", no_args_is_help=True)

StoreOption = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="URL",
        help="Where votes are kept: sqlite:///FILE or postgresql://... [default: GIFECT_VOTES, or votes.db here]",
        show_default=False,
    ),
]
EmotionOption = Annotated[
    str | None, typer.Option("--emotion", help="One of the seventeen emotions.", show_default=False)
]
FormatOption = Annotated[
    str | None,
    typer.Option("--format", help="csv, parquet, choix or labelstudio; told from the name.", show_default=False),
]
VoterOption = Annotated[str, typer.Option("--voter", help="Who votes.", show_default=False)]
TiesOption = Annotated[bool, typer.Option("--ties", help="Votes for neither are ties; else they are counted apart.")]


def _open(address: str | None) -> Store:
    try:
        from gifect.votes.store import Store
    except ModuleNotFoundError as error:
        raise_missing(error, "voting", "votes")
    return Store(address)


@app.command("import")
def import_file(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Files of votes.", show_default=False)],
    store: StoreOption = None,
    format: FormatOption = None,
    emotion: EmotionOption = None,
) -> None:
    """Bring in votes of files; rows that cannot be votes are counted and left out.

    A file that is in already is not taken twice, and one that was broken off goes on where it stopped.
    """
    with _open(store) as votes:
        from gifect.votes.importing import import_votes

        for file in files:
            report = import_votes(votes, file, format, emotion)
            line = f"{printable(str(file))}: {report.taken:,} votes of {report.rows:,} rows"
            if report.broken:
                line += "; left out: " + ", ".join(f"{n:,} {fault}" for fault, n in sorted(report.broken.items()))
            if report.before:
                line += f"; {report.before:,} rows were in already"
            print(line)


@app.command("gifs")
def add_gifs(
    names: Annotated[list[str], typer.Argument(metavar="NAME", help="Names, or - for one a line on standard input.")],
    store: StoreOption = None,
) -> None:
    """Make GIFs known, so that they can be voted on."""
    import sys

    wanted = [line.strip() for line in sys.stdin if line.strip()] if names == ["-"] else names
    with _open(store) as votes:
        print(f"{votes.add_gifs(wanted)} new GIFs")


@app.command("next")
def next_pair(voter: VoterOption, store: StoreOption = None, emotion: EmotionOption = None) -> None:
    """Print the next question for a voter as JSON: emotion, left, right and expected information in bits."""
    import json
    from dataclasses import asdict

    with _open(store) as votes:
        from gifect.votes.pairs import Chooser

        question = Chooser(votes.votes()).next_question(voter, emotion)
    if question is None:
        raise UsageError(f"{voter!r} has seen every pair: add GIFs")
    print(json.dumps(asdict(question)))


@app.command()
def add(
    emotion: Annotated[str, typer.Argument(help="One of the seventeen emotions.", show_default=False)],
    left: Annotated[str, typer.Argument(help="The GIF on the left.", show_default=False)],
    right: Annotated[str, typer.Argument(help="The GIF on the right.", show_default=False)],
    choice: Annotated[str, typer.Argument(help="left, right or neither.", show_default=False)],
    voter: VoterOption,
    store: StoreOption = None,
    token: Annotated[
        str | None, typer.Option("--token", help="Of the request: the same one is written once.", show_default=False)
    ] = None,
) -> None:
    """Write one vote; its number is printed when it is on the disk."""
    with _open(store) as votes:
        print(votes.add(emotion, left, right, choice, voter, token=token).id)


@app.command()
def undo(
    voter: VoterOption,
    number: Annotated[int | None, typer.Argument(metavar="[NUMBER]", help="The vote; the last, if not given.")] = None,
    store: StoreOption = None,
) -> None:
    """Take back a vote."""
    with _open(store) as votes:
        vote = votes.undo(voter, number)
    print(printable(f"undone: {vote.id} {vote.emotion} {vote.left} {vote.right} {vote.choice}"))


@app.command()
def score(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The table to write, .csv or .parquet.", show_default=False)
    ],
    store: StoreOption = None,
    alpha: Annotated[float, typer.Option("--alpha", help="Penalty of the Bradley-Terry scores.")] = 0.05,
    ties: TiesOption = False,
    plot: Annotated[
        Path | None, typer.Option("--plot", help="Picture of the distributions, .png or .svg.", show_default=False)
    ] = None,
    uncertainty: Annotated[
        Path | None, typer.Option("--uncertainty", help="Picture of ratings and their sigma.", show_default=False)
    ] = None,
) -> None:
    """Score every GIF for every emotion: Bayesian rating and Bradley-Terry, with uncertainty."""
    if output.suffix not in (".csv", ".parquet"):
        raise UsageError(f"{output}: expected a name that ends in .csv or .parquet")
    with _open(store) as opened:
        from gifect.votes.scores import score_votes

        file = OutputFile(output)
        try:
            scores = score_votes(opened.votes(), alpha=alpha, ties=ties)
            (scores.write_csv if output.suffix == ".csv" else scores.write_parquet)(file.stream)
            file.commit()
        finally:
            file.discard()
    from gifect.votes import plots

    for path, draw in ((plot, plots.plot_distributions), (uncertainty, plots.plot_uncertainty)):
        if path:
            draw(scores).savefig(path, dpi=120)
    for warning in scores.warnings:
        print(f"warning: {warning}")
    print(f"{output}: {len(scores.gifs):,} GIFs, {len(scores.fits)} emotions with votes")


@app.command()
def export(
    output: Annotated[Path, typer.Argument(help="The file to write.", show_default=False)],
    store: StoreOption = None,
    format: FormatOption = None,
    emotion: EmotionOption = None,
) -> None:
    """Write all votes that stand to a file."""
    with _open(store) as opened:
        from gifect.votes.formats import format_of, write_votes

        if format is None and output.suffix == ".json":
            raise UsageError(f"{output}: JSON may be choix or labelstudio: name it with --format")
        kind = format or format_of(output)
        votes = opened.votes(emotion)
    file = OutputFile(output)
    try:
        write_votes(votes, file.stream, kind)
        file.commit()
    finally:
        file.discard()
    print(f"{printable(str(output))}: {len(votes):,} votes")


@app.command()
def stats(store: StoreOption = None, ties: TiesOption = False) -> None:
    """Show what the store holds: votes by emotion, how they hang together, and voters to look at."""
    with _open(store) as opened:
        from gifect.cli.votes_tables import show_stats

        show_stats(opened.votes(), ties=ties)
