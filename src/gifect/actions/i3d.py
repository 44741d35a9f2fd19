"""I3D at run time: a clip at 25 frames a second, in windows of 64 frames, as RGB and as optical flow.

References
----------
Carreira, J. and Zisserman, A. (2017). Quo vadis, action recognition? A new model and the Kinetics dataset. CVPR.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from gifect.errors import ModelError
from gifect.media.clip import Clip
from gifect.media.crop import square
from gifect.media.flow import estimate_flow, scale_flow
from gifect.media.sample import at_rate, looped
from gifect.models.registry import load_session, model_card

__all__ = ["SIDE", "STREAMS", "WINDOW", "StreamLogits", "flow_window", "i3d_logits", "streams_at_hand", "windows"]

STREAMS: Final = {"rgb": "i3d-rgb", "flow": "i3d-flow"}
"""Stream -> the network that reads it."""

RATE: Final = 25.0  # frames a second
WINDOW: Final = 64  # frames of one forward, 2.56 s
SHORT_SIDE: Final = 256  # pixels to which the short side of a frame is scaled
SIDE: Final = 224  # pixels of the square in the middle that the network reads
MOST_WINDOWS = 3  # of one clip, spread over it; each costs a forward of each stream


@dataclass(frozen=True)
class StreamLogits:
    """What the streams say: ``logits`` float (400,), the mean over streams and windows; ``streams`` that were read."""

    logits: np.ndarray
    streams: tuple[str, ...]


def streams_at_hand() -> tuple[str, ...]:
    """Return the streams whose network lies in the models' folder."""
    return tuple(stream for stream, name in STREAMS.items() if model_card(name).path.is_file())


def windows(clip: Clip, length: int = WINDOW, most: int = MOST_WINDOWS) -> np.ndarray:
    """Return which frames of ``clip`` each window shows, int (W, ``length`` + 1), at 25 frames a second.

    A clip that is too short plays again, a longer one gives at most ``most`` windows, as far apart as they can be. The
    frame more is there for the flow of the last.
    """
    steady = looped(at_rate(clip.delays_ms, RATE), length)
    count = min(most, -(-len(steady) // length))
    last = len(steady) - length
    starts = np.round(np.linspace(0, last, count)).astype(int)
    ahead = np.append(steady, steady[0])
    return np.stack([ahead[start : start + length + 1] for start in starts])


def _rgb_window(frames: np.ndarray) -> np.ndarray:
    return square(frames[:-1], SIDE, share=SIDE / SHORT_SIDE)


def flow_window(frames: np.ndarray, method: str = "dis") -> np.ndarray:
    """Return the scaled flow of frames (T + 1, H, W, 3) in the square that the network reads: int8 (T, 224, 224, 2)."""
    edge = (SHORT_SIDE - SIDE) // 2
    flow = estimate_flow(square(frames, SHORT_SIDE), method)
    return scale_flow(flow[:, edge : edge + SIDE, edge : edge + SIDE])


def i3d_logits(clip: Clip, streams: tuple[str, ...] | None = None) -> StreamLogits:
    """Return the two-stream average of the logits of a clip, over its windows.

    Parameters
    ----------
    clip : any clip; one frame is a clip in which nothing moves.
    streams : "rgb", "flow" or both; those that are at hand if not given.

    Raises
    ------
    ModelError
        If no network is at hand, or one that is asked for is missing or damaged.
    """
    streams = streams_at_hand() if streams is None else streams
    if not streams:
        raise ModelError("no I3D is at hand: " + "; ".join(model_card(name).mend for name in STREAMS.values()))
    said = []
    for chosen in windows(clip):
        frames = clip.frames[chosen]
        for stream in streams:
            seen = _rgb_window(frames) if stream == "rgb" else flow_window(frames)
            said.append(load_session(STREAMS[stream]).run(["logits"], {"frames": seen[None]})[0][0])
    return StreamLogits(np.mean(said, axis=0), streams)
