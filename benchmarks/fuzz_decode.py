"""Damages real files of every format and opens them, for as long as asked: each must give a clip or a ClipError.

    python benchmarks/fuzz_decode.py --minutes 5

The work is done in a child process. If that dies, hangs or raises anything else, the file that did it is kept.
"""

from __future__ import annotations

import argparse
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "media"))

HANG_SECONDS = 20
SLOW_SECONDS = 2
ROUND = 200  # files a child opens before it reports


def child(seed: int, case: Path, corpus: list[Path]) -> None:
    """Open damaged files without end; each is in `case` before it is opened, each round ends with a line."""
    import samples

    from gifect.errors import ClipError
    from gifect.media.clip import Clip, Limits

    files = list(samples.every_kind().values()) + [path.read_bytes() for path in corpus]
    rng = random.Random(seed)
    limits = Limits(pixels=4_000_000, frames=2_000, decoded_bytes=200_000_000)
    while True:
        counts: Counter[str] = Counter()
        slowest = 0.0
        for _ in range(ROUND):
            data = samples.mutate(rng.choice(files), rng)
            case.write_bytes(data)
            start = time.perf_counter()
            try:
                clip = Clip.open(data, limits=limits)
                counts["warned" if clip.warnings else "read"] += 1
            except ClipError:
                counts["refused"] += 1
            seconds = time.perf_counter() - start
            if seconds > SLOW_SECONDS:
                case.with_name("slow").write_bytes(data)
                case.with_name("slow").rename(case.parents[1] / f"fuzz-slow-{seed}-{seconds:.1f}")
            slowest = max(slowest, seconds)
        print(ROUND, counts["read"], counts["warned"], counts["refused"], f"{slowest:.3f}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()), help="folder for files that fail")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("corpus", type=Path, nargs="*", help="more files to damage")
    options = parser.parse_args()
    if options.child:
        child(options.seed, options.child, options.corpus)
    deadline = time.monotonic() + 60 * options.minutes
    total, failures, seed, slowest = Counter[str](), 0, options.seed, 0.0
    while time.monotonic() < deadline:
        with tempfile.TemporaryDirectory(dir=options.keep) as folder:
            case = Path(folder) / "case"
            command = [sys.executable, "-X", "faulthandler", __file__, "--child", str(case), "--seed", str(seed)]
            with subprocess.Popen([*command, *map(str, options.corpus)], stdout=subprocess.PIPE, text=True) as process:
                lines = _watch(process, case, deadline)
                for line in lines:
                    tried, read, warned, refused, worst = line.split()
                    total.update(tried=int(tried), read=int(read), warned=int(warned), refused=int(refused))
                    slowest = max(slowest, float(worst))
            if time.monotonic() < deadline:
                failures += 1
                kept = options.keep / f"fuzz-{seed}"
                kept.write_bytes(case.read_bytes() if case.exists() else b"")
                print(f"FAILED (exit {process.returncode}) on {kept}", flush=True)
        seed += 1
    print(
        f"{total['tried']:,} damaged files: {total['read']:,} read, {total['warned']:,} read in part, "
        f"{total['refused']:,} refused; {failures} failures; slowest {slowest:.2f} s"
    )
    return int(failures > 0)


def _watch(process: subprocess.Popen[str], case: Path, deadline: float) -> list[str]:
    """Return what the child prints until it ends, hangs, or time is up."""
    import threading

    lines: list[str] = []
    assert process.stdout is not None
    reader = threading.Thread(target=lambda: lines.extend(process.stdout or ()), daemon=True)
    reader.start()
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.2)
        if case.exists() and time.time() - case.stat().st_mtime > HANG_SECONDS:
            print("hangs", flush=True)
            break
    process.kill()
    reader.join()
    return lines


if __name__ == "__main__":
    sys.exit(main())
