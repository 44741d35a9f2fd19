"""Where the labelled data and the teacher networks lie, and how their tables are read."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pandas as pd

from gifect.errors import DataError

REPOSITORY = Path(__file__).resolve().parents[4]


def data_root() -> Path:
    """Return the folder of labelled data: ``GIFECT_DATA``, else ``../shared/data`` of the repository.

    Raises
    ------
    DataError
        If there is no such folder.
    """
    root = Path(os.environ.get("GIFECT_DATA") or REPOSITORY.parent / "shared" / "data")
    if not root.is_dir():
        raise DataError(f"no data folder at {root}: set GIFECT_DATA to the folder that holds gifs/ and faces/")
    return root


def teachers_root() -> Path:
    """Return the folder of teacher networks: ``GIFECT_TEACHERS``, else ``models`` beside the data folder."""
    root = Path(os.environ.get("GIFECT_TEACHERS") or data_root().parent / "models")
    if not root.is_dir():
        raise DataError(f"no teacher networks at {root}: set GIFECT_TEACHERS to their folder")
    return root


def cache_root() -> Path:
    """Return the folder for prepared tensors and checkpoints: ``GIFECT_CACHE``, else ``~/.cache/gifect``."""
    root = Path(os.environ.get("GIFECT_CACHE") or Path.home() / ".cache" / "gifect")
    root.mkdir(parents=True, exist_ok=True)
    return root


def reactions(split: str, columns: list[str] | None = None) -> pd.DataFrame:
    """Return the reactions table of ``split`` ("train" or "valid"), all columns or those named."""
    folder = data_root() / "gifs" / "reactions"
    parts = sorted(folder.glob(f"{split}*.parquet"))
    if not parts:
        raise DataError(f"no {split}*.parquet in {folder}")
    return pd.concat([pd.read_parquet(p, columns=columns) for p in parts], ignore_index=True)


def clip_frames(mp4: bytes) -> list[np.ndarray]:
    """Return all frames of an encoded clip as uint8 RGB arrays (H, W, 3)."""
    with av.open(io.BytesIO(mp4), "r") as container:
        return [f.to_ndarray(format="rgb24") for f in container.decode(video=0)]


def iterate_clips(split: str) -> Iterator[tuple[str, bytes]]:
    """Yield (id, encoded clip) of every clip of ``split`` without holding more than one file."""
    for part in sorted((data_root() / "gifs" / "reactions").glob(f"{split}*.parquet")):
        table = pd.read_parquet(part, columns=["id", "mp4"])
        yield from zip(table["id"], table["mp4"], strict=True)


def gif_faces() -> pd.DataFrame:
    """Return the table of labelled faces in frames of the reactions set."""
    return pd.read_csv(data_root() / "faces" / "gif_faces.csv", dtype={"action_units": str, "action_units_agreed": str})


def drawn_faces() -> pd.DataFrame:
    """Return the boxes of drawn faces (fractions of the frame); an empty row is a frame without any."""
    return pd.read_csv(data_root() / "gifs" / "cartoon_faces.csv")
