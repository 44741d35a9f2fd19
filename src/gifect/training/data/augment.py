"""Variants of a clip to train on: what is drawn is drawn once, so that all its frames change alike.

References
----------
Blake, G. Graphical Feelings: GIF Sentiment Learning, section 3 (flip, scale, translation, salt and pepper).
"""

from __future__ import annotations

from typing import Annotated

import cv2
import numpy as np
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from gifect.errors import DataError

LEAST_FRAMES = 2  # kept of a clip that has them: one frame does not move
LUMA = np.array([0.299, 0.587, 0.114])  # share of red, green and blue in grey, ITU-R BT.601
GREY = np.full(3, 3**-0.5)  # the direction in RGB along which nothing has a hue

Share = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Augmentation:
    """What may be changed in a clip: chances, and how far the change goes at most. All lie in [0, 1]; 0 turns one off.

    Attributes
    ----------
    flip : chance that left and right change places.
    scale_chance, scale : the picture grows or shrinks about its middle by a factor up to 1 + ``scale``.
    shift_chance, shift : it moves along each axis, by up to this share of the side. The edge fills what falls free.
    drop_chance, drop : up to this share of the frames, at random places, is left out.
    noise_chance, noise : up to this share of the pixels of each frame turns white or black (salt and pepper).
    colour_chance : for each of the four that follow.
    brightness : added to or taken from values in [0, 1].
    contrast : distances from middle grey become longer or shorter by a factor up to 1 + ``contrast``.
    gamma : values are raised to a power from 1 / (1 + ``gamma``) to 1 + ``gamma``.
    hue : the hue turns either way by up to this share of half a turn.
    grey : chance that all colour goes.
    """

    flip: Share = 0.5
    scale_chance: Share = 0.5
    scale: Share = 0.2
    shift_chance: Share = 0.5
    shift: Share = 0.1
    drop_chance: Share = 0.3
    drop: Share = 0.3
    noise_chance: Share = 0.2
    noise: Share = 0.02
    colour_chance: Share = 0.5
    brightness: Share = 0.15
    contrast: Share = 0.3
    gamma: Share = 0.3
    hue: Share = 0.1
    grey: Share = 0.1


def augment_clip(
    frames: np.ndarray, rng: np.random.Generator, options: Augmentation | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Return a variant of a clip and which of its frames were kept.

    Parameters
    ----------
    frames : uint8 (T, H, W, 3) RGB, T >= 1; stays as it is.
    rng : source of chance; the same state gives the same variant.
    options : what may change; ``Augmentation()`` by default.

    Returns
    -------
    frames : uint8 (K, H, W, 3), an array of its own; two frames or more, or the one that there is.
    kept : int64 (K,), increasing indices into ``frames``.

    Raises
    ------
    DataError
        If ``frames`` are not of that shape or type.
    """
    if frames.dtype != np.uint8 or frames.ndim != 4 or frames.shape[3] != 3 or 0 in frames.shape:
        raise DataError(f"frames must be uint8 of shape (T, H, W, 3), not {frames.dtype} of shape {frames.shape}")
    options = options or Augmentation()
    kept = _kept(len(frames), abs(_drawn(rng, options.drop_chance, options.drop)), rng)
    warp = _warp(frames.shape[1], frames.shape[2], rng, options)
    table, mixed = _colours(rng, options)
    noise = abs(_drawn(rng, options.noise_chance, options.noise))
    return np.stack([_salted(_changed(frames[k], warp, table, mixed), noise, rng) for k in kept]), kept


def _drawn(rng: np.random.Generator, chance: float, most: float) -> float:
    """Return a number from -``most`` to ``most``, or 0 where ``chance`` says no; either way two numbers of ``rng``."""
    happens, value = rng.random(), rng.uniform(-most, most)
    return value if happens < chance else 0.0


def _kept(count: int, dropped: float, rng: np.random.Generator) -> np.ndarray:
    """Return which of ``count`` frames stay when the share ``dropped`` goes."""
    stay = max(count - round(count * dropped), min(count, LEAST_FRAMES))
    return np.sort(rng.permutation(count)[:stay])


def _warp(height: int, width: int, rng: np.random.Generator, options: Augmentation) -> np.ndarray:
    """Return the affine map (2, 3) of pixels for flip, scale and shift."""
    mirror = -1 if rng.random() < options.flip else 1
    factor = _factor(_drawn(rng, options.scale_chance, options.scale))
    right, down = (_drawn(rng, options.shift_chance, options.shift) * side for side in (width, height))
    x, y = (width - 1) / 2, (height - 1) / 2  # the middle
    return np.array([[mirror * factor, 0, x - mirror * factor * x + right], [0, factor, y - factor * y + down]])


def _colours(rng: np.random.Generator, options: Augmentation) -> tuple[np.ndarray, np.ndarray]:
    """Return a table of values, uint8 (256,), and a mixture of channels (3, 3)."""
    strengths = (options.brightness, options.contrast, options.gamma, options.hue)
    brightness, contrast, gamma, hue = (_drawn(rng, options.colour_chance, s) for s in strengths)
    values = (np.arange(256) / 255) ** _factor(gamma)
    values = (values - 0.5) * _factor(contrast) + 0.5 + brightness
    mixed = _turned(hue * np.pi) if hue else np.eye(3)
    if rng.random() < options.grey:
        mixed = np.tile(LUMA, (3, 1)) @ mixed
    return np.rint(values.clip(0, 1) * 255).astype(np.uint8), mixed


def _factor(change: float) -> float:
    """Return 1 + ``change``, or 1 over as much when it is below 0: doubling and halving are equally far."""
    return 1 + change if change >= 0 else 1 / (1 - change)


def _turned(angle: float) -> np.ndarray:
    """Return the rotation (3, 3) of RGB about its grey axis by ``angle`` in radians (Rodrigues' formula)."""
    x, y, z = GREY
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    return np.asarray(np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross)


def _changed(frame: np.ndarray, warp: np.ndarray, table: np.ndarray, mixed: np.ndarray) -> np.ndarray:
    height, width = frame.shape[:2]
    if not np.array_equal(warp, np.eye(2, 3)):
        frame = cv2.warpAffine(frame, warp, (width, height), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    if not np.array_equal(mixed, np.eye(3)):
        frame = cv2.transform(frame, mixed)
    return cv2.LUT(frame, table)


def _salted(frame: np.ndarray, share: float, rng: np.random.Generator) -> np.ndarray:
    """Return ``frame`` with ``share`` of its pixels white or black."""
    if share:
        place = rng.random(frame.shape[:2], np.float32)
        frame[place < share] = 0
        frame[place < share / 2] = 255
    return frame
