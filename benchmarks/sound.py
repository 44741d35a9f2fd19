"""The table of the paper on Emo-DB, over clips and over speakers; the network that ships; time and memory.

    python benchmarks/sound.py [--splits 5] [--write docs/results/sound.md] [--fresh]

Needs the labelled data (``GIFECT_DATA``) and the extra ``train``. The paper's networks take half an hour on one core;
what is done is kept in the cache, ``--fresh`` begins anew.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import wave
from dataclasses import asdict
from itertools import islice
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch

from gifect.emotions import SPEECH_SEVEN
from gifect.evaluation.tables import Table
from gifect.sound.features import describe
from gifect.sound.recognise import MODEL_RATE
from gifect.training.data.shared import cache_root
from gifect.training.data.sound import SoundTable, emodb
from gifect.training.recipe import load_recipe
from gifect.training.sound import SoundPlan, cross_validate, held_out_temperature, sound_figures
from gifect.training.sound_paper import UNITS, PaperFigures, clip_splits, judge_paper, speaker_splits, steps_of

COMMAND = "python benchmarks/sound.py"
PRINTED = {  # accuracy and loss in the paper, of its own 1000 videos
    ("quadrants", 40): (0.896, 1.039),
    ("quadrants", 80): (0.913, 0.591),
    ("quadrants", 120): (0.9497, 0.021),
    ("sectors", 40): (0.853, 1.53),
    ("sectors", 80): (0.884, 0.841),
    ("sectors", 120): (0.928, 0.133),
}
PEAK = (
    "import resource, sys\n"
    "from gifect.sound.recognise import listen, listen_through\n"
    "{}(sys.argv[1])\n"
    "used = resource.getrusage(resource.RUSAGE_SELF)\n"
    "lines = open('/proc/self/status').read().splitlines()\n"
    "peak = next(int(line.split()[1]) for line in lines if line.startswith('VmHWM'))\n"
    "print(peak / 1024, used.ru_utime + used.ru_stime)"
)


def paper_figures(
    kind: str, units: int, split: str, count: int, sequences: list[np.ndarray], table: SoundTable
) -> PaperFigures:
    """Return the figures of one row over ``count`` splits, from the cache if they are there."""
    kept = cache_root() / "runs" / "sound-paper" / f"{kind}-{units}-{split}-{count}.json"
    if not kept.exists():
        truth, names = table.targets(kind)
        held = speaker_splits(table.groups) if split == "speakers" else clip_splits(len(truth))
        figures = judge_paper(sequences, truth, len(names), units, islice(held, count))
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(asdict(figures)))
        print(kind, units, split, figures, flush=True)
    return PaperFigures(**json.loads(kept.read_text()))


def paper_tables(table: SoundTable, count: int) -> list[Table]:
    """Return the paper's two tables, for four and for eight classes."""
    plain = [describe(wave_, MODEL_RATE) for wave_ in table.waves]
    sequences = steps_of(plain)
    tables = []
    for number, kind in enumerate(("quadrants", "sectors"), 1):
        truth, names = table.targets(kind)
        there = len(np.unique(truth))
        of = f"{len(names)} classes" if there == len(names) else f"{len(names)} classes, of which {there} occur"
        columns = [
            "experiment",
            "hidden units",
            "accuracy in the paper",
            "loss in the paper",
            "accuracy, split over clips",
        ]
        columns += ["loss", "accuracy, unheard speakers", "mean recall", "loss", "loss in training"]
        out = Table(f"System {number}: {of}", columns, COMMAND)
        for row, units in enumerate(UNITS, 1):
            clips, speakers = (
                paper_figures(kind, units, split, count, sequences, table) for split in ("clips", "speakers")
            )
            out.add(row, units, *PRINTED[kind, units], clips.accuracy, clips.loss, speakers.accuracy, speakers.recall,
                    speakers.loss, speakers.training_loss)  # fmt: skip
        common = float(np.bincount(truth).max() / len(truth))
        out.notes.append(f"Always the commonest class: accuracy {common:.3f}, mean recall {1 / there:.3f}.")
        tables.append(out)
    return tables


def shipped_table(table: SoundTable) -> Table:
    """Return the figures of the recipe of the network that ships, each speaker judged by one trained without."""
    held, _ = cross_validate(SoundPlan.of(load_recipe("sound")), table, cache_root() / "runs" / "sound")
    out = sound_figures(held, held_out_temperature(held), COMMAND)
    counts = np.zeros((len(held.labels), len(held.labels)), int)
    np.add.at(counts, (held.truth, held.scores.argmax(1)), 1)
    if held.labels == SPEECH_SEVEN:
        out.notes.append("What each was taken for:\n\n" + confusion(counts, held.labels))
    return out


def confusion(counts: np.ndarray, labels: tuple[str, ...]) -> str:
    """Return the counts of truth (rows) against answers (columns) as a table in Markdown."""
    lines = ["| | " + " | ".join(labels) + " |", "| --- " * (len(labels) + 1) + "|"]
    return "\n".join(
        lines + [f"| {name} | " + " | ".join(map(str, row)) + " |" for name, row in zip(labels, counts, strict=True)]
    )


def speed_table() -> Table:
    """Return the time of the descriptors of 30 s and the memory that an hour takes."""
    out = Table("Time and memory", ["what", "figure", "bar"], COMMAND)
    rng = np.random.default_rng(0)
    for rate in (44_100, MODEL_RATE):
        sound = (0.1 * rng.normal(size=30 * rate)).astype(np.float32)
        describe(sound, rate)
        times = []
        for _ in range(5):
            start = time.process_time()
            describe(sound, rate)
            times.append(time.process_time() - start)
        out.add(f"descriptors of 30 s at {rate} Hz, one core", f"{np.median(times):.2f} s", "1 s")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hour.wav"
        write_hour(path)
        for name, what in (("listen", "its most representative 30 s read"), ("listen_through", "all of it read")):
            done = subprocess.run(
                [sys.executable, "-c", PEAK.format(name), str(path)], capture_output=True, text=True, check=True
            )
            peak, seconds = map(float, done.stdout.split())
            out.add(f"an hour, 44.1 kHz stereo: {what}, processor time", f"{seconds:.0f} s", "")
            out.add("the same: peak memory of the process", f"{peak:.0f} MB", "300 MB")
    return out


def write_hour(path: Path) -> None:
    """Write an hour of gliding tones and noise."""
    rng = np.random.default_rng(0)
    with wave.open(str(path), "wb") as file:
        file.setparams((2, 2, 44_100, 0, "NONE", ""))
        for minute in range(60):
            times = np.arange(60 * 44_100) / 44_100
            glide = np.sin(2 * np.pi * (200 + 5 * minute) * times + 3 * np.sin(2 * np.pi * 2 * times))
            sound = 0.2 * glide * np.clip(np.sin(2 * np.pi * 3 * times), 0, 1) + 0.01 * rng.normal(size=len(times))
            file.writeframes((np.stack([sound, sound], 1) * 32767).astype("<i2").tobytes())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", type=Path)
    parser.add_argument("--splits", type=int, default=5, help="of clips, and of speakers, for the paper's networks")
    parser.add_argument("--fresh", action="store_true", help="train the paper's networks anew")
    given = parser.parse_args()
    torch.set_num_threads(1)
    if given.fresh:
        for kept in (cache_root() / "runs" / "sound-paper").glob("*.json"):
            kept.unlink()
    table = emodb()
    tables = [*paper_tables(table, given.splits), shipped_table(table), speed_table()]
    for part in tables:
        print(part.to_text())
    if given.write:
        head, _, _ = given.write.read_text().partition("\n## ") if given.write.exists() else ("# Sound\n", "", "")
        given.write.write_text(head.rstrip() + "\n\n" + "\n".join(part.to_markdown() for part in tables))


if __name__ == "__main__":
    main()
