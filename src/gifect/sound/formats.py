"""Which container a file with sound is, by its first bytes."""

from __future__ import annotations

from gifect.errors import SoundError

__all__ = ["sniff_sound"]

MAGIC = (
    (b"OggS", "ogg"),
    (b"fLaC", "flac"),
    (b"ID3", "mp3"),
    (b"\x1a\x45\xdf\xa3", "matroska"),
    (b"FLV\x01", "flv"),
    (b"\0\0\x01\xba", "mpeg"),
    (b"\0\0\x01\xb3", "mpeg"),
    (b"#!AMR", "amr"),
    (b"caff", "caf"),
    (b".snd", "au"),
    (b"wvpk", "wv"),
    (b"\x30\x26\xb2\x75", "asf"),
)
KNOWN = "a video, or sound as WAV, AIFF, FLAC, Ogg, Opus, MP3, AAC, M4A, WMA, AMR or CAF"


def sniff_sound(head: bytes) -> str:
    """Return FFmpeg's name of a file's container by its first bytes. It is never left to FFmpeg: some of its formats
    (playlists) open other files.

    Raises
    ------
    SoundError
        If it is of no format that can hold sound.
    """
    if head[:4] in (b"RIFF", b"RF64") and head[8:12] in (b"WAVE", b"AVI "):
        return "wav" if head[8:12] == b"WAVE" else "avi"
    if head[:4] == b"FORM" and head[8:12] in (b"AIFF", b"AIFC"):
        return "aiff"
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return "mov"
    for magic, demuxer in MAGIC:
        if head.startswith(magic):
            return demuxer
    if head[:1] == b"G" and head[188:189] == b"G":
        return "mpegts"
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        return "aac" if head[1] & 0x06 == 0 else "mp3"
    if not head:
        raise SoundError(f"the file is empty; expected {KNOWN}")
    if head[:6] in (b"GIF87a", b"GIF89a"):
        raise SoundError(f"a GIF has no sound track; expected {KNOWN}")
    raise SoundError(f"the file is of no format that holds sound (it begins {head[:12]!r}); expected {KNOWN}")
