"""Scores of every GIF for every emotion by both methods, as one table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO, Final

import numpy as np
from numpy.typing import NDArray

from gifect.emotions import SEVENTEEN
from gifect.votes.ballots import NEITHER, Votes
from gifect.votes.bradley_terry import ALPHA, BradleyTerry, fit_votes
from gifect.votes.trueskill import DEFAULT, Model, Ratings, rate_votes

__all__ = ["COLUMNS", "Scores", "score_votes"]

COLUMNS: Final = (
    "emotion",
    "gif",
    "votes",
    "neither",
    "mu",
    "sigma",
    "conservative",
    "strength",
    "strength_error",
    "strength_scaled",
)
"""``votes`` are all a GIF took part in, ``neither`` those of them for neither; ``mu``, ``sigma`` and ``conservative``
(mu - 3 sigma) are of the Bayesian rating; ``strength`` is the Bradley-Terry log-odds, its standard error, and it scaled
to [0, 1]. A cell without a value is empty."""


@dataclass(frozen=True)
class Scores:
    """Scores of G GIFs; all arrays are (17, G).

    Attributes
    ----------
    gifs : names of the GIFs.
    votes, neither : int, how many votes a GIF took part in, and how many of them were for neither.
    ratings : the Bayesian ratings.
    fits : Bradley-Terry scores by emotion, of those with decided votes.
    warnings : what somebody who uses the scores should know.
    """

    gifs: Sequence[str]
    votes: NDArray[np.int64]
    neither: NDArray[np.int64]
    ratings: Ratings
    fits: dict[str, BradleyTerry]
    warnings: list[str] = field(default_factory=list)

    def _column(self, name: str) -> NDArray[np.float64]:
        empty = np.full(len(self.gifs), np.nan)
        return np.stack([getattr(self.fits[e], name) if e in self.fits else empty for e in SEVENTEEN])

    @property
    def strength(self) -> NDArray[np.float64]:
        """Bradley-Terry log-odds (17, G), NaN without decided votes."""
        return self._column("scores")

    @property
    def scaled(self) -> NDArray[np.float64]:
        """Bradley-Terry scores scaled to [0, 1] for each emotion (17, G), NaN without decided votes."""
        return self._column("scaled")

    def rows(self) -> Iterator[tuple[str | int | float | None, ...]]:
        """Yield a row of ``COLUMNS`` for each emotion and GIF."""
        errors = self._column("errors")
        errors[~np.isfinite(errors)] = np.nan
        arrays = (self.votes, self.neither, self.ratings.mu, self.ratings.sigma, self.ratings.score, self.strength)
        columns = [array.tolist() for array in (*arrays, errors, self.scaled)]
        for k, name in enumerate(SEVENTEEN):
            for gif, *cells in zip(self.gifs, *(column[k] for column in columns), strict=True):
                yield (name, gif, *(None if cell != cell else cell for cell in cells))

    def write_csv(self, stream: IO[bytes]) -> None:
        """Write the table to a binary stream as CSV in UTF-8."""
        text = io.TextIOWrapper(stream, encoding="utf-8", newline="", write_through=True)
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(self.rows())
        text.detach()

    def write_parquet(self, stream: IO[bytes]) -> None:
        """Write the table to a binary stream as Parquet."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        columns = zip(*self.rows(), strict=True)
        pq.write_table(pa.table(dict(zip(COLUMNS, map(pa.array, columns), strict=False))), stream)


def score_votes(
    votes: Votes, *, alpha: float = ALPHA, ties: bool = False, model: Model = DEFAULT, errors: bool = True
) -> Scores:
    """Score all GIFs by both methods.

    Parameters
    ----------
    votes : all votes, oldest first.
    alpha : penalty of the Bradley-Terry scores.
    ties : whether votes for neither count, as draws of the rating and ties of the model; else they are counted apart.
    model : the numbers of the rating.
    errors : whether standard errors are wanted.
    """
    fits, warnings = {}, []
    for k, name in enumerate(SEVENTEEN):
        of = votes.where(votes.emotion == k)
        if not (len(of) if ties else (of.choice != NEITHER).any()):
            continue
        fit = fits[name] = fit_votes(of, alpha, ties=ties, errors=errors)
        if fit.connectivity.components > 1:
            warnings.append(
                f"{name}: the comparisons fall into {fit.connectivity.components} groups without a vote between them; "
                "scores of different groups cannot be compared"
            )
    without = int((votes.counts().sum(0) == 0).sum())
    if without:
        warnings.append(f"{without} of {len(votes.gifs)} GIFs have no votes")
    return Scores(
        votes.gifs,
        votes.counts(),
        votes.where(votes.choice == NEITHER).counts(),
        rate_votes(votes, model, draws=ties),
        fits,
        warnings,
    )
