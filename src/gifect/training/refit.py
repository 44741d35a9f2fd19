"""The last step of the fusion: its linear layer fitted anew, to the optimum, on what the shipped networks say."""

from __future__ import annotations

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from gifect.feeling.cues import STATISTICS
from gifect.feeling.scene import SCENE_FRAMES, pool_scene
from gifect.media.sample import evenly_spaced
from gifect.models.registry import load_session
from gifect.training.data.sceneframes import SceneTable
from gifect.training.networks.scene import OUTLIER, SCENE_SIZE, Fusion

STRENGTH = 0.001  # inverse of the penalty; chosen on clips held back from the train split
LEAST_SHARE = 0.05  # of a class in a soft label, below which it is left out


def pooled_scenes(table: SceneTable) -> np.ndarray:
    """Return mean and maximum (N, 512) of what the shipped scene encoder says of five frames of each clip."""
    session, rows = load_session("scene"), []
    for frames, present in zip(table.frames, table.present, strict=True):
        there = np.flatnonzero(present)
        chosen = there[evenly_spaced(len(there), SCENE_FRAMES)]
        rows.append(pool_scene(session.run(None, {"frames": np.ascontiguousarray(frames[chosen])})[0]))
    return np.asarray(rows, np.float32)


def refit(net: Fusion, scenes: np.ndarray, faces: np.ndarray, target: np.ndarray) -> None:
    """Set the class layer of ``net`` to a penalised logistic regression on soft labels ``target`` (N, 7).

    The face's embedding is left out: on the clips at hand it adds nothing to the measures. What is cut off and how
    an absent face counts is as in ``Fusion.forward``.
    """
    used = np.r_[
        0 : 2 * SCENE_SIZE + 4 * STATISTICS, 2 * SCENE_SIZE + faces.shape[1] - 5 : 2 * SCENE_SIZE + faces.shape[1]
    ]
    inputs = np.concatenate([scenes, faces], 1)
    scale = StandardScaler().fit(inputs)
    rows = np.clip(scale.transform(inputs), -OUTLIER, OUTLIER)[:, used]
    clips, classes = np.nonzero(target > LEAST_SHARE)
    fitted = LogisticRegression(C=STRENGTH, max_iter=300).fit(
        rows[clips], classes, sample_weight=target[clips, classes]
    )
    weight = np.zeros((target.shape[1], inputs.shape[1]))
    weight[:, used] = fitted.coef_
    # An absent face gives zeros here but not after scaling: the difference goes into the bias and the face's flag.
    nobody = np.clip(-scale.mean_ / scale.scale_, -OUTLIER, OUTLIER)[2 * SCENE_SIZE :]
    absent = weight[:, 2 * SCENE_SIZE :] @ nobody
    flag = (1 - scale.mean_[-1]) / scale.scale_[-1]
    weight[:, -1] = weight[:, -1] * flag - absent
    with torch.no_grad():
        net.seven.weight.copy_(torch.from_numpy(weight))
        net.seven.bias.copy_(torch.from_numpy(fitted.intercept_ + absent))
        norm = net.scene_norm
        assert norm.running_mean is not None and norm.running_var is not None
        norm.running_mean.copy_(torch.from_numpy(scale.mean_[: 2 * SCENE_SIZE]))
        norm.running_var.copy_(torch.from_numpy(scale.scale_[: 2 * SCENE_SIZE] ** 2))
        norm.weight.fill_(1.0)
        norm.bias.fill_(0.0)
        net.face_mean.copy_(torch.from_numpy(scale.mean_[2 * SCENE_SIZE :]))
        net.face_scale.copy_(torch.from_numpy(scale.scale_[2 * SCENE_SIZE :]))
