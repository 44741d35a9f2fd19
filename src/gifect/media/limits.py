"""How much of a file gifect is willing to open, so that a hostile or mistaken one does not fill the machine."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field

from gifect.errors import ClipError

__all__ = ["Limits"]

MIB = 1 << 20


def _setting(name: str, default: float) -> Callable[[], float]:
    """Return a factory of a field's value: ``GIFECT_MAX_<NAME>`` of the environment, or the default."""

    def read() -> float:
        variable = f"GIFECT_MAX_{name.upper()}"
        text = os.environ.get(variable)
        if text is None:
            return default
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not value > 0:
            raise ClipError(f"the environment variable {variable} is {text!r}; expected a number above 0")
        return value

    return read


@dataclass(frozen=True)
class Limits:
    """What a clip may cost. Each number not given comes from ``GIFECT_MAX_<FIELD>`` or else from the default.

    Attributes
    ----------
    pixels : float
        Width times height of one frame; 67 million by default.
    frames : float
        Frames of a clip; 20,000 by default.
    seconds : float
        Playing time of a video; 600 s by default. GIFs and other animated pictures are not held to it: a frame that
        stays for ten minutes costs nothing to read.
    file_bytes : float
        Size of the file, in bytes; 64 MiB by default.
    decoded_bytes : float
        Size of all decoded frames together (3 bytes a pixel); 2 GiB by default.
    url_bytes : float
        Size of what a URL may send; 64 MiB by default.
    url_seconds : float
        Time for a whole download, redirects included; 30 s by default.
    allow_private : bool
        Whether a URL may lead to this machine or a private network. Only by argument, never from the environment.
    """

    pixels: float = field(default_factory=_setting("pixels", 64 * MIB))
    frames: float = field(default_factory=_setting("frames", 20_000))
    seconds: float = field(default_factory=_setting("seconds", 600))
    file_bytes: float = field(default_factory=_setting("file_bytes", 64 * MIB))
    decoded_bytes: float = field(default_factory=_setting("decoded_bytes", 2048 * MIB))
    url_bytes: float = field(default_factory=_setting("url_bytes", 64 * MIB))
    url_seconds: float = field(default_factory=_setting("url_seconds", 30))
    allow_private: bool = False

    def check(self, name: str, found: float, what: str) -> None:
        """Raise ClipError when `found` passes the limit called `name`; `what` says in words what was counted."""
        allowed = getattr(self, name)
        if found > allowed:
            raise ClipError(
                f"{what} is {found:,.0f}, over the limit of {allowed:,.0f}; "
                f"to allow it pass Limits({name}=...) or set GIFECT_MAX_{name.upper()}"
            )

    def check_frames(self, count: int, width: int, height: int) -> None:
        """Raise ClipError when `count` frames of this size pass a limit of pixels, frames or decoded bytes."""
        self.check("pixels", width * height, f"the size of a frame ({width} x {height} pixels)")
        self.check("frames", count, "the number of frames")
        self.check("decoded_bytes", 3 * width * height * count, f"the size in bytes of {count} decoded frames")
