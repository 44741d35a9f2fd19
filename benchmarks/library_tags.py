"""Tags against what annotators tag and see done, and searching for a tag, on clips that no network was trained on.

    python benchmarks/library_tags.py [--write docs/results/library_tags.md]

Needs the labelled data of GIFECT_DATA. A true tag or act counts as found if a given tag has its stems or those of its
words, or stands for the same concept of the vocabulary. For searching, the query is a tag of the second annotator, and
every clip that either annotator tagged so is relevant; the library holds readings only, no label and no file name.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import json

import numpy as np
import pandas as pd

from gifect.evaluation.cards import write_figures
from gifect.evaluation.tables import Table
from gifect.feeling.reading import Reading
from gifect.feeling.vocabulary import STOP_WORDS, concepts_in, stems, vocabulary
from gifect.library.engine import Engine
from gifect.library.results import Filters
from gifect.library.search import search
from gifect.training.data.clipreadings import read_clips
from gifect.training.data.shared import reactions
from gifect.training.recommend import store_of

COMMAND = "python benchmarks/library_tags.py"
TOP = 10


def said_of(row: pd.Series) -> list[str]:
    """Return the true tags and acts of a clip, each once."""
    return list(dict.fromkeys((*row["tags"], *(act.replace("_", " ") for act in row["acts"]))))


def is_found(truth: str, given: Sequence[str]) -> bool:
    """Return whether one of the tags given says what ``truth`` says."""
    wanted = set(stems(truth)) - STOP_WORDS
    meant = concepts_in(truth)
    for tag in given:
        words = set(stems(tag)) - STOP_WORDS
        if words and (words <= wanted or (wanted and wanted <= words)):
            return True
        if tag in meant and tag in vocabulary().names:
            return True
    return False


def recall(rows: pd.DataFrame, given: Callable[[str], Sequence[str]]) -> float:
    """Return the mean over clips of the share of true tags and acts that are found among the ten given."""
    shares = []
    for _, row in rows.iterrows():
        if truth := said_of(row):
            shares.append(np.mean([is_found(one, given(row["id"])[:TOP]) for one in truth]))
    return float(np.mean(shares))


def most_frequent(lists: Sequence[Sequence[str]]) -> list[str]:
    """Return the ten most frequent of many lists of tags, forms of a word counted together."""
    counts: Counter[str] = Counter()
    shown: dict[str, str] = {}
    for own in lists:
        for tag in own:
            shown.setdefault(" ".join(stems(tag)), tag)
        counts.update({" ".join(stems(tag)) for tag in own})
    return [shown[name] for name, _ in counts.most_common(TOP)]


def gain(ranked: Sequence[str], relevant: set[str]) -> float:
    """Return nDCG@10 of a ranking."""
    discount = 1 / np.log2(np.arange(2, TOP + 2))
    hits = np.array([name in relevant for name in ranked[:TOP]], float)
    return float(hits @ discount[: len(hits)] / discount[: min(len(relevant), TOP)].sum())


def relevant_clips(rows: pd.DataFrame) -> dict[str, set[str]]:
    """Return for each tag of the second annotator the clips that either tagged so."""
    tagged: dict[str, set[str]] = {}
    for _, row in rows.iterrows():
        for tag in row["tags"]:
            tagged.setdefault(tag, set()).add(row["id"])
    asked = {tag for label in rows["label_2"] for tag in json.loads(label)["tags"]}
    return {tag: tagged[tag] for tag in sorted(asked) if tag in tagged}


def by_name(rows: pd.DataFrame, query: str) -> list[str]:
    """Return the clips whose file name has most of a query's words, ties in their order."""
    wanted = set(stems(query))
    shares = [len(wanted & set(stems(name.replace("_", " ").replace("-", " ")))) for name in rows["name"]]
    ranked = sorted(zip(rows["id"], shares, strict=True), key=lambda pair: -pair[1])
    return [name for name, share in ranked if share]


def found_by(
    readings: Sequence[Reading], relevant: Mapping[str, set[str]], names: Mapping[str, str] | None
) -> dict[str, float]:
    """Return nDCG@10 of searching for each tag."""
    with tempfile.TemporaryDirectory() as folder:
        store = store_of(readings, Path(folder), names)
        engine, every = Engine(store), Filters(duplicates=True)
        scores = {
            tag: gain([match.source for match in search(engine, tag, TOP, every)], clips)
            for tag, clips in relevant.items()
        }
        store.close()
    return scores


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", type=Path)
    asked = parser.parse_args()
    rows, learnt = reactions("valid").drop(columns="mp4"), reactions("train", ["tags", "acts"])
    readings = read_clips("valid")
    tags_of = {reading.source: reading.tags for reading in readings}
    table = Table("Tags and searching for them", ["what", "figure", "of the baseline"], COMMAND)
    ours = recall(rows, tags_of.__getitem__)
    for name, lists in {
        "tags": [list(tags) for tags in learnt["tags"]],
        "tags and acts": [said_of(row) for _, row in learnt.iterrows()],
    }.items():
        top = most_frequent(lists)
        base = recall(rows, lambda _, top=top: top)
        table.add(f"recall@10 of the ten most frequent {name} of the train clips", base, "")
        table.add("recall@10 of gifect's tags", ours, f"{ours / base:.1f} x")
    relevant = relevant_clips(rows)
    names = {tag: gain(by_name(rows, tag), clips) for tag, clips in relevant.items()}
    file_names = dict(zip(rows["id"], rows["name"], strict=True))
    found = found_by(readings, relevant, None)
    both = found_by(readings, relevant, file_names)
    for least in (1, 3):
        some = [tag for tag, clips in relevant.items() if len(clips) >= least]
        base = float(np.mean([names[tag] for tag in some]))
        what = f"{len(some)} tags of {least} or more clips: nDCG@10 of"
        table.add(f"{what} file names", base, "")
        for name, scores in (("gifect's search", found), ("gifect's search, files' names as tags", both)):
            own = float(np.mean([scores[tag] for tag in some]))
            table.add(f"{what} {name}", own, f"{own / base:.1f} x")
    print(table.to_text())
    if asked.write:
        own = Table(table.title, ["what", "figure"], COMMAND)
        for what, figure, _ in table.rows:
            own.add(what, figure)
        write_figures("tags", own)
        asked.write.write_text(table.to_markdown(), encoding="utf-8")


if __name__ == "__main__":
    main()
