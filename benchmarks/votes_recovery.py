"""How many votes a study needs: rank correlation with known strengths, random pairs against chosen ones.

    python benchmarks/votes_recovery.py [--gifs 100] [--studies 4] [--write docs/results/votes_recovery.md]

Voters are simulated; one choice in twenty is made by coin. Strengths are normal with deviation 2.4 in log-odds, as far
apart as the rating's prior holds GIFs to be, and 1.5.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from scipy.stats import spearmanr

from gifect.evaluation.tables import Table
from gifect.votes.ballots import Votes
from gifect.votes.bradley_terry import fit_votes
from gifect.votes.pairs import Chooser
from gifect.votes.simulate import draw_choices

COMMAND = "python benchmarks/votes_recovery.py"
EACH = (3, 6, 9, 12, 15, 20, 25, 30)  # votes / GIF
CARELESS = 0.05
EMOTION = "happiness"
SESSION = 50  # votes of one voter


def recover(gifs: int, spread: float, seed: int, *, chosen: bool) -> list[float]:
    """Return the rank correlation after ``EACH`` votes for each GIF."""
    random = np.random.default_rng(seed)
    strengths = random.normal(0, spread, gifs)
    names = [str(g) for g in range(gifs)]
    chooser = Chooser(Votes.from_columns(names, [], [], [], []), seed=seed)
    rows: list[tuple[int, int, int]] = []
    found = []
    for turn in range(max(EACH) * gifs):
        voter = f"voter {turn // SESSION}"
        if chosen:
            question = chooser.next_question(voter, EMOTION)
            assert question is not None
            left, right = int(question.left), int(question.right)
        else:
            left, right = random.choice(gifs, 2, replace=False).tolist()
        choice = int(draw_choices(strengths[[left]] - strengths[[right]], random, CARELESS)[0])
        rows.append((left, right, choice))
        if chosen:
            chooser.take(voter, EMOTION, left, right, choice)
        if len(rows) in {each * gifs for each in EACH}:
            fit = fit_votes(Votes.from_columns(names, 0, *np.array(rows).T), errors=False)
            found.append(float(spearmanr(fit.scores, strengths, nan_policy="omit").statistic))
    return found


def votes_needed(correlations: np.ndarray, aim: float) -> float:
    """Return the votes for each GIF at which a rising row of correlations reaches ``aim``, between marks by line."""
    return float(np.interp(aim, np.maximum.accumulate(correlations), EACH))


def gain_of_equals(spread: float, pairs: int = 1_000_000) -> float:
    """Return how many times as much a vote on two equal GIFs tells as one on a random pair, by Fisher information."""
    chance = 1 / (1 + np.exp(-np.random.default_rng(0).normal(0, spread * np.sqrt(2), pairs)))
    return float(0.25 / (chance * (1 - chance)).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gifs", type=int, default=100)
    parser.add_argument("--studies", type=int, default=4)
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    columns = ["votes / GIF", *map(str, EACH), "share of votes needed for random's at 20 (30)"]
    table = Table("Recovery of known strengths (rank correlation)", columns, COMMAND)
    for spread in (2.4, 1.5):
        runs = {}
        for name, chosen in (("random pairs", False), ("chosen pairs", True)):
            studies = [recover(given.gifs, spread, seed, chosen=chosen) for seed in range(given.studies)]
            runs[name] = np.mean(studies, 0)
        for name, row in runs.items():
            random = runs["random pairs"]
            shares = [votes_needed(row, random[EACH.index(mark)]) / mark for mark in (20, 30)]
            table.add(f"spread {spread}, {name}", *map(float, row), f"{shares[0]:.0%} ({shares[1]:.0%})")
    table.notes.append(f"{given.gifs} GIFs, mean of {given.studies} studies, 5 % careless choices. The bar is 60 %.")
    table.notes.append(
        "The last column is the share of random selection's votes at which chosen pairs reach its correlation at 20 "
        "(30) votes a GIF. Where strengths lie closer together every vote is less certain, and choosing gains less: by "
        f"Fisher information a vote on two equal GIFs tells {gain_of_equals(2.4):.1f} times as much as one on a random "
        f"pair at spread 2.4, and {gain_of_equals(1.5):.1f} times at 1.5."
    )
    print(table.to_text())
    if given.write:
        given.write.write_text(table.to_markdown())


if __name__ == "__main__":
    main()
