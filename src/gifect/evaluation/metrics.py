"""The figures that say how good a network is; all take plain arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

from gifect.emotions import SEVEN
from gifect.faces.boxes import iou_matrix
from gifect.faces.layout import ACTION_UNITS, EXPRESSIONS, LEFT_EYE, RIGHT_EYE

CK_UNITS = (1, 2, 4, 5, 6, 7, 9, 12, 15, 17, 20, 25, 27)
MATCH = 0.5  # IoU of two boxes of one face
STILL = 1e-9  # deviation below which numbers count as all the same


@dataclass(frozen=True, eq=False)
class ClassReport:
    """What a confusion matrix of C classes says, see ``class_report``.

    Attributes
    ----------
    precision, recall, f1 : float (C,) in [0, 1]; 0 where nothing can be said.
    support : int (C,), rows that have each class.
    accuracy : share of rows that are right.
    macro_f1 : mean of ``f1`` over the classes that there are.
    weighted_f1 : mean of ``f1`` weighted by ``support``.
    """

    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray
    support: np.ndarray
    accuracy: float
    macro_f1: float
    weighted_f1: float


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


def rmse(predicted: np.ndarray, truth: np.ndarray) -> float:
    """Return the root of the mean squared error of each column, and the mean of those over the columns."""
    return float(np.sqrt(((predicted - truth) ** 2).mean(0)).mean())


def explained_variance(predicted: np.ndarray, truth: np.ndarray) -> float:
    """Return 1 - variance of the error / variance of the truth, both over the rows given, as the mean over the columns.

    1 is perfect, 0 what any constant reaches: unlike in 1 - ``nmse``, a constant offset costs nothing.
    """
    return float((1 - (truth - predicted).var(0) / truth.var(0)).mean())


def correlations(predicted: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return Pearson's r of each column (E,) of ``predicted`` and ``truth`` (N, E): covariance over the product of the
    deviations; 0 where the predictions are all the same, NaN where the truth is."""
    spread, real = predicted.std(0), truth.std(0)
    shared = ((predicted - predicted.mean(0)) * (truth - truth.mean(0))).mean(0)
    r = np.where(spread > STILL, shared / np.maximum(spread * real, STILL**2), 0.0)
    return np.where(real > STILL, r, np.nan)


def slopes(predicted: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return for each column (E,) the slope of the line of least squares from ``predicted`` to ``truth`` (N, E).

    1 is calibrated; above 1 the predictions hug their mean, below 1 they go further than the truth warrants. NaN where
    the predictions are all the same.
    """
    shared = ((predicted - predicted.mean(0)) * (truth - truth.mean(0))).mean(0)
    variance = predicted.var(0)
    return np.where(variance > STILL**2, shared / np.maximum(variance, STILL**2), np.nan)


def percentile(predicted: np.ndarray, truth: np.ndarray, least: float) -> float:
    """Return the mean share of the other rows that are given less of a row's strongest true column than it is itself.

    Of ``predicted`` and ``truth`` (N, E), N at least 2; ties count half, rows whose strongest true value is below
    ``least`` are left out. 1 is perfect, chance .5; NaN where no row is left.
    """
    shares = []
    for row in np.flatnonzero(truth.max(1) >= least):
        column = predicted[:, truth[row].argmax()]
        below, same = (column < column[row]).sum(), (column == column[row]).sum() - 1
        shares.append((below + same / 2) / (len(column) - 1))
    return float(np.mean(shares)) if shares else float("nan")


def mean_average_precision(scores: np.ndarray, truth: np.ndarray) -> float:
    """Return the mean of average precision over the columns of ``truth`` (N, E) bool that have a positive.

    Average precision is the sum over the ranks of precision there times the rise in recall, without interpolation; NaN
    where no column has a positive.
    """
    some = np.flatnonzero(truth.any(0))
    each = [average_precision_score(truth[:, k], scores[:, k]) for k in some]
    return float(np.mean(each)) if each else float("nan")


def confusion_matrix(guess: np.ndarray, truth: np.ndarray, classes: int) -> np.ndarray:
    """Return how many rows of class i (first axis) were called j (second), int (C, C + 1).

    ``guess`` and ``truth`` (N,) are class indices; the last column counts those that were called nothing (-1).
    """
    matrix = np.zeros((classes, classes + 1), int)
    np.add.at(matrix, (truth, np.where(guess < 0, classes, guess)), 1)
    return matrix


def class_report(matrix: np.ndarray) -> ClassReport:
    """Return what a ``confusion_matrix`` (C, C + 1) says of each class and of all.

    Precision is right / called so, recall right / those that are, F1 their harmonic mean.
    """
    right, support, called = np.diag(matrix), matrix.sum(1), matrix[:, :-1].sum(0)
    f1 = 2 * right / np.maximum(support + called, 1)
    return ClassReport(
        precision=right / np.maximum(called, 1),
        recall=right / np.maximum(support, 1),
        f1=f1,
        support=support,
        accuracy=float(right.sum() / max(support.sum(), 1)),
        macro_f1=float(f1[support > 0].mean()) if support.any() else 0.0,
        weighted_f1=float((f1 * support).sum() / max(support.sum(), 1)),
    )


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
