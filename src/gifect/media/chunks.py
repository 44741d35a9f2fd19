"""The chunks of PNG, WebP, AVIF, JPEG and BMP files: what they claim and how far they are whole, before any decoding.

A file that ends early, or holds a chunk that cannot be, is cut after its last whole frame and closed properly, so that
the decoder behind only ever sees sound structure.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field

from gifect.errors import ClipError

__all__ = ["Picture", "scan_picture"]

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"
ORIENTATION_TAG = 0x0112
JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # markers of frame headers


@dataclass
class Picture:
    """What a file says of itself. `data` is the file, mended; `orientation` is EXIF's, 1 (upright) to 8."""

    data: bytes
    width: int
    height: int
    count: int = 1
    orientation: int = 1
    warnings: list[str] = field(default_factory=list)


def scan_picture(data: bytes, kind: str) -> Picture:
    """Read the structure of a file.

    Parameters
    ----------
    data : bytes
        The whole file.
    kind : str
        As `gifect.media.decode.sniff_format` names it.

    Raises
    ------
    ClipError
        If no size or no whole frame can be found.
    """
    scan = {
        "png": _scan_png,
        "apng": _scan_png,
        "webp": _scan_webp,
        "animated webp": _scan_webp,
        "avif": _scan_avif,
        "animated avif": _scan_avif,
        "jpeg": _scan_jpeg,
        "bmp": _scan_bmp,
    }[kind]
    try:
        picture = scan(data)
    except (struct.error, IndexError) as error:
        raise ClipError(f"the {kind} file ends within its header ({len(data)} bytes)") from error
    if picture.width < 1 or picture.height < 1:
        raise ClipError(f"the {kind} file claims {picture.width} x {picture.height} pixels")
    return picture


def _scan_png(data: bytes) -> Picture:
    if data[12:16] != b"IHDR":
        raise ClipError("the PNG file does not begin with its header")
    picture = Picture(data, *struct.unpack_from(">II", data, 16))
    walk = _PngWalk(data, picture)
    walk.run()
    animated = walk.counter is not None
    if walk.fault:
        picture.warnings.append(f"the PNG {walk.fault}" + ("; the frames before it are kept" if animated else ""))
        picture.data = walk.mended()
    if animated:
        picture.count = walk.whole
        if not walk.whole:
            raise ClipError("no frame of the APNG file is whole: " + "; ".join(picture.warnings))
    return picture


class _PngWalk:
    """Goes through the chunks of a PNG and notes where each frame of an animation ends."""

    def __init__(self, data: bytes, picture: Picture) -> None:
        self.data, self.picture = data, picture
        self.counter: int | None = None  # where the acTL chunk begins
        self.whole = 0  # frames that have all their data
        self.position = 8  # of the chunk at hand
        self.end = 0  # of the last whole frame
        self.fault = ""
        self.controls = self.parts = self.sequence = 0  # frame headers; data chunks of the frame at hand; next number

    def run(self) -> None:
        """Go on to the end or to the first fault."""
        data = self.data
        while not self.fault:
            position = self.position
            end = position + 12 + int.from_bytes(data[position : position + 4], "big")
            if position + 12 > len(data) or end > len(data):
                self.fault = "ends early"
                return
            kind, body = data[position + 4 : position + 8], data[position + 8 : end - 4]
            if zlib.crc32(kind + body) != int.from_bytes(data[end - 4 : end], "big"):
                self.fault = f"is damaged at byte {position}"
                return
            if kind in (b"fcTL", b"IEND"):
                self._finish(position)
            if kind == b"IEND":
                self._check_count()
                return
            self.fault = self._take(kind, body, position)
            self.position = end

    def _take(self, kind: bytes, body: bytes, position: int) -> str:
        if kind == b"acTL":
            self.counter = position
        elif kind == b"eXIf":
            self.picture.orientation = _orientation(body)
        elif kind == b"IDAT":
            self.parts += self.controls > 0
        elif kind in (b"fcTL", b"fdAT"):
            number = int.from_bytes(body[:4], "big")
            if len(body) < 4 or number != self.sequence:
                return f"has its frames out of order at byte {position}"
            self.sequence += 1
            if kind == b"fdAT":
                self.parts += 1
                return "" if self.controls else f"has frame data without a frame at byte {position}"
            return self._control(body, position)
        return ""

    def _control(self, body: bytes, position: int) -> str:
        if len(body) != 26:
            return f"has a frame header of {len(body)} bytes at byte {position}"
        width, height, left, top = struct.unpack_from(">IIII", body, 4)
        if not width or not height or left + width > self.picture.width or top + height > self.picture.height:
            return f"has a frame that leaves the canvas at byte {position}"
        self.controls += 1
        return ""

    def _finish(self, position: int) -> None:
        if self.controls and self.parts:
            self.whole, self.end, self.parts = self.controls, position, 0

    def _check_count(self) -> None:
        if (
            self.counter is not None
            and int.from_bytes(self.data[self.counter + 8 : self.counter + 12], "big") != self.whole
        ):
            self.fault = "has fewer or more frames than it says"

    def mended(self) -> bytes:
        """Return the file up to the last whole frame, with the true number of frames and an end.

        A single picture goes on to the fault: some of it may be there.
        """
        data = self.data
        if self.counter is None:
            part = data[self.position + 8 :] if data[self.position + 4 : self.position + 8] == b"IDAT" else b""
            return data[: self.position] + _png_chunk(b"IDAT", part) + _png_chunk(b"IEND", b"")
        counter = _png_chunk(b"acTL", struct.pack(">I", self.whole) + data[self.counter + 12 : self.counter + 16])
        return data[: self.counter] + counter + data[self.counter + 20 : self.end] + _png_chunk(b"IEND", b"")


def _png_chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _scan_webp(data: bytes) -> Picture:
    picture = Picture(data, 0, 0, count=0)
    position, end = 12, 12
    while position + 8 <= len(data):
        kind = data[position : position + 4]
        size = int.from_bytes(data[position + 4 : position + 8], "little")
        start, position = position + 8, position + 8 + size + size % 2
        if start + size > len(data):
            break
        if kind == b"ANMF" and not _webp_frame_fits(data, start, size, picture):
            picture.warnings.append(f"frame {picture.count + 1} of the WebP is damaged; those before it are kept")
            picture.data = _mended_webp(data[:end])
            return _webp_with_frames(picture)
        _take_webp(data, kind, start, picture)
        end = position
    if end < len(data) and end < 8 + int.from_bytes(data[4:8], "little"):
        picture.warnings.append("the WebP ends early")
        picture.data = _mended_webp(data[:end]) if data[12:16] == b"VP8X" and data[20] & 2 else data
        if not picture.width:
            _take_webp(data, data[12:16], 20, picture)
    return _webp_with_frames(picture)


def _take_webp(data: bytes, kind: bytes, start: int, picture: Picture) -> None:
    if kind == b"VP8X":
        picture.width = 1 + int.from_bytes(data[start + 4 : start + 7], "little")
        picture.height = 1 + int.from_bytes(data[start + 7 : start + 10], "little")
    elif kind in (b"VP8 ", b"VP8L") and not picture.width:
        picture.width, picture.height = _webp_bitstream_size(data, kind, start)
    elif kind == b"EXIF":
        picture.orientation = _orientation(data[start:])
    if kind in (b"VP8 ", b"VP8L", b"ANMF"):
        picture.count += 1


def _webp_with_frames(picture: Picture) -> Picture:
    if not picture.count and not picture.width:
        raise ClipError("no frame of the WebP file is whole" + "".join(f": {text}" for text in picture.warnings))
    picture.count = max(1, picture.count)
    return picture


def _webp_frame_fits(data: bytes, start: int, size: int, picture: Picture) -> bool:
    if size < 24:
        return False
    left, top, width, height = (int.from_bytes(data[start + at : start + at + 3], "little") for at in (0, 3, 6, 9))
    return 2 * left + width + 1 <= picture.width and 2 * top + height + 1 <= picture.height


def _webp_bitstream_size(data: bytes, kind: bytes, start: int) -> tuple[int, int]:
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, start + 6)
        return width & 0x3FFF, height & 0x3FFF
    (bits,) = struct.unpack_from("<I", data, start + 1)
    return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)


def _mended_webp(data: bytes) -> bytes:
    return data[:4] + struct.pack("<I", len(data) - 8) + data[8:]


def _scan_avif(data: bytes) -> Picture:
    """Take the largest size that any item claims, and the number of samples of the longest track."""
    sizes, position = [(0, 0)], 0
    while (position := data.find(b"ispe", position) + 4) > 3:
        sizes.append(struct.unpack_from(">II", data, position + 4))
    counts, position = [1], 0
    while (position := data.find(b"stsz", position) + 4) > 3:
        counts.append(struct.unpack_from(">I", data, position + 8)[0])
    width, height = max(sizes, key=lambda size: size[0] * size[1])
    return Picture(data, width, height, count=max(counts))


def _scan_jpeg(data: bytes) -> Picture:
    position = 2
    while True:
        position = data.index(b"\xff", position) if data.find(b"\xff", position) >= 0 else len(data)
        marker = data[position + 1]
        if marker in (0x00, 0xFF) or 0xD0 <= marker <= 0xD8:
            position += 1 if marker == 0xFF else 2
            continue
        if marker in JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", data, position + 5)
            warnings = [] if data.rfind(b"\xff\xd9") > position else ["the JPEG ends early"]
            return Picture(data, width, height, warnings=warnings)
        position += 2 + struct.unpack_from(">H", data, position + 2)[0]


def _scan_bmp(data: bytes) -> Picture:
    if data[14] == 12:
        return Picture(data, *struct.unpack_from("<HH", data, 18))
    width, height = struct.unpack_from("<ii", data, 18)
    return Picture(data, width, abs(height))


def _orientation(exif: bytes) -> int:
    """Return the orientation that an EXIF block (TIFF structure) names, 1 if none."""
    exif = exif[6:] if exif[:6] == b"Exif\0\0" else exif
    order = {b"II": "<", b"MM": ">"}.get(exif[:2])
    if order is None or len(exif) < 10:
        return 1
    (start,) = struct.unpack_from(order + "I", exif, 4)
    for entry in range(start + 2, min(start + 2 + 12 * 512, len(exif) - 11), 12):
        tag, _, _, value = struct.unpack_from(order + "HHIH", exif, entry)
        if tag == ORIENTATION_TAG:
            return value if 1 <= value <= 8 else 1
    return 1
