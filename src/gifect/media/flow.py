"""Optical flow: where each pixel goes from one frame to the next, by DIS or TV-L1, as a network reads it.

References
----------
Kroeger, T. et al. (2016). Fast optical flow using dense inverse search. ECCV. (DIS, in every OpenCV.)
Zach, C., Pock, T. and Bischof, H. (2007). A duality based approach for realtime TV-L1 optical flow. DAGM. (In OpenCV
with its contributed modules.)
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from gifect.errors import ClipError

__all__ = ["LARGEST", "cached_flow", "estimate_flow", "flow_methods", "scale_flow", "unit_flow"]

LARGEST: Final = 20.0  # pixels a frame; what moves farther counts as moving this far
STEPS = 127  # 8-bit steps from no motion to the largest
LEAST_SIDE = 16  # pixels below which the estimators fail; smaller frames are made larger and their flow smaller

CONTRIBUTED: Final[Any] = getattr(cv2, "optflow", None)


def _dis() -> Any:
    return cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)


def _tvl1() -> Any:
    return CONTRIBUTED.DualTVL1OpticalFlow_create()


METHODS: Final[dict[str, Callable[[], Any]]] = {"dis": _dis, "tvl1": _tvl1}


def flow_methods() -> list[str]:
    """Return the methods that the installed OpenCV has: "dis", and "tvl1" with the contributed modules."""
    return [name for name in METHODS if name == "dis" or CONTRIBUTED is not None]


def estimate_flow(frames: NDArray[np.uint8], method: str = "dis") -> NDArray[np.float32]:
    """Return how the pixels move between neighbouring frames.

    Parameters
    ----------
    frames : ndarray of uint8, shape (T, H, W, 3)
        RGB. Two frames with the same pixels have no motion between them, and cost nothing.
    method : str
        "dis" or "tvl1".

    Returns
    -------
    ndarray of float32, shape (T - 1, H, W, 2)
        Pixels to the right and down, at the pixels of the earlier frame.

    Raises
    ------
    ClipError
        If the method is unknown, the installed OpenCV lacks it, or the frames are of another shape.
    """
    if method not in METHODS:
        raise ClipError(f"unknown flow method {method!r}: expected one of {', '.join(METHODS)}")
    if method not in flow_methods():
        raise ClipError(
            f"this OpenCV has no {method}: expected one of {', '.join(flow_methods())}; TV-L1 comes with "
            "opencv-contrib-python-headless in place of opencv-python-headless"
        )
    if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[3] != 3 or 0 in frames.shape:
        raise ClipError(f"frames must be uint8 of shape (T, H, W, 3), not {frames.dtype} of shape {frames.shape}")
    height, width = frames.shape[1:3]
    estimator = METHODS[method]()
    flow = np.zeros((len(frames) - 1, height, width, 2), np.float32)
    before = _grey(frames[0])
    for step in range(len(flow)):
        after = _grey(frames[step + 1])
        if not np.array_equal(before, after):
            flow[step] = _shrunk(estimator.calc(before, after, None), height, width)
        before = after
    return flow


def _grey(frame: NDArray[np.uint8]) -> Any:
    grey = cv2.cvtColor(np.ascontiguousarray(frame), cv2.COLOR_RGB2GRAY)
    height, width = grey.shape
    if min(height, width) >= LEAST_SIDE:
        return grey
    return cv2.resize(grey, (max(width, LEAST_SIDE), max(height, LEAST_SIDE)), interpolation=cv2.INTER_LINEAR)


def _shrunk(flow: Any, height: int, width: int) -> Any:
    rows, columns = flow.shape[:2]
    if (rows, columns) == (height, width):
        return flow
    small = cv2.resize(flow, (width, height), interpolation=cv2.INTER_AREA).reshape(height, width, 2)
    return small * np.array([width / columns, height / rows], np.float32)


def scale_flow(flow: NDArray[np.float32]) -> NDArray[np.int8]:
    """Return flow in pixels a frame as 8-bit numbers: clipped to [-20, 20] and scaled to [-127, 127], 0 staying 0."""
    return np.round(np.clip(flow, -LARGEST, LARGEST) * (STEPS / LARGEST)).astype(np.int8)


def unit_flow(scaled: NDArray[np.int8]) -> NDArray[np.float32]:
    """Return flow of `scale_flow` in [-1, 1], as a network reads it."""
    return scaled.astype(np.float32) / np.float32(STEPS)


def cached_flow(
    frames: NDArray[np.uint8], method: str = "dis", folder: str | os.PathLike[str] | None = None
) -> NDArray[np.int8]:
    """Return the scaled flow of frames, (T - 1, H, W, 2), taken from a folder if it was computed before.

    Parameters
    ----------
    frames, method
        As for `estimate_flow`.
    folder : path, optional
        Where files lie, named by the SHA-256 of the pixels and the method; made if it is not there. A file that is
        damaged is written anew. Without a folder nothing is kept.

    Raises
    ------
    ClipError
        As `estimate_flow`, and if the folder cannot be written.
    """
    if folder is None:
        return scale_flow(estimate_flow(frames, method))
    digest = hashlib.sha256(f"{frames.shape} {method} ".encode() + np.ascontiguousarray(frames).tobytes()).hexdigest()
    path = Path(folder) / f"{digest}.npz"
    shape = (len(frames) - 1, *frames.shape[1:3], 2)
    with contextlib.suppress(OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile), np.load(path) as held:
        flow: NDArray[np.int8] = held["flow"]
        if flow.shape == shape and flow.dtype == np.int8:
            return flow
    flow = scale_flow(estimate_flow(frames, method))
    temporary = path.with_suffix(f".{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as sink:
            np.savez_compressed(sink, flow=flow)
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise ClipError(f"{path}: flow cannot be kept here: {error.strerror or error}") from error
    return flow
