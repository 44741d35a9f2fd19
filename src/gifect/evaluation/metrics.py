"""The figures that say how good a network is; all take plain arrays."""

from __future__ import annotations

import numpy as np
import pandas as pd
from sklearn.metrics import f1_score, roc_auc_score

from gifect.emotions import SEVEN
from gifect.faces.boxes import iou_matrix
from gifect.faces.layout import ACTION_UNITS, EXPRESSIONS, LEFT_EYE, RIGHT_EYE

CK_UNITS = (1, 2, 4, 5, 6, 7, 9, 12, 15, 17, 20, 25, 27)
MATCH = 0.5  # IoU of two boxes of one face


def expression_accuracy(scores: np.ndarray, votes: np.ndarray, others: np.ndarray) -> tuple[float, int]:
    """Return accuracy on rows whose strict top vote is one of the eight expressions, and their number.

    ``scores`` and ``votes`` are (N, 8), ``others`` (N, 2) the votes for unknown and no face.
    """
    ranked = np.sort(np.concatenate([votes, others], 1), 1)
    strict = (votes.max(1) == ranked[:, -1]) & (ranked[:, -1] > ranked[:, -2])
    return float((scores.argmax(1) == votes.argmax(1))[strict].mean()), int(strict.sum())


def gif_face_expressions(scores: np.ndarray, rows: pd.DataFrame) -> dict[str, float]:
    """Return accuracy, macro-F1 and accuracy on drawn faces of ``scores`` (N, 8) by the protocol of the GIF faces:
    readable ones whose labelers were at least fairly sure."""
    sure = ((rows["ok"] == 1) & (rows["confidence"] >= 2)).to_numpy()
    truth = np.array([EXPRESSIONS.index(e) for e in rows["expression"][sure]])
    guess = scores[sure].argmax(1)
    drawn = (rows["medium"][sure] == "cartoon").to_numpy()
    labels = np.unique(truth)
    return {
        "gif_acc": float((guess == truth).mean()),
        "gif_f1": float(f1_score(truth, guess, labels=labels, average="macro")),
        "drawn_acc": float((guess == truth)[drawn].mean()),
    }


def unit_auc(scores: np.ndarray, truth: np.ndarray, least: int = 10) -> tuple[float, dict[int, float]]:
    """Return the mean AUC over action units with at least ``least`` positives, and each unit's.

    ``scores`` and ``truth`` are (N, 19); NaN in the truth is left out.
    """
    areas = {}
    for k, unit in enumerate(ACTION_UNITS):
        known = np.isfinite(truth[:, k])
        if truth[known, k].sum() >= least:
            areas[unit] = float(roc_auc_score(truth[known, k], scores[known, k]))
    return float(np.mean(list(areas.values()))), areas


def ck_unit_auc(scores: np.ndarray, table: pd.DataFrame) -> tuple[float, dict[int, float]]:
    """Return the mean AUC over thirteen action units of CK+ of ``scores`` (N, 19), and each unit's."""
    areas = {u: float(roc_auc_score(table[f"au{u:02d}"], scores[:, ACTION_UNITS.index(u)])) for u in CK_UNITS}
    return float(np.mean(list(areas.values()))), areas


def landmark_error(found: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return for each face (N,) the mean distance of its 70 landmarks (N, 70, 2), as a fraction of the distance
    between the middles of its eyes."""
    eyes = np.linalg.norm(truth[:, RIGHT_EYE].mean(1) - truth[:, LEFT_EYE].mean(1), axis=1)
    return np.asarray(np.linalg.norm(found - truth, axis=2).mean(1) / eyes)


def seven_figures(guess: np.ndarray, rows: pd.DataFrame) -> dict[str, float]:
    """Return accuracy and macro-F1 of class indices ``guess`` (N,) over all clips, the clear ones, and the clear ones
    with and without a readable face. ``rows`` is the reactions table."""
    truth = np.array([SEVEN.index(e) for e in rows["e7"]])
    clear, face = rows["clear"].to_numpy(bool), rows["face"].to_numpy(float) >= 0.5
    groups = {"all": np.ones(len(truth), bool), "clear": clear, "face": clear & face, "noface": clear & ~face}
    figures = {}
    for name, chosen in groups.items():
        figures[f"{name}_acc"] = float((guess == truth)[chosen].mean())
        labels = np.unique(truth[chosen])
        figures[f"{name}_f1"] = float(f1_score(truth[chosen], guess[chosen], labels=labels, average="macro"))
    return figures


def nmse(predicted: np.ndarray, truth: np.ndarray) -> float:
    """Return the mean over the columns of squared error / variance of the truth over the rows given."""
    return float((((predicted - truth) ** 2).mean(0) / truth.var(0)).mean())


def calibration_error(confidence: np.ndarray, right: np.ndarray, bins: int = 10) -> float:
    """Return the expected calibration error of ``confidence`` (N,) against ``right`` (N,) bool, equal-width bins."""
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    gaps = [
        abs(confidence[place == b].mean() - right[place == b].mean()) * (place == b).mean() for b in np.unique(place)
    ]
    return float(sum(gaps))


def agreement(
    found: list[tuple[np.ndarray, np.ndarray]], truth: list[tuple[np.ndarray, np.ndarray]], threshold: float
) -> dict[str, float]:
    """Return recall of the faces on which teachers agree and precision against all that any teacher found.

    ``found`` holds for each frame boxes (N, 4) and scores (N,), of which those of at least ``threshold`` count;
    ``truth`` the agreed boxes and all boxes.
    """
    hits = faces = right = claims = 0
    for (boxes, scores), (agreed, union) in zip(found, truth, strict=True):
        boxes = boxes[scores >= threshold]
        faces, claims = faces + len(agreed), claims + len(boxes)
        if len(boxes) and len(agreed):
            hits += int((iou_matrix(agreed, boxes).max(1) >= MATCH).sum())
        if len(boxes) and len(union):
            right += int((iou_matrix(boxes, union).max(1) >= MATCH).sum())
    return {"recall": hits / max(faces, 1), "precision": right / max(claims, 1), "faces": faces, "claims": claims}
