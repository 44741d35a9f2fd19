"""GIF: its frames as a browser shows them.

How frames lie over one another is decided here; only the compressed indices of a frame (LZW) go to FFmpeg's decoder,
each frame as a little GIF of its own.

The rules are those of Chromium and Firefox where the GIF89a specification is silent or not followed: a canvas grows to
hold its first frame, what lies outside is cut off, disposal 2 clears to transparent (not to the background colour),
disposal 4 means 3, 5 to 7 mean "keep", and a colour that no palette has is black.
"""

from __future__ import annotations

import functools
import struct

import av
import cv2
import numpy as np
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from gifect.errors import ClipError
from gifect.media.gif_blocks import CLEAR, IMAGE, RESTORE, GifFrame, GifLayout, scan_gif
from gifect.media.limits import Limits

__all__ = ["decode_gif"]

MAX_CODE_SIZE = 8  # bits of an index; more is not a GIF
BLANK_WORDS = (0x00FFFFFF, 0)  # what FFmpeg leaves where nothing was drawn


def decode_gif(data: bytes, background: tuple[int, int, int], limits: Limits) -> tuple[NDArray[np.uint8], GifLayout]:
    """Decode the frames of a GIF as a browser shows them.

    Parameters
    ----------
    data : bytes
        The whole file.
    background : tuple of int
        RGB shown where the animation is transparent.
    limits : Limits
        Checked against the header and the block structure before any pixel is decoded.

    Returns
    -------
    frames : ndarray of uint8, shape (T, H, W, 3)
        RGB.
    layout : GifLayout
        Its `frames` are the T that were decoded, its `warnings` say what was left out.

    Raises
    ------
    ClipError
        If no frame is whole or a limit is passed.
    """
    layout = scan_gif(data)
    count = len(layout.frames)
    if not count:
        raise ClipError("the GIF holds no frame: " + ("; ".join(layout.warnings) or "it ends after its header"))
    if not layout.width or not layout.height:
        raise ClipError(f"the GIF is {layout.width} x {layout.height} pixels; expected at least 1 x 1")
    limits.check_frames(count, layout.width, layout.height)
    areas = [frame.width * frame.height for frame in layout.frames]  # may be far larger than the canvas
    limits.check("pixels", max(areas), "the size of a frame in the GIF")
    limits.check("decoded_bytes", 3 * sum(areas), f"the size in bytes of {count} decoded frames")
    frames = np.empty((count, layout.height, layout.width, 3), np.uint8)
    whole = _compose(data, layout, background, frames)
    if whole < count:
        layout.warnings.append(f"frame {whole + 1} of {count} is damaged; the {whole} before it are kept")
        del layout.frames[whole:]
        frames = frames[:whole].copy()
    if not whole:
        raise ClipError("no frame of the GIF is whole: " + "; ".join(layout.warnings))
    return frames, layout


def _compose(data: bytes, layout: GifLayout, background: tuple[int, int, int], out: NDArray[np.uint8]) -> int:
    """Draw the frames over one another into `out`; return how many are whole."""
    clear = int(np.array([*background[::-1], 255], np.uint8).view(np.uint32)[0])
    canvas = np.full((layout.height, layout.width), clear, np.uint32)  # BGRA words; transparent = the background
    pixels = canvas.view(np.uint8).reshape(layout.height, layout.width, 4)
    decoder = VideoCodecContext.create("gif", "r")
    decoder.thread_count = 1
    for index, frame in enumerate(layout.frames):
        region = canvas[frame.top : frame.top + frame.height, frame.left : frame.left + frame.width]
        saved = region.copy() if frame.disposal == RESTORE else None
        if frame.width and frame.height:
            image = _decode_image(decoder, data, frame)
            if image is None:
                return index
            words, key = image
            words = words[: region.shape[0], : region.shape[1]]
            if key is None:
                region[...] = words
            else:
                np.copyto(region, words, where=words != key)
        cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGB, dst=out[index])
        if frame.disposal == CLEAR:
            region[...] = clear
        elif saved is not None:
            region[...] = saved
    return len(layout.frames)


def _decode_image(
    decoder: VideoCodecContext, data: bytes, frame: GifFrame
) -> tuple[NDArray[np.uint32], np.uint32 | None] | None:
    """Decode one frame alone: BGRA words (h, w), and the word that stands for transparent; None if it is not whole."""
    if not 1 <= int.from_bytes(data[frame.data][:1]) <= MAX_CODE_SIZE:
        return None
    palette, undrawn, transparent = _coded_palette(frame.palette, frame.transparent)
    packet = av.Packet(
        b"".join(
            (
                struct.pack("<6sHHBBB", b"GIF89a", frame.width, frame.height, 0x80, 0, 0),
                undrawn * 2,
                struct.pack("<BHHHHB", IMAGE, 0, 0, frame.width, frame.height, 0x87 | frame.interlaced << 6),
                palette,
                data[frame.data],
            )
        )
    )
    packet.is_keyframe = True
    try:
        images = decoder.decode(packet)
    except av.FFmpegError:
        return None
    if len(images) != 1:
        return None
    plane = images[0].planes[0]
    words = np.frombuffer(memoryview(plane), np.uint32).reshape(-1, plane.line_size // 4)
    last = frame.height - 1  # the row that is decoded last shows whether the data sufficed
    if frame.interlaced and frame.height > 1:
        last -= 1 - last % 2
    if words[last, 0] in (_word(undrawn), *BLANK_WORDS):
        return None
    return words[: frame.height, : frame.width], _word(transparent) if frame.transparent >= 0 else None


@functools.lru_cache(maxsize=16)
def _coded_palette(palette: bytes, transparent: int) -> tuple[bytes, bytes, bytes]:
    """Return 256 RGB triples, a colour that is none of them, and the colour that only the index `transparent` has."""
    padded = bytearray(palette[:768].ljust(768, b"\0"))
    used = {bytes(padded[at : at + 3]) for at in range(0, 768, 3)}
    free = (colour for number in range(258) if (colour := bytes((number & 255, number >> 8, 0))) not in used)
    undrawn, key = next(free), next(free)
    if transparent >= 0:
        padded[3 * transparent : 3 * transparent + 3] = key
    return bytes(padded), undrawn, key


def _word(colour: bytes) -> np.uint32:
    return np.uint32(0xFF000000 | colour[0] << 16 | colour[1] << 8 | colour[2])
