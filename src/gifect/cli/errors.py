"""What can be wrong with a call of the command line, as opposed to a clip."""

from __future__ import annotations

from gifect.errors import GifectError

__all__ = ["OutputError", "UsageError"]


class UsageError(GifectError):
    """A call that cannot be meant as it stands."""


class OutputError(GifectError):
    """A file that cannot be written."""
