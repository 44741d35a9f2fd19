"""The captions of a clip: what is written in its frames for the onlooker, without watermarks and names of sites."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from gifect.captions.engine import Line
from gifect.captions.frames import LOOKS, Look, Shown, look_for_lines
from gifect.captions.raw import ReadFrame, read_frames
from gifect.captions.words import alike, is_site, known_share, letters_of, mend, words_of
from gifect.media.clip import Clip

__all__ = [
    "ReadCaption",
    "captions_of",
    "follow_lines",
    "found_features",
    "group_features",
    "group_lines",
    "has_text",
    "read_captions",
]

JUDGES: Final = Path(__file__).with_name("judges.toml")


@dataclass(frozen=True)
class ReadCaption:
    """One caption: its words, first and last frame in which it was seen, and how sure its reader is."""

    text: str
    first: int
    last: int
    confidence: float


@dataclass
class FollowedLine:
    """One line as it was read in several frames."""

    readings: list[tuple[Shown, Line]] = field(default_factory=list)

    @property
    def best(self) -> Line:
        """The reading that is surest for its length: a line that is still being written is not yet whole."""
        return max((line for _, line in self.readings), key=lambda line: line.confidence * len(letters_of(line.text)))

    @property
    def first(self) -> int:
        return min(shown.first for shown, _ in self.readings)

    @property
    def last(self) -> int:
        return max(shown.last for shown, _ in self.readings)


@dataclass(frozen=True)
class Judge:
    """A logistic regression: P = 1 / (1 + exp(-(weights @ features + bias))), and the P from which on it says yes."""

    weights: tuple[float, ...]
    bias: float
    threshold: float

    def probability(self, features: np.ndarray) -> float:
        """Return P of one row of features."""
        return float(1 / (1 + np.exp(-(np.dot(self.weights, features) + self.bias))))


@cache
def judges() -> dict[str, Judge]:
    """Return the judges that were learnt: "has_text" of clips, "caption" of lines."""
    said = tomllib.loads(JUDGES.read_text(encoding="utf-8"))
    return {name: Judge(tuple(one["weights"]), one["bias"], one["threshold"]) for name, one in said.items()}


def read_captions(clip: Clip) -> list[ReadCaption]:
    """Return the captions of a clip in the order of time; none where the cheap test finds no text.

    Raises
    ------
    MissingExtraError
        If rapidocr is not installed.
    """
    looks = look_for_lines(clip)
    return captions_of(read_frames(clip, looks)) if has_text(looks) else []


def has_text(looks: list[Look]) -> bool:
    """Return whether there seems to be a caption, by where lines were found."""
    judge = judges()["has_text"]
    return any(look.lines for look in looks) and judge.probability(found_features(looks)) >= judge.threshold


def found_features(looks: list[Look]) -> np.ndarray:
    """Return what is known of found lines (F,): of the likeliest caption among them, and of all together."""
    best = np.zeros(7)
    for look in looks:
        for line in look.lines:
            x0, y0, x1, y1 = line.box
            row = np.array([line.confidence, y1 - y0, x1 - x0, abs((x0 + x1) / 2 - 0.5), y1, 1.0, 0])
            row[6] = line.confidence * min(row[1] / 0.1, 1) * min(row[2] / 0.4, 1) * (1 - row[3])
            best = max(best, row, key=lambda r: float(r[6]))
    share = np.mean([bool(look.lines) for look in looks])
    lines = np.mean([len(look.lines) for look in looks])
    return np.append(best, [share, min(float(lines), 4.0)])


def follow_lines(frames: list[ReadFrame]) -> list[FollowedLine]:
    """Return the lines of the frames that were read, each followed over them, in the order in which they begin."""
    followed: list[FollowedLine] = []
    for frame in frames:
        for line in sorted(frame.lines, key=lambda one: (round(float(one.box[1]), 2), float(one.box[0]))):
            if not letters_of(line.text) or is_site(line.text):
                continue
            mended = Line(line.box, line.confidence, mend(line.text))
            same = next((one for one in followed if alike(one.best.text, mended.text)), None)
            if same is None:
                same = FollowedLine()
                followed.append(same)
            same.readings.append((frame.shown, mended))
    return followed


def group_lines(lines: list[FollowedLine]) -> list[list[FollowedLine]]:
    """Return lines that stand beside or below each other at the same time together, in the order of time."""
    groups: list[list[FollowedLine]] = []
    for line in lines:
        near = next((group for group in groups if any(_belongs(other, line) for other in group)), None)
        if near is None:
            groups.append([line])
        else:
            near.append(line)
    return groups


def group_features(group: list[FollowedLine]) -> np.ndarray:
    """Return what tells a caption from a watermark or a sign (F,): how sure, large, central, wordy, lasting it is."""
    bests = [line.best for line in group]
    boxes = np.stack([line.box for line in bests])
    (x0, y0), (x1, y1) = boxes[:, :2].min(0), boxes[:, 2:].max(0)
    text = " ".join(line.text for line in bests)
    letters, words = letters_of(text), words_of(text)
    shares = [len(letters_of(line.text)) for line in bests]
    return np.array(
        [
            float(np.average([line.confidence for line in bests], weights=shares)),
            min(float(np.average(boxes[:, 3] - boxes[:, 1], weights=shares)), 0.25),
            float(x1 - x0),
            abs(float(x0 + x1) / 2 - 0.5),
            abs(float(y0 + y1) / 2 - 0.5),
            min(len(letters), 20) / 20,
            min(len(words), 5) / 5,
            known_share(text),
            sum(c.isalpha() for c in letters) / len(letters),
            max(len(line.readings) for line in group) / LOOKS,
        ]
    )


def captions_of(frames: list[ReadFrame]) -> list[ReadCaption]:
    """Return the captions among the lines that were read, lines that belong together joined."""
    judge = judges()["caption"]
    return [
        ReadCaption(
            " ".join(line.best.text for line in group),
            min(line.first for line in group),
            max(line.last for line in group),
            round(float(np.mean([line.best.confidence for line in group])), 4),
        )
        for group in group_lines(follow_lines(frames))
        if judge.probability(group_features(group)) >= judge.threshold
    ]


def _belongs(one: FollowedLine, other: FollowedLine) -> bool:
    """Return whether two lines stand right beside or below each other, at the same time and about as large."""
    if one.first > other.last or other.first > one.last:
        return False
    a, b = one.best.box, other.best.box
    tall, low = max(a[3] - a[1], b[3] - b[1]), min(a[3] - a[1], b[3] - b[1])
    apart = max(a[1], b[1]) - min(a[3], b[3]), max(a[0], b[0]) - min(a[2], b[2])
    return bool(low > 0.5 * tall and apart[0] <= tall and apart[1] <= tall)
