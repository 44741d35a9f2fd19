"""The public networks that teach ours: three face detectors, a face mesh, blendshapes, image features.

They are read from the teachers' folder and never shipped.
"""

from __future__ import annotations

import json
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnxruntime

from gifect.faces.boxes import keep_best
from gifect.training.data.shared import cache_root, teachers_root

YUNET_THRESHOLD = 0.7
RFB_THRESHOLD = 0.7
BLAZE_THRESHOLD = 0.5


def _letterbox(frame: np.ndarray, width: int, height: int) -> tuple[np.ndarray, float]:
    scale = min(width / frame.shape[1], height / frame.shape[0])
    size = max(1, round(frame.shape[1] * scale)), max(1, round(frame.shape[0] * scale))
    canvas = np.zeros((height, width, 3), np.uint8)
    canvas[: size[1], : size[0]] = cv2.resize(
        frame, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    )
    return canvas, scale


def _session(path: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


class YuNet:
    """YuNet at 320 or 640 px: boxes (N, 4), scores (N,), five points (N, 5, 2) in pixels of the frame."""

    def __init__(self, size: int = 640, threshold: float = YUNET_THRESHOLD) -> None:
        self.size, self.threshold = size, threshold
        self.session = _session(teachers_root() / f"yunet_n_{size}.onnx")

    def __call__(self, frame: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        canvas, scale = _letterbox(frame, self.size, self.size)
        out = self.session.run(None, {"input": canvas[None, :, :, ::-1].transpose(0, 3, 1, 2).astype(np.float32)})
        boxes, scores, points = [], [], []
        for k, stride in enumerate((8, 16, 32)):
            cells = self.size // stride
            column, row = np.meshgrid(np.arange(cells), np.arange(cells))
            grid = np.stack([column.ravel(), row.ravel()], 1)
            score = np.sqrt(np.clip(out[k][0, :, 0], 0, 1) * np.clip(out[3 + k][0, :, 0], 0, 1))
            sure = score >= self.threshold
            raw, grid = out[6 + k][0][sure], grid[sure]
            centre, size = (grid + raw[:, :2]) * stride, np.exp(raw[:, 2:]) * stride
            boxes.append(np.concatenate([centre - size / 2, centre + size / 2], 1))
            points.append((out[9 + k][0][sure].reshape(-1, 5, 2) + grid[:, None]) * stride)
            scores.append(score[sure])
        box, score, point = np.concatenate(boxes) / scale, np.concatenate(scores), np.concatenate(points) / scale
        kept = keep_best(box, score, 0.3)
        return box[kept], score[kept], point[kept]


class UltraFace:
    """UltraFace RFB-320: boxes (N, 4) and scores (N,) in pixels of the frame."""

    def __init__(self, threshold: float = RFB_THRESHOLD) -> None:
        self.threshold = threshold
        self.session = _session(teachers_root() / "rfb320.onnx")

    def __call__(self, frame: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        canvas, scale = _letterbox(frame, 320, 240)
        scores, boxes = self.session.run(
            None, {"input": ((canvas.astype(np.float32) - 127) / 128).transpose(2, 0, 1)[None]}
        )
        sure = scores[0, :, 1] >= self.threshold
        box, score = boxes[0][sure] * np.array([320, 240, 320, 240]) / scale, scores[0, sure, 1]
        kept = keep_best(box, score, 0.3)
        return box[kept], score[kept]


def _task_file(name: str) -> str:
    folder = cache_root() / "teachers"
    folder.mkdir(exist_ok=True)
    if not (folder / name).exists():
        with zipfile.ZipFile(teachers_root() / "face_landmarker.task") as bundle:
            bundle.extract(name, folder)
    return str(folder / name)


def _interpreter(path: str) -> Any:
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(path, num_threads=1)
    interpreter.allocate_tensors()
    return interpreter


@cache
def _blaze_anchors() -> np.ndarray:
    anchors = []
    for cells, each in ((16, 2), (8, 6)):
        row, column = np.divmod(np.arange(cells * cells), cells)
        anchors.append(np.repeat(np.stack([column + 0.5, row + 0.5], 1) / cells, each, 0))
    return np.concatenate(anchors)


class BlazeFace:
    """BlazeFace 128 (short range): boxes (N, 4) and scores (N,) in pixels of the frame."""

    def __init__(self, threshold: float = BLAZE_THRESHOLD) -> None:
        self.threshold = threshold
        self.net = _interpreter(_task_file("face_detector.tflite"))
        self.input = self.net.get_input_details()[0]["index"]
        self.outputs = [d["index"] for d in self.net.get_output_details()]

    def __call__(self, frame: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        canvas, scale = _letterbox(frame, 128, 128)
        self.net.set_tensor(self.input, canvas[None].astype(np.float32) / 127.5 - 1)
        self.net.invoke()
        raw, logit = (self.net.get_tensor(i)[0] for i in self.outputs)
        score = 1 / (1 + np.exp(-np.clip(logit[:, 0], -50, 50)))
        sure = score >= self.threshold
        centre, size = raw[sure, :2] / 128 + _blaze_anchors()[sure], raw[sure, 2:4] / 128
        box = np.concatenate([centre - size / 2, centre + size / 2], 1) * 128 / scale
        kept = keep_best(box, score[sure], 0.3)
        return box[kept], score[sure][kept]


class FaceMesh:
    """MediaPipe's face mesh and blendshapes on one face.

    ``mesh(frame, box)`` returns landmarks (478, 2) in pixels of the frame, blendshapes (52,) in [0, 1] and the
    probability that there is a face. The crop is 1.5 x the longer side of the box, turned so that the eyes are level.
    """

    def __init__(self) -> None:
        self.net = _interpreter(_task_file("face_landmarks_detector.tflite"))
        self.shapes = _interpreter(_task_file("face_blendshapes.tflite"))
        listing = json.loads((teachers_root() / "blendshape_landmarks.json").read_text())
        self.subset = np.array(listing if isinstance(listing, list) else next(iter(listing.values())))

    def __call__(self, frame: np.ndarray, box: np.ndarray, roll: float = 0.0) -> tuple[np.ndarray, np.ndarray, float]:
        x0, y0, x1, y1 = box
        side = 1.5 * max(x1 - x0, y1 - y0)
        cos, sin = np.cos(roll) * 256 / side, np.sin(roll) * 256 / side
        centre = np.array([(x0 + x1) / 2, (y0 + y1) / 2])
        linear = np.array([[cos, sin], [-sin, cos]])
        affine = np.concatenate([linear, (128 - linear @ centre)[:, None]], 1)
        crop = cv2.warpAffine(frame, affine, (256, 256), flags=cv2.INTER_LINEAR)
        self.net.set_tensor(self.net.get_input_details()[0]["index"], crop[None].astype(np.float32) / 255)
        self.net.invoke()
        outputs = [self.net.get_tensor(d["index"]) for d in self.net.get_output_details()]
        local = outputs[0].reshape(478, 3)[:, :2]
        presence = float(1 / (1 + np.exp(-outputs[1].ravel()[0])))
        landmarks = (local - affine[:, 2]) @ np.linalg.inv(linear).T
        self.shapes.set_tensor(
            self.shapes.get_input_details()[0]["index"], landmarks[self.subset][None].astype(np.float32)
        )
        self.shapes.invoke()
        return landmarks, self.shapes.get_tensor(self.shapes.get_output_details()[0]["index"]).copy(), presence
