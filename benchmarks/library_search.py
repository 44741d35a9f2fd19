"""Time and exactness of searching a library of 100,000 and of 1,000,000 entries.

    python benchmarks/library_search.py [--sizes 100000 1000000] [--peer] [--write docs/results/library_search.md]

Entries are synthetic: random feelings, tags of the vocabulary by Zipf's law. Every time is that of a whole call, from
the words to the ten matches with their reasons, one thread. Recall is against brute force in 64-bit floats. --peer also
puts the vectors and words into LanceDB, if it is installed, and asks it for the nearest ten.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np

from gifect.emotions import QUADRANTS, SEVEN
from gifect.evaluation.tables import Table
from gifect.feeling.vocabulary import vocabulary
from gifect.library import Filters, Library
from gifect.library.engine import NUMBERS, Index
from gifect.library.search import LEAST, MOOD, STRONG, understand
from gifect.library.usual import USUAL
from gifect.library.words import words_of

COMMAND = "python benchmarks/library_search.py"
SETS = 20_000  # different sets of tags
TAGS = 20  # weighed for an entry
QUERIES = 100
BATCH = 50_000
SENTENCES = ("my code finally compiles", "i miss you", "happy birthday!", "the server is down again", "so tired today")


def fill(folder: Path, count: int) -> None:
    """Write ``count`` synthetic entries into a library, in large transactions."""
    random = np.random.default_rng(0)
    names = np.array(vocabulary().names)
    zipf = 1 / np.arange(1, len(names) + 1)
    sets = []
    for _ in range(SETS):
        chosen = random.choice(names, TAGS, replace=False, p=zipf / zipf.sum())
        tags = [(str(name), round(float(score), 3)) for name, score in zip(chosen, random.random(TAGS), strict=True)]
        tags.sort(key=lambda tag: -tag[1])
        sets.append((str(tags).replace("(", "[").replace(")", "]").replace("'", '"'), words_of(tags, (), ())))
    columns = (
        "id, change, added, frames, duration_ms, width, height, emotion, confidence, numbers, quadrant, medium, people,"
        " tags, captions, own_tags, hidden_tags, duplicate_of, words, hash"
    )
    with Library(folder) as library:
        store = library._store
        for start in range(0, count, BATCH):
            rows, files = [], []
            for k in range(start, min(start + BATCH, count)):
                numbers = random.random(len(NUMBERS)).astype(np.float32) ** 3
                best, (tags_text, words) = int(numbers[: len(SEVEN)].argmax()), sets[int(random.integers(SETS))]
                id = f"{k:064x}"
                rows.append(
                    (id, k + 1, "2026-01-01T00:00:00+00:00", 20, 1000 + k % 5000, 320, 240, SEVEN[best], 0.5)
                    + (numbers.tobytes(), QUADRANTS[k % 4], None, None, tags_text, "[]", "[]", "[]", None, words, b"")
                )
                files.append((f"/clips/{k % 100}/{k}.gif", id, 1, 1, k))
            with store.transaction() as connection:
                marks = ", ".join("?" * len(rows[0]))
                connection.executemany(f"insert into entries ({columns}) values ({marks})", rows)
                connection.executemany("insert into files values (?, ?, ?, ?, ?)", files)
                connection.execute("update about set value = ? where name = 'change'", (len(rows) + start,))


def queries() -> list[str]:
    """Return queries of one to three concepts, half of them with a mood."""
    random = np.random.default_rng(1)
    names, moods = np.array(vocabulary().names), np.array(list(vocabulary().moods))
    found = []
    for k in range(QUERIES):
        words = list(random.choice(names, 1 + k % 2)) + ([str(random.choice(moods))] if k % 2 else [])
        found.append(" ".join(map(str, words)))
    return found


def timed(calls: list[Callable[[], object]]) -> list[str]:
    """Return median and 95th percentile of the calls by the clock, and the latter by the processor, in ms."""
    times = []
    for call in calls:
        start = time.perf_counter(), time.process_time()
        call()
        times.append((time.perf_counter() - start[0], time.process_time() - start[1]))
    clock, processor = 1000 * np.array(times).T
    values = (np.percentile(clock, 50), np.percentile(clock, 95), np.percentile(processor, 95))
    return [f"{value:.1f}" for value in values]


def brute_force(index: Index, text: str) -> np.ndarray:
    """Return the scores of all entries for a query, in 64-bit floats, entry by entry and word by word."""
    query = understand(index, text)
    weight = np.zeros(len(index))
    for key, wanted in query.words.items():
        has = index.words["key"] == key
        np.add.at(weight, index.owners[has], wanted * index.words["weight"][has] / 255)
    total = weight / max(sum(query.words.values()), 1e-9)
    mean, deviation = (np.array(USUAL._parts[name], float) for name in ("mean", "deviation"))
    matched = total > LEAST
    if query.mood.any():
        apart = ((index.numbers.astype(float) - mean) / deviation)[:, len(SEVEN) :] @ query.mood.astype(float)
        feeling = 1 / (1 + np.exp(-1.6 * apart))
        matched |= feeling > 1 / (1 + np.exp(-1.6 * STRONG))
        total = (1 - MOOD) * total + MOOD * feeling
    return np.where(matched, total, -np.inf)


def recall(index: Index, library: Library, texts: list[str]) -> float:
    """Return the share of the ten best that a search finds; equal scores may stand for each other."""
    shares = []
    for text in texts:
        truth = brute_force(index, text)
        least = np.sort(truth)[-10]
        found = library.search(text, 10)
        rows = [int(match.id, 16) for match in found]
        shares.append(np.mean(truth[rows] >= least - 1e-5))
    return float(np.mean(shares))


def measure(count: int, table: Table) -> None:
    """Fill a library and add its rows to the table."""
    with tempfile.TemporaryDirectory() as folder:
        fill(Path(folder), count)
        with Library(folder) as library:
            start = time.perf_counter()
            library.search("happy")
            opened = time.perf_counter() - start
            texts = queries()
            for name, calls in {
                "search": [lambda text=text: library.search(text, 10) for text in texts],
                "search, only happiness": [
                    lambda text=text: library.search(text, 10, Filters(emotion="happiness")) for text in texts
                ],
                "recommend": [lambda text=text: library.recommend(text, 10) for text in SENTENCES * (QUERIES // 5)],
                "similar": [lambda k=k: library.similar(f"{k:064x}", 10) for k in range(QUERIES)],
            }.items():
                calls[0]()
                table.add(f"{count:,}", name, *timed(calls), "")
            index = library._engine.index()
            exact = f"{recall(index, library, texts[:30]):.3f}"
            table.add(f"{count:,}", "search: recall@10 against brute force", "", "", "", exact)
            table.add(f"{count:,}", "first search after opening, s", "", "", "", f"{opened:.1f}")
            size = sum(path.stat().st_size for path in Path(folder).iterdir()) / 1e6
            table.add(f"{count:,}", "on disk, MB", "", "", "", f"{size:.0f}")
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            table.add(f"{count:,}", "peak memory, MB", "", "", "", f"{peak:.0f}")
            if PEER:
                measure_lance(index, Path(folder) / "lance", count, table)


def measure_lance(index: Index, folder: Path, count: int, table: Table) -> None:
    """Add what LanceDB does with the same vectors: exact search, and its inverted-file index."""
    import lancedb.index
    import pyarrow as pa

    vectors = USUAL.deviations(index.numbers)
    flat = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1])
    held = lancedb.connect(str(folder)).create_table("clips", pa.table({"id": np.arange(count), "vector": flat}))
    asked = np.random.default_rng(2).permutation(count)[:30]

    def nearest(row: int) -> list[int]:
        return [int(found["id"]) for found in held.search(vectors[row]).limit(10).to_list()]

    truth = [set(np.argsort(np.square(vectors - vectors[row]).sum(1))[:10].tolist()) for row in asked]
    for name in ("LanceDB, exact", "LanceDB, IVF-PQ"):
        if "PQ" in name:
            index_of = lancedb.index.IvfPq(distance_type="l2", num_partitions=int(count**0.5), num_sub_vectors=8)
            held.create_index("vector", config=index_of)
        times = timed([lambda row=row: nearest(row) for row in asked])
        times[2] = ""  # it uses threads of its own
        share = np.mean([len(set(nearest(row)) & own) / 10 for row, own in zip(asked, truth, strict=True)])
        table.add(f"{count:,}", name, *times, f"{share:.3f}")


def main() -> None:
    """Measure and print."""
    global PEER
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--peer", action="store_true")
    parser.add_argument("--write", type=Path)
    asked = parser.parse_args()
    PEER = asked.peer and importlib.util.find_spec("lancedb") is not None
    table = Table(
        "Searching a library",
        ["entries", "what", "median, ms", "p95, ms", "p95 of the processor, ms", "figure"],
        COMMAND,
    )
    load = os.getloadavg()[0]
    for size in asked.sizes:
        measure(size, table)
    cores = os.cpu_count()
    table.notes.append(
        f"The bars are a p95 of 20 ms and 60 ms and a recall of .95. Load of the machine when it began and ended: "
        f"{load:.1f} and {os.getloadavg()[0]:.1f} on {cores} cores; the processor's time leaves out what others take."
    )
    print(table.to_text())
    if asked.write:
        asked.write.write_text(table.to_markdown(), encoding="utf-8")


PEER = False

if __name__ == "__main__":
    main()
