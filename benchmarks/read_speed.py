"""Time and memory of whole readings: throughput, the share of decoding, cold start, the size of an install.

    python benchmarks/read_speed.py [--clips 200] [--write docs/results/read.md]

Clips are those of the valid split (``GIFECT_DATA``); without it, copies of the bundled samples.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

from gifect.evaluation.tables import REPOSITORY, Table


def sample_clips(folder: Path, count: int) -> list[Path]:
    """Write ``count`` clips into ``folder`` and return their paths."""
    try:
        from gifect.training.data.shared import iterate_clips

        sources = [mp4 for _, mp4 in iterate_clips("valid")]
        suffix = ".mp4"
    except ValueError:
        sources = [p.read_bytes() for p in sorted((REPOSITORY / "samples").glob("*.gif"))]
        suffix = ".gif"
    paths = [folder / f"{k:04d}{suffix}" for k in range(count)]
    for k, path in enumerate(paths):
        path.write_bytes(sources[k % len(sources)])
    return paths


def decode_one(path: Path) -> float:
    """Return the processor seconds of decoding a clip."""
    from gifect import Clip

    start = time.process_time()
    Clip.open(path)
    return time.process_time() - start


def read_one(path: Path) -> float:
    """Return the processor seconds of reading a clip."""
    import gifect

    start = time.process_time()
    gifect.read(path)
    return time.process_time() - start


def pooled(work: object, paths: list[Path]) -> tuple[float, list[float]]:
    """Return wall seconds of ``work`` on all paths in two warm processes, and the processor seconds of each."""
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        list(pool.map(work, paths[:8], chunksize=4))
        start = time.perf_counter()
        each = list(pool.map(work, paths, chunksize=4))
        return time.perf_counter() - start, each


def peak_megabytes(paths: list[Path]) -> float:
    """Return the largest resident size of a process of ``gifect read`` over ``paths``."""
    code = (
        "import resource, sys; from gifect.cli.main import main\n"
        "sys.argv[0] = 'gifect'\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "own, pool = (resource.getrusage(w).ru_maxrss for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))\n"
        "print(max(own, pool) / 1024, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "read", "--json", "--quiet", *map(str, paths)],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stderr.strip().splitlines()[-1])


def cold_start(path: Path, runs: int = 5) -> float:
    """Return the median wall seconds of a fresh interpreter that reads one clip."""
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "gifect", "read", "--json", str(path)], capture_output=True, check=True)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def install_megabytes() -> float:
    """Return the size of a fresh environment with gifect's core dependencies, less the bare environment's."""
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        bare = _size(Path(folder))
        pip = [str(Path(folder) / "bin" / "pip"), "install", "-q", "-c", str(REPOSITORY / "constraints.txt")]
        subprocess.run([*pip, str(REPOSITORY)], check=True)
        return (_size(Path(folder)) - bare) / 2**20


def _size(folder: Path) -> int:
    return sum(p.lstat().st_size for p in folder.rglob("*") if p.is_file())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clips", type=int, default=200)
    parser.add_argument("--no-install", action="store_true", help="leave out the size of an install (needs pip)")
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    table = Table("Reading speed and size", ["what", "figure", "bar"], "python benchmarks/read_speed.py")
    with tempfile.TemporaryDirectory() as folder:
        paths = sample_clips(Path(folder), given.clips)
        wall, reads = pooled(read_one, paths)
        _, decodes = pooled(decode_one, paths)
        table.add("clips a second, two processes", f"{len(paths) / wall:.1f}", "12")
        table.add("processor time of a reading, mean", f"{1000 * statistics.mean(reads):.1f} ms", "")
        table.add("processor time of decoding alone, mean", f"{1000 * statistics.mean(decodes):.1f} ms", "")
        table.add("whole reading / decoding alone", f"{sum(reads) / sum(decodes):.2f}", "4")
        table.add(
            f"peak memory of gifect read over {len(paths)} clips, largest process",
            f"{peak_megabytes(paths):.0f} MB",
            "500 MB",
        )
        table.add("first reading from a cold start, median", f"{cold_start(paths[0]):.2f} s", "1.5 s")
    if not given.no_install:
        table.add("core install with all dependencies", f"{install_megabytes():.0f} MB", "450 MB")
    print(table.to_text())
    if given.write:
        given.write.write_text(table.to_markdown())


if __name__ == "__main__":
    main()
