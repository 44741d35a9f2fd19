"""The HTML report."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import queue
import re
import shutil
import subprocess
import threading
from html.parser import HTMLParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from made import make_clip, make_reading, make_sound

from gifect.cli import report as report_module
from gifect.cli.pictures import take_pictures
from gifect.cli.plots import plot_timeline
from gifect.cli.report import Report
from gifect.cli.sources import Source
from gifect.emotions import SEVENTEEN
from gifect.feeling.reading import Action, Caption, Reading, Reason
from gifect.media.clip import Clip
from gifect.media.write import write_clip

VOID = {"meta", "img", "source", "br", "link"}
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
EVIL = "<script>alert('x')</script>\"'&"


class Page(HTMLParser):
    """Collects the tags of a page and fails when they do not nest."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def page_of(folder: Path, *readings: Reading, suffix: str = ".gif", errors: tuple[str, ...] = ()) -> str:
    clip = make_clip()
    path = write_clip(clip, folder / f"clip{suffix}")
    report = Report(many=len(readings) > 1)
    for reading in readings:
        report.add(Source(reading.source, path), reading, take_pictures(Clip.open(path), reading))
    sink = io.BytesIO()
    report.write(sink, errors)
    return sink.getvalue().decode()


@pytest.fixture
def reading() -> Reading:
    return make_reading(make_clip())


def test_a_page_of_one_clip_holds_together(tmp_path: Path, reading: Reading) -> None:
    page = Page(page_of(tmp_path, reading))
    assert len(page.all("h1")) == 1
    assert "Happiness" in page.texts
    assert all("alt" in image for image in page.all("img"))
    assert next(image["src"][:22] for image in page.all("img")) == "data:image/gif;base64,"


def test_nothing_is_asked_of_another_host(tmp_path: Path, reading: Reading) -> None:
    text = page_of(tmp_path, reading, make_reading(make_clip(), "anger"))
    page = Page(text)
    for _, attributes in page.tags:
        for name in ("src", "srcset", "href", "poster"):
            assert (attributes.get(name) or "#").startswith(("data:", "#"))
    assert not re.search(r"url\(|@import|https?:", text)


def test_the_policy_allows_the_script_of_the_page_and_no_other(tmp_path: Path, reading: Reading) -> None:
    text = page_of(tmp_path, reading)
    script = re.search(r"<script>(.*?)</script>", text, re.DOTALL)
    assert script
    digest = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    policy = next(meta["content"] for meta in Page(text).all("meta") if "http-equiv" in meta)
    assert policy == (
        f"default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    )


def test_every_text_is_escaped(tmp_path: Path, reading: Reading) -> None:
    evil = reading.model_copy(
        update={
            "source": f"folder/{EVIL}",
            "warnings": [EVIL],
            "tags": [EVIL],
            "quadrant": EVIL,
            "reasons": [Reason(cue="face", text=EVIL, emotion="fear", weight=1.0)],
            "captions": [Caption(text=EVIL, first_ms=0, last_ms=1, confidence=1.0)],
            "actions": [Action(name=EVIL, score=1.0, recogniser="x")],
            "sound": make_sound(EVIL, sector=EVIL),
        }
    )
    page = Page(page_of(tmp_path, evil, make_reading(make_clip()), errors=(EVIL,)))
    assert len(page.all("script")) == 3  # the data of two clips, and the page's own
    assert sum(EVIL in text for text in page.texts) >= 9


def test_all_that_a_reading_can_hold_is_shown(tmp_path: Path, reading: Reading) -> None:
    full = reading.model_copy(
        update={
            "intensities": dict.fromkeys(SEVENTEEN, 0.25),
            "quadrant": "pleasure-arousal",
            "valence": 0.5,
            "arousal": 0.25,
            "tags": ["wave"],
            "actions": [Action(name="waving", score=0.7, recogniser="x")],
            "captions": [Caption(text="HELLO", first_ms=0, last_ms=100, confidence=0.9)],
            "sound": make_sound("fear"),
            "warnings": ["two frames are missing"],
        }
    )
    text = page_of(tmp_path, full)
    for words in (
        *("embarrassment", "0.25", "Pleasure and arousal", "wave", "waving", "HELLO", "Fear", "tensed", "Sound"),
        *("Two frames are missing", "cheek raiser", "AU12", "The scene and its motion", "peak 0.", "main face"),
    ):
        assert words in text, words


def test_a_bare_reading_is_shown(tmp_path: Path, reading: Reading) -> None:
    bare = reading.model_copy(update={"faces": [], "timeline": [], "reasons": [], "peak_ms": None})
    text = page_of(tmp_path, bare)
    assert "Happiness" in text
    assert 'class="plot"' not in text


def test_many_clips_are_sorted_by_emotion_then_confidence(tmp_path: Path, reading: Reading) -> None:
    readings = [
        make_reading(make_clip(), emotion, source=name).model_copy(update={"confidence": confidence})
        for emotion, name, confidence in (
            ("sadness", "s.gif", 0.9),
            ("anger", "low.gif", 0.3),
            ("anger", "high.gif", 0.8),
        )
    ]
    page = Page(page_of(tmp_path, *readings, errors=("bad.gif: empty",)))
    names = [text for text in page.texts if text.endswith(".gif")]
    assert names == ["high.gif", "low.gif", "s.gif"] * 2
    ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    assert {link["href"][1:] for link in page.all("a")} <= ids
    assert "bad.gif: empty" in page.texts


def test_a_video_is_a_video(tmp_path: Path, reading: Reading) -> None:
    (video,) = Page(page_of(tmp_path, reading, suffix=".mp4")).all("video")
    assert video["src"].startswith("data:video/mp4;base64,")
    assert "controls" in video


def test_a_file_too_large_is_left_out_with_a_note(
    tmp_path: Path, reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_module, "CLIP_BYTES", 100)
    text = page_of(tmp_path, reading)
    assert "data:image/gif" not in text
    assert "too many to carry along; the frame of the peak is shown instead" in text


def test_a_page_too_large_leaves_the_last_clips_out(
    tmp_path: Path, reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = len(write_clip(make_clip(), tmp_path / "size.gif").read_bytes())
    monkeypatch.setattr(report_module, "PAGE_BYTES", size + 1)
    text = page_of(tmp_path, reading, reading)
    assert text.count("data:image/gif") == 1
    assert "of clips already" in text


@pytest.mark.parametrize(
    ("duration_ms", "texts"),
    [
        (1000, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]),
        (90, None),
        (60_000, ["0", "10", "20", "30", "40", "50", "60"]),
    ],
)
def test_ticks_are_round_numbers_of_seconds(duration_ms: int, texts: list[str] | None, reading: Reading) -> None:
    timeline = plot_timeline(reading.model_copy(update={"duration_ms": duration_ms}))
    assert timeline is not None
    assert 3 <= len(timeline.ticks) <= 7
    assert texts is None or [tick.text for tick in timeline.ticks] == texts


def test_the_bands_fill_the_plot(reading: Reading) -> None:
    timeline = plot_timeline(reading)
    assert timeline is not None
    assert timeline.layers[0].path.endswith("0.0,100.00Z")
    assert timeline.layers[-1].path.startswith("M0.0,0.00")
    assert {label.emotion for label in timeline.labels} == {"happiness", "surprise"}


WATCHER = b"""<!doctype html><iframe src="/page" width="1000" height="1400"></iframe><script>
const frame = document.querySelector("iframe"), started = performance.now();
setInterval(() => {
  const page = frame.contentDocument, head = page.querySelector(".head"), box = page.querySelector(".stage rect");
  const seen = {
    canvas: !!page.querySelector("canvas"), playing: !!page.querySelector(".clip.playing"),
    now: page.querySelector(".now")?.textContent, head: head?.style.left, box: Number(box?.getAttribute("width")),
  };
  if (Number(head?.style.left.replace("%", "")) > 30 || performance.now() - started > 15000)
    fetch("/seen", {method: "POST", body: JSON.stringify(seen)});
}, 50);
</script>"""


def seen_by_browser(page: bytes, folder: Path) -> tuple[dict[str, Any], str]:
    """Open a page in Chromium; return what is to be seen once the clip has played for a while, and what was logged."""
    answers: queue.Queue[dict[str, Any]] = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = page if self.path == "/page" else WATCHER
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            answers.put(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    command = [str(CHROMIUM), "--headless=new", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr"]
    command += [f"--user-data-dir={folder / 'profile'}", f"http://127.0.0.1:{server.server_port}/"]
    with open(folder / "log", "wb") as log:
        browser = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        seen = answers.get(timeout=60)
    finally:
        browser.terminate()
        browser.wait(timeout=20)
        server.shutdown()
        server.server_close()
    return seen, (folder / "log").read_text(errors="replace")


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
def test_a_browser_plays_the_clip_under_the_policy(tmp_path: Path, reading: Reading) -> None:
    seen, log = seen_by_browser(page_of(tmp_path, reading).encode(), tmp_path)
    assert seen["canvas"]
    assert seen["playing"]
    assert seen["box"] == pytest.approx(72, abs=0.2)
    assert re.fullmatch(r"0\.\d\d s: \w+ \d+ %", seen["now"])
    assert not re.search(r"Content Security Policy|Uncaught", log)
