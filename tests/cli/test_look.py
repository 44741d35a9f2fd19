"""Words, signs and colours."""

from __future__ import annotations

from itertools import combinations

import cv2
import numpy as np
import pytest
from made import make_clip, make_reading
from rich.console import Console

from gifect.cli.look import confidence_words, percent, seconds, sparkline, strongest_units, unit_words
from gifect.cli.terminal import PLAIN_WIDTH, Row, clip_panel, clips_table
from gifect.cli.words import printable
from gifect.emotions import EIGHT, SEVEN
from gifect.feeling.colours import COLOURS, rgb
from gifect.feeling.reading import Moment

# Machado, Oliveira and Fernandes (2009), severity 1: linear RGB as it is seen.
SIGHT = {
    "full": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def linear(emotion: str) -> np.ndarray:
    part = np.array(rgb(emotion)) / 255
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)


def lab(light: np.ndarray) -> np.ndarray:
    light = light.clip(0, 1)
    shown = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return cv2.cvtColor(shown.reshape(1, 1, 3).astype(np.float32), cv2.COLOR_RGB2LAB).ravel()


@pytest.mark.parametrize("sight", SIGHT)
def test_every_two_colours_differ_for_every_sight(sight: str) -> None:
    seen = {emotion: lab(np.array(SIGHT[sight]) @ linear(emotion)) for emotion in EIGHT}
    for a, b in combinations(EIGHT, 2):
        assert np.linalg.norm(seen[a] - seen[b]) > 16, (a, b)


@pytest.mark.parametrize("emotion", COLOURS)
def test_colours_stand_out_on_light_and_dark(emotion: str) -> None:
    luminance = float(linear(emotion) @ [0.2126, 0.7152, 0.0722])
    assert 1.05 / (luminance + 0.05) >= 2.2
    assert (luminance + 0.05) / 0.06 >= 2.2


def test_every_expression_has_a_colour() -> None:
    assert set(COLOURS) == {*SEVEN, *EIGHT}


@pytest.mark.parametrize(
    ("share", "text"), [(0, "0 %"), (0.001, "< 1 %"), (0.84, "84 %"), (0.999, "> 99 %"), (1, "100 %"), (0.005, "0 %")]
)
def test_percent(share: float, text: str) -> None:
    assert percent(share) == text


@pytest.mark.parametrize(("ms", "text"), [(0, "0.00 s"), (840, "0.84 s"), (12_340, "12.3 s"), (75_000, "75 s")])
def test_seconds(ms: int, text: str) -> None:
    assert seconds(ms) == text


@pytest.mark.parametrize(
    ("confidence", "words"), [(0.9, "very sure"), (0.7, "fairly sure"), (0.5, "not sure"), (0.2, "a guess")]
)
def test_confidence_in_words(confidence: float, words: str) -> None:
    assert confidence_words(confidence) == words


@pytest.mark.parametrize(
    ("name", "words"), [("AU12", "lip corner puller"), ("AU14R", "right dimpler"), ("AU99", "AU99"), ("smile", "smile")]
)
def test_action_units_in_words(name: str, words: str) -> None:
    assert unit_words(name) == words


def test_only_units_that_show_are_named_the_strongest_first() -> None:
    assert strongest_units({"AU1": 0.3, "AU2": 0.1, "AU12": 0.9, "AU6": 0.5}, 2) == [("AU12", 0.9), ("AU6", 0.5)]


def test_control_characters_are_made_visible() -> None:
    assert printable("a\x1b[2Jb\nc 日") == "a\ufffd[2Jb c 日"


def test_the_sparkline_goes_evenly_over_time() -> None:
    clip = make_clip(10, delay_ms=100)
    low, high = ({name: float(name == lead) for name in SEVEN} for lead in ("fear", "happiness"))
    moments = [Moment(ms=0, scores=low), Moment(ms=100, scores=low), Moment(ms=900, scores=high)]
    signs = sparkline(make_reading(clip).model_copy(update={"timeline": moments}), 10)
    assert "".join(sign for sign, _ in signs) == "▁▁▂▃▄▅▆▇██"
    assert [leader for _, leader in signs] == 5 * ["fear"] + 5 * ["happiness"]


def shown(*parts: object, width: int) -> str:
    console = Console(width=width, highlight=False)
    with console.capture() as capture:
        console.print(*parts)
    return capture.get()


def test_the_panel_of_a_clip_with_nothing_but_scores() -> None:
    bare = {"faces": [], "timeline": [], "reasons": [], "peak_ms": None}
    text = shown(clip_panel(make_reading(make_clip(1)).model_copy(update=bare)), width=100)
    assert "HAPPINESS" in text
    assert "none that can be read" in text
    assert "a still" in text


@pytest.mark.parametrize("width", [80, 100, PLAIN_WIDTH, 200])
def test_the_table_fits_its_terminal(width: int) -> None:
    name = "a/very/long/path/to/a/clip/whose/name/is [red]long[/red].gif"
    rows = [Row.of(make_reading(make_clip(), emotion, source=name)) for emotion in SEVEN]
    lines = shown(clips_table(rows, width), width=width).splitlines()
    assert all(len(line) <= width for line in lines)
    assert sum("[/red].gif" in line for line in lines) == len(SEVEN)
    assert sum("78 %" in line or "71 %" in line for line in lines) == len(SEVEN)
