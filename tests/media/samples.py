"""Small real files of every format that gifect opens, made on the spot."""

from __future__ import annotations

import io
import random
import zlib
from fractions import Fraction

import animated
import av
import cv2
import exact_gif
import numpy as np
from PIL import Image


def moving_square(count: int = 5, height: int = 36, width: int = 48) -> np.ndarray:
    """RGB (count, height, width, 3): a light square that crosses a sloping ground."""
    rows, columns = np.mgrid[:height, :width]
    ground = np.stack([rows * 3, columns * 3, np.full_like(rows, 90)], 2).astype(np.uint8)
    frames = np.repeat(ground[None], count, 0)
    for index, frame in enumerate(frames):
        left = 4 + index * (width - 20) // max(1, count - 1)
        frame[10:22, left : left + 12] = (250, 200, 40)
    return frames


def write_video(
    frames: np.ndarray,
    container: str,
    codec: str,
    starts_ms: list[int] | None = None,
    sound: bool = False,
    pixels: str = "yuv420p",
    tag: int = 2,
) -> bytes:
    """Encode RGB frames; `tag` is the colour matrix number of the file (2: none given, 1: BT.709, 6: BT.601)."""
    file = io.BytesIO()
    starts = starts_ms or [40 * index for index in range(len(frames))]
    with av.open(file, "w", format=container) as output:
        stream = output.add_stream(codec, rate=25)
        stream.height, stream.width, stream.pix_fmt = *frames.shape[1:3], pixels
        stream.codec_context.time_base = Fraction(1, 1000)
        stream.codec_context.colorspace = tag
        if codec.startswith("libx264"):
            stream.options = {"crf": "1", "preset": "ultrafast"}
        matrix = {1: "itu709", 6: "itu601"}.get(tag)
        track = output.add_stream("aac", rate=16000) if sound else None
        for pixels_, start in zip(frames, starts, strict=True):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels_), format="rgb24")
            frame = frame.reformat(format=pixels, dst_colorspace=matrix) if matrix else frame
            frame.pts, frame.time_base = start, Fraction(1, 1000)
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
        if track is not None:
            tone = (np.sin(np.arange(16000) / 10) * 8000).astype(np.int16)[None]
            chunk = av.AudioFrame.from_ndarray(tone, format="s16", layout="mono")
            chunk.rate, chunk.pts = 16000, 0
            output.mux(track.encode(chunk))
            output.mux(track.encode(None))
    return file.getvalue()


def write_avif(frames: np.ndarray) -> bytes:
    file = io.BytesIO()
    pictures = [Image.fromarray(frame) for frame in frames]
    pictures[0].save(file, "AVIF", save_all=len(frames) > 1, append_images=pictures[1:], duration=120, speed=10)
    return file.getvalue()


def save(picture: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


def every_kind() -> dict[str, bytes]:
    """Return {name: file} for each format."""
    frames = moving_square()
    width, height, parts = animated.random_parts(3, 3, False, False)
    web_width, web_height, web_parts = animated.random_parts(4, 2, False, True)
    still = Image.fromarray(frames[0])
    files = {f"gif{seed}": exact_gif.encode(exact_gif.random_gif(seed)) for seed in range(3)}
    files |= {
        "apng": animated.write_apng(width, height, parts),
        "webp": animated.write_webp(web_width, web_height, web_parts),
        "mp4": write_video(frames, "mp4", "libx264", sound=True),
        "webm": write_video(frames, "webm", "libvpx-vp9"),
        "mkv": write_video(frames, "matroska", "mpeg4"),
        "mov": write_video(frames, "mov", "mpeg4"),
        "avi": write_video(frames, "avi", "mpeg4"),
        "png": save(still, "PNG"),
        "palette png": save(still.quantize(7), "PNG", transparency=2),
        "jpeg": save(still, "JPEG"),
        "bmp": save(still, "BMP"),
        "still webp": save(still, "WEBP"),
        "avif": write_avif(frames[:1]),
        "moving avif": write_avif(frames),
    }
    return files


def mutate(data: bytes, rng: random.Random) -> bytes:
    """Damage a file: flip, drop, double, swap or cut bytes; a PNG sometimes gets its checksums right again."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 5, 20))):
        if not out:
            break
        at, size = rng.randrange(len(out)), rng.choice((1, 1, 2, 4, 16, 300))
        match rng.randrange(7):
            case 0:
                out[at] ^= 1 << rng.randrange(8)
            case 1:
                out[at] = rng.choice((0, 1, 127, 128, 255, rng.randrange(256)))
            case 2:
                del out[at : at + size]
            case 3:
                out[at:at] = out[at : at + size]
            case 4:
                out[at : at + size] = rng.randbytes(len(out[at : at + size]))
            case 5:
                out[at : at + 4] = rng.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\xff\xff\0\0"))
            case 6:
                if rng.random() < 0.3:
                    del out[at:]
    damaged = bytes(out)
    return right_checksums(damaged) if damaged[:4] == b"\x89PNG" and rng.random() < 0.8 else damaged


def right_checksums(png: bytes) -> bytes:
    out, at = bytearray(png), 8
    while at + 12 <= len(out):
        end = at + 8 + int.from_bytes(out[at : at + 4], "big")
        if end + 4 > len(out):
            break
        out[end : end + 4] = zlib.crc32(out[at + 4 : end]).to_bytes(4, "big")
        at = end + 4
    return bytes(out)


def opencv_is_quiet() -> None:
    """Keep OpenCV itself, when a test or a benchmark calls it, from filling the screen."""
    cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
