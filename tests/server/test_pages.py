"""Every page walked through in a real browser."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from browsing import barriers, visiting
from running import SAMPLES, Server

pytestmark = pytest.mark.browser

PAGES = ["/", "/vote", "/ranking", "/ranking/amusement", "/label", "/label/pride", "/label/pride?view=positive"]
PAGES += ["/dataset", "/library", "/library/stats", "/api", "/sign-in", "/library?q=happy"]


@pytest.fixture(scope="module")
def filled(server: Server) -> Server:
    """A server with readings, votes, labels and a library."""
    client = server.client
    for better, worse in (("laugh.gif", "calm.gif"), ("calm.gif", "tears.gif")):
        client.vote("amusement", better, worse, "left", "pages")
    client.set_queue("pride", ["laugh.gif", "calm.gif", "tears.gif"])
    for labeler in ("ann", "bob"):
        client.label("pride", "laugh.gif", "yes", labeler)
    job = client.add_to_library([SAMPLES / "laugh.gif", SAMPLES / "gasp.gif"])
    list(client.follow_job(job.id))
    return server


def test_a_clip_is_dropped_and_its_feelings_are_seen(filled: Server) -> None:
    with visiting(filled.address) as visit:
        page = visit.page
        page.goto("/")
        page.set_input_files("#drop input", str(SAMPLES / "laugh.gif"))
        page.wait_for_url(re.compile("/r/"))
        assert page.inner_text(".verdict strong") == "Happiness"
        assert page.locator("#bars tr").count() == 7
        assert page.locator(".intensities li").count() == 17
        page.wait_for_selector("canvas.film")
        before = page.get_attribute("#head", "x1")
        page.wait_for_function("x => document.getElementById('head').getAttribute('x1') !== x", arg=before)
        assert page.locator(".boxes rect[visibility=visible]").count() == 1
        page.click("#pause")
        held = page.get_attribute("#head", "x1")
        page.focus("#plot")
        page.keyboard.press("ArrowRight")
        assert page.get_attribute("#head", "x1") != held
        page.keyboard.press("Home")
        assert float(page.get_attribute("#head", "x1")) == 0
        page.check("#attention")
        assert page.locator("#mask").is_visible()
        page.uncheck("#outline")
        assert page.locator(".boxes rect[visibility=visible]").count() == 0
        shared = page.url
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.click("#json")
        page.wait_for_selector("#said.on")
        assert '"emotion": "happiness"' in page.evaluate("navigator.clipboard.readText()")
        assert barriers(page) == []
    with visiting(filled.address, color_scheme="dark", viewport={"width": 390, "height": 800}) as visit:
        visit.page.goto(shared)
        assert visit.page.inner_text(".verdict strong") == "Happiness"
        assert barriers(visit.page) == []


def test_a_clip_is_read_where_no_script_runs(filled: Server) -> None:
    with visiting(filled.address, java_script_enabled=False) as visit:
        page = visit.page
        page.goto("/")
        page.set_input_files("#drop input", str(SAMPLES / "gasp.gif"))
        page.click("#drop button")
        assert page.inner_text(".verdict strong") == "Surprise"
        assert page.locator(".bands path").count() == 7


def test_what_cannot_be_read_is_said(filled: Server, tmp_path: Path) -> None:
    broken = tmp_path / "broken.gif"
    broken.write_bytes(b"GIF89a nothing")
    with visiting(filled.address) as visit:
        page = visit.page
        page.goto("/")
        page.set_input_files("#drop input", str(broken))
        page.wait_for_selector("#wrong:not([hidden])")
        assert "broken.gif" in page.inner_text("#wrong")
        page.fill("#url", "http://127.0.0.1:1/x.gif")
        page.click("#address button")
        page.wait_for_function("() => document.getElementById('wrong').textContent.includes('not a public address')")
        complaints = [c for c in visit.complaints if "422" not in c]
        visit.complaints[:] = complaints  # the browser notes every answer of 422 by itself


def test_votes_by_key_and_by_hand(filled: Server) -> None:
    with visiting(filled.address) as visit:
        page = visit.page
        page.goto("/vote")
        page.fill("#voter", "keys")
        page.press("#voter", "Tab")
        page.select_option("#emotion", "relief")
        page.wait_for_function("() => document.getElementById('what').textContent === 'relief'")
        page.focus("#main")
        for count, key in enumerate(("ArrowLeft", "ArrowRight", "ArrowDown"), 1):
            with page.expect_response(lambda answer: "/question" in answer.url):
                page.keyboard.press(key)
            page.wait_for_function(f"() => document.getElementById('progress').textContent.startsWith('{count} ')")
        with page.expect_response(lambda answer: "/question" in answer.url):
            page.click("#left")
        page.wait_for_function("() => document.getElementById('progress').textContent.startsWith('4 ')")
        with page.expect_response(lambda answer: "/question" in answer.url):
            page.keyboard.press("s")
        with page.expect_response(lambda answer: answer.request.method == "DELETE"):
            page.keyboard.press("z")
        page.wait_for_function("() => document.getElementById('progress').textContent.startsWith('3 ')")
        page.wait_for_selector("#live li")
        page.click("#whole")
        page.wait_for_url("**/ranking/relief")
        while not page.locator(".ranks li").count():  # a ranking may be two seconds old
            page.wait_for_timeout(200)
            page.reload()
    votes = list(filled.client.votes("keys"))
    assert [(vote.choice, vote.undone) for vote in votes] == [
        ("left", False),
        ("right", False),
        ("neither", False),
        ("left", True),
    ]
    assert {vote.emotion for vote in votes} == {"relief"}


def test_labels_by_key(filled: Server) -> None:
    filled.client.set_queue("relief", ["laugh.gif", "calm.gif", "tears.gif", "gasp.gif"])
    with visiting(filled.address) as visit:
        page = visit.page
        page.goto("/label/relief")
        page.fill("#labeler", "keys")
        page.press("#labeler", "Tab")
        page.focus("#main")
        for gif, key in (("laugh.gif", "y"), ("calm.gif", "n"), ("tears.gif", "u")):
            page.wait_for_function(f"() => document.getElementById('gif').textContent === '{gif}'")
            if key == "y":
                page.keyboard.press("c")
            page.keyboard.press(key)
        page.wait_for_function("() => document.getElementById('gif').textContent === 'gasp.gif'")
    verdicts = {v.gif: v.labels for v in filled.client.verdicts("relief")}
    assert verdicts == {"laugh.gif": {"keys": True}, "calm.gif": {"keys": False}}


def test_an_empty_queue_is_filled_best_first(filled: Server) -> None:
    for k in range(3):
        filled.client.vote("contempt", "yuck.gif", "laugh.gif", "left", f"filler {k}")
    with visiting(filled.address) as visit:
        visit.page.goto("/label/contempt")
        visit.page.click("#fill")
        visit.page.wait_for_function("() => document.getElementById('gif').textContent === 'yuck.gif'")
    assert filled.ask("GET", "/api/v1/labels/contempt/queue").json["items"][0] == "yuck.gif"


def test_the_library_is_searched_and_tagged(filled: Server) -> None:
    with visiting(filled.address) as visit:
        page = visit.page
        page.goto("/library")
        page.wait_for_selector(".tile")
        page.fill("#q", "happy")
        page.press("#q", "Enter")
        page.wait_for_selector(".tile")
        page.locator(".tile", has_text="laugh.gif").first.click()
        page.fill("#new-tag", "well done")
        page.press("#new-tag", "Enter")
        page.wait_for_selector(".chips .own")
        assert barriers(page) == []
        page.locator(".own .x").click()
        page.wait_for_function("() => !document.querySelector('.chips .own')")


def test_a_folder_is_added(filled: Server, tmp_path: Path) -> None:
    folder = tmp_path / "clips"
    folder.mkdir()
    (folder / "sad one.gif").write_bytes((SAMPLES / "tears.gif").read_bytes())
    (folder / "notes.txt").write_text("no clip")
    with visiting(filled.address) as visit:
        page = visit.page
        page.goto("/library")
        page.set_input_files("#adding input", str(folder))
        page.wait_for_selector(".tile:has-text('sad one.gif')")


@pytest.mark.slow
@pytest.mark.parametrize(("scheme", "width"), [("light", 1280), ("dark", 390)])
def test_pages_complain_of_nothing_and_hold_nobody_up(filled: Server, scheme: str, width: int) -> None:
    with visiting(filled.address, color_scheme=scheme, viewport={"width": width, "height": 800}) as visit:
        page = visit.page
        for path in PAGES:
            page.goto(path)
            page.wait_for_load_state("networkidle")
            assert barriers(page) == [], path
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is wider than {width}"
            page.keyboard.press("Tab")
            assert page.evaluate("document.activeElement.className") == "skip", path


def test_thumbnails_play_in_view_and_only_there(filled: Server) -> None:
    with visiting(filled.address, viewport={"width": 800, "height": 700}) as visit:
        page = visit.page
        page.goto("/ranking/amusement")
        page.wait_for_function("() => document.querySelector('.play img').src.includes('/media')")
        page.evaluate(
            "document.querySelector('.bar-top').before(Object.assign(document.createElement('div'), {id: 'far'}))"
        )
        page.evaluate("document.getElementById('far').style.height = '4000px'")
        page.wait_for_function("() => document.querySelector('.play img').src.includes('/still')")


def test_who_wants_no_motion_sees_none(filled: Server) -> None:
    kept = filled.client.read(SAMPLES / "laugh.gif")
    with visiting(filled.address, reduced_motion="reduce") as visit:
        page = visit.page
        page.goto(kept.links.page)
        page.wait_for_selector("#pause:not([hidden])")
        assert page.inner_text("#pause") == "Play"
        page.goto("/ranking/amusement")
        page.wait_for_load_state("networkidle")
        assert "/still" in page.get_attribute(".play img", "src")


def test_the_first_page_is_small(server: Server) -> None:
    with visiting(server.address) as visit:
        sizes: list[int] = []
        visit.page.on("response", lambda answer: sizes.append(len(answer.body())))
        visit.page.goto("/")
        visit.page.wait_for_load_state("networkidle")
        assert 0 < sum(sizes) < 150_000
