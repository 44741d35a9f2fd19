"""``gifect train NAME``: prepare the data, train one network, export it and write its card."""

from __future__ import annotations

import shutil
import tomllib
from collections.abc import Callable
from dataclasses import fields, replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch

from gifect.errors import DataError
from gifect.evaluation.cards import write_card
from gifect.faces.detect import letterbox
from gifect.models.registry import WEIGHTS
from gifect.training import export
from gifect.training.clipfaces import clip_statistics
from gifect.training.data.facecrops import plain_crops, prepare_fer, prepare_gif_faces
from gifect.training.data.frames import FramePack, find_faces, unpack_frames
from gifect.training.data.sceneframes import prepare_scenes
from gifect.training.data.shared import cache_root
from gifect.training.detect import train_detect
from gifect.training.feel import held_back, train_clips
from gifect.training.fit import Plan, fit_temperature
from gifect.training.measure import predict, train_measure
from gifect.training.networks.detect import DetectNet
from gifect.training.networks.measure import MeasureNet
from gifect.training.networks.scene import ClipNet
from gifect.training.refit import pooled_scenes, refit
from gifect.training.sound import SoundPlan, train_sound

AnyPlan = TypeVar("AnyPlan", bound=Plan)

RECIPES = Path(__file__).with_name("recipes")
CALIBRATION = 300  # pictures on which the range of 8-bit numbers is chosen
RARE = 0.2  # how far rare emotions are raised against their share; chosen on clips held back from train
PARTS = 2  # processes that unpack frames and run the teachers
REACTIONS = "reaction GIFs with perceived emotions named by vision-language models that saw six frames of each"


def load_plan(name: str, settings: dict[str, str], kind: type[AnyPlan]) -> AnyPlan:
    """Return the plan of the recipe ``name``, of the class ``kind``, with ``settings`` put over it.

    Raises
    ------
    DataError
        If there is no such recipe, or a setting is unknown or not a number.
    """
    path = RECIPES / f"{name}.toml"
    if not path.exists():
        raise DataError(
            f"no recipe {name!r}: expected one of {', '.join(sorted(p.stem for p in RECIPES.glob('*.toml')))}"
        )
    values: dict[str, Any] = tomllib.loads(path.read_text())
    kinds = {f.name: {"float": float, "str": str}.get(str(f.type), int) for f in fields(kind)}
    for key, text in settings.items():
        if key not in kinds:
            raise DataError(f"unknown setting {key!r}: expected one of {', '.join(kinds)}")
        try:
            values[key] = kinds[key](text)
        except ValueError as error:
            raise DataError(
                f"{key}={text!r} is not {'a number' if kinds[key] is float else 'a whole number'}"
            ) from error
    return kind(**values)


def prepare() -> None:
    """Unpack frames of the reactions set and run the teachers over them, once."""
    folder = cache_root() / "frames"
    todo = [p for p in range(PARTS) if not (folder / f"found-{p}.parquet").exists()]
    with get_context("spawn").Pool(max(len(todo), 1)) as pool:
        pool.map(_prepare_part, todo)


def _prepare_part(part: int) -> None:
    if not (cache_root() / "frames" / f"frames-{part}.parquet").exists():
        unpack_frames(part, PARTS)
    find_faces(part)


def train(name: str, *, settings: dict[str, str] | None = None) -> Path:
    """Train the network ``name`` (detect, measure, scene, fuse or sound), write its weights and card into the package
    and return the weights' path. A run that was cut short goes on where it stopped; ``fresh=1`` starts anew.

    Raises
    ------
    DataError
        If the name or a setting is unknown, or the data is not there.
    """
    settings = dict(settings or {})
    fresh = settings.pop("fresh", "0") != "0"
    folder = cache_root() / "runs" / name
    if fresh and folder.exists():
        shutil.rmtree(folder)
    if name == "sound":
        train_sound(load_plan(name, settings, SoundPlan), folder)
        return WEIGHTS / "sound.onnx"
    plan = load_plan(name, settings, Plan)
    if name in ("detect", "measure"):
        prepare()
    steps: dict[str, Callable[[Plan, Path], None]] = {
        "detect": _detect,
        "measure": _measure,
        "scene": _scene,
        "fuse": _fuse,
    }
    steps[name](plan, folder)
    return WEIGHTS / f"{name}.onnx"


def _detect(plan: Plan, folder: Path) -> None:
    net = train_detect(plan, folder)
    assert isinstance(net, DetectNet)
    export_detect(net)


def export_detect(net: DetectNet) -> None:
    """Write the detector as ONNX."""
    picture = torch.randint(0, 255, (2, 192, 320, 3), dtype=torch.uint8)
    axes = {"frames": {0: "batch", 1: "height", 2: "width"}}
    outputs = ["scores", "boxes", "points"]
    path = WEIGHTS / "detect.onnx"
    export.export(export.DetectExport(net), {"frames": picture}, outputs, axes, path)
    pack = FramePack()
    train = np.flatnonzero((pack.index["split"] == "train").to_numpy())
    sample = [letterbox(pack[r])[0] for r in np.random.default_rng(0).choice(train, 2 * CALIBRATION, replace=False)]
    wide = letterbox(np.zeros((180, 320, 3), np.uint8))[0].shape  # calibration wants pictures of one shape
    export.quantise(path, [s[None] for s in sample if s.shape == wide][:CALIBRATION], keep=2)
    write_card("detect", "finds faces in frames", f"{REACTIONS}; boxes by three teacher detectors and by hand")


def _measure(plan: Plan, folder: Path) -> None:
    net = train_measure(plan, folder)
    assert isinstance(net, MeasureNet)
    export_measure(net)


def export_measure(net: MeasureNet) -> None:
    """Write the measuring network as ONNX, its expressions calibrated on the valid split of FER+."""
    fer = prepare_fer("valid")
    logits = predict(net, plain_crops(fer))["expression"]
    temperature = fit_temperature(logits, fer.expression.clip(0), fer.weight)
    crops = torch.randint(0, 255, (3, 64, 64, 3), dtype=torch.uint8)
    outputs = ["expression", "affect", "units", "readable", "landmarks", "sides", "embedding"]
    net = net.eval().cpu()
    path = WEIGHTS / "measure.onnx"
    export.export(export.MeasureExport(net, temperature), {"crops": crops}, outputs, {"crops": {0: "batch"}}, path)
    sample = np.concatenate([plain_crops(t.subset(np.arange(CALIBRATION))) for t in (fer, prepare_gif_faces())])
    export.quantise(path, list(sample[:, None]))
    write_card(
        "measure",
        "measures a face: expression, valence, arousal, action units, 70 landmarks, embedding",
        "FER+ votes; faces of reaction GIFs with expressions and action units named by vision-language models; "
        "landmarks and blendshapes by a public face mesh",
    )


def _scene(plan: Plan, folder: Path) -> None:
    train_clips(plan, folder)


def _fuse(plan: Plan, folder: Path) -> None:
    start = cache_root() / "runs" / "scene" / "best.pt"
    if not start.exists():
        raise DataError("the fusion starts from the scene encoder: run gifect train scene first")
    faces = {split: clip_statistics(split) for split in ("train", "valid")}
    net = train_clips(replace(plan, start=str(start)), folder, faces)
    export_scene(net)
    export_fusion(net, faces["train"])


def export_scene(net: ClipNet) -> None:
    """Write the scene encoder as ONNX."""
    frames = torch.randint(0, 255, (2, 96, 128, 4), dtype=torch.uint8)
    path = WEIGHTS / "scene.onnx"
    scene = export.SceneExport(net.scene.eval().cpu())
    export.export(scene, {"frames": frames}, ["embedding"], {"frames": {0: "batch"}}, path)
    export.quantise(path, list(prepare_scenes("train").frames[:CALIBRATION, 0][:, None]))
    write_card("scene", "describes a whole frame and its motion", f"{REACTIONS}; features of ImageNet MobileNetV2")


def export_fusion(net: ClipNet, faces: np.ndarray) -> None:
    """Fit the class layer of the fusion anew on all training clips and write it as ONNX. ``faces`` (N, F) are theirs.

    Its temperature is found on clips held back, by a fit that did not see them.
    """
    table = prepare_scenes("train")
    held = table.rows["id"].map(held_back).to_numpy()
    scenes, fusion = pooled_scenes(table), net.fusion.eval().cpu()
    bias = RARE * np.log(table.seven.mean(0))
    refit(fusion, scenes[~held], faces[~held], table.seven[~held])
    with torch.no_grad():
        unseen = fusion(torch.from_numpy(scenes[held]), torch.from_numpy(faces[held]), torch.ones(int(held.sum()), 1))
    temperature = fit_temperature(unseen["seven"].numpy() - bias, table.seven[held], np.ones(int(held.sum())))
    refit(fusion, scenes, faces, table.seven)
    inputs = {
        "scene": torch.from_numpy(scenes[:3]),
        "face": torch.from_numpy(faces[:3]),
        "scene_seen": torch.ones(3, 1),
    }
    axes = {n: {0: "batch"} for n in inputs}
    export.export(export.FuseExport(fusion, bias, temperature), inputs, ["scores"], axes, WEIGHTS / "fuse.onnx")
    write_card("fuse", "weighs faces and scene into seven emotions", REACTIONS)
