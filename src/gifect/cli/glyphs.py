"""Seven small drawn faces, one an emotion, and contempt: the sign that stands beside a colour."""

from __future__ import annotations

from typing import Final

__all__ = ["GLYPHS"]

_EYES = '<path d="M16 19v2M32 19v2" stroke-width="4.5"/>'

GLYPHS: Final = {
    "anger": '<path d="M12 14l8 4M36 14l-8 4"/>'
    '<path d="M17 22v1M31 22v1" stroke-width="4.5"/><path d="M16 35q8-6 16 0"/>',
    "disgust": '<path d="M12 16l7 3-7 2M36 16l-7 3 7 2"/><path d="M14 33q4-5 8-1t8 0q3-2 4 1"/>',
    "fear": '<path d="M11 15q3-4 7-4M37 15q-3-4-7-4"/>'
    '<circle cx="16" cy="20" r="2.6"/><circle cx="32" cy="20" r="2.6"/>'
    '<path d="M13 35l4-4 4 4 4-4 4 4 4-4 3 3"/>',
    "happiness": '<path d="M12 21q4-6 8 0M28 21q4-6 8 0"/><path d="M13 28q11 15 22 0z" fill="#14161a"/>',
    "sadness": '<path d="M12 18l7-4M36 18l-7-4"/>'
    '<path d="M16 22v1M32 22v1" stroke-width="4.5"/><path d="M16 36q8-8 16 0"/>',
    "surprise": '<path d="M11 12q5-4 9-1M37 12q-5-4-9-1"/><circle cx="16" cy="20" r="1.6" fill="#14161a"/>'
    '<circle cx="32" cy="20" r="1.6" fill="#14161a"/><ellipse cx="24" cy="34" rx="4.5" ry="5.5" fill="#14161a"/>',
    "neutral": _EYES + '<path d="M16 33h16"/>',
    "contempt": _EYES + '<path d="M12 15h8M28 14l8-2"/><path d="M16 34q9 1 16-4"/>',
}
"""Strokes of SVG in a box of 48 x 48, on a disc of the emotion's colour."""
