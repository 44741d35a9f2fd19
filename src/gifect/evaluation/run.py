"""``gifect evaluate NAME``: measure the networks that ship on data that they were not trained on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gifect.emotions import SEVEN
from gifect.errors import DataError
from gifect.evaluation import metrics
from gifect.evaluation.grading import evaluate_grader
from gifect.evaluation.strategies import evaluate_report, evaluate_strategies
from gifect.evaluation.tables import Table
from gifect.evaluation.texts import text_figures
from gifect.faces.boxes import iou_matrix
from gifect.faces.detect import THRESHOLD, detect_faces
from gifect.faces.layout import ACTION_UNITS, EXPRESSIONS
from gifect.faces.measure import FaceMeasures, measure_crops
from gifect.feeling.read import read
from gifect.training.data.facecrops import FaceTable, ck_faces, plain_crops, prepare_fer, prepare_gif_faces
from gifect.training.data.frames import FramePack
from gifect.training.data.shared import drawn_faces, iterate_clips, reactions
from gifect.training.data.truth import teachers_truth

BATCH = 64  # crops a forward


def evaluate(name: str) -> Table:
    """Return the figures of the shipped network ``name``: detect, measure, fuse (whole readings), grade or text; or of
    ways to weigh face and action: strategies (each way), precedence (the report of "face first, then action").

    Raises
    ------
    DataError
        If the name is unknown or the labelled data is not there.
    """
    if name not in EVALUATIONS:
        raise DataError(f"no evaluation {name!r}: expected one of {', '.join(EVALUATIONS)}")
    return EVALUATIONS[name]()


def measured(crops: np.ndarray) -> FaceMeasures:
    """Return the measures of crops (N, 64, 64, 3), in batches."""
    parts = [measure_crops(crops[k : k + BATCH]) for k in range(0, len(crops), BATCH)]
    names = FaceMeasures.__dataclass_fields__
    return FaceMeasures(*(np.concatenate([getattr(p, n) for p in parts]) for n in names))


def evaluate_detector() -> Table:
    """Return recall of faces on which two teachers agree and precision against the union of three, valid frames."""
    pack = FramePack()
    rows = [int(r) for r in np.flatnonzero((pack.index["split"] == "valid").to_numpy())]
    truth = teachers_truth(pack, rows)
    found = [(f.boxes, f.scores) for r in rows for f in detect_faces(pack[r][None])]
    figures = metrics.agreement(found, truth, THRESHOLD)
    table = Table("Face detector on frames of the valid split", ["what", "figure"], "gifect evaluate detect")
    table.add("frames", len(rows))
    table.add("faces on which two teachers agree", int(figures["faces"]))
    table.add("recall of them", figures["recall"])
    table.add("precision against the union of the teachers", figures["precision"])
    hits, total = _drawn_recall(pack)
    table.add(f"recall of {total} drawn faces boxed by hand", hits / total)
    return table


def _drawn_recall(pack: FramePack) -> tuple[int, int]:
    valid = pack.index[pack.index["split"] == "valid"]
    row_of = {(i, f): int(r) for r, i, f in zip(valid.index, valid["id"], valid["frame"], strict=True)}
    hits = total = 0
    for key, group in drawn_faces().dropna().groupby(["id", "frame"]):
        if key not in row_of:
            continue
        frame = pack[row_of[key]]
        size = np.array([frame.shape[1], frame.shape[0]] * 2)
        boxes = group[["x0", "y0", "x1", "y1"]].to_numpy() * size
        ours = detect_faces(frame[None])[0].boxes
        total += len(boxes)
        if len(ours):
            hits += int((iou_matrix(boxes, ours).max(1) >= metrics.MATCH).sum())
    return hits, total


def evaluate_measures() -> Table:
    """Return expression, action units and landmarks on FER+ test, valid GIF faces and CK+."""
    table = Table("Measuring network", ["data", "what", "figure"], "gifect evaluate measure")
    fer = prepare_fer("test")
    accuracy, number = metrics.expression_accuracy(
        measured(plain_crops(fer)).expression,
        fer.rows[list(EXPRESSIONS)].to_numpy(),
        fer.rows[["unknown", "not_a_face"]].to_numpy(),
    )
    table.add("FER+ test", f"8 classes, {number} faces: accuracy", accuracy)
    gif = prepare_gif_faces()
    chosen = (gif.rows["split"] == "valid") & (gif.rows["labelers"] > 0)
    valid = gif.subset(np.flatnonzero(chosen.to_numpy()))
    got = measured(plain_crops(valid))
    figures = metrics.gif_face_expressions(got.expression, valid.rows)
    table.add("GIF faces, valid", "8 expressions: accuracy", figures["gif_acc"])
    table.add("GIF faces, valid", "8 expressions: macro-F1", figures["gif_f1"])
    table.add("GIF faces, valid", "drawn faces: accuracy", figures["drawn_acc"])
    area, units = metrics.unit_auc(got.units, valid.units)
    table.add("GIF faces, valid", f"action units {' '.join(map(str, units))}: mean AUC", area)
    ok = (valid.rows["ok"] == 1).to_numpy()
    for k, what in enumerate(("valence", "arousal")):
        table.add("GIF faces, valid", f"{what}: r", float(np.corrcoef(got.affect[ok, k], valid.affect[ok, k])[0, 1]))
    seen = ok & np.isfinite(valid.landmarks[:, 0, 0])
    error = metrics.landmark_error(got.landmarks[seen, :, :2], valid.landmarks[seen])
    table.add(
        "GIF faces, valid", f"70 landmarks, {int(seen.sum())} faces: mean error / eye distance", float(error.mean())
    )
    table.add("GIF faces, valid", "the same: median", float(np.median(error)))
    _add_ck(table)
    return table


def _add_ck(table: Table) -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.model_selection import GroupKFold
    from sklearn.preprocessing import StandardScaler

    images, rows = ck_faces()
    got = measured(plain_crops(FaceTable.unlabelled(images, rows)))
    area, each = metrics.ck_unit_auc(got.units, rows)
    table.add("CK+48, never trained on", "13 action units: mean AUC", area)
    table.notes.append("CK+ by unit: " + ", ".join(f"{u} {a:.3f}" for u, a in each.items()))
    truth = rows[[f"au{u:02d}" for u in metrics.CK_UNITS]].to_numpy(float)
    scores = np.zeros((len(rows), len(ACTION_UNITS)))
    columns = [ACTION_UNITS.index(u) for u in metrics.CK_UNITS]
    for train, test in GroupKFold(5).split(got.embedding, groups=rows["subject"]):
        scale = StandardScaler().fit(got.embedding[train])
        seen, unseen = scale.transform(got.embedding[train]), scale.transform(got.embedding[test])
        for column, labels in zip(columns, truth[train].T, strict=True):
            reader = LogisticRegression(C=0.003, max_iter=300).fit(seen, labels)
            scores[test, column] = reader.decision_function(unseen)
    table.add(
        "CK+48, 5 folds by subject", "linear read-out of the embedding: mean AUC", metrics.ck_unit_auc(scores, rows)[0]
    )


def evaluate_readings() -> Table:
    """Return accuracy, macro-F1 and calibration of whole readings on the valid split of the reactions set."""
    readings = [read(mp4) for _, mp4 in iterate_clips("valid")]
    rows = reactions("valid", ["id", "e7", "clear", "face"])
    guess = np.array([SEVEN.index(r.emotion) for r in readings])
    figures = metrics.seven_figures(guess, rows)
    table = Table("Seven emotions, valid split", ["what", "accuracy", "macro-F1"], "gifect evaluate fuse")
    names = {"all": "all", "clear": "clear", "face": "clear, with a face", "noface": "clear, without"}
    for key, name in names.items():
        table.add(name, figures[f"{key}_acc"], figures[f"{key}_f1"])
    truth = np.array([SEVEN.index(e) for e in rows["e7"]])
    error = metrics.calibration_error(np.array([r.confidence for r in readings]), guess == truth)
    table.notes.append(f"Expected calibration error of the confidence over all clips: {error:.3f}.")
    return table


EVALUATIONS: dict[str, Callable[[], Table]] = {
    "detect": evaluate_detector,
    "measure": evaluate_measures,
    "fuse": evaluate_readings,
    "grade": evaluate_grader,
    "strategies": evaluate_strategies,
    "precedence": evaluate_report,
    "text": text_figures,
}
