"""What `gifect batch` costs a clip, and what a hundred million would: processor time, memory, storage, planning.

    python benchmarks/batch_speed.py [--clips 200] [--paths 200000] [--write docs/results/scale.md]

Clips are rows of the valid split (``GIFECT_DATA``), read from its Parquet file as they lie there. Processor time is
measured, so that other work on the machine changes little; nothing of it is spent waiting for a disk.
"""

from __future__ import annotations

import argparse
import os
import resource
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import pyarrow.parquet as pq

from gifect.evaluation.tables import Table
from gifect.scale.plan import Plan, open_plan
from gifect.scale.reading import Options
from gifect.scale.run import read_shards
from gifect.training.data.shared import data_root

COMMAND = "python benchmarks/batch_speed.py"
MANY = 100_000_000
HOUR = 3600
SHARD = 100  # clips; the first warms up


def size_of(folder: Path) -> int:
    """Return the bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def read_here(plan: Plan, shards: list[int]) -> float:
    """Return the processor seconds of reading shards in this process."""
    start = time.process_time()
    for _ in read_shards(plan, shards, jobs=0):
        pass
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=200)
    parser.add_argument("--paths", type=int, default=200_000, help="of the plan that is timed")
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    measured = Table("What a clip costs", ["what", "figure"], COMMAND)
    model = Table("A hundred million clips, by these figures", ["what", "figure"], COMMAND)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = folder / "clips.parquet"
        table = pq.read_table(data_root() / "gifs" / "reactions" / "valid.parquet", columns=["id", "mp4"])
        table = table.slice(0, given.clips + SHARD)
        pq.write_table(table, source, row_group_size=100)
        clip_bytes = source.stat().st_size / len(table)
        sizes = {}
        for whole in (False, True):
            output = folder / f"out-{whole}"
            plan = open_plan(str(source), str(output), Options(whole=whole), SHARD)
            read_here(plan, [0])  # loads the networks
            before, shards = size_of(output / "readings"), list(range(1, 1 + given.clips // SHARD))
            seconds = read_here(plan, shards) / (SHARD * len(shards))
            sizes[whole] = (size_of(output / "readings") - before) / (SHARD * len(shards))
            if not whole:
                each = seconds
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        paths = folder / "paths.txt"
        paths.write_text("".join(f"s3://bucket/clips/{k // 1000:06d}/{k:09d}.gif\n" for k in range(given.paths)))
        start = time.process_time()
        plan = open_plan(str(paths), str(folder / "planned"), Options(), 10_000)
        planning = (time.process_time() - start) / plan.inputs
        planned = size_of(folder / "planned") / plan.inputs
    measured.add("processor time, Parquet to row", f"{1000 * each:.0f} ms")
    measured.add("clips a second and core", f"{1 / each:.1f}")
    measured.add("peak memory of a process", f"{peak:.0f} MB")
    measured.add("a row of results / with the whole reading", f"{sizes[False]:.0f} / {sizes[True]:,.0f} bytes")
    measured.add("a clip of this set", f"{clip_bytes / 1024:.0f} KB")
    measured.add(f"planning, of {given.paths:,} paths", f"{1e6 * planning:.0f} µs, {planned:.1f} bytes an input")
    measured.notes.append(
        f"{SHARD * (given.clips // SHARD)} clips of at most 40 frames of 192 pixels on the short side, in shards of "
        f"{SHARD}: in shards of thousands results are smaller. The peak is that of the benchmark, which loads more "
        "than a reader."
    )
    hours = MANY * each / HOUR
    model.add("core hours of reading", f"{hours:,.0f}")
    model.add("a cluster of 1,000 cores", f"{hours / 1000:.1f} hours")
    model.add("core hours of planning, on one machine", f"{MANY * planning / HOUR:.1f}")
    model.add("results / with whole readings", f"{MANY * sizes[False] / 1e9:,.0f} / {MANY * sizes[True] / 1e9:,.0f} GB")
    model.add("the plan", f"{MANY * planned / 1e9:.1f} GB in {MANY // 10_000:,} files of 10,000 inputs")
    model.add("clips to be fetched, if they are like these", f"{MANY * clip_bytes / 1e12:.1f} TB")
    model.add("traffic into 1,000 cores", f"{1000 / each * clip_bytes * 8 / 1e9:.1f} Gbit/s")
    for table in (measured, model):
        print(table.to_text())
    if given.write:
        given.write.write_text("# Scale\n\n" + "\n".join(table.to_markdown() for table in (measured, model)))


if __name__ == "__main__":
    main()
