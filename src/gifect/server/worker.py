"""A process that decodes and reads clips for the server: tasks come in as lines of JSON, answers go out the same way.

Whatever a file does to a decoder happens here: memory and processor time are limited by the operating system, and the
server ends a process that takes too long. Nothing but numbers, names and paths passes between the two.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gifect.cli.pictures import Pictures
    from gifect.media.clip import Clip

__all__ = ["main"]

BEHIND = 10  # niceness: votes and searches are answered while clips are read
STILL_SIDE = 320  # pixels of the longer side of a still


def main() -> None:
    """Answer tasks until the server closes the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which lets the clip be finished
    if hasattr(os, "nice"):
        os.nice(BEHIND)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints is no answer
    memory_bytes = int(sys.argv[1])
    _warm_up()
    _limit_memory(memory_bytes)
    print(json.dumps({"ready": os.getpid()}), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(_answer(json.loads(line))), file=answers, flush=True)


def _answer(task: dict[str, Any]) -> dict[str, Any]:
    from gifect.errors import GifectError, MissingExtraError

    _limit_processor(task["cpu_seconds"])
    try:
        {"read": _read, "still": _still, "add": _add}[task["do"]](task)
        return {"done": True, "memory": _memory_now()}
    except MissingExtraError as error:
        return {"error": str(error), "status": 501}
    except GifectError as error:
        return {"error": _without_advice(str(error)), "status": 422}
    except FileNotFoundError:
        return {"error": "the clip is wanted no more", "status": 409}
    except MemoryError:
        return {"error": "the clip needs more memory than one may take", "status": 422, "spent": True}
    except Exception as error:
        if "bad_alloc" in str(error) or "Insufficient memory" in str(error) or "Failed to allocate" in str(error):
            return {"error": "the clip needs more memory than one may take", "status": 422, "spent": True}
        return {"error": f"a fault in gifect: {type(error).__name__}", "status": 500, "fault": repr(error)[:500]}


def _without_advice(message: str) -> str:
    """Return a message without what only the owner of the machine can do."""
    for advice in ("; to allow it pass Limits", "; pass Limits"):
        message = message.partition(advice)[0]
    return " ".join(message.split())[:500]


def _open(task: dict[str, Any]) -> Clip:
    from gifect.errors import ClipError
    from gifect.media.clip import Clip
    from gifect.media.limits import Limits

    name = task["name"]
    with open(task["file"], "rb") as file:
        data = file.read()
    try:
        clip = Clip.open(data, limits=Limits(**task["limits"]))
    except ClipError as error:
        raise ClipError(str(error).replace("<bytes>", name)) from error
    return replace(clip, source=name)


def _read(task: dict[str, Any]) -> None:
    from gifect.cli.pictures import take_pictures
    from gifect.cli.work import without_landmarks
    from gifect.feeling.cues import see
    from gifect.feeling.read import read_cues

    clip = _open(task)
    cues = see(clip, task["every_frame"], captions=task["captions"])
    reading = read_cues(clip, cues, landmarks=task["landmarks"])
    folder = Path(task["folder"])
    _write_pictures(folder, clip, take_pictures(clip, reading, cues))
    if not task["landmarks"]:
        reading = without_landmarks(reading)
    (folder / "reading.json").write_text(reading.to_json(), encoding="utf-8")


def _write_pictures(folder: Path, clip: Clip, pictures: Pictures) -> None:
    (folder / "poster.jpg").write_bytes(pictures.poster)
    (folder / "thumb.jpg").write_bytes(pictures.thumb)
    for face in pictures.faces:
        (folder / f"face-{face.track}.jpg").write_bytes(face.jpeg)
    for k, (_, jpeg) in enumerate(pictures.attended):
        (folder / f"attended-{k}.jpg").write_bytes(jpeg)
    attention = pictures.attention
    masks = attention.masks / attention.masks.max(axis=(1, 2), keepdims=True).clip(1e-9)
    about = {
        "digest": clip.digest,
        "media_type": pictures.media_type,
        "delays_ms": pictures.delays_ms,
        "faces": [{"track": f.track, "ms": f.ms, "expression": f.expression, "score": f.score} for f in pictures.faces],
        "attended": [ms for ms, _ in pictures.attended],
        "masks": [[round(float(v), 2) for v in mask.ravel()] for mask in masks],
    }
    (folder / "about.json").write_text(json.dumps(about), encoding="utf-8")


def _add(task: dict[str, Any]) -> None:
    from gifect.errors import ClipError
    from gifect.library import Library
    from gifect.media.limits import Limits

    with Library(task["folder"]) as library:
        for added in library.add(task["file"], jobs=1, limits=Limits(**task["limits"])):
            if added.state == "failed":
                raise ClipError(added.why.replace(task["file"], task["name"]))


def _still(task: dict[str, Any]) -> None:
    import cv2

    clip = _open(task)
    frame = clip.frames[clip.frame_count // 3]
    zoom = min(STILL_SIDE / max(frame.shape[:2]), 1.0)
    size = max(round(clip.width * zoom), 1), max(round(clip.height * zoom), 1)
    small = cv2.resize(frame, size, interpolation=cv2.INTER_AREA)
    done, data = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 84])
    assert done, "JPEG takes every picture"
    target = Path(task["folder"])
    temporary = target.with_suffix(f".{os.getpid()}")
    temporary.write_bytes(bytes(data))
    temporary.replace(target)


def _warm_up() -> None:
    """Load what every reading needs, so that the first one waits for nothing."""
    import cv2
    import numpy as np

    from gifect.feeling.read import read_clip
    from gifect.media.clip import Clip

    cv2.setNumThreads(1)
    read_clip(Clip.from_frames(np.full((2, 64, 64, 3), 128, np.uint8)))


def _limit_memory(size: int) -> None:
    if sys.platform != "linux":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_DATA, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_processor(seconds: int) -> None:
    """Let the operating system end this process after so many more seconds of processor time."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        spent = int(used.ru_utime + used.ru_stime)
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (spent + seconds + 1, hard))


def _memory_now() -> int:
    """Return the bytes of memory that this process holds; 0 where that cannot be told."""
    with contextlib.suppress(OSError, ValueError), open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


if __name__ == "__main__":
    main()
