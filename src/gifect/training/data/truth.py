"""What three teacher detectors together say of a frame: the faces to find, and the places that count neither way."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gifect.faces.boxes import iou_matrix
from gifect.training.data.frames import BOX_COLUMNS, POINT_COLUMNS, FramePack
from gifect.training.data.teachers import BLAZE_THRESHOLD, RFB_THRESHOLD, YUNET_THRESHOLD

THRESHOLDS = {"yunet": YUNET_THRESHOLD, "rfb": RFB_THRESHOLD, "blaze": BLAZE_THRESHOLD}


def agreed_and_single(found: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return boxes (N, 4) on which two teachers agree, their points (N, 5, 2), and the other boxes (M, 4).

    A face's box is the best teacher's that sees it: YuNet's, else UltraFace's.
    """
    groups = {t: found[found["teacher"] == t] for t in ("yunet", "rfb", "blaze")}
    sure = {t: g[g["score"] >= THRESHOLDS[t]] for t, g in groups.items()}
    boxes: list[np.ndarray] = []
    points: list[np.ndarray] = []
    for name, others in (("yunet", ("rfb", "blaze")), ("rfb", ("blaze",))):
        for _, row in sure[name].iterrows():
            box = row[BOX_COLUMNS].to_numpy(float)
            seen = [
                o
                for o in others
                if len(sure[o]) and iou_matrix(box[None], sure[o][BOX_COLUMNS].to_numpy()).max() >= 0.5
            ]
            known = len(boxes) > 0 and iou_matrix(box[None], np.array(boxes)).max() >= 0.4
            if seen and not known:
                boxes.append(box)
                points.append(row[POINT_COLUMNS].to_numpy(float).reshape(5, 2))
    agreed = np.array(boxes).reshape(-1, 4)
    rest = found[BOX_COLUMNS].to_numpy(float).reshape(-1, 4)
    if len(agreed) and len(rest):
        rest = rest[iou_matrix(rest, agreed).max(1) < 0.4]
    return agreed, np.array(points).reshape(-1, 5, 2), rest


def teachers_truth(pack: FramePack, rows: list[int]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return for each of ``rows`` the boxes on which two teachers agree, and all boxes of the teachers,
    cut off at the frame's edge."""
    found = dict(tuple(pack.found.groupby("row")))
    empty = pack.found.iloc[:0]
    truth = []
    for row in rows:
        table = found.get(row, empty)
        sure = table[table["score"] >= table["teacher"].map(THRESHOLDS).astype(float)]
        size = [pack.index["width"].iat[row], pack.index["height"].iat[row]] * 2
        boxes = agreed_and_single(table)[0], sure[BOX_COLUMNS].to_numpy(float)
        truth.append((np.clip(boxes[0], 0, size), np.clip(boxes[1], 0, size)))
    return truth
