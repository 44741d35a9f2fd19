"""Captions of the valid split against what its labelers wrote down, and what their words add to the seven emotions.

    python benchmarks/captions.py [--write docs/results/captions.md]

Needs the labelled data (``GIFECT_DATA``) and the extras ``train`` and ``captions``. What was read is kept in the cache.
"""

from __future__ import annotations

import argparse
import os
import time
from collections import Counter
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd
from sklearn.metrics import f1_score, precision_recall_curve

from gifect.captions.frames import look_for_lines, read_frames
from gifect.captions.read import ReadCaption, captions_of, has_text, text_score
from gifect.captions.words import words_of
from gifect.emotions import SEVEN
from gifect.evaluation.tables import Table
from gifect.feeling.cues import see
from gifect.feeling.fuse import fuse
from gifect.feeling.quote import weigh_captions
from gifect.media.clip import Clip
from gifect.training.data.captions import WrittenClip, written_clips
from gifect.training.data.shared import reactions

COMMAND = "python benchmarks/captions.py"
PRECISION = 0.8  # at which the recall of the tests is given
CUT = 12  # words after which the labelers' captions end
TIMED = 24  # clips


def captions_found(clips: list[WrittenClip]) -> list[list[ReadCaption]]:
    """Return the captions of each clip as ``read_captions`` finds them."""
    return [captions_of(clip.frames) if has_text(clip.looks) else [] for clip in clips]


def words_found(clips: list[WrittenClip], found: list[list[ReadCaption]]) -> tuple[float, float]:
    """Return which share of the labelers' words was read, and which share of the words read are the labelers'; a word
    that stands twice counts twice."""
    both = said = told = 0
    for clip, captions in zip(clips, found, strict=True):
        ours, theirs = Counter(words_of(" ".join(c.text for c in captions))), Counter(words_of(clip.text))
        both, said, told = both + (ours & theirs).total(), said + ours.total(), told + theirs.total()
    return both / told, both / said


def reading(clips: list[WrittenClip]) -> Table:
    """Return how well captions are found and read."""
    found = captions_found(clips)
    truth = np.array([bool(clip.text) for clip in clips])
    table = Table("Captions, valid split", ["what", "figure", "bar"], COMMAND)
    written = [k for k in range(len(clips)) if truth[k]]
    groups = {
        "clips with a caption": written,
        f"of them, those not cut at {CUT} words": [k for k in written if len(clips[k].text.split()) < CUT],
    }
    for name, chosen in groups.items():
        recall, precision = words_found([clips[k] for k in chosen], [found[k] for k in chosen])
        table.add(f"{name}: {len(chosen)}", "", "")
        table.add("words found", recall, "0.90" if chosen is written else "")
        table.add("precision of the words", precision, "0.90" if chosen is written else "")
    scores = np.array([text_score(clip.looks) for clip in clips])
    table.add(f"cheap test: recall of clips with a caption at precision {PRECISION}", recall_at(truth, scores), "0.95")
    passed = np.array([has_text(clip.looks) for clip in clips])
    table.add("cheap test as it is set: recall", float(passed[truth].mean()), "")
    table.add("cheap test as it is set: precision", float(truth[passed].mean()), "")
    said = np.array([bool(captions) for captions in found])
    table.add("after reading: recall of clips with a caption", float(said[truth].mean()), "")
    table.add("after reading: precision", float(truth[said].mean()), "")
    table.notes.append(
        f"The labelers cut captions at {CUT} words, and wrote down some signs and logos as captions and not others."
    )
    return table


def recall_at(truth: np.ndarray, scores: np.ndarray, precision: float = PRECISION) -> float:
    """Return the highest recall at which the precision is still reached."""
    found, recall, _ = precision_recall_curve(truth, scores)
    return float(recall[found >= precision].max())


def gain(clips: list[WrittenClip], rows: pd.DataFrame) -> Table:
    """Return accuracy and macro-F1 of the seven emotions on clips with captions, without and with their words."""
    table = Table("Seven emotions with and without the captions, valid split", ["clips", "without: accuracy", "F1",
                  "with: accuracy", "F1 "], COMMAND)  # fmt: skip
    found = captions_found(clips)
    mp4 = rows.set_index("id")["mp4"]
    read = [k for k, captions in enumerate(found) if captions]
    said = np.zeros((2, len(clips)), int)
    for k in sorted({*read, *(k for k, clip in enumerate(clips) if clip.text)}):
        clip = Clip.open(mp4[clips[k].id])
        verdict = fuse(clip, see(clip))
        said[:, k] = verdict.scores.argmax(), weigh_captions(verdict, found[k]).scores.argmax()
    truth = np.array([SEVEN.index(e) for e in rows["e7"]])
    clear = set(np.flatnonzero(rows["clear"].to_numpy(bool)))
    groups = {"in which a caption was read": read, "of them, clear": [k for k in read if k in clear],
              "with a caption by the labelers": [k for k, clip in enumerate(clips) if clip.text]}  # fmt: skip
    for name, chosen in groups.items():
        cells: list[float] = []
        for way in (0, 1):
            guess, told = said[way][chosen], truth[chosen]
            labels = np.unique(told)
            cells += [float((guess == told).mean()), float(f1_score(told, guess, labels=labels, average="macro"))]
        table.add(f"{name}: {len(chosen)}", *cells)
    table.notes.append("The weight of the words was learnt on clips of the train split; see gifect.feeling.quote.")
    return table


def cost(rows: pd.DataFrame) -> Table:
    """Return the processor's time a clip of the cheap test, of reading, and of the rest of a reading."""
    spent = np.zeros((TIMED, 3))
    for k, mp4 in enumerate(rows["mp4"][:TIMED]):
        clip = Clip.open(mp4)
        times = [time.process_time()]
        see(clip)
        times.append(time.process_time())
        looks = look_for_lines(clip)
        times.append(time.process_time())
        if has_text(looks):
            read_frames(clip, looks)
        times.append(time.process_time())
        spent[k] = np.diff(times)
    mean = spent[1:].mean(0)  # the first one loads the networks
    table = Table(f"Time a clip, {TIMED - 1} clips, processor time of one thread", ["what", "seconds"], COMMAND)
    for name, seconds in zip(("faces and scene", "cheap test", "reading where it says so"), mean, strict=True):
        table.add(name, float(seconds))
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    rows = reactions("valid", ["id", "e7", "clear", "mp4"])
    clips = written_clips("valid")
    tables = [reading(clips), gain(clips, rows), cost(rows)]
    for table in tables:
        print(table.to_text())
    if given.write:
        given.write.write_text("# Captions\n\n" + "\n".join(t.to_markdown() for t in tables))


if __name__ == "__main__":
    main()
