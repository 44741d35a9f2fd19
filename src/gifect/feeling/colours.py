"""One fixed colour an emotion, the same in the terminal, on pages, in plots and on overlays.

The hues follow Okabe and Ito; fear, neutral and contempt are moved so that any two colours stay at least 16 CIELAB
units apart for full colour sight and under simulated protanopia, deuteranopia and tritanopia. Each has a contrast of at
least 2.2 : 1 to white and to the dark pages, and none ever stands without its name.

References
----------
Okabe, M. and Ito, K. (2008). Color Universal Design: how to make figures and presentations that are friendly to
colorblind people.
"""

from __future__ import annotations

from typing import Final

__all__ = ["COLOURS", "rgb"]

COLOURS: Final = {
    "anger": "#D55E00",
    "disgust": "#009E73",
    "fear": "#B24C86",
    "happiness": "#E69F00",
    "sadness": "#0072B2",
    "surprise": "#56B4E9",
    "neutral": "#A5A9AF",
    "contempt": "#8C6D3F",
}
"""Hexadecimal RGB of the seven emotions, and of contempt, which only faces have."""


def rgb(emotion: str) -> tuple[int, int, int]:
    """Return the colour of an emotion as red, green and blue, each 0 to 255."""
    red, green, blue = bytes.fromhex(COLOURS[emotion][1:])
    return red, green, blue
