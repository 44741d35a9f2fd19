"""How exactly and how fast GIFs are decoded, beside OpenCV, Pillow and PyAV on the same files in the same run.

    python benchmarks/decode.py [FOLDER] [--repeats 7] [--write docs/results/decode.md]

FOLDER holds GIFs; without it $GIFECT_DATA/gifs/originals is taken if it is there. Random GIFs that mix every feature
of the format are made on the spot. The truth is the exact renderer of the tests, over white.
"""

from __future__ import annotations

import argparse
import datetime
import io
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import cv2
import numpy as np
from PIL import Image, ImageSequence
from PIL import __version__ as pillow_version

from gifect.errors import ClipError
from gifect.media.clip import Clip

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "media"))
import exact_gif
import samples

RANDOM_FILES, LARGE_FILES, VIDEOS = 200, 12, 10
Files = dict[str, bytes]


def over_white(rgba: np.ndarray) -> np.ndarray:
    return np.where(rgba[..., 3:] > 0, rgba[..., :3], 255).astype(np.uint8)


def by_gifect(data: bytes) -> Iterator[np.ndarray]:
    yield from Clip.open(data).frames


def by_opencv(data: bytes) -> Iterator[np.ndarray]:
    for frame in cv2.imdecodeanimation(np.frombuffer(data, np.uint8))[1].frames:
        yield over_white(frame[..., [2, 1, 0, 3]]) if frame.shape[2] == 4 else frame[..., ::-1]


def by_pillow(data: bytes) -> Iterator[np.ndarray]:
    with Image.open(io.BytesIO(data)) as picture:
        for frame in ImageSequence.Iterator(picture):
            yield over_white(np.asarray(frame.convert("RGBA")))


def by_pyav(data: bytes) -> Iterator[np.ndarray]:
    with av.open(io.BytesIO(data), format="gif", metadata_errors="replace") as container:
        for frame in container.decode(video=0):
            yield over_white(frame.to_ndarray(format="rgba"))


DECODERS = {"gifect": by_gifect, "OpenCV": by_opencv, "PyAV": by_pyav, "Pillow": by_pillow}


def wrong_frames(decoder: Callable[[bytes], Iterator[np.ndarray]], data: bytes, truth: np.ndarray) -> int:
    """Count the frames that differ from the truth in any pixel, or are missing."""
    right = 0
    try:
        for frame, expected in zip(decoder(data), truth, strict=False):
            right += frame.shape == expected.shape and bool((frame == expected).all())
    except (ClipError, cv2.error, av.FFmpegError, OSError, EOFError, ValueError):
        pass
    return len(truth) - right


def exactness(sets: dict[str, Files]) -> list[str]:
    lines = ["| files | frames | " + " | ".join(f"{name}: frames wrong" for name in DECODERS) + " |"]
    lines.append("|---|---|" + "---|" * len(DECODERS))
    for title, files in sets.items():
        truths = {name: exact_gif.render(data).over() for name, data in files.items()}
        total = sum(map(len, truths.values()))
        wrong = [
            sum(wrong_frames(decoder, data, truths[name]) for name, data in files.items())
            for decoder in DECODERS.values()
        ]
        lines.append(f"| {title} ({len(files)}) | {total} | " + " | ".join(map(str, wrong)) + " |")
    return lines


def median_ms(calls: dict[str, Callable[[], object]], repeats: int) -> dict[str, float]:
    """Return the median time of each call in ms; the calls take turns, so that load on the machine meets all."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(repeats):
        for name, call in calls.items():
            start = time.perf_counter()
            call()
            times[name].append(1000 * (time.perf_counter() - start))
    return {name: statistics.median(values) for name, values in times.items()}


def gif_speed(title: str, files: Files, repeats: int) -> str:
    """Time the files that OpenCV reads in full; the rest it leaves early."""
    sums = dict.fromkeys(("imread", "imdecode", "gifect", "PyAV", "Pillow"), 0.0)
    worst, used, frames = 0.0, 0, 0
    with tempfile.TemporaryDirectory() as folder:
        for data in files.values():
            count = Clip.open(data).frame_count
            buffer = np.frombuffer(data, np.uint8)
            if len(cv2.imdecodeanimation(buffer)[1].frames) != count:
                continue
            path = Path(folder) / "clip.gif"
            path.write_bytes(data)
            times = median_ms(
                {
                    "imread": lambda path=path: cv2.imreadanimation(str(path)),
                    "imdecode": lambda buffer=buffer: cv2.imdecodeanimation(buffer),
                    "gifect": lambda path=path: Clip.open(path),
                    "PyAV": lambda data=data: list(by_pyav(data)),
                    "Pillow": lambda data=data: list(by_pillow(data)),
                },
                repeats,
            )
            sums = {name: total + times[name] for name, total in sums.items()}
            worst = max(worst, times["gifect"] / times["imread"])
            used, frames = used + 1, frames + count
    base = sums["imread"]
    ratios = " | ".join(f"{sums[name] / base:.2f}" for name in ("gifect", "imdecode", "PyAV", "Pillow"))
    return f"| {title} ({used}) | {frames} | {base:.0f} ms | {ratios} | {worst:.2f} |"


def video_speed(repeats: int) -> str:
    """Time H.264 at 192 rows, 25 frames, against decoding each frame with PyAV's `to_ndarray`."""

    def plain(data: bytes) -> np.ndarray:
        with av.open(io.BytesIO(data)) as container:
            return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])

    ours = theirs = 0.0
    for seed in range(VIDEOS):
        frames = samples.moving_square(25, 192, 256 + 2 * seed)
        data = samples.write_video(frames, "mp4", "libx264")
        times = median_ms({"ours": lambda data=data: Clip.open(data), "plain": lambda data=data: plain(data)}, repeats)
        ours, theirs = ours + times["ours"] / VIDEOS, theirs + times["plain"] / VIDEOS
    return f"| H.264, 256 x 192, 25 frames ({VIDEOS}) | {ours:.1f} ms | {theirs:.1f} ms | {ours / theirs:.2f} |"


def tame(seed: int, largest: int) -> bytes:
    """Return a random GIF of what the GIF89a specification allows, written as most programs would."""
    gif = exact_gif.random_gif(seed, largest, sloppy=False)
    gif.trailer, gif.version = True, b"GIF89a"
    for image in gif.images:
        image.disposal %= 4
    return exact_gif.encode(gif)


def report(folder: Path, repeats: int) -> str:
    originals = {path.name: path.read_bytes() for path in sorted(folder.glob("*.gif"))} if folder.is_dir() else {}
    strict = {str(seed): tame(seed, 40) for seed in range(RANDOM_FILES)}
    sloppy = {str(seed): exact_gif.encode(exact_gif.random_gif(seed)) for seed in range(RANDOM_FILES)}
    large = {str(seed): tame(seed, 400) for seed in range(LARGE_FILES)}
    sets = {"random mixes": strict, "random mixes that break rules": sloppy, "large random mixes": large}
    sets = ({"GIFs from the web": originals} if originals else {}) | sets
    timed = [title for title in ("GIFs from the web", "large random mixes") if title in sets]
    speeds = [gif_speed(title, sets[title], repeats) for title in timed]
    lines = [
        "# Decoding: exactness and speed",
        "",
        provenance(),
        "",
        "## Frames that differ from the exact renderer",
        "",
        "A frame is wrong when any pixel differs over white, or it is missing. Random mixes have disposal 0 to 3,",
        "transparency, sub-frames, local palettes, interlacing, comments and plain text; those that break rules",
        "also have reserved disposals, missing trailers, frames beyond the canvas, missing palettes, indices without",
        "a colour and surplus data, all of which browsers show.",
        "",
        *exactness(sets),
        "",
        "OpenCV gives many files without alpha, with the background colour where nothing is drawn, and refuses",
        "disposal 4 to 7, a frame beyond the canvas and an index without a colour. With Chromium installed,",
        "`pytest -m browser` compares gifect with its decoder.",
        "",
        "## Time",
        "",
        f"Sum over the files of the median of {repeats} runs, decoders taking turns, one thread, as a share of",
        "`cv2.imreadanimation`. gifect is the whole `Clip.open(path)`: reading, checks, digest, RGB over the",
        "background. The bar is 1.15. Files that OpenCV does not read in full are left out.",
        "",
        "| files | frames | cv2.imreadanimation | gifect | cv2.imdecodeanimation | PyAV | Pillow | gifect, worst |",
        "|---|---|---|---|---|---|---|---|",
        *speeds,
        "",
        "| video | Clip.open | PyAV, `to_ndarray` each frame | share |",
        "|---|---|---|---|",
        video_speed(repeats),
        "",
    ]
    return "\n".join(lines)


def provenance() -> str:
    git = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    commit = git.stdout.strip() or "unknown"
    versions = f"OpenCV {cv2.__version__}, PyAV {av.__version__}, Pillow {pillow_version}, NumPy {np.__version__}"
    command = "python benchmarks/decode.py " + " ".join(arg for arg in sys.argv[1:] if not Path(arg).is_absolute())
    day = datetime.datetime.now(datetime.UTC).date()
    return f"{day}, commit {commit}, Python {platform.python_version()}, {versions}. Command: `{command.strip()}`."


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    data = os.environ.get("GIFECT_DATA", "")
    parser.add_argument(
        "folder", type=Path, nargs="?", default=Path(data) / "gifs" / "originals" if data else Path("-")
    )
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    samples.opencv_is_quiet()
    text = report(options.folder, options.repeats)
    print(text)
    if options.write:
        options.write.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
