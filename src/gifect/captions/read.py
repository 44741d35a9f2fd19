"""The captions of a clip: what is written in its frames for the onlooker, without watermarks and names of sites."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from gifect.captions.engine import Line
from gifect.captions.frames import LOOKS, Look, ReadFrame, Shown, look_for_lines, read_frames
from gifect.captions.words import alike, is_site, known_share, letters_of, mend, words_of
from gifect.faces.boxes import iou_matrix
from gifect.media.clip import Clip

__all__ = [
    "ReadCaption", "captions_of", "follow_lines", "found_features", "group_lines", "has_text", "judges", "likeliest",
    "line_features", "read_captions", "text_score",
]  # fmt: skip

LIKELIEST: Final = 3  # lines whose mean probability counts
FOUND: Final = 15  # features of a found line
STAYS: Final = 0.6  # overlap from which on a line in another look is the same
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

    def probabilities(self, rows: np.ndarray) -> np.ndarray:
        """Return P (N,) of rows of features (N, F); none of none."""
        if not len(rows):
            return np.zeros(0)
        return np.asarray(1 / (1 + np.exp(-(rows @ np.array(self.weights) + self.bias))))


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
    return text_score(looks) >= judges()["has_text"].threshold


def text_score(looks: list[Look]) -> float:
    """Return how surely there is a caption in [0, 1]: the mean probability of the three likeliest lines."""
    return likeliest(judges()["has_text"].probabilities(found_features(looks)))


def likeliest(probabilities: np.ndarray) -> float:
    """Return the mean of the three highest of probabilities (L,), 0 without any."""
    return float(np.sort(probabilities)[-LIKELIEST:].mean()) if len(probabilities) else 0.0


def found_features(looks: list[Look]) -> np.ndarray:
    """Return what is known of each found line (L, F): how sure, high, wide, central and lasting it is, in how many."""
    rows = []
    boxes = [np.array([line.box for line in look.lines]).reshape(-1, 4) for look in looks]
    for k, look in enumerate(looks):
        others = [other for m, other in enumerate(boxes) if m != k and len(other)]
        for line in look.lines:
            x0, y0, x1, y1 = line.box
            lasting = sum(iou_matrix(line.box[None], other).max() > STAYS for other in others) / len(looks)
            high, wide = np.log(y1 - y0 + 0.01), np.log(x1 - x0 + 0.02)
            aside, down = abs((x0 + x1) / 2 - 0.5), (y0 + y1) / 2
            row = [line.confidence, high, wide, np.log((x1 - x0) / (y1 - y0 + 1e-3) + 0.1), aside, down, lasting]
            rows.append([*row, len(look.lines), *np.square(row)])
    return np.array(rows).reshape(len(rows), FOUND)


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


def line_features(line: FollowedLine, group: list[FollowedLine]) -> np.ndarray:
    """Return what tells whether a line is of a caption (F,): of the line alone and of the lines that it belongs to."""
    row = np.concatenate([_features([line]), _features(group)])
    return np.concatenate([row, row**2])


def _features(group: list[FollowedLine]) -> np.ndarray:
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
    captions = []
    for group in group_lines(follow_lines(frames)):
        sure = judge.probabilities(np.stack([line_features(line, group) for line in group]))
        lines = [line for line, p in zip(group, sure, strict=True) if p >= judge.threshold]
        if lines:
            text = " ".join(line.best.text for line in lines)
            confidence = round(float(np.mean([line.best.confidence for line in lines])), 4)
            first, last = min(line.first for line in lines), max(line.last for line in lines)
            captions.append(ReadCaption(text, first, last, confidence))
    return captions


def _belongs(one: FollowedLine, other: FollowedLine) -> bool:
    """Return whether two lines stand right beside or below each other, at the same time and about as large."""
    if one.first > other.last or other.first > one.last:
        return False
    a, b = one.best.box, other.best.box
    tall, low = max(a[3] - a[1], b[3] - b[1]), min(a[3] - a[1], b[3] - b[1])
    apart = max(a[1], b[1]) - min(a[3], b[3]), max(a[0], b[0]) - min(a[2], b[2])
    return bool(low > 0.5 * tall and apart[0] <= tall and apart[1] <= tall)
