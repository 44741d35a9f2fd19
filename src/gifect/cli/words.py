"""Text that may come from anywhere, made fit for one line of a terminal."""

from __future__ import annotations

__all__ = ["printable"]


def printable(text: str) -> str:
    """Return a text on one line without control characters: names of files may hold escape sequences of terminals."""
    return "".join(c if c.isprintable() else " " if c.isspace() else "\ufffd" for c in text)
