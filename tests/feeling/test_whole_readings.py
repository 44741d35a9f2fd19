"""Whole readings of real pixels: a photograph of a face, the drawn samples, pictures without anybody."""

from __future__ import annotations

import io
from pathlib import Path

import cv2
import numpy as np
import pytest

import gifect
from gifect.emotions import EIGHT, SEVEN
from gifect.media.write import encode_clip

SAMPLES = sorted((Path(__file__).parents[2] / "samples").glob("*.gif"))


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    sample = pytest.importorskip("matplotlib.cbook", reason="the photograph comes with matplotlib")
    with sample.get_sample_data("grace_hopper.jpg") as source:
        picture = cv2.imdecode(np.frombuffer(source.read(), np.uint8), cv2.IMREAD_COLOR)
    return cv2.cvtColor(cv2.resize(picture, (256, 300), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2RGB)


@pytest.fixture(scope="module")
def panned(photo: np.ndarray) -> gifect.Clip:
    frames = np.stack([photo[k : k + 260, k : k + 220] for k in range(0, 36, 3)])
    return gifect.Clip.from_frames(frames, 80)


def test_photograph_gives_one_face_where_it_is(panned: gifect.Clip) -> None:
    reading = gifect.read(encode_clip(panned, ".gif"), landmarks=True)
    assert len(reading.faces) == 1
    face = reading.faces[0]
    assert len(face.samples) == 6
    x0, y0, x1, y1 = face.samples[0].box
    # The eyes and the mouth of the photograph, scaled, less the pan of the first looked-at frame.
    assert x0 < 115 < x1
    assert y0 < 105 < y1
    points = np.array(face.samples[0].landmarks)
    assert points.shape == (70, 3)
    inside = (points[:, 0] > x0 - 12) & (points[:, 0] < x1 + 12) & (points[:, 1] > y0 - 12) & (points[:, 1] < y1 + 12)
    assert inside.all()
    assert points[36:42, 0].mean() < points[42:48, 0].mean()
    assert points[48:60, 1].mean() > points[36:48, 1].mean()


def test_photograph_with_a_faint_smile_is_calm(panned: gifect.Clip) -> None:
    reading = gifect.read(encode_clip(panned, ".gif"))
    assert reading.emotion in ("neutral", "happiness")
    assert (reading.medium, reading.people) == ("live", 1)
    units = reading.faces[0].action_units
    assert units["AU12"] > max(units["AU15"], units["AU9"])


def test_track_follows_the_pan(panned: gifect.Clip) -> None:
    boxes = np.array([s.box for s in gifect.read(encode_clip(panned, ".gif")).faces[0].samples])
    assert (np.diff(boxes[:, 0]) < 0).sum() >= 4  # the window moves right, so the face moves left
    assert abs((boxes[-1] - boxes[0])[:2].mean() + 30) < 10


@pytest.mark.parametrize(
    ("name", "frame"),
    [("white", np.full((60, 80, 3), 255, np.uint8)), ("black", np.zeros((60, 80, 3), np.uint8)),
     ("one pixel", np.zeros((1, 1, 3), np.uint8)), ("a line", np.zeros((1, 400, 3), np.uint8))],
)  # fmt: skip
def test_picture_of_nothing_is_a_valid_reading(name: str, frame: np.ndarray) -> None:
    _, data = cv2.imencode(".png", frame)
    reading = gifect.read(data.tobytes())
    assert reading.faces == []
    assert reading.frames == 1
    assert sum(reading.scores.values()) == pytest.approx(1, abs=1e-3)
    assert any("no face" in r.text for r in reading.reasons)


def test_path_bytes_and_file_object_read_alike(panned: gifect.Clip, tmp_path: Path) -> None:
    data = encode_clip(panned, ".gif")
    path = tmp_path / "größe.gif"
    path.write_bytes(data)
    readings = [gifect.read(path), gifect.read(str(path)), gifect.read(data), gifect.read(io.BytesIO(data))]
    assert len({r.model_copy(update={"source": ""}).to_json() for r in readings}) == 1
    assert readings[0].source == str(path)


def test_every_frame_gives_a_moment_a_frame(panned: gifect.Clip) -> None:
    reading = gifect.read(encode_clip(panned, ".gif"), every_frame=True)
    assert [m.ms for m in reading.timeline] == list(range(0, 12 * 80, 80))
    assert len(reading.faces[0].samples) == 12


def test_scores_agree_with_the_answer(panned: gifect.Clip) -> None:
    reading = gifect.read(encode_clip(panned, ".gif"))
    assert reading.emotion == max(SEVEN, key=reading.scores.__getitem__)
    assert reading.confidence == reading.scores[reading.emotion]
    assert reading.peak_ms in {m.ms for m in reading.timeline}
    assert tuple(reading.faces[0].scores) == EIGHT
    assert sum(r.weight for r in reading.reasons) == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda p: p.stem)
def test_drawn_face_is_found_throughout(path: Path) -> None:
    reading = gifect.read(path)
    assert reading.faces, "no face found"
    assert len(reading.faces[0].samples) >= 5
