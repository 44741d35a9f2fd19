"""gifect reads the feelings in animated GIFs and short clips.

>>> import gifect
>>> reading = gifect.read("party.gif")  # doctest: +SKIP
>>> reading.emotion, reading.confidence  # doctest: +SKIP
('happiness', 0.91)
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

from gifect.errors import ClipError, GifectError, ModelError

if TYPE_CHECKING:
    from gifect import text
    from gifect.feeling.read import read
    from gifect.feeling.reading import Reading
    from gifect.library.library import Library
    from gifect.media.clip import Clip

try:
    __version__ = version("gifect")
except PackageNotFoundError:  # run from a source tree that is not installed
    __version__ = "0+unknown"

__all__ = ["Clip", "ClipError", "GifectError", "Library", "ModelError", "Reading", "__version__", "read", "text"]

_HOMES = {
    "read": "gifect.feeling.read",
    "Reading": "gifect.feeling.reading",
    "Clip": "gifect.media.clip",
    "Library": "gifect.library.library",
}


def __getattr__(name: str) -> Any:
    # Loaded on first use, so that `import gifect` and `gifect --help` need no network and no decoder.
    if name == "text":
        return import_module("gifect.text")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'gifect' has no attribute {name!r}")
