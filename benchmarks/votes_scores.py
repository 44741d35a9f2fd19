"""Time of scoring a million votes, and the same optimum and ratings as the packages choix and trueskill give.

    python benchmarks/votes_scores.py [--no-peers] [--write docs/results/votes.md]

Votes are simulated: as many as the public GIFGIF file holds for each emotion, on as many GIFs. The peers are in the
extra ``dev``; choix takes minutes on the votes of one emotion.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from gifect.emotions import SEVENTEEN
from gifect.evaluation.tables import Table
from gifect.votes.ballots import CHOICES, LEFT, NEITHER, Votes
from gifect.votes.bradley_terry import fit_votes, log_likelihood
from gifect.votes.simulate import simulate_votes
from gifect.votes.trueskill import Model, rate_votes

COMMAND = "python benchmarks/votes_scores.py"
GIFS, VOTES, FEWEST, MOST = 6170, 1_094_863, 39_609, 106_877  # of the public file: decided votes, relief to happiness
FILE_ROWS = 2_700_000
PENALTY = 1e-6  # choix's default
IMPORTING = """
import resource, sys, time
from pathlib import Path
from gifect.votes.importing import import_votes
from gifect.votes.store import Store
start = time.process_time()
with Store(sys.argv[1]) as store:
    report = import_votes(store, Path(sys.argv[2]))
seconds = time.process_time() - start
print(report.taken, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""


def gifgif_like(random: np.random.Generator) -> Votes:
    """Return simulated votes, as many for each emotion as the public file has between its least and its most."""
    counts = np.full(len(SEVENTEEN), (VOTES - FEWEST - MOST) // (len(SEVENTEEN) - 2))
    counts[SEVENTEEN.index("relief")], counts[SEVENTEEN.index("happiness")] = FEWEST, MOST
    return simulate_votes(random.normal(0, 1.5, (len(SEVENTEEN), GIFS)), counts.tolist(), random, careless=0.05)


def timed(work: Callable[[], object]) -> tuple[object, float]:
    """Return what ``work`` gives and the processor seconds it takes, the least of three runs."""
    times = []
    for _ in range(3):
        start = time.process_time()
        found = work()
        times.append(time.process_time() - start)
    return found, min(times)


def measure_scores(votes: Votes, table: Table) -> None:
    """Add the times of both methods on all votes."""
    parts = [votes.of(name) for name in SEVENTEEN]
    what = f"{len(votes):,} votes, {GIFS:,} GIFs, 17 emotions"
    _, seconds = timed(lambda: [fit_votes(part) for part in parts])
    table.add(f"Bradley-Terry with standard errors: {what}", f"{seconds:.2f} s", "5 s")
    _, seconds = timed(lambda: [fit_votes(part, PENALTY, errors=False) for part in parts])
    table.add("the same with choix's penalty 1e-6, scores alone", f"{seconds:.2f} s", "5 s")
    _, seconds = timed(lambda: rate_votes(votes))
    table.add(f"Bayesian rating: {what}", f"{seconds:.2f} s", "3 s")


def compare_with_choix(votes: Votes, table: Table) -> None:
    """Add time and optimum of choix on the votes of the emotion with the most."""
    import choix

    part = votes.of("happiness")
    fit, ours = timed(lambda: fit_votes(part, PENALTY, errors=False))
    won = part.choice == LEFT
    pairs = np.where(won, [part.left, part.right], [part.right, part.left]).T.tolist()
    start = time.process_time()
    theirs = choix.opt_pairwise(GIFS, pairs, alpha=PENALTY)
    seconds = time.process_time() - start
    table.add(f"choix opt_pairwise: {len(part):,} votes on happiness", f"{seconds:.1f} s", "")
    table.add("the same by gifect", f"{ours:.3f} s, {seconds / ours:.0f} x faster", "50 x")
    best, other = fit.log_likelihood, log_likelihood(theirs, part)
    penalised = [value - PENALTY * float((s**2).sum()) for value, s in ((best, fit.scores), (other, theirs))]
    table.add("log-likelihood with penalty, gifect", f"{penalised[0]:.4f}", "")
    table.add("log-likelihood with penalty, choix", f"{penalised[1]:.4f}", "")
    gap = abs(penalised[0] - penalised[1]) / abs(penalised[1])
    table.add("relative difference", f"{gap:.1e}", "1e-6")


def compare_with_trueskill(votes: Votes, table: Table, count: int = 20_000) -> None:
    """Add time and ratings of the package trueskill on the first votes, a tenth of them made draws."""
    import trueskill

    votes = votes.where(np.arange(len(votes)) < count)
    choice = votes.choice.copy()
    choice[np.random.default_rng(1).random(len(votes)) < 0.1] = NEITHER
    votes = Votes.from_columns(votes.gifs, votes.emotion, votes.left, votes.right, choice)
    env = trueskill.TrueSkill(backend="scipy")
    mu = np.full((len(SEVENTEEN), GIFS), env.mu)
    sigma = np.full((len(SEVENTEEN), GIFS), env.sigma)
    start = time.process_time()
    columns = (votes.emotion, votes.left, votes.right, votes.choice)
    for e, a, b, c in zip(*(column.tolist() for column in columns), strict=True):
        first, second = (b, a) if CHOICES[c] == "right" else (a, b)
        ratings = [env.create_rating(mu[e, g], sigma[e, g]) for g in (first, second)]
        for g, after in zip((first, second), env.rate_1vs1(*ratings, drawn=c == NEITHER), strict=True):
            mu[e, g], sigma[e, g] = after.mu, after.sigma
    seconds = time.process_time() - start
    found, ours = timed(lambda: rate_votes(votes, Model(), draws=True))
    table.add(f"package trueskill: {count:,} of the votes, a tenth draws", f"{seconds:.1f} s", "")
    table.add("the same by gifect", f"{ours:.3f} s", "")
    gap = max(float(np.abs(found.mu - mu).max()), float(np.abs(found.sigma - sigma).max()))
    table.add("largest difference of a mu or sigma", f"{gap:.1e}", "1e-6")


def measure_import(table: Table) -> None:
    """Add the time and memory of bringing in a file as large as the public one."""
    random = np.random.default_rng(2)
    strengths = random.normal(0, 1.5, (len(SEVENTEEN), GIFS))
    counts = [FILE_ROWS // len(SEVENTEEN)] * len(SEVENTEEN)
    votes = simulate_votes(strengths, counts, random, neither=0.6)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "votes.csv"
        with path.open("w") as file:
            file.write("emotion,left,right,choice\n")
            columns = (votes.emotion, votes.left, votes.right, votes.choice)
            for e, a, b, c in zip(*(column.tolist() for column in columns), strict=True):
                file.write(f"{SEVENTEEN[e]},{votes.gifs[a]},{votes.gifs[b]},{CHOICES[c]}\n")
        address = f"sqlite:///{folder}/votes.db"
        done = subprocess.run(
            [sys.executable, "-c", IMPORTING, address, path], capture_output=True, text=True, check=True
        )
        taken, seconds, megabytes = done.stdout.split()
    table.add(f"import of {int(taken):,} rows of CSV into SQLite", f"{float(seconds):.1f} s", "60 s")
    table.add("its peak memory", f"{float(megabytes):.0f} MB", "1 GB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--no-peers", action="store_true", help="leave choix and trueskill out")
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    table = Table("Scores from a million votes", ["what", "figure", "bar"], COMMAND)
    measure_import(table)
    votes = gifgif_like(np.random.default_rng(0))
    measure_scores(votes, table)
    if not given.no_peers:
        compare_with_trueskill(votes, table)
        compare_with_choix(votes, table)
    table.notes.append(
        "One thread, processor seconds; those of gifect are the least of three runs. Votes are simulated, with 5 % "
        "careless voters."
    )
    print(table.to_text())
    if given.write:
        given.write.write_text(table.to_markdown())


if __name__ == "__main__":
    main()
