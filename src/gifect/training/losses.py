"""What graders are trained to make small.

References
----------
Yang, Z., Zhang, Y., Luo, J. Human-Centered Emotion Recognition in Animated GIFs: nMSE, cross entropy of the four
quadrants and pairwise ranking, weighted; L2 between attention and the heat map of face keypoints.
"""

from __future__ import annotations

import torch
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class LossWeights:
    """Weights of the parts of a grader's loss; a part of weight 0 is left out. ``quadrant``, ``ranking``, ``seven``
    and ``acts`` are the multi-task parts."""

    intensities: float = 1.0
    quadrant: float = 0.0
    ranking: float = 0.0
    heat: float = 0.0
    seven: float = 0.0
    acts: float = 0.0


def nmse_loss(predicted: Tensor, target: Tensor, variance: Tensor) -> Tensor:
    """Return the normalised squared error: for each emotion the mean squared error of a batch over the variance of
    that emotion's target over the whole training set, and the mean of those.

    Parameters
    ----------
    predicted, target : (B, 17); NaN in the target is left out.
    variance : (17,), above 0.
    """
    known = torch.isfinite(target)
    error = torch.where(known, (predicted - target.nan_to_num()) ** 2, 0.0).sum(0) / known.sum(0).clamp(min=1)
    return (error / variance).mean()


def ranking_loss(predicted: Tensor, target: Tensor) -> Tensor:
    """Return how far pairs of emotions of one clip stand in the wrong order: the mean over all pairs with different
    targets of max(0, -(sign of the target difference) * predicted difference). (B, 17) both; NaN is left out."""
    known = torch.isfinite(target)
    pairs = known[:, :, None] & known[:, None]
    target = target.nan_to_num()
    sign = torch.sign(target[:, :, None] - target[:, None])
    wrong = torch.relu(-sign * (predicted[:, :, None] - predicted[:, None]))
    counted = pairs & (sign != 0)
    return torch.where(counted, wrong, 0.0).sum() / counted.sum().clamp(min=1)


def heat_loss(mask: Tensor, heat: Tensor) -> Tensor:
    """Return the squared distance between attention and heat maps, both (B, T, h, w) and summing to 1 a frame, as a
    mean over the frames that have one; the heat map of a frame without a face is all 0."""
    known = heat.sum((2, 3)) > 0
    away = ((mask - heat) ** 2).sum((2, 3))
    return torch.where(known, away, 0.0).sum() / known.sum().clamp(min=1)


def grader_loss(
    out: dict[str, Tensor], batch: dict[str, Tensor], weights: LossWeights, variance: Tensor
) -> tuple[Tensor, dict[str, float]]:
    """Return the weighted sum of a grader's losses and its parts.

    Parameters
    ----------
    out : what ``Grader`` gives. batch : intensities (B, 17), quadrant (B,) with -1 for none, seven (B, 7)
        distributions, acts (B, A) and heat (B, T, h, w); NaN is left out.
    """
    parts: dict[str, Tensor] = {}
    if weights.intensities:
        parts["intensities"] = nmse_loss(out["intensities"], batch["intensities"], variance)
    if weights.ranking:
        parts["ranking"] = ranking_loss(out["intensities"], batch["intensities"])
    if weights.quadrant and (batch["quadrant"] >= 0).any():
        parts["quadrant"] = F.cross_entropy(out["quadrant"], batch["quadrant"], ignore_index=-1)
    if weights.seven:
        known = torch.isfinite(batch["seven"][:, 0])
        entropy = -(batch["seven"].nan_to_num() * F.log_softmax(out["seven"], 1)).sum(1)
        parts["seven"] = entropy[known].sum() / known.sum().clamp(min=1)
    if weights.acts and batch["acts"].shape[1]:
        parts["acts"] = F.binary_cross_entropy_with_logits(out["acts"], batch["acts"])
    if weights.heat and "mask" in out:
        parts["heat"] = heat_loss(out["mask"], batch["heat"])
    total = torch.stack([getattr(weights, k) * v for k, v in parts.items()]).sum()
    return total, {k: float(v.detach()) for k, v in parts.items()}
