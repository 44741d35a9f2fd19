"""Makes a clip of a real face: the photograph of Grace Hopper (United States Navy, public domain) that comes with
matplotlib. The view moves in slowly, then cuts to another one. Written to ``out/``, never committed.

``python samples/photo.py [FILE.gif]``
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import matplotlib.cbook
import numpy as np
from numpy.typing import NDArray

from gifect import Clip
from gifect.media.write import write_clip

WIDTH, HEIGHT = 320, 240  # pixels
DELAY_MS = 90
SHOTS = (
    # frames; where the view starts and ends: its middle and width, as fractions of the photograph's width
    (16, (0.50, 0.54, 0.98), (0.50, 0.42, 0.64)),
    (10, (0.36, 0.50, 0.82), (0.56, 0.48, 0.82)),
)


def load_photograph() -> NDArray[np.uint8]:
    """Return the photograph (H, W, 3) RGB."""
    path = matplotlib.cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)
    frame: NDArray[np.uint8] = Clip.open(path).frames[0]
    return frame


def view(photograph: NDArray[np.uint8], x: float, y: float, width: float) -> NDArray[np.uint8]:
    """Return the part of the photograph around (x, y), ``width`` wide, as a frame."""
    whole = photograph.shape[1]
    scale = WIDTH / (width * whole)
    soft = cv2.GaussianBlur(photograph, (0, 0), 0.4 / scale) if scale < 1 else photograph
    affine = np.array([[scale, 0, WIDTH / 2 - scale * x * whole], [0, scale, HEIGHT / 2 - scale * y * whole]])
    frame = cv2.warpAffine(soft, affine, (WIDTH, HEIGHT), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(frame, np.uint8)


def make_clip() -> Clip:
    """Return the clip of both shots."""
    photograph = load_photograph()
    frames = []
    for count, start, end in SHOTS:
        for share in np.linspace(0, 1, count):
            x, y, width = np.array(start) + (np.array(end) - np.array(start)) * share
            frames.append(view(photograph, x, y, width))
    return Clip.from_frames(np.stack(frames), DELAY_MS)


def main() -> None:
    """Write the clip to where the command line says."""
    parser = argparse.ArgumentParser(description="Make a clip of the photograph of a face that matplotlib carries.")
    parser.add_argument("path", nargs="?", type=Path, default=Path("out/photo.gif"))
    path = parser.parse_args().path
    path.parent.mkdir(parents=True, exist_ok=True)
    print(write_clip(make_clip(), path))


if __name__ == "__main__":
    main()
