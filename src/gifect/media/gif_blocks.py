"""The blocks of a GIF: which frames it has, where they lie, how long and how they stay, before any pixel is decoded."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from gifect.errors import ClipError

__all__ = ["CLEAR", "IMAGE", "KEEP", "RESTORE", "GifFrame", "GifLayout", "scan_gif"]

EXTENSION, IMAGE, TRAILER = 0x21, 0x2C, 0x3B
GRAPHIC_CONTROL, APPLICATION = 0xF9, 0xFF
LOOP_APPLICATIONS = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
KEEP, CLEAR, RESTORE = 0, 2, 3  # disposal: what becomes of a frame when the next one comes
DISPOSALS = (KEEP, KEEP, CLEAR, RESTORE, RESTORE, KEEP, KEEP, KEEP)  # by the three bits of the file


@dataclass(frozen=True)
class GifFrame:
    """One image of the file: where it lies (pixels), how it is packed, how long and how it stays."""

    left: int
    top: int
    width: int
    height: int
    interlaced: bool
    palette: bytes  # RGB triples, up to 256
    transparent: int  # index, or -1
    disposal: int  # KEEP, CLEAR or RESTORE
    delay_ms: int
    data: slice  # code size and sub-blocks, with the terminator when the file has one


@dataclass
class GifLayout:
    """What the blocks of a GIF say, before any pixel is decoded."""

    width: int
    height: int
    loops: int = 1
    frames: list[GifFrame] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def scan_gif(data: bytes) -> GifLayout:
    """Read the blocks of a GIF.

    Parameters
    ----------
    data : bytes
        The whole file.

    Returns
    -------
    GifLayout
        Its frames in order; a file that ends early gives those that have begun, and a warning.

    Raises
    ------
    ClipError
        If the file has no GIF header.
    """
    if len(data) < 13 or data[:6] not in (b"GIF87a", b"GIF89a"):
        raise ClipError(f"not a GIF: it begins with {data[:6]!r} and has {len(data)} bytes")
    width, height, flags = struct.unpack_from("<HHB", data, 6)
    layout = GifLayout(width, height)
    position, palette = _palette(data, 13, flags)
    try:
        _scan_blocks(data, position, palette, layout)
    except IndexError:
        layout.warnings.append("the GIF ends before its trailer")
    return layout


def _palette(data: bytes, position: int, flags: int) -> tuple[int, bytes]:
    if not flags & 0x80:
        return position, b""
    end = position + (6 << (flags & 7))
    return end, data[position:end]


def _scan_blocks(data: bytes, position: int, palette: bytes, layout: GifLayout) -> None:
    """Append the frames to `layout`; IndexError where the file ends early."""
    control = (0, 0, 0)
    while (kind := data[position]) != TRAILER:
        if kind == EXTENSION:
            label, start = data[position + 1], position + 2
            if label == GRAPHIC_CONTROL and data[start] >= 4 and start + 4 < len(data):
                flags, delay, index = struct.unpack_from("<BHB", data, start + 1)
                control = (flags, delay, index)
            elif label == APPLICATION:
                layout.loops = _loops(data, start, layout.loops)
            position = _skip_sub_blocks(data, start)
        elif kind == IMAGE:
            position = _scan_image(data, position, palette, control, layout)
            control = (0, 0, 0)
        else:
            layout.warnings.append(
                f"byte {position} of the GIF begins no block ({kind:#04x}); what follows is left out"
            )
            return


def _scan_image(data: bytes, position: int, shared: bytes, control: tuple[int, int, int], layout: GifLayout) -> int:
    if position + 10 > len(data):
        raise IndexError
    left, top, width, height, flags = struct.unpack_from("<HHHHB", data, position + 1)
    start, palette = _palette(data, position + 10, flags)
    try:
        end, missing = _skip_sub_blocks(data, start + 1), False
    except IndexError:
        end, missing = len(data), True
    bits, delay, index = control
    layout.frames.append(
        GifFrame(
            left=left,
            top=top,
            width=width,
            height=height,
            interlaced=bool(flags & 0x40),
            palette=palette if flags & 0x80 else shared,
            transparent=index if bits & 1 else -1,
            disposal=DISPOSALS[bits >> 2 & 7],
            delay_ms=10 * delay,
            data=slice(start, end),
        )
    )
    if len(layout.frames) == 1:
        layout.width, layout.height = max(layout.width, left + width), max(layout.height, top + height)
    if missing:
        raise IndexError
    return end


def _skip_sub_blocks(data: bytes, position: int) -> int:
    while size := data[position]:
        position += size + 1
    return position + 1


def _loops(data: bytes, start: int, otherwise: int) -> int:
    """Return how often the animation plays, from an application extension at `start`, 0 for ever."""
    if data[start + 1 : start + 12] not in LOOP_APPLICATIONS or data[start + 12] < 3 or data[start + 13] != 1:
        return otherwise
    repeats = data[start + 14] | data[start + 15] << 8
    return repeats + 1 if repeats else 0
