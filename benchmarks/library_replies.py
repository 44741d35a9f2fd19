"""How well recommendations go with messages, and whether they show the feeling of the sentence.

    python benchmarks/library_replies.py [--write docs/results/library_replies.md]

Needs the labelled data of GIFECT_DATA. First table: nDCG@10 of the judged clips of each message, by their order in the
ranking of all valid clips, of which the library holds readings only, no label and no file name; the weights of the
parts are learnt on other messages (ten folds). Second: sentences of the GoEmotions test split, and how many of the
first five clips annotators say to show an emotion of the sentence.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pandas as pd

from gifect.emotions import SEVEN
from gifect.evaluation.cards import write_figures
from gifect.evaluation.tables import Table
from gifect.library.engine import Engine
from gifect.library.message import FEELINGS
from gifect.library.recommend import recommend
from gifect.library.results import Filters
from gifect.text import recognise
from gifect.training.data.clipreadings import read_clips
from gifect.training.data.shared import data_root, reactions
from gifect.training.recommend import PARTS, cross_validate, judged_replies, ndcg, part_scales, store_of

COMMAND = "python benchmarks/library_replies.py"
SENTENCES = 600  # of the GoEmotions test split, drawn at random
FIRST = 5


def replies(table: Table) -> None:
    """Add nDCG@10 of chance, of each part alone, of all alike, and of learnt weights."""
    judged = judged_replies(read_clips("valid"))
    random = np.random.default_rng(0)
    chance = np.mean([ndcg(random.random(len(own.fit)), own.fit) for own in judged for _ in range(50)])
    table.add(f"{len(judged)} messages: chance", float(chance), "")
    for k, part in enumerate(PARTS):
        table.add(f"only: {part}", float(np.mean([ndcg(own.parts[:, k], own.fit) for own in judged])), "")
    scale = part_scales(judged)
    alike = np.mean([ndcg((own.parts / scale).sum(1), own.fit) for own in judged])
    table.add("all parts alike, nothing learnt", float(alike), "")
    kinds = {
        "weights learnt, without the text network": [part for part in PARTS if "text" not in part],
        "weights learnt, without what the message does": [part for part in PARTS if "does" not in part],
        "weights learnt, feelings alone": list(FEELINGS),
        "weights learnt, all parts": list(PARTS),
    }
    for name, used in kinds.items():
        scores = cross_validate(judged, used)
        error = float(scores.std() / len(scores) ** 0.5)
        table.add(f"{name} (standard error {error:.3f})", float(scores.mean()), ".62" if used == list(PARTS) else "")


def sentences() -> list[tuple[str, set[str]]]:
    """Return texts of the GoEmotions test split with the classes of the seven that annotators gave them."""
    table = pd.read_parquet(data_root() / "text" / "goemotions.parquet")
    classes = json.loads((data_root() / "text" / "goemotions_ekman_mapping.json").read_text())
    named = {"joy": "happiness"}
    class_of = {finer: named.get(name, name) for name, finers in classes.items() for finer in finers}
    rows = table[table["split"] == "test"].sample(SENTENCES, random_state=0)
    return [
        (text, {class_of.get(label, label) for label in labels} & set(SEVEN))
        for text, labels in zip(rows["text"], rows["labels"], strict=True)
    ]


def first_five(table: Table) -> None:
    """Add how many of the first five clips show an emotion of the sentence."""
    seven = dict(zip(*(reactions("valid", ["id", "e7"])[name] for name in ("id", "e7")), strict=True))
    with tempfile.TemporaryDirectory() as folder:
        store = store_of(read_clips("valid"), Path(folder))
        engine = Engine(store)
        shares: dict[str, list[float]] = {"": [], "neutral": [], "felt": []}
        seeded, likeliest, told = [], [], []
        for text, truth in sentences():
            found = [seven[match.source] for match in recommend(engine, text, FIRST, None, Filters(duplicates=True))]
            share = float(np.mean([emotion in truth for emotion in found]))
            shares[""].append(share)
            shares["neutral" if truth == {"neutral"} else "felt"].append(share)
            drawn = [seven[match.source] for match in recommend(engine, text, FIRST, 0, Filters(duplicates=True))]
            seeded.append(float(np.mean([emotion in truth for emotion in drawn] or [0])))
            told.append(recognise([text])[0].emotion in truth)
            likeliest.append(float(np.mean([emotion in truth for emotion in seven.values()])))
        store.close()
    table.add(f"{len(told)} sentences: first five clips of the sentence's emotion", float(np.mean(shares[""])), ".60")
    table.add("the same, sentences with a feeling", float(np.mean(shares["felt"])), "")
    table.add("the same, neutral sentences", float(np.mean(shares["neutral"])), "")
    table.add("five drawn by --seed", float(np.mean(seeded)), "")
    table.add("five drawn from all clips", float(np.mean(likeliest)), "")
    table.add("emotion of the sentence is read right", float(np.mean(told)), "")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", type=Path)
    asked = parser.parse_args()
    table = Table("Recommending", ["what", "figure", "bar"], COMMAND)
    replies(table)
    first_five(table)
    table.notes.append(
        "The cues of what a message does were written with the messages in view; cues that only one of them has were "
        "taken out again. The row without them is free of that."
    )
    print(table.to_text())
    if asked.write:
        own = Table(table.title, ["what", "figure"], COMMAND)
        for what, figure, _ in (row for row in table.rows if row[0].startswith("only: words")):
            own.add(f"recommending by what the words of a message alone {what.rpartition(' ')[2]}, nDCG@10", figure)
        write_figures("lexicon", own)
        asked.write.write_text(table.to_markdown(), encoding="utf-8")


if __name__ == "__main__":
    main()
