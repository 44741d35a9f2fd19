"""A hundred files that mean no good, made here."""

from __future__ import annotations

import random
import struct
import zlib
from collections.abc import Iterator

from running import SAMPLES

PNG = b"\x89PNG\r\n\x1a\n"


def gif(width: int, height: int, frames: int = 1, *, data: bytes = b"\x02\x02\x44\x01\x00", delay: int = 0) -> bytes:
    """Return a GIF whose frames are as large as it says and as empty as can be."""
    head = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)
    frame = b"\x21\xf9\x04\x00" + struct.pack("<H", delay) + b"\x00\x00"
    frame += b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + data
    return head + frame * frames + b";"


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, data: bytes) -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return PNG + head + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def apng_bomb(width: int, height: int, frames: int) -> bytes:
    packed = zlib.compress(bytes((3 * width + 1) * height), 9)
    out = PNG + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    out += chunk(b"acTL", struct.pack(">II", frames, 0))
    for k in range(frames):
        control = struct.pack(">IIIIIHHBB", max(2 * k - 1, 0), width, height, 0, 0, 1, 10, 0, 0)
        out += chunk(b"fcTL", control)
        out += chunk(b"IDAT", packed) if k == 0 else chunk(b"fdAT", struct.pack(">I", 2 * k) + packed)
    return out + chunk(b"IEND", b"")


def webp(width: int, height: int) -> bytes:
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\x02\0\0\0" + size
    return b"RIFF" + struct.pack("<I", len(body)) + body


def box(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", 8 + len(data)) + kind + data


def hostile() -> Iterator[tuple[str, bytes]]:
    """Yield a name and the bytes of each."""
    laugh = (SAMPLES / "laugh.gif").read_bytes()
    for side in (65_535, 50_000, 30_000, 20_000, 12_000):
        yield f"gif of {side} pixels a side", gif(side, side)
        yield f"png of {side} pixels a side", png(side, side, zlib.compress(bytes(1000)))
        yield f"webp of {min(side, 16_383)} pixels a side {side}", webp(min(side, 16_383), min(side, 16_383))
    for frames in (5_000, 20_000, 60_000):
        yield f"gif of {frames} frames", gif(4, 4, frames)
    for side, frames in ((4000, 60), (2000, 300), (1500, 500)):
        yield f"gif bomb {side} x {frames}", gif(side, side, frames)
        yield f"apng bomb {side} x {frames}", apng_bomb(side, side, frames)
    yield "png bomb", png(60_000, 60_000, zlib.compress(bytes(30_000_000), 9))
    yield "png without data", png(64, 64, b"")
    yield "gif with no end of data", gif(64, 64, data=b"\x08" + b"\xff" + b"\x55" * 255 * 1)
    yield "gif whose code size is 255", gif(64, 64, data=b"\xff\x02\x44\x01\x00")
    yield "gif of no size", gif(0, 0)
    yield "gif of one row", gif(65_535, 1, 5_000)
    for share in (0.001, 0.005):
        yield f"gif cut at {share}", laugh[: int(len(laugh) * share)]
    texts = {
        "html": b"<!doctype html><script>alert(1)</script>",
        "svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><image href='file:///etc/passwd'/></svg>",
        "xml": b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>",
        "entities": b"<!DOCTYPE a [<!ENTITY b 'bb'><!ENTITY c '&b;&b;&b;&b;'>]><a>&c;</a>",
        "playlist": b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n",
        "concat": b"ffconcat version 1.0\nfile /etc/passwd\n",
        "postscript": b"%!PS\n(/etc/passwd) (r) file\n",
        "pdf": b"%PDF-1.7\n1 0 obj<</Type/Catalog>>endobj\n",
        "imagemagick": b"push graphic-context\nimage over 0,0 0,0 'https://127.0.0.1/x'\npop graphic-context\n",
        "zip": b"PK\x03\x04" + bytes(100),
        "gzip": b"\x1f\x8b\x08" + bytes(100),
        "elf": b"\x7fELF" + bytes(200),
        "script": b"#!/bin/sh\nrm -rf /\n",
        "json": b'{"emotion": "happiness"}',
        "nothing but zeros": bytes(1 << 20),
        "pickle": b"\x80\x04cos\nsystem\n(S'id'\ntR.",
        "tar": b"../../etc/passwd".ljust(257, b"\0") + b"ustar\0" + bytes(300),
        "one byte": b"G",
        "a gif's name": b"GIF89a",
        "a png's name": PNG,
        "a webp's name": b"RIFF\xff\xff\xff\xffWEBP",
        "a jpeg's name": b"\xff\xd8\xff\xe0",
        "a bmp of no end": b"BM"
        + struct.pack("<IHHIIiiHHIIiiII", 2**31, 0, 0, 54, 40, 2**30, 2**30, 1, 24, 0, 0, 0, 0, 0, 0),
        "a tiff that points at itself": b"II*\0\x08\0\0\0" + b"\x01\0" + bytes(12) + b"\x08\0\0\0",
        "an icon": b"\0\0\1\0\1\0" + bytes(40),
        "flv": b"FLV\x01\x05\0\0\0\x09" + bytes(100),
        "ogg": b"OggS" + bytes(100),
        "matroska of unknown size": b"\x1aE\xdf\xa3\x01\xff\xff\xff\xff\xff\xff\xff" + bytes(200),
        "avi": b"RIFF" + struct.pack("<I", 2**32 - 1) + b"AVI LIST" + bytes(200),
        "mpeg": b"\0\0\1\xba" + bytes(500),
    }
    yield from texts.items()
    yield "mp4 of boxes in boxes", box(b"ftyp", b"isom\0\0\0\0isom") + nested(400)
    yield "mp4 that claims 8 exabytes", box(b"ftyp", b"isom\0\0\0\0isom") + struct.pack(">I4sQ", 1, b"mdat", 2**63 - 1)
    yield "mp4 without a track", box(b"ftyp", b"isom\0\0\0\0isom") + box(b"moov", b"")
    yield (
        "mp4 that links elsewhere",
        box(b"ftyp", b"isom\0\0\0\0isom") + box(b"moov", box(b"dref", b"file:///etc/passwd")),
    )
    yield "avif of boxes", box(b"ftyp", b"avif\0\0\0\0avifmif1") + nested(50)
    rng = random.Random(7)
    for k in range(12):
        yield f"noise {k}", rng.randbytes(rng.randrange(1, 50_000))
    for k in range(8):
        yield f"noise after a gif's head {k}", laugh[:13] + rng.randbytes(20_000)
    for k in range(8):
        yield f"noise as mp4 {k}", box(b"ftyp", b"isom\0\0\0\0isom") + box(b"moov", rng.randbytes(4000))
    for k in range(6):
        yield (
            f"noise as png {k}",
            PNG + chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0)) + rng.randbytes(4000),
        )


def nested(depth: int) -> bytes:
    data = b""
    for _ in range(depth):
        data = box(b"moov", data)
    return data


ADDRESSES = [
    "http://127.0.0.1/",
    "http://127.0.0.1:{port}/api/v1/readings",
    "http://localhost:{port}/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0177.0.0.1/",
    "http://0.0.0.0/",
    "http://[::1]/",
    "http://[::]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[fe80::1]/",
    "http://[fd00::1]/",
    "http://10.0.0.1/",
    "http://172.16.0.1/",
    "http://192.168.1.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://100.64.0.1/",
    "http://224.0.0.1/",
    "http://255.255.255.255/",
    "http://user:pass@127.0.0.1/",
    "http://example.com@127.0.0.1/",
    "file:///etc/passwd",
    "ftp://127.0.0.1/x.gif",
    "gopher://127.0.0.1:25/",
    "data:image/gif;base64,R0lGODlhAQABAAAAACw=",
    "http://127.0.0.1:0/",
    "http://127.0.0.1:99999/",
    "http:///x.gif",
    "http://[not an address/",
    "javascript:alert(1)",
    "http://127.0.0.1\r\nHost: evil/",
    "//127.0.0.1/x.gif",
]
