"""Emoji and emoticons as words: an emoji is read by its Unicode name, an emoticon as the emoji that it stands for."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final

__all__ = ["EMOTICONS", "is_emoji", "name_emoji", "replace_emoticons"]

EMOTICONS: Final = {
    **dict.fromkeys((":)", ":-)", "=)", ":]", "(:", ":^)"), "🙂"),
    **dict.fromkeys((":D", ":-D", "=D", ":))"), "😀"),
    **dict.fromkeys(("xD", "XD", "X-D"), "😆"),
    **dict.fromkeys((";)", ";-)", ";D"), "😉"),
    **dict.fromkeys((":(", ":-(", "=(", ":[", "):", ":(("), "🙁"),
    **dict.fromkeys((":'(", ":,(", "T_T", "T-T", ";_;", "Q_Q"), "😢"),
    **dict.fromkeys((":P", ":-P", ":p", "=P", ";P"), "😛"),
    **dict.fromkeys((":O", ":-O", ":o", "=O", "O_O", "o_O", "O_o", "o_o", "D:"), "😮"),
    **dict.fromkeys((":/", ":-/", ":\\", "=/"), "😕"),
    **dict.fromkeys((":|", ":-|", "-_-", "-.-"), "😑"),
    **dict.fromkeys((">:(", ">:-(", ">:["), "😠"),
    **dict.fromkeys(("^^", "^_^", "^.^", "n_n"), "😊"),
    **dict.fromkeys((":*", ":-*", ":3"), "😘"),
    **dict.fromkeys(("<3", "&lt;3"), "❤"),
    "</3": "💔",
    "B)": "😎",
    "\\o/": "🙌",
    "¯\\_(ツ)_/¯": "🤷",
    "(╯°□°)╯︵ ┻━┻": "😡",
}
"""Emoji for each emoticon; it counts where no letter or digit touches it."""

_EMOTICON: Final = re.compile(
    r"(?<![\w/])(" + "|".join(re.escape(e) for e in sorted(EMOTICONS, key=len, reverse=True)) + r")(?![\w/])"
)
_PICTURES: Final = re.compile("[\U0001f000-\U0001faff\u2190-\u21ff\u2300-\u27bf\u2b00-\u2bff\u3030\u303d\u3297\u3299]")
_SILENT: Final = re.compile("[\ufe00-\ufe0f\u200d\u20e3\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]")
"""Parts of an emoji that say nothing of a feeling: variants, joiners, skin tones."""
_REPEATED: Final = re.compile(f"({_PICTURES.pattern})\\s*(?:\\1\\s*)+")


def is_emoji(character: str) -> bool:
    """Return whether a character is a picture."""
    return bool(_PICTURES.fullmatch(character))


def replace_emoticons(text: str) -> str:
    """Return a text with the emoji that its emoticons stand for."""
    return _EMOTICON.sub(lambda found: f" {EMOTICONS[found[1]]} ", text)


def name_emoji(text: str) -> str:
    """Return a text with the Unicode names of its emoji; several alike in a row are named twice."""
    text = _SILENT.sub("", text)
    text = _REPEATED.sub(r"\1 \1 ", text)
    return _PICTURES.sub(lambda found: f" {_name(found[0])} ", text)


@cache
def _name(character: str) -> str:
    return unicodedata.name(character, "").lower().replace("-", " ")
