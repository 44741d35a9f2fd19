"""How texts feel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gifect.text.result import TextReading

__all__ = ["recognise"]


def recognise(texts: Sequence[str]) -> list[TextReading]:
    """Return which feelings each text shows; see ``gifect.text.read``."""
    from gifect.text.read import recognise as run

    return run(texts)
