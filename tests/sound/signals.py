"""Sounds with known answers, and real files of them, made on the spot."""

from __future__ import annotations

import io

import av
import numpy as np

RATE = 16_000


def tone(hertz: float, seconds: float = 1.0, rate: int = RATE, amplitude: float = 0.5) -> np.ndarray:
    """A sine (N,)."""
    return (amplitude * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def noise(seconds: float = 1.0, rate: int = RATE, level: float = 0.1, seed: int = 0) -> np.ndarray:
    """White noise (N,)."""
    return (level * np.random.default_rng(seed).normal(size=round(seconds * rate))).astype(np.float32)


def buzz(hertz: float, seconds: float = 1.0, rate: int = RATE, partials: int = 12) -> np.ndarray:
    """Something like a voice (N,): a fundamental with falling partials, all below half the rate."""
    parts = [tone(k * hertz, seconds, rate, 0.3 / k) for k in range(1, partials + 1) if k * hertz < rate / 2]
    return np.sum(parts, axis=0, dtype=np.float32)


def murmur(seconds: float = 3.0, rate: int = RATE, seed: int = 0) -> np.ndarray:
    """Something like speech (N,): a gliding buzz in syllables, with breath between them."""
    rng = np.random.default_rng(seed)
    times = np.arange(round(seconds * rate)) / rate
    pitch = 150 * 2 ** (0.4 * np.sin(2 * np.pi * 0.7 * times) + 0.1 * np.sin(2 * np.pi * 5 * times))
    phase = 2 * np.pi * np.cumsum(pitch) / rate
    voice = sum(np.sin(k * phase) / k for k in range(1, 15))
    syllables = np.clip(np.sin(2 * np.pi * 4 * times), 0, 1)
    return (0.15 * voice * syllables + 0.003 * rng.normal(size=len(times))).astype(np.float32)


def encode(
    channels: np.ndarray, rate: int = RATE, container: str = "wav", codec: str = "pcm_s16le", video: bool = False
) -> bytes:
    """Write sound (N,) or (C, N) in [-1, 1] as a file; with `video` a small picture runs along."""
    sound = np.atleast_2d(channels)
    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        picture = output.add_stream("libx264", rate=5) if video else None
        layout = {1: "mono", 2: "stereo", 6: "5.1"}[len(sound)]
        track = output.add_stream(codec, rate=rate, layout=layout)
        if picture is not None:
            picture.height, picture.width, picture.pix_fmt = 64, 64, "yuv420p"
            for k in range(max(round(5 * sound.shape[1] / rate), 1)):
                frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 40 + 4 * k % 200, np.uint8), format="rgb24")
                output.mux(picture.encode(frame))
            output.mux(picture.encode(None))
        pcm = np.clip(np.round(sound * 32767), -32768, 32767).astype(np.int16)
        for k in range(0, pcm.shape[1], 1024):
            chunk = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(pcm[:, k : k + 1024].T.reshape(1, -1)), format="s16", layout=layout
            )
            chunk.rate, chunk.pts = rate, k
            output.mux(track.encode(chunk))
        output.mux(track.encode(None))
    return file.getvalue()


def silent_video() -> bytes:
    """A video without a sound track."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as output:
        picture = output.add_stream("libx264", rate=5)
        picture.height, picture.width, picture.pix_fmt = 64, 64, "yuv420p"
        for k in range(5):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 40 * k, np.uint8), format="rgb24")
            output.mux(picture.encode(frame))
        output.mux(picture.encode(None))
    return file.getvalue()
