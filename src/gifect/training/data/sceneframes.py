"""Small whole frames with the motion at each, and what an ImageNet network and a pose network see in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd

from gifect.emotions import SEVENTEEN
from gifect.feeling.grade import MEDIA, PEOPLE
from gifect.feeling.scene import FRAME_HEIGHT, FRAME_WIDTH, scene_input
from gifect.media.sample import evenly_spaced
from gifect.training.data.clipsets import seven_target
from gifect.training.data.shared import cache_root, clip_frames, iterate_clips, reactions, teachers_root
from gifect.training.networks.scene import MAP_HEIGHT, MAP_WIDTH

FRAMES_PER_CLIP = 8
COMMON = 15  # clips whose tags have a word, from which on it is learnt
POSE_SIDE, JOINTS = 192, 17
STORED: dict[str, tuple[type[np.generic], tuple[int, ...]]] = {  # what is kept of each frame
    "frames": (np.uint8, (FRAME_HEIGHT, FRAME_WIDTH, 4)),
    "present": (np.bool_, ()),
    "teacher": (np.float16, (1280,)),
    "cells": (np.int8, (416, MAP_HEIGHT, MAP_WIDTH)),
    "pose": (np.float32, (JOINTS, 3)),
}


class MobileNet:
    """ImageNet MobileNetV2: ``net(frame)`` is the pooled feature vector (1280,) of one RGB frame, and the narrow maps
    before it as int8 (416, 6, 8): the 320 channels of its last block and the 96 of the last one at twice the size."""

    def __init__(self) -> None:
        self.net = _interpreter("tf2_mobilenet_v2_1.0_224_ptq.tflite")
        self.pooled, *self.maps = (
            [d for d in self.net.get_tensor_details() if tuple(d["shape"]) == shape][-1]
            for shape in ((1, 1, 1, 1280), (1, 7, 7, 320), (1, 14, 14, 96))
        )

    def __call__(self, frame: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        way = cv2.INTER_AREA if frame.shape[0] > 224 else cv2.INTER_LINEAR
        self.net.set_tensor(
            self.net.get_input_details()[0]["index"], cv2.resize(frame, (224, 224), interpolation=way)[None]
        )
        self.net.invoke()
        scale, zero = self.pooled["quantization"]
        pooled = (self.net.get_tensor(self.pooled["index"]).ravel().astype(np.float32) - zero) * scale
        cells = [
            _regridding(d["shape"][1]) @ self.net.get_tensor(d["index"]).reshape(-1, d["shape"][3]).astype(np.float32)
            for d in self.maps
        ]
        return pooled, np.rint(np.concatenate(cells, 1).T.reshape(-1, MAP_HEIGHT, MAP_WIDTH)).astype(np.int8)


class MoveNet:
    """``net(frame)`` is the pose of the most prominent body in one RGB frame: (17, 3), x and y as fractions of the
    frame and confidence; COCO's order."""

    def __init__(self) -> None:
        self.net = _interpreter("movenet_single_pose_lightning_ptq.tflite")

    def __call__(self, frame: np.ndarray) -> np.ndarray:
        side = POSE_SIDE / max(frame.shape[:2])
        width, height = (max(round(n * side), 1) for n in (frame.shape[1], frame.shape[0]))
        canvas = np.zeros((POSE_SIDE, POSE_SIDE, 3), np.uint8)
        top, left = (POSE_SIDE - height) // 2, (POSE_SIDE - width) // 2
        canvas[top : top + height, left : left + width] = cv2.resize(
            frame, (width, height), interpolation=cv2.INTER_AREA
        )
        given = self.net.get_input_details()[0]
        self.net.set_tensor(given["index"], canvas[None].astype(given["dtype"]))
        self.net.invoke()
        y, x, sure = self.net.get_tensor(self.net.get_output_details()[0]["index"]).reshape(JOINTS, 3).T
        return np.stack([(x * POSE_SIDE - left) / width, (y * POSE_SIDE - top) / height, sure], 1)


def _interpreter(name: str) -> Any:
    from ai_edge_litert.interpreter import Interpreter

    net = Interpreter(str(teachers_root() / name), num_threads=1, experimental_preserve_all_tensors=True)
    net.allocate_tensors()
    return net


@cache
def _regridding(side: int) -> np.ndarray:
    """Return the matrix (48, ``side`` squared) that brings a map of ``side`` to that of our encoder."""
    each = np.eye(side * side, dtype=np.float32).reshape(-1, side, side)
    return np.stack([cv2.resize(m, (MAP_WIDTH, MAP_HEIGHT), interpolation=cv2.INTER_AREA).ravel() for m in each], 1)


@dataclass
class SceneTable:
    """Clips as small frames with the labels of each clip.

    frames uint8 (N, 8, 96, 128, 4); present bool (N, 8); teacher float16 (N, 8, 1280) and cells int8
    (N, 8, 416, 6, 8) of ``MobileNet``; pose float32 (N, 8, 17, 3) of ``MoveNet``; seven (N, 7) a distribution;
    intensities (N, 17); acts (N, A) 0/1; medium (N, 4) and people (N, 3) one-hot; words (N, W) 0/1, those of the tags
    that stand with many clips; rows: the reactions table without the clips.
    """

    frames: np.ndarray
    present: np.ndarray
    teacher: np.ndarray
    cells: np.ndarray
    pose: np.ndarray
    seven: np.ndarray
    intensities: np.ndarray
    acts: np.ndarray
    medium: np.ndarray
    people: np.ndarray
    words: np.ndarray
    rows: pd.DataFrame
    act_names: list[str]


def _tag_words(rows: pd.DataFrame) -> np.ndarray:
    """Return which words of the tags each clip has (N, W): words of at least ``COMMON`` clips of the train split."""
    known = Counter(w for tags in reactions("train", ["tags"])["tags"] for w in _words(tags))
    chosen = sorted(w for w, count in known.items() if count >= COMMON)
    return np.array([[w in _words(tags) for w in chosen] for tags in rows["tags"]], np.float32)


def _words(tags: Iterable[str]) -> set[str]:
    return {word for tag in tags for word in tag.lower().split() if len(word) > 2}


def prepare_scenes(split: str) -> SceneTable:
    """Return the small frames of ``split`` with teacher features and labels; built once, then cached."""
    stored = {n: cache_root() / f"scenes-{split}-{n}.npy" for n in STORED}
    rows = reactions(split).drop(columns="mp4")
    if not all(path.exists() for path in stored.values()):
        made = {
            n: np.lib.format.open_memmap(f"{path}.part", "w+", kind, (len(rows), FRAMES_PER_CLIP, *shape))
            for (n, path), (kind, shape) in zip(stored.items(), STORED.values(), strict=True)
        }
        jobs = enumerate(mp4 for _, mp4 in iterate_clips(split))
        with get_context("spawn").Pool(2) as pool:
            while some := list(islice(jobs, 64)):
                for n, looked in pool.imap(_look, some):
                    for name, values in looked.items():
                        made[name][n, : len(values)] = values
        for name, path in stored.items():
            made[name].flush()
            Path(f"{path}.part").replace(path)
    acts = sorted({a for r in reactions("train", ["acts"])["acts"] for a in r})
    seen = {n: np.load(path, mmap_mode="r") for n, path in stored.items()}
    return SceneTable(
        **seen,
        seven=seven_target(rows),
        intensities=rows[list(SEVENTEEN)].to_numpy(np.float32),
        acts=np.array([[a in r for a in acts] for r in rows["acts"]], np.float32),
        words=_tag_words(rows),
        medium=np.array([[m == x for x in MEDIA] for m in rows["medium"]], np.float32),
        people=np.array([[n == x for x in range(PEOPLE)] for n in rows["people"]], np.float32),
        rows=rows,
        act_names=acts,
    )


@cache
def _teachers() -> tuple[MobileNet, MoveNet]:
    return MobileNet(), MoveNet()


def _look(job: tuple[int, bytes]) -> tuple[int, dict[str, np.ndarray]]:
    """Return what is kept of the frames of one clip, by name."""
    net, pose = _teachers()
    clip = np.stack(clip_frames(job[1]))
    looked: dict[str, list[Any]] = {n: [] for n in STORED}
    for k in evenly_spaced(len(clip), FRAMES_PER_CLIP):
        teacher, cells = net(clip[k])
        seen = scene_input(clip, int(k)), True, teacher, cells, pose(clip[k])
        for kept, value in zip(looked.values(), seen, strict=True):
            kept.append(value)
    return job[0], {n: np.stack(values) for n, values in looked.items()}
