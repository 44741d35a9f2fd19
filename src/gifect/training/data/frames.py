"""Frames of the reactions set, unpacked once, with what three teacher detectors find in them.

For each part of the data ``unpack_frames`` writes ``frames-PART.bin`` (raw RGB bytes one after the other) and
``frames-PART.parquet`` (id, frame, split, height, width, offset), ``find_faces`` ``found-PART.parquet`` (one row a
detection).
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from gifect.media.sample import evenly_spaced
from gifect.training.data.shared import cache_root, clip_frames, drawn_faces, gif_faces, iterate_clips
from gifect.training.data.teachers import BlazeFace, UltraFace, YuNet

FRAMES_PER_CLIP = 6  # spread evenly, beside every frame that a table of faces names
LOW_THRESHOLDS = {"yunet": 0.45, "rfb": 0.5, "blaze": 0.35}  # kept, so that doubtful places can be ignored
BOX_COLUMNS = ["x0", "y0", "x1", "y1"]
POINT_COLUMNS = [f"point{k}_{a}" for k in range(5) for a in "xy"]
FOUND_COLUMNS = ["row", "teacher", *BOX_COLUMNS, "score", *POINT_COLUMNS]


def unpack_frames(part: int, parts: int) -> None:
    """Unpack every ``parts``-th clip, starting with ``part``."""
    named = pd.concat([gif_faces()[["id", "frame"]], drawn_faces()[["id", "frame"]]]).drop_duplicates()
    wanted = named.groupby("id")["frame"].apply(list).to_dict()
    folder = cache_root() / "frames"
    folder.mkdir(exist_ok=True)
    index: list[tuple[str, int, str, int, int, int]] = []
    offset = 0
    with open(folder / f"frames-{part}.bin", "wb") as sink:
        for split in ("valid", "train"):
            for number, (name, mp4) in enumerate(iterate_clips(split)):
                if number % parts != part:
                    continue
                frames = clip_frames(mp4)
                chosen = sorted({*evenly_spaced(len(frames), FRAMES_PER_CLIP).tolist(), *wanted.get(name, [])})
                for k in (k for k in chosen if k < len(frames)):
                    index.append((name, k, split, *frames[k].shape[:2], offset))
                    offset += sink.write(frames[k].tobytes())
    columns = ["id", "frame", "split", "height", "width", "offset"]
    pd.DataFrame(index, columns=columns).to_parquet(folder / f"frames-{part}.parquet")


def find_faces(part: int) -> None:
    """Run the three teachers over the frames that ``unpack_frames`` wrote for ``part``."""
    folder = cache_root() / "frames"
    yunet, rfb = YuNet(640, LOW_THRESHOLDS["yunet"]), UltraFace(LOW_THRESHOLDS["rfb"])
    blaze = BlazeFace(LOW_THRESHOLDS["blaze"])
    index = pd.read_parquet(folder / f"frames-{part}.parquet")
    pixels = np.memmap(folder / f"frames-{part}.bin", np.uint8, "r")
    found: list[list[object]] = []
    for row, (h, w, offset) in enumerate(index[["height", "width", "offset"]].to_numpy()):
        image = np.array(pixels[offset : offset + h * w * 3].reshape(h, w, 3))
        boxes, scores, points = yunet(image)
        for b, s, p in zip(boxes, scores, points, strict=True):
            found.append([row, "yunet", *b, s, *p.ravel()])
        for teacher, (boxes, scores) in (("rfb", rfb(image)), ("blaze", blaze(image))):
            found += [[row, teacher, *b, s, *[np.nan] * 10] for b, s in zip(boxes, scores, strict=True)]
    table = pd.DataFrame(found, columns=FOUND_COLUMNS)
    table.astype(dict.fromkeys(FOUND_COLUMNS[2:], np.float32)).to_parquet(folder / f"found-{part}.parquet")


class FramePack:
    """All prepared frames: ``pack[i]`` is frame i (H, W, 3) uint8; ``index`` and ``found`` are the tables."""

    def __init__(self, folder: Path | None = None) -> None:
        folder = folder or cache_root() / "frames"
        self.index, self.found, self._bins = pd.DataFrame(), pd.DataFrame(), []
        for part, table in enumerate(sorted(folder.glob("frames-*.parquet"))):
            number = table.stem.split("-")[1]
            index, found = pd.read_parquet(table), pd.read_parquet(folder / f"found-{number}.parquet")
            found["row"] += len(self.index)
            self.index = pd.concat([self.index, index.assign(part=part)], ignore_index=True)
            self.found = pd.concat([self.found, found], ignore_index=True)
            self._bins.append(np.memmap(folder / f"frames-{number}.bin", np.uint8, "r"))

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, i: int) -> np.ndarray:
        part, offset, h, w = (int(self.index[c].iat[i]) for c in ("part", "offset", "height", "width"))
        return self._bins[part][offset : offset + h * w * 3].reshape(h, w, 3)
