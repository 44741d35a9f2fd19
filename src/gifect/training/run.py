"""``gifect train NAME``: prepare the data, train one network, export it and write its card."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch

from gifect.errors import TrainingError
from gifect.evaluation.cards import write_card
from gifect.faces.detect import letterbox
from gifect.models.registry import WEIGHTS
from gifect.training import export
from gifect.training.actions import train_actions
from gifect.training.captions import train_captions
from gifect.training.clipfaces import clip_statistics
from gifect.training.data.clipfeatures import prepare_features, segment_frames
from gifect.training.data.facecrops import plain_crops, prepare_fer, prepare_gif_faces
from gifect.training.data.frames import FramePack, find_faces, unpack_frames
from gifect.training.data.sceneframes import prepare_scenes
from gifect.training.data.shared import cache_root
from gifect.training.detect import train_detect
from gifect.training.feel import held_back, train_clips
from gifect.training.fit import fit_temperature
from gifect.training.grade import grade, load_clips, split_rows, train_grader
from gifect.training.lexicon import train_lexicon
from gifect.training.linear import fit_linear, linear_statistics
from gifect.training.measure import predict, train_measure
from gifect.training.networks.detect import DetectNet
from gifect.training.networks.kavan import Grader
from gifect.training.networks.measure import MeasureNet
from gifect.training.networks.scene import ClipNet
from gifect.training.recipe import Recipe, load_recipe
from gifect.training.recommend import train_recommend
from gifect.training.refit import pooled_scenes, refit
from gifect.training.sound import SoundPlan, train_sound
from gifect.training.tags import train_tags
from gifect.training.text import TextPlan, train_text

CALIBRATION = 300  # pictures on which the range of 8-bit numbers is chosen
RARE = 0.2  # how far rare emotions are raised against their share; chosen on clips held back from train
PARTS = 2  # processes that unpack frames and run the teachers
REACTIONS = "reaction GIFs with perceived emotions named by vision-language models that saw six frames of each"


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


def train(name: str, *, settings: dict[str, str] | None = None, fresh: bool = False) -> Path:
    """Train what the recipe ``name`` says and return where it lies: of a network that ships the weights in the
    package, of a grader of one's own data the folder of its checkpoints.

    A run that was cut short goes on where it stopped. ``i3d`` has settings of its own, see ``train_actions``;
    ``captions`` has none.

    Parameters
    ----------
    name : of a recipe that comes with the package, or the path of a TOML file.
    settings : put over the recipe, such as {"fit.epochs": "3"}.
    fresh : throw away what there is of an earlier run.

    Raises
    ------
    TrainingError
        If the recipe does not hold or the run cannot go on.
    DataError
        If the data is not there.
    """
    if name == "i3d":
        return train_actions({**(settings or {}), "fresh": str(int(fresh))})
    if name == "captions":
        return train_captions()
    recipe = load_recipe(name, settings)
    folder = run_folder(name)
    if fresh and folder.exists():
        shutil.rmtree(folder)
    if recipe.fit.start and not Path(recipe.fit.start).exists():
        start = run_folder(recipe.fit.start) / "best.pt"
        if not start.exists():
            raise TrainingError(f"the start {recipe.fit.start!r} is no file: run gifect train {recipe.fit.start} first")
        recipe = replace(recipe, fit=replace(recipe.fit, start=str(start)))
    if recipe.task in ("detect", "measure"):
        prepare()
    steps: dict[str, Callable[[Recipe, Path], Path]] = {
        "detect": _detect,
        "measure": _measure,
        "scene": _scene,
        "fuse": _fuse,
        "grade": _grade,
        "sound": _sound,
        "tags": lambda recipe, folder: train_tags(),
        "lexicon": lambda recipe, folder: train_lexicon(),
        "recommend": lambda recipe, folder: train_recommend(),
        "text": _text,
    }
    return steps[recipe.task](recipe, folder)


def run_folder(name: str) -> Path:
    """Return where the checkpoints of the recipe ``name`` lie."""
    return cache_root() / "runs" / Path(name).stem


def _detect(recipe: Recipe, folder: Path) -> Path:
    net = train_detect(recipe.fit, folder)
    assert isinstance(net, DetectNet)
    return export_detect(net)


def export_detect(net: DetectNet) -> Path:
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
    return path


def _measure(recipe: Recipe, folder: Path) -> Path:
    net = train_measure(recipe.fit, folder)
    assert isinstance(net, MeasureNet)
    return export_measure(net)


def export_measure(net: MeasureNet) -> Path:
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
        command="gifect train measure, then gifect train measure-again",
    )
    return path


def _scene(recipe: Recipe, folder: Path) -> Path:
    train_clips(recipe.fit, folder)
    return folder / "best.pt"


def _fuse(recipe: Recipe, folder: Path) -> Path:
    faces = {split: clip_statistics(split) for split in ("train", "valid")}
    net = train_clips(recipe.fit, folder, faces)
    export_scene(net)
    return export_fusion(net, faces["train"])


def _grade(recipe: Recipe, folder: Path) -> Path:
    graders = train_grader(recipe, folder)
    return export_grader(graders, recipe, folder.name) if recipe.ship else folder


def _sound(recipe: Recipe, folder: Path) -> Path:
    train_sound(SoundPlan.of(recipe), folder)
    return WEIGHTS / "sound.onnx"


def _text(recipe: Recipe, folder: Path) -> Path:
    return train_text(TextPlan.of(recipe), folder)


def export_grader(graders: list[Grader], recipe: Recipe, name: str) -> Path:
    """Write the mean of ``graders``, trained by the recipe ``name``, as ONNX. Slope and offset of each
    intensity are fitted on what each grader says of the clips that it did not see."""
    clips = load_clips(recipe.data)
    features, share = prepare_features(clips), recipe.linear
    said, told = [], []
    for part, net in enumerate(graders):
        learnt, held, _ = split_rows(clips, recipe.data.folds, part)
        unseen = grade(net, features, held, recipe.data.frames).intensities
        if share:
            linear = fit_linear(clips, features, learnt, recipe.data.frames)
            with torch.no_grad():
                found = linear.norm(linear_statistics(linear, features, held, recipe.data.frames))
                unseen = (1 - share) * unseen + share * linear.intensities(found).numpy()
        said.append(unseen)
        told.append(clips.intensities[held])
    line = np.stack([np.polyfit(x, y, 1) for x, y in zip(np.concatenate(said).T, np.concatenate(told).T, strict=True)])
    train = np.flatnonzero(clips.split == "train")
    whole = fit_linear(clips, features, train, recipe.data.frames) if share else None
    some = features.read(np.arange(2), segment_frames(recipe.data.frames, 2, None))
    inputs = {k: torch.from_numpy(v) for k, v in some.items()}
    path, axes = WEIGHTS / f"{recipe.ship}.onnx", {n: {0: "batch"} for n in inputs}
    module = export.GradeExport([g.cpu() for g in graders], line.T, whole, share)
    outputs = ["intensities", "quadrant", "seven"] + (["mask"] if graders[0].attends else [])
    export.export(module, inputs, outputs, axes, path)
    export.halve(path)
    does = "grades seventeen emotions and names the quadrant of the circumplex"
    if graders[0].attends:
        does += ", looking where faces are"
    write_card(recipe.ship, does, REACTIONS, command=f"gifect train {name}")
    return path


def export_scene(net: ClipNet) -> Path:
    """Write the scene encoder as ONNX."""
    frames = torch.randint(0, 255, (2, 96, 128, 4), dtype=torch.uint8)
    path = WEIGHTS / "scene.onnx"
    scene = export.SceneExport(net.scene.eval().cpu())
    export.export(scene, {"frames": frames}, ["embedding", "map"], {"frames": {0: "batch"}}, path)
    export.quantise(path, list(prepare_scenes("train").frames[:CALIBRATION, 0][:, None]))
    write_card("scene", "describes a whole frame and its motion", f"{REACTIONS}; features of ImageNet MobileNetV2")
    return path


def export_fusion(net: ClipNet, faces: np.ndarray) -> Path:
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
    axes, path = {n: {0: "batch"} for n in inputs}, WEIGHTS / "fuse.onnx"
    export.export(export.FuseExport(fusion, bias, temperature), inputs, ["scores"], axes, path)
    write_card("fuse", "weighs faces and scene into seven emotions", REACTIONS)
    return path
