"""What the measuring network says, in which order: expressions, action units, the 70 landmarks."""

from __future__ import annotations

import numpy as np

from gifect.emotions import EIGHT

INPUT_SIZE = 64  # pixels a side of the crop that the network reads
CROP_MARGIN = 1.15  # side of the crop / longer side of the face box

EXPRESSIONS = EIGHT
ACTION_UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 24, 25, 26, 27, 43, 61)
LANDMARK_COUNT = 70

# OpenPose's order (0-67 are iBUG-68): the mirrored face has landmark i where the face had FLIP[i].
FLIP = np.array(
    [*range(16, -1, -1), *range(26, 16, -1), 27, 28, 29, 30, 35, 34, 33, 32, 31]
    + [45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40]
    + [54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65, 69, 68]
)
RIGHT_EYE = np.arange(36, 42)  # the subject's right, so on the left of the picture
LEFT_EYE = np.arange(42, 48)
