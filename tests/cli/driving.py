"""Driving the real command line, and the clip that it reads: a slow zoom into a real photograph."""

from __future__ import annotations

import os
import subprocess
import sys

import cv2
import matplotlib.cbook
import numpy as np

from gifect.media.clip import Clip

COMMAND = [sys.executable, "-m", "gifect"]
ENVIRONMENT = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"}


def gifect(*arguments: object, given: bytes = b"") -> subprocess.CompletedProcess[str]:
    """Run the command line with standard input `given`."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)], input=given, capture_output=True, env=ENVIRONMENT, timeout=120, check=False
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


def photo_clip(frames: int = 8, side: int = 160) -> Clip:
    """Return a clip that zooms into the face of the photograph that matplotlib carries."""
    path = matplotlib.cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)
    photo = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    pictures = []
    for k in range(frames):
        shown = 420 - 20 * k  # pixels of the photograph
        left, top = 256 - shown // 2, 210 - shown // 2
        crop = photo[max(top, 0) : top + shown, max(left, 0) : left + shown]
        pictures.append(cv2.resize(crop, (side, side), interpolation=cv2.INTER_AREA))
    return Clip.from_frames(np.stack(pictures), 100)
