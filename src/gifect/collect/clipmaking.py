"""One video to the clips that are wanted of it: cut, and taken apart into pictures and flow."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from gifect.collect.videolist import Wanted
from gifect.collect.ytdlp import VideoGoneError, fetch_video
from gifect.errors import ClipError, CollectError
from gifect.media.clip import Clip
from gifect.media.cut import NoFrameError, cut_video
from gifect.media.flow import estimate_flow, scale_flow
from gifect.media.sample import at_rate

__all__ = ["ADDRESS", "FETCHED", "Plan", "Prepared", "make_clips"]

ADDRESS: Final = "https://www.youtube.com/watch?v={id}"
FETCHED: Final = ".video-"  # how the names of folders of fetched videos begin
JPEG_QUALITY = 95  # of 100


@dataclass(frozen=True)
class Plan:
    """What is made of every row.

    Attributes
    ----------
    folder : where everything goes.
    address : of a video's page, ``{id}`` standing for its id; ids that are addresses stay as they are.
    short_side : of the clips in pixels.
    pictures : whether the frames are written, as JPEG.
    flow : the method of the optical flow that is written ("dis" or "tvl1"), or none.
    rate : frames a second of pictures and flow.
    """

    folder: Path
    address: str = ADDRESS
    short_side: int = 256
    pictures: bool = False
    flow: str | None = None
    rate: float = 25.0


@dataclass(frozen=True)
class Prepared:
    """What became of a row.

    ``state`` is ``kept``, ``gone`` (the video is not to be had), ``invalid`` (it has no such stretch), ``broken`` (it
    cannot be decoded), or ``failed`` (asked again by the next run); ``why`` is the error.
    """

    id: str
    start_s: float
    end_s: float | None
    label: str
    state: str
    why: str = ""
    file: str = ""
    frames: int = 0
    width: int = 0
    height: int = 0
    seconds: float = 0.0
    pictures: int = 0
    flows: int = 0

    @classmethod
    def of(cls, wanted: Wanted, state: str, why: str = "", **made: Any) -> Prepared:
        """Return what became of ``wanted``."""
        return cls(wanted.id, wanted.start_s, wanted.end_s, wanted.label, state, why, **made)

    @property
    def wanted(self) -> Wanted:
        """The row."""
        return Wanted(self.id, self.start_s, self.end_s, self.label)


def make_clips(rows: list[Wanted], plan: Plan) -> list[Prepared]:
    """Fetch the video of ``rows`` and make what is wanted of it; whatever happens, an outcome of each comes back."""
    url = rows[0].id if "://" in rows[0].id else plan.address.replace("{id}", rows[0].id)
    with tempfile.TemporaryDirectory(prefix=FETCHED, dir=plan.folder) as folder:
        try:
            video = fetch_video(url, Path(folder))
        except CollectError as error:
            state = "gone" if isinstance(error, VideoGoneError) else "failed"
            return [Prepared.of(wanted, state, str(error)) for wanted in rows]
        return [_make_clip(video, wanted, plan) for wanted in rows]


def _make_clip(video: Path, wanted: Wanted, plan: Plan) -> Prepared:
    file = Path("clips", f"{wanted.place}.mp4")
    target = plan.folder / file
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        cut = cut_video(video, target, wanted.start_s, wanted.end_s or float("inf"), plan.short_side)
        pictures, flows = _take_apart(target, wanted, plan) if plan.pictures or plan.flow else (0, 0)
    except NoFrameError as error:
        return Prepared.of(wanted, "invalid", str(error))
    except ClipError as error:
        return Prepared.of(wanted, "broken", str(error))
    except (OSError, MemoryError) as error:
        return Prepared.of(wanted, "failed", str(error) or type(error).__name__)
    made: dict[str, Any] = {
        "frames": cut.frames,
        "width": cut.width,
        "height": cut.height,
        "seconds": round(cut.seconds, 3),
    }
    return Prepared.of(wanted, "kept", file=file.as_posix(), pictures=pictures, flows=flows, **made)


def _take_apart(path: Path, wanted: Wanted, plan: Plan) -> tuple[int, int]:
    """Write frames and flow of a clip at the plan's rate, and return how many there are of each."""
    clip = Clip.open(path)
    frames = clip.frames[at_rate(clip.delays_ms, plan.rate)]
    if plan.pictures:
        _write_pictures(frames, plan.folder / "frames" / wanted.place)
    if plan.flow is None:
        return len(frames) * plan.pictures, 0
    flow = scale_flow(estimate_flow(frames, plan.flow))
    target = plan.folder / "flow" / f"{wanted.place}.npz"
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    with part.open("wb") as file:
        np.savez_compressed(file, flow=flow)
    part.replace(target)
    return len(frames) * plan.pictures, len(flow)


def _write_pictures(frames: NDArray[np.uint8], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, frame in enumerate(frames, 1):
        bgr = cv2.cvtColor(frame, cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(folder / f"{number:06d}.jpg"), bgr, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
