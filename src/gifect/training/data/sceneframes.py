"""Small whole frames with the motion at each, and what an ImageNet network sees in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
import pandas as pd

from gifect.emotions import SEVENTEEN
from gifect.feeling.scene import FRAME_HEIGHT, FRAME_WIDTH, scene_input
from gifect.media.sample import evenly_spaced
from gifect.training.data.clipsets import seven_target
from gifect.training.data.shared import cache_root, clip_frames, iterate_clips, reactions, teachers_root

FRAMES_PER_CLIP = 8
COMMON = 15  # clips whose tags have a word, from which on it is learnt
MEDIA = ("live", "cartoon", "animal", "other")


class MobileNet:
    """ImageNet MobileNetV2: ``net(frame)`` is the pooled feature vector (1280,) of one RGB frame."""

    def __init__(self) -> None:
        from ai_edge_litert.interpreter import Interpreter

        path = teachers_root() / "tf2_mobilenet_v2_1.0_224_ptq.tflite"
        self.net = Interpreter(str(path), num_threads=1, experimental_preserve_all_tensors=True)
        self.net.allocate_tensors()
        pooled = [d for d in self.net.get_tensor_details() if list(d["shape"]) == [1, 1, 1, 1280]]
        self.index, (self.scale, self.zero) = pooled[-1]["index"], pooled[-1]["quantization"]

    def __call__(self, frame: np.ndarray) -> np.ndarray:
        picture = cv2.resize(
            frame, (224, 224), interpolation=cv2.INTER_AREA if frame.shape[0] > 224 else cv2.INTER_LINEAR
        )
        self.net.set_tensor(self.net.get_input_details()[0]["index"], picture[None])
        self.net.invoke()
        return np.asarray((self.net.get_tensor(self.index).ravel().astype(np.float32) - self.zero) * self.scale)


@dataclass
class SceneTable:
    """Clips as small frames with the labels of each clip.

    frames uint8 (N, 8, 96, 128, 4); present bool (N, 8); teacher float16 (N, 8, 1280); seven (N, 7) a distribution;
    intensities (N, 17); acts (N, A) 0/1; medium (N, 4) one-hot; words
    (N, W) 0/1, those of the tags that stand with many clips; rows: the reactions table without the clips.
    """

    frames: np.ndarray
    present: np.ndarray
    teacher: np.ndarray
    seven: np.ndarray
    intensities: np.ndarray
    acts: np.ndarray
    medium: np.ndarray
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
    root = cache_root()
    paths = {n: root / f"scenes-{split}-{n}.npy" for n in ("frames", "present", "teacher")}
    rows = reactions(split).drop(columns="mp4")
    if not paths["teacher"].exists():
        net = MobileNet()
        shape = (len(rows), FRAMES_PER_CLIP)
        frames = np.lib.format.open_memmap(paths["frames"], "w+", np.uint8, (*shape, FRAME_HEIGHT, FRAME_WIDTH, 4))
        present, teacher = np.zeros(shape, bool), np.zeros((*shape, 1280), np.float16)
        for n, (_, mp4) in enumerate(iterate_clips(split)):
            clip = np.stack(clip_frames(mp4))
            for j, k in enumerate(evenly_spaced(len(clip), FRAMES_PER_CLIP)):
                frames[n, j], present[n, j] = scene_input(clip, int(k)), True
                teacher[n, j] = net(clip[k])
        np.save(paths["present"], present)
        np.save(paths["teacher"], teacher)
    acts = sorted({a for r in reactions("train", ["acts"])["acts"] for a in r})
    frames, present, teacher = (np.load(paths[n], mmap_mode="r") for n in ("frames", "present", "teacher"))
    return SceneTable(
        frames=frames,
        present=present,
        teacher=teacher,
        seven=seven_target(rows),
        intensities=rows[list(SEVENTEEN)].to_numpy(np.float32),
        acts=np.array([[a in r for a in acts] for r in rows["acts"]], np.float32),
        words=_tag_words(rows),
        medium=np.array([[m == x for x in MEDIA] for m in rows["medium"]], np.float32),
        rows=rows,
        act_names=acts,
    )
