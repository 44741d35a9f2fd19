"""Adding a thousand clips by two processes at once, both killed twice on the way: is anything lost, is anything twice?

    python benchmarks/library_add.py [--clips 1000] [--write docs/results/library_add.md]

The clips are drawn here, each another one; some are broken on purpose and some lie there under two names.
"""

from __future__ import annotations

import argparse
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import cv2
import numpy as np

from gifect.evaluation.tables import Table
from gifect.library import Library
from gifect.media.clip import Clip
from gifect.media.write import write_clip

COMMAND = "python benchmarks/library_add.py"
SIDE, FRAMES = 64, 4  # of a clip
BROKEN, TWICE = 10, 10
KILLS = (0.3, 0.65)  # shares of the clips that are in when both processes are killed
POLL_S = 0.05


def draw_clips(folder: Path, count: int) -> None:
    """Write ``count`` different GIFs, and a few that are broken or there already."""
    random = np.random.default_rng(0)
    folder.mkdir()
    for k in range(count):
        coarse = random.integers(0, 256, (FRAMES, 8, 8, 3), dtype=np.uint8)
        frames = np.stack([cv2.resize(frame, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC) for frame in coarse])
        write_clip(Clip.from_frames(frames), folder / f"clip-{k:04}.gif")
    for k in range(BROKEN):
        (folder / f"broken-{k}.gif").write_bytes(b"GIF89a" + bytes(k))
    for k in range(TWICE):
        (folder / f"twice-{k}.gif").write_bytes((folder / f"clip-{k:04}.gif").read_bytes())


def count_of(library: Path) -> int:
    """Return how many entries are there, as another process sees it."""
    try:
        with sqlite3.connect(f"file:{library / 'library.db'}?mode=ro", uri=True) as connection:
            return int(connection.execute("select count(*) from entries").fetchone()[0])
    except sqlite3.Error:
        return 0


def start(clips: Path, library: Path) -> subprocess.Popen[bytes]:
    """Start a process that adds the clips."""
    command = [sys.executable, "-m", "gifect", "library", "add", str(clips), "--library", str(library), "--jobs", "1"]
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=1000)
    parser.add_argument("--write", type=Path)
    asked = parser.parse_args()
    table = Table("Adding, killed twice", ["what", "figure", "bar"], COMMAND)
    with tempfile.TemporaryDirectory() as folder:
        clips, place = Path(folder) / "clips", Path(folder) / "library"
        draw_clips(clips, asked.clips)
        began = time.perf_counter()
        seen = []
        for share in KILLS:
            both = [start(clips, place) for _ in range(2)]
            while count_of(place) < share * asked.clips and any(one.poll() is None for one in both):
                time.sleep(POLL_S)
            for one in both:
                one.send_signal(signal.SIGKILL)
                one.wait()
            seen.append(count_of(place))
        codes = [one.wait() for one in [start(clips, place) for _ in range(2)]]
        seconds = time.perf_counter() - began
        with Library(place) as library:
            entries = list(library.entries())
            sources = [source for entry in entries for source in library._store.sources(entry.id)]
            whole = all(library.reading(entry.id).frames == FRAMES for entry in entries)
        table.add("entries when both were killed", ", ".join(map(str, seen)), "")
        table.add("clips of the folder that are lost", asked.clips - len({entry.id for entry in entries}), "0")
        table.add("clips that are there twice", len(entries) - len({entry.id for entry in entries}), "0")
        table.add("names that are known", len(set(sources)), str(asked.clips + TWICE))
        table.add("every reading is whole", whole, "True")
        table.add("exit codes of the last two (broken files were named)", ", ".join(map(str, codes)), "1, 1")
        table.add("seconds in all, both processes", f"{seconds:.0f}", "")
    print(table.to_text())
    if asked.write:
        asked.write.write_text(table.to_markdown(), encoding="utf-8")


if __name__ == "__main__":
    main()
