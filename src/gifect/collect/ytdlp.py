"""Videos from pages by yt-dlp: one file, or the line that says why there is none and whether that may change."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from gifect.errors import CollectError

__all__ = ["VideoGoneError", "fetch_video"]

GONE_STATUS: Final = (401, 403, 404, 410, 451)
GONE_WORDS: Final = re.compile(
    r"unavailable|private|removed|terminated|not exist|deleted|members.only|sign in|unsupported url|not available", re.I
)
SECONDS: Final = 20  # that a server may be silent
COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m")


class VideoGoneError(CollectError):
    """A video that asking again will not bring."""


class _Silent:
    """A logger for yt-dlp: everything worth telling comes as an exception."""

    def debug(self, message: str) -> None:
        """Say nothing."""

    info = warning = error = debug


def fetch_video(url: str, folder: Path, height: int = 480, most_bytes: float = 2**30) -> Path:
    """Download the video behind a page into an empty folder and return the file.

    Parameters
    ----------
    url : of the page, or of the file itself.
    folder : where to.
    height : in pixels, above which a smaller version is taken if there is one.
    most_bytes : of the file.

    Raises
    ------
    VideoGoneError
        If it is not to be had.
    CollectError
        If it is not to be had now: the server is silent, is busy, or fails.
    """
    import yt_dlp

    options: dict[str, Any] = {
        # one file that needs no joining by a program that may not be installed
        "format": f"b[height<=?{height}]/b/bv*[height<=?{height}]/bv*",
        "outtmpl": str(folder / "video.%(ext)s"),
        "logger": _Silent(),
        "quiet": True,
        "noprogress": True,
        "noplaylist": True,
        "cachedir": False,
        "retries": 2,
        "fragment_retries": 2,
        "socket_timeout": SECONDS,
        "max_filesize": int(most_bytes),
    }
    try:
        with yt_dlp.YoutubeDL(options) as client:
            client.download([url])
    except yt_dlp.utils.YoutubeDLError as error:
        words = " ".join(COLOURS.sub("", str(error)).removeprefix("ERROR: ").split())
        kind = VideoGoneError if _is_for_good(error, words) else CollectError
        raise kind(f"{url}: {words}") from error
    files = [path for path in folder.iterdir() if path.suffix != ".part"]
    if not files:
        raise VideoGoneError(f"{url}: nothing came; expected a video of at most {most_bytes / 2**20:,.0f} MiB")
    return files[0]


def _is_for_good(error: BaseException, words: str) -> bool:
    """Whether asking again would bring the same, by the server's answer or else by yt-dlp's words."""
    seen: BaseException | None = error
    while seen is not None:
        status = getattr(seen, "status", None)
        if isinstance(status, int):
            return status in GONE_STATUS
        info = getattr(seen, "exc_info", None)
        seen = getattr(seen, "cause", None) or (info[1] if info and info[1] is not seen else None) or seen.__cause__
    return bool(GONE_WORDS.search(words))
