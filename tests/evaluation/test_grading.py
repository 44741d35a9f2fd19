"""The grader's table and report: figures of made-up gradings whose answers are known, and pages that hold together."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

pd = pytest.importorskip("pandas", reason="evaluation needs the extra train")
pytest.importorskip("sklearn", reason="evaluation needs the extra train")

from gifect.emotions import QUADRANTS, SEVENTEEN  # noqa: E402
from gifect.errors import DataError  # noqa: E402
from gifect.evaluation import grading, report  # noqa: E402
from gifect.evaluation.curves import Series, curves_svg  # noqa: E402
from gifect.media.clip import Clip  # noqa: E402
from gifect.media.write import write_clip  # noqa: E402
from gifect.training.data.clipsets import quadrant_target  # noqa: E402

CLIPS = 24
LOG = "epoch,intensities,score,held_nmse,held_r,held_quadrant,valid_nmse,valid_r,valid_quadrant\n"


def graded(timid: float = 0.5, clips: int = CLIPS) -> grading.Graded:
    """Return clips whose intensities are read as ``timid`` times as far from the mean as they are labelled."""
    rng = np.random.default_rng(0)
    told = rng.random((clips, 17)) ** 3
    middle = told.mean(0)
    said = middle + timid * (told - middle)
    rows = pd.DataFrame(
        {
            "id": [f"clip-{k}" for k in range(clips)],
            "medium": np.where(told.max(1) > np.median(told.max(1)), "live", "cartoon"),
            "people": 1,
            "face": rng.integers(0, 2, clips),
            "multi": 0,
            "clear": rng.random(clips) < 0.5,
            "text": "",
        }
    )
    truth = quadrant_target(told)
    return grading.Graded(rows, told, said, truth, truth.copy(), np.zeros(clips, int))


def cells(table: grading.Table, first: str) -> dict[str, str]:
    row = next(row for row in table.rows if row[0] == first)
    return dict(zip(table.columns, row, strict=True))


def test_timid_readings_show_in_spread_and_slope() -> None:
    table = grading.grading_table(graded(0.5))
    assert len(table.rows) == 1 + 17
    for name in ("mean of the seventeen", *SEVENTEEN):
        row = cells(table, name)
        assert (row["nMSE"], row["r"], row["spread"], row["slope"]) == ("0.250", "1.000", "0.500", "2.000")
        assert row["explained variance"] == "0.750"
    assert any("accuracy 1.000, macro-F1 1.000, weighted F1 1.000" in note for note in table.notes)


def test_clips_said_to_have_no_quadrant_count_as_wrong() -> None:
    some = graded()
    has = np.flatnonzero(some.told_quadrant >= 0)
    some.said_quadrant[has[:6]] = -1
    assert some.confusion[:, -1].sum() == 6
    wrong = 1 - 6 / len(has)
    assert cells(grading.headline(some), "quadrant: accuracy")["figure"] == f"{wrong:.3f}"


def test_figures_leave_out_what_is_labelled_the_same_everywhere() -> None:
    some = graded()
    some.told[:, 3] = 0.2
    assert grading.grading_figures(some.said, some.told)["r"] == pytest.approx(1.0)


def test_saying_the_mean_has_no_slope_and_no_spread() -> None:
    some = graded()
    figures = grading.grading_figures(np.tile(some.told.mean(0), (CLIPS, 1)), some.told)
    assert (figures["nmse"], figures["r"], figures["spread"]) == (pytest.approx(1), 0, pytest.approx(0))
    assert np.isnan(figures["slope"])


def test_lowest_and_highest_errors_are_in_order() -> None:
    some = graded()
    some.said[7] = some.told[7]
    some.said[11] = 1 - np.round(some.told[11])
    assert some.lowest(5)[0] == 7
    assert some.highest(5)[0] == 11
    assert (np.diff(some.errors[some.lowest(5)]) >= 0).all()
    assert (np.diff(some.errors[some.highest(5)]) <= 0).all()


def test_the_analysis_names_what_differs_beyond_chance() -> None:
    some = graded(clips=200)
    some.said[:] = some.told
    live = (some.rows["medium"] == "live").to_numpy()
    some.said[live] += 0.3
    table, words = grading.error_analysis(some)
    assert cells(table, "live") == {
        "what": "live",
        "50 lowest": "0%",
        "all": f"{live.mean():.0%}",
        "50 highest": "100%",
    }
    assert any("more of: live (100% against 0%)" in line and "fewer of: cartoon" in line for line in words)


class Page(HTMLParser):
    """The texts of a page and the attributes of its tags; fails where tags do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag not in ("meta", "img", "br", "link"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> grading.Graded:
    """Graded clips whose pictures are those of one made clip."""
    frames = np.zeros((4, 40, 60, 3), np.uint8)
    frames[2:] = (250, 10, 10)
    data = write_clip(Clip.from_frames(frames, 100), tmp_path / "clip.mp4").read_bytes()
    some = graded()
    some.peaks_ms[:] = 250
    monkeypatch.setattr(report, "iterate_clips", lambda split: ((name, data) for name in some.rows["id"]))
    monkeypatch.setenv("GIFECT_CACHE", str(tmp_path / "cache"))
    return some


def test_a_report_needs_no_other_file(tmp_path: Path, shown: grading.Graded) -> None:
    run = tmp_path / "run"
    for part in range(2):
        (run / f"part-{part}").mkdir(parents=True)
        (run / f"part-{part}" / "log.csv").write_text(LOG + "1,1.1,-1,1,.1,.6,1,.1,.6\n2,.9,-.9,.9,.3,.6,.9,.3,.6\n")
    page = report.write_report(shown, tmp_path / "out", run)
    text = page.read_text()
    tags = Page(text).tags
    images = [attributes for tag, attributes in tags if tag == "img"]
    assert len(images) == 2 * CLIPS
    assert all((i["src"] or "").startswith("data:image/jpeg;base64,") and i["alt"] for i in images)
    assert not re.search(r"<script|url\(|@import|https?:(?!//www.w3.org/2000/svg)", text)
    assert [a["aria-label"] for t, a in tags if t == "svg"] == [label for label, _ in report.CURVES.values()]
    for name in (*SEVENTEEN, *(q.replace("-", " ") for q in QUADRANTS)):
        assert f">{name}" in text


def test_the_markdown_page_names_pictures_that_are_there(tmp_path: Path, shown: grading.Graded) -> None:
    folder = report.write_report(shown, tmp_path / "out").parent
    text = (folder / "report.md").read_text()
    pictures = re.findall(r"!\[[^]]*\]\(([^)]*)\)", text)
    assert len(pictures) == 2 * CLIPS
    assert all((folder / p).is_file() for p in pictures)
    assert "No log of a training run" in text
    assert "| mean of the seventeen |" in text


def test_a_clip_is_shown_at_its_peak(shown: grading.Graded) -> None:
    import cv2

    (card,) = report.clip_cards(shown, shown.highest(1))
    picture = cv2.imdecode(np.frombuffer(card.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert picture[20, 30].tolist() == pytest.approx([10, 10, 250], abs=12)
    assert [row.emotion for row in card.rows] == sorted(
        (row.emotion for row in card.rows),
        key=lambda e: -max(row.told if row.told > row.said else row.said for row in card.rows if row.emotion == e),
    )


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path, shown: grading.Graded) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="the report cannot be written"):
        report.write_report(shown, tmp_path / "file")


@pytest.mark.parametrize("epochs", [1, 2, 30])
def test_curves_stay_inside_of_their_picture(epochs: int) -> None:
    rng = np.random.default_rng(0)
    runs = [np.column_stack([np.arange(1, epochs + 1 - k), rng.random(epochs - k)]) for k in range(min(epochs, 2))]
    root = ET.fromstring(curves_svg([Series("a < b", runs), Series("c", runs[:1])], "epoch", "what"))
    _, _, width, height = (float(v) for v in root.attrib["viewBox"].split())
    points = [tuple(map(float, p.split(","))) for p in re.findall(r"[\d.]+,[\d.]+", ET.tostring(root, "unicode"))]
    assert points
    assert all(0 <= x <= width and 0 <= y <= height for x, y in points)
