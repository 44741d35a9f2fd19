"""What ``gifect votes stats`` shows."""

from __future__ import annotations

import math

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from gifect.cli.terminal import make_console
from gifect.cli.words import printable
from gifect.emotions import SEVENTEEN
from gifect.votes.ballots import NEITHER, Votes
from gifect.votes.bradley_terry import BradleyTerry, fit_votes
from gifect.votes.reliability import VoterReport, judge_voters, pair_agreement

__all__ = ["show_stats"]

VOTERS_SHOWN = 20


def show_stats(votes: Votes, *, ties: bool) -> None:
    """Print tables of the emotions and of the voters."""
    console = make_console()
    decided = votes if ties else votes.where(votes.choice != NEITHER)
    fits = {name: fit_votes(of, ties=ties) for name in SEVENTEEN if len(of := decided.of(name))}
    console.print(_emotions(votes, fits))
    agreement = pair_agreement(votes)
    text = "no pair was asked about twice" if math.isnan(agreement) else f"Krippendorff's alpha {agreement:.2f}"
    console.print(f"{len(votes):,} votes on {len(votes.gifs):,} GIFs; agreement on equal questions: {text}")
    voters = judge_voters(votes, fits)
    if voters:
        console.print(_voters(voters))
        flagged = sum(bool(report.flags) for report in voters)
        console.print(f"{len(voters):,} voters, {flagged:,} of them flagged")


def _emotions(votes: Votes, fits: dict[str, BradleyTerry]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("emotion")
    for name in ("votes", "neither", "GIFs", "groups", "median error"):
        table.add_column(name, justify="right")
    counts = votes.counts()
    for k, name in enumerate(SEVENTEEN):
        of = votes.of(name)
        neither = f"{(of.choice == NEITHER).mean():.0%}" if len(of) else ""
        fit = fits.get(name)
        known = sorted(e for e in fit.errors.tolist() if math.isfinite(e)) if fit else []
        error = f"{known[len(known) // 2]:.2f}" if known else ""
        groups = str(fit.connectivity.components) if fit else ""
        table.add_row(name, f"{len(of):,}", neither, f"{(counts[k] > 0).sum():,}", groups, error)
    return table


def _voters(voters: list[VoterReport]) -> Table:
    """Return those with flags first, as many as fit a look."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("voter", no_wrap=True, max_width=34)
    for name in ("votes", "same again", "agrees", "expected", "left", "a minute"):
        table.add_column(name, justify="right")
    table.add_column("flags")
    for report in sorted(voters, key=lambda report: -len(report.flags))[:VOTERS_SHOWN]:
        shares = (report.consistency, report.agreement, report.expected, report.left_share)
        again, agrees, expected, left = ("" if math.isnan(share) else f"{share:.0%}" for share in shares)
        cells = (f"{report.votes:,}", again, agrees, expected, left, str(report.peak or ""))
        table.add_row(Text(printable(report.voter)), *cells, Text(", ".join(report.flags), "yellow"))
    return table
