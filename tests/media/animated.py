"""Writes APNG and animated WebP files of any layout, chunk by chunk, and composites them exactly."""

from __future__ import annotations

import io
import random
import struct
import zlib
from dataclasses import dataclass

import numpy as np
from PIL import Image


@dataclass
class Part:
    """One frame: RGBA (h, w, 4) at (left, top); `blend` over what is there or replace it; `disposal` as APNG has it."""

    pixels: np.ndarray
    left: int = 0
    top: int = 0
    delay: int = 100  # ms
    blend: bool = False
    disposal: int = 0  # 0 keep, 1 clear, 2 previous (APNG only)


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def scanlines(pixels: np.ndarray) -> bytes:
    rows = pixels.reshape(len(pixels), -1)
    return zlib.compress(np.hstack([np.zeros((len(rows), 1), np.uint8), rows]).tobytes())


def write_apng(width: int, height: int, parts: list[Part], plays: int = 0, cover: np.ndarray | None = None) -> bytes:
    """Write an APNG; a `cover` (height, width, 4) is a default image that is not part of the animation."""
    out = [b"\x89PNG\r\n\x1a\n", chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))]
    out.append(chunk(b"acTL", struct.pack(">II", len(parts), plays)))
    number = 0
    if cover is not None:
        out.append(chunk(b"IDAT", scanlines(cover)))
    for index, part in enumerate(parts):
        h, w = part.pixels.shape[:2]
        control = struct.pack(
            ">IIIIIHHBB", number, w, h, part.left, part.top, part.delay, 1000, part.disposal, part.blend
        )
        out.append(chunk(b"fcTL", control))
        number += 1
        if index == 0 and cover is None:
            out.append(chunk(b"IDAT", scanlines(part.pixels)))
        else:
            out.append(chunk(b"fdAT", struct.pack(">I", number) + scanlines(part.pixels)))
            number += 1
    return b"".join(out) + chunk(b"IEND", b"")


def riff_chunk(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def write_webp(width: int, height: int, parts: list[Part], plays: int = 0) -> bytes:
    """Write an animated WebP with lossless frames; `left` and `top` must be even."""
    body = riff_chunk(b"VP8X", bytes([0x12, 0, 0, 0]) + size24(width - 1) + size24(height - 1))
    body += riff_chunk(b"ANIM", struct.pack("<IH", 0x40506070, plays))
    for part in parts:
        file = io.BytesIO()
        Image.fromarray(part.pixels).save(file, "WEBP", lossless=True, exact=True)
        picture = only_bitstream(file.getvalue())
        h, w = part.pixels.shape[:2]
        head = size24(part.left // 2) + size24(part.top // 2) + size24(w - 1) + size24(h - 1) + size24(part.delay)
        flags = (0 if part.blend else 2) | (part.disposal == 1)
        body += riff_chunk(b"ANMF", head + bytes([flags]) + picture)
    return b"RIFF" + struct.pack("<I", len(body) + 4) + b"WEBP" + body


def only_bitstream(file: bytes) -> bytes:
    at = 12
    while file[at : at + 4] not in (b"VP8L", b"VP8 "):
        at += 8 + (struct.unpack_from("<I", file, at + 4)[0] + 1) // 2 * 2
    return file[at:]


def size24(value: int) -> bytes:
    return struct.pack("<I", value)[:3]


def composite(width: int, height: int, parts: list[Part]) -> np.ndarray:
    """RGBA of each frame (T, H, W, 4), float with alpha 0-1 for exact blending."""
    canvas = np.zeros((height, width, 4))
    frames = []
    for part in parts:
        h, w = part.pixels.shape[:2]
        place = (slice(part.top, part.top + h), slice(part.left, part.left + w))
        before = canvas.copy()
        new = part.pixels / [1, 1, 1, 255]
        if part.blend:
            old, a = canvas[place], new[..., 3:]
            alpha = a + old[..., 3:] * (1 - a)
            mixed = new[..., :3] * a + old[..., :3] * old[..., 3:] * (1 - a)
            new = np.concatenate([np.divide(mixed, alpha, out=np.zeros_like(mixed), where=alpha > 0), alpha], 2)
        canvas[place] = new
        frames.append(canvas.copy())
        if part.disposal == 1:
            canvas[place] = 0
        elif part.disposal == 2:
            canvas = before if len(frames) > 1 else np.zeros_like(canvas)
    return np.stack(frames)


def over(frames: np.ndarray, background: tuple[int, int, int]) -> np.ndarray:
    """RGB of composited frames over a background, rounded to the nearest."""
    alpha = frames[..., 3:]
    return np.floor(frames[..., :3] * alpha + np.array(background) * (1 - alpha) + 0.5).astype(np.uint8)


def random_parts(seed: int, disposals: int, binary_alpha: bool, even: bool) -> tuple[int, int, list[Part]]:
    rng, numbers = random.Random(seed), np.random.default_rng(seed)
    width, height = rng.randint(1, 24), rng.randint(1, 24)
    parts = []
    for index in range(rng.randint(2, 7)):
        w, h = (width, height) if not index else (rng.randint(1, width), rng.randint(1, height))
        left, top = rng.randint(0, width - w), rng.randint(0, height - h)
        if even:
            left, top = left // 2 * 2, top // 2 * 2
        pixels = numbers.integers(0, 256, (h, w, 4), np.uint8)
        if binary_alpha:
            pixels[..., 3] = np.where(pixels[..., 3] > 90, 255, 0)
        delay = rng.choice([0, 10, 11, 50, 4000])
        parts.append(Part(pixels, left, top, delay, rng.random() < 0.5, rng.randrange(disposals)))
    return width, height, parts
