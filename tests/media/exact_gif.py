"""A GIF encoder and an exact GIF renderer, slow, plain and independent of gifect and of every library.

The encoder writes any mix of what the format allows, and what it does not; the renderer reads bytes and composites by
the rules of browsers. Tests and benchmarks compare decoders with the renderer pixel by pixel.
"""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass, field

import numpy as np
from exact_lzw import compress, decompress

INTERLACE = ((0, 8), (4, 8), (2, 4), (1, 2))  # first row and step of each pass


@dataclass
class Image:
    """One frame to be written. `indices` is (h, w) uint8; `disposal` is the raw three bits; delay in hundredths."""

    indices: np.ndarray
    left: int = 0
    top: int = 0
    palette: np.ndarray | None = None
    transparent: int | None = None
    disposal: int = 0
    delay: int = 10
    interlaced: bool = False
    code_size: int = 8
    control: bool = True
    clear_chance: float = 0.0
    end_code: bool = True
    block: int = 255
    before: bytes = b""
    surplus: int = 0


@dataclass
class Gif:
    """A whole file to be written."""

    width: int
    height: int
    images: list[Image]
    palette: np.ndarray | None = None
    loops: int | None = None
    background_index: int = 0
    trailer: bool = True
    version: bytes = b"GIF89a"


def palette_bits(palette: np.ndarray) -> int:
    return max(1, (len(palette) - 1).bit_length())


def palette_bytes(palette: np.ndarray) -> bytes:
    room = 3 << palette_bits(palette)
    return palette.astype(np.uint8).tobytes().ljust(room, b"\0")


def sub_blocks(data: bytes, size: int = 255) -> bytes:
    parts = [data[i : i + size] for i in range(0, len(data), size)]
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def row_order(height: int) -> list[int]:
    return [row for first, step in INTERLACE for row in range(first, height, step)]


def encode(gif: Gif) -> bytes:
    """Write the file."""
    flags = 0 if gif.palette is None else 0x80 | (palette_bits(gif.palette) - 1)
    out = [gif.version, struct.pack("<HHBBB", gif.width, gif.height, flags, gif.background_index, 0)]
    if gif.palette is not None:
        out.append(palette_bytes(gif.palette))
    if gif.loops is not None:
        out.append(b"\x21\xff\x0bNETSCAPE2.0" + sub_blocks(b"\x01" + struct.pack("<H", gif.loops)))
    for number, image in enumerate(gif.images):
        out.append(image.before)
        if image.control:
            bits = image.disposal << 2 | (image.transparent is not None)
            out.append(b"\x21\xf9\x04" + struct.pack("<BHBx", bits, image.delay, image.transparent or 0))
        height, width = image.indices.shape
        bits = 0x40 * image.interlaced
        if image.palette is not None:
            bits |= 0x80 | (palette_bits(image.palette) - 1)
        out.append(b"\x2c" + struct.pack("<HHHHB", image.left, image.top, width, height, bits))
        if image.palette is not None:
            out.append(palette_bytes(image.palette))
        rows = image.indices[row_order(height)] if image.interlaced else image.indices
        values = rows.tobytes() + bytes(image.surplus)
        packed = compress(values, image.code_size, image.clear_chance, image.end_code, number)
        out.append(bytes([image.code_size]) + sub_blocks(packed, image.block))
    return b"".join(out) + b"\x3b" * gif.trailer


@dataclass
class Rendering:
    """RGBA of each frame (T, H, W, 4), delays in ms as written, how often it plays (0 for ever)."""

    frames: np.ndarray
    delays_ms: list[int]
    loops: int
    indices: list[np.ndarray] = field(default_factory=list)

    def over(self, background: tuple[int, int, int] = (255, 255, 255)) -> np.ndarray:
        """Return RGB over a background; a GIF pixel is either there or not."""
        return np.where(self.frames[..., 3:] > 0, self.frames[..., :3], np.array(background, np.uint8))


def read_colours(data: bytes, at: int, flags: int) -> tuple[np.ndarray | None, int]:
    if not flags & 0x80:
        return None, at
    count = 2 << (flags & 7)
    return np.frombuffer(data, np.uint8, 3 * count, at).reshape(count, 3), at + 3 * count


def read_sub_blocks(data: bytes, at: int) -> tuple[bytes, int]:
    parts = []
    while data[at]:
        parts.append(data[at + 1 : at + 1 + data[at]])
        at += 1 + data[at]
    return b"".join(parts), at + 1


def render(data: bytes) -> Rendering:
    """Composite a GIF as browsers do; the blocks must be whole (a missing trailer is no matter)."""
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    shared, at = read_colours(data, 13, flags)
    canvas = np.zeros((height, width, 4), np.uint8)
    frames, delays, indices, loops = [], [], [], 1
    disposal, delay, transparent = 0, 0, None
    while at < len(data) and data[at] != 0x3B:
        if data[at] == 0x21:
            label = data[at + 1]
            body, at = read_sub_blocks(data, at + 2)
            if label == 0xF9 and len(body) >= 4:
                disposal, delay = body[0] >> 2 & 7, body[1] | body[2] << 8
                transparent = body[3] if body[0] & 1 else None
            if label == 0xFF and body[:11] in (b"NETSCAPE2.0", b"ANIMEXTS1.0") and len(body) >= 14 and body[11] == 1:
                repeats = body[12] | body[13] << 8
                loops = repeats + 1 if repeats else 0
            continue
        left, top, w, h, flags = struct.unpack_from("<HHHHB", data, at + 1)
        own, at = read_colours(data, at + 10, flags)
        size = data[at]
        packed, at = read_sub_blocks(data, at + 1)
        values = np.frombuffer(decompress(packed, size, w * h), np.uint8)
        assert len(values) == w * h, f"frame {len(frames)} has {len(values)} of {w * h} pixels"
        image = np.empty((h, w), np.uint8)
        image[row_order(h) if flags & 0x40 else slice(None)] = values.reshape(h, w)
        indices.append(image)
        colours = np.zeros((256, 4), np.uint8)
        colours[:, 3] = 255
        table = shared if own is None else own
        if table is not None:
            colours[: len(table), :3] = table
        if not frames and (left + w > width or top + h > height):
            width, height = max(width, left + w), max(height, top + h)
            canvas = np.zeros((height, width, 4), np.uint8)
        before = canvas.copy()
        seen = image[: max(0, height - top), : max(0, width - left)]
        place = (slice(top, top + seen.shape[0]), slice(left, left + seen.shape[1]))
        drawn = np.ones(seen.shape, bool) if transparent is None else seen != transparent
        canvas[place][drawn] = colours[seen[drawn]]
        frames.append(canvas.copy())
        delays.append(10 * delay)
        if disposal == 2:
            canvas[place] = 0
        elif disposal in (3, 4):
            canvas = before
        disposal, delay, transparent = 0, 0, None
    return Rendering(np.stack(frames), delays, loops, indices)


def random_gif(seed: int, largest: int = 40, sloppy: bool = True) -> Gif:
    """Draw a GIF that mixes everything; `sloppy` ones also break rules that browsers forgive."""
    rng = random.Random(seed)
    numbers = np.random.default_rng(seed)
    width, height = rng.randint(1, largest), rng.randint(1, largest)
    shared = None if rng.random() < 0.15 else numbers.integers(0, 256, (1 << rng.randint(1, 8), 3), np.uint8)
    images = []
    for _ in range(rng.randint(1, 8)):
        own = None
        if shared is None or rng.random() < 0.3:
            own = numbers.integers(0, 256, (1 << rng.randint(1, 8), 3), np.uint8)
            if shared is None and sloppy and rng.random() < 0.3:
                own = None
        colours = own if own is not None else shared
        bits = palette_bits(colours) if colours is not None else rng.randint(2, 8)
        size = min(8, max(2, bits + (rng.random() < 0.2)))
        reach = 8 if sloppy else 0
        w, h = rng.randint(1, width + reach), rng.randint(1, height + reach)
        left = rng.randint(0, width + reach // 2) if reach else rng.randint(0, width - min(w, width))
        top = rng.randint(0, height + reach // 2) if reach else rng.randint(0, height - min(h, height))
        highest = 1 << size if sloppy and rng.random() < 0.3 else min(1 << size, 1 << bits)
        values = numbers.integers(0, highest, (h, w), np.uint8)
        if rng.random() < 0.5:
            values[:, : w // 2] = values[0, 0]
        images.append(
            Image(
                indices=values,
                left=left,
                top=top,
                palette=own,
                transparent=rng.randrange(highest) if rng.random() < 0.6 else None,
                disposal=rng.randint(0, 7),
                delay=rng.choice([0, 1, 2, 5, 10, 65535]),
                interlaced=rng.random() < 0.3,
                code_size=size,
                control=rng.random() < 0.85,
                clear_chance=rng.choice([0.0, 0.0, 0.01, 0.2]),
                end_code=not (sloppy and rng.random() < 0.2),
                block=rng.choice([1, 7, 254, 255]),
                before=random_extension(rng),
                surplus=rng.choice([0, 0, 0, 5]) if sloppy else 0,
            )
        )
    loops = rng.choice([None, 0, 1, 7, 65535])
    index = rng.randint(0, 255) if sloppy else 0
    return Gif(width, height, images, shared, loops, index, rng.random() < 0.8, rng.choice([b"GIF89a", b"GIF87a"]))


def random_extension(rng: random.Random) -> bytes:
    body = rng.randbytes(rng.randint(0, 300))
    return rng.choice(
        [
            b"",
            b"",
            b"\x21\xfe" + sub_blocks(body),
            b"\x21\x01\x0c" + rng.randbytes(12) + sub_blocks(body),
            b"\x21\xff\x0bXMP DataXMP" + sub_blocks(body),
            b"\x21\x77" + sub_blocks(body),
        ]
    )
