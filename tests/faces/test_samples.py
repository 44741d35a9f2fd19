"""The drawn sample clips: found in every frame, read as they are meant, drawn by the script that claims to."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gifect import Clip
from gifect.emotions import EIGHT
from gifect.faces.detect import detect_faces
from gifect.faces.measure import measure_faces

SAMPLES = Path(__file__).parents[2] / "samples"
MEANT = {
    "laugh": "happiness",
    "gasp": "surprise",
    "tears": "sadness",
    "glare": "anger",
    "yuck": "disgust",
    "calm": "neutral",
}


def test_every_sample_is_meant_to_show_something() -> None:
    assert {path.stem for path in SAMPLES.glob("*.gif")} == set(MEANT)


@pytest.mark.parametrize("name", MEANT)
def test_a_sample_is_a_light_looping_clip(name: str) -> None:
    clip = Clip.open(SAMPLES / f"{name}.gif")
    assert (clip.width, clip.height, clip.loops, clip.warnings) == (320, 240, 0, ())
    assert 12 <= clip.frame_count <= 24
    assert (SAMPLES / f"{name}.gif").stat().st_size < 150_000


@pytest.mark.parametrize(("name", "expression"), MEANT.items())
def test_the_face_of_a_sample_is_found_in_every_frame_and_shows_what_it_should(name: str, expression: str) -> None:
    frames = Clip.open(SAMPLES / f"{name}.gif").frames
    found = detect_faces(frames)
    assert [len(faces) for faces in found] == [1] * len(frames)
    shown = measure_faces(list(frames), np.concatenate([faces.boxes for faces in found])).expression.mean(0)
    assert EIGHT[int(shown.argmax())] == expression


def test_the_script_draws_what_is_kept(tmp_path: Path) -> None:
    script = [sys.executable, SAMPLES / "draw.py", "glare", "--to", tmp_path]
    subprocess.run(script, check=True, capture_output=True, timeout=120)
    drawn, kept = Clip.open(tmp_path / "glare.gif"), Clip.open(SAMPLES / "glare.gif")
    assert drawn.delays_ms.tolist() == kept.delays_ms.tolist()
    # The same packages give the same bytes; others may round a colour differently.
    assert np.abs(drawn.frames.astype(int) - kept.frames).mean() < 0.5


def test_the_script_refuses_a_name_that_it_does_not_know(tmp_path: Path) -> None:
    script = [sys.executable, SAMPLES / "draw.py", "smirk", "--to", tmp_path]
    done = subprocess.run(script, capture_output=True, text=True, timeout=120)
    assert done.returncode == 2
    assert "no clip 'smirk': expected one of laugh" in done.stderr


def test_the_photograph_becomes_a_clip_of_two_shots(tmp_path: Path) -> None:
    from gifect.faces.track import find_cuts

    script = [sys.executable, SAMPLES / "photo.py", tmp_path / "deep" / "photo.gif"]
    subprocess.run(script, check=True, capture_output=True, timeout=120)
    clip = Clip.open(tmp_path / "deep" / "photo.gif")
    assert (clip.width, clip.height, clip.frame_count) == (320, 240, 26)
    assert np.abs(np.diff(clip.frames[15:17].astype(int), axis=0)).mean() > 20
    assert find_cuts(clip.frames)[:16].tolist() == [True] + [False] * 15
