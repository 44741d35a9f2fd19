"""Downloads over real HTTP, and what is kept of them."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from gifect.collect.candidates import Candidate
from gifect.collect.screen import LOG, MOVED, Finding, clean_folder, download, is_card, screen_folder
from gifect.errors import CollectError
from gifect.media.clip import Clip
from gifect.media.limits import Limits
from gifect.media.write import write_clip

OPEN = Limits(allow_private=True)


def moving(seed: int, side: int = 96, frames: int = 6) -> Clip:
    """Return a clip of coloured squares that move."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 255, (6, 6, 3), np.uint8)
    picture = coarse.repeat(side // 6, 0).repeat(side // 6, 1)
    return Clip.from_frames(np.stack([np.roll(picture, 9 * k, 1) for k in range(frames)]), 80)


def gif_of(clip: Clip, folder: Path) -> bytes:
    path = folder / "made.gif"
    write_clip(clip, path)
    data = path.read_bytes()
    path.unlink()
    return data


@pytest.fixture
def files(tmp_path: Path) -> dict[str, bytes]:
    """Return files by name: two clips, the first again but smaller, a still, half a file, a web page."""
    first = moving(1)
    small = Clip.from_frames(np.ascontiguousarray(first.frames[:, ::2, ::2]), 80)
    still = Clip.from_frames(np.repeat(first.frames[:1], 3, 0), 80)
    made = {name: gif_of(clip, tmp_path) for name, clip in {"a": first, "b": moving(2), "c": small, "d": still}.items()}
    return made | {"e": made["a"][: len(made["a"]) // 3][:200], "f": b"<!doctype html><html>gone</html>"}


STATES = {"a": "kept", "b": "kept", "c": "duplicate", "d": "still", "e": "broken", "f": "broken"}


@pytest.fixture
def address(files: dict[str, bytes]) -> Iterator[str]:
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = files.get(self.path[1:])
            self.send_response(200 if body else 404)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_files_of_a_folder(files: dict[str, bytes], tmp_path: Path) -> None:
    folder = tmp_path / "clips"
    (folder / "below").mkdir(parents=True)
    for name, data in files.items():
        (folder / "below" / f"{name}.gif").write_bytes(data)
    (folder / "notes.txt").write_text("no clip")
    found = {Path(finding.name).stem: finding for finding in screen_folder(folder)}
    assert {name: finding.state for name, finding in found.items()} == STATES
    assert found["c"].why == "below/a.gif"
    with pytest.raises(CollectError, match="no folder"):
        list(screen_folder(tmp_path / "missing"))


def test_downloads_are_kept_or_told(files: dict[str, bytes], address: str, tmp_path: Path) -> None:
    folder = tmp_path / "got"
    candidates = [Candidate("giphy", name, f"{address}/{name}") for name in (*files, "z")]
    candidates.append(Candidate("giphy", "../../etc", f"{address}/a"))
    found = {finding.name: finding for finding in download(candidates, folder, OPEN)}
    expected = {f"giphy-{name}": state for name, state in STATES.items()}
    assert {name: finding.state for name, finding in found.items()} == expected | {
        "giphy-z": "gone",
        "giphy-../../etc": "broken",
    }
    assert found["giphy-c"].why == "giphy-a"
    assert sorted(path.name for path in folder.iterdir()) == [LOG, "giphy-a.gif", "giphy-b.gif"]
    assert (folder / "giphy-a.gif").read_bytes() == files["a"]


def test_downloads_go_on_where_they_stopped(files: dict[str, bytes], address: str, tmp_path: Path) -> None:
    candidates = [Candidate("giphy", name, f"{address}/{name}") for name in ("a", "z")]
    assert [finding.state for finding in download(candidates, tmp_path / "got", OPEN)] == ["kept", "gone"]
    with (tmp_path / "got" / LOG).open("ab") as log:
        log.write(b'{"name": "gip')
    files["z"] = files["c"]
    again = list(download(candidates, tmp_path / "got", OPEN))
    assert again == [Finding("giphy-z", "duplicate", "giphy-a")]
    assert list(download(candidates, tmp_path / "got", OPEN)) == []


def card(words: list[str], ground: tuple[int, int, int], side: int = 200, blink: bool = False) -> Clip:
    """Return a clip of words on one colour; a dot of it may blink."""
    picture = np.full((side * 2 // 3, side, 3), ground, np.uint8)
    ink = (0, 0, 0) if sum(ground) > 380 else (255, 255, 255)
    for row, text in enumerate(words):
        place = (side // 12, side * (2 + row) // 8)
        cv2.putText(picture, text, place, cv2.FONT_HERSHEY_SIMPLEX, side / 300, ink, max(1, side // 150), cv2.LINE_AA)
    frames = np.repeat(picture[None], 4, 0)
    if blink:
        frames[1:, -12:-10, 10:12] = 128
    return Clip.from_frames(frames, 100)


@pytest.mark.parametrize("words", [["content", "not available"], ["404"], ["This image is no", "longer available"]])
@pytest.mark.parametrize("ground", [(255, 255, 255), (20, 20, 20), (97, 87, 255)], ids=["white", "black", "violet"])
@pytest.mark.parametrize("side", [96, 480])
def test_cards_are_told(words: list[str], ground: tuple[int, int, int], side: int) -> None:
    assert is_card(card(words, ground, side)) and is_card(card(words, ground, side, blink=True))


def test_what_moves_on_one_colour_is_no_card() -> None:
    frames = np.full((6, 120, 160, 3), 250, np.uint8)
    for k, frame in enumerate(frames):
        cv2.circle(frame, (30 + 20 * k, 60), 14, (200, 30, 30), -1)
    assert not is_card(Clip.from_frames(frames, 80))
    assert not is_card(moving(3))


@pytest.mark.shared
def test_real_clips_are_no_cards() -> None:
    from gifect.training.data.shared import iterate_clips

    flagged = [name for name, mp4 in islice(iterate_clips("valid"), 150) if is_card(Clip.open(mp4))]
    assert flagged == []


def test_a_folder_is_cleaned_and_nothing_is_lost(files: dict[str, bytes], tmp_path: Path) -> None:
    folder, aside = tmp_path / "clips", tmp_path / "clips" / "aside"
    (folder / "below").mkdir(parents=True)
    files["g"] = gif_of(card(["not available"], (255, 255, 255), blink=True), tmp_path)
    files["h"] = gif_of(moving(7), tmp_path)
    for name, data in files.items():
        (folder / "below" / f"{name}.gif").write_bytes(data)
    known = Clip.open(files["h"])
    found = {Path(one.name).stem: one.state for one in clean_folder(folder, aside, placeholders=[known])}
    assert found == STATES | {"g": "placeholder", "h": "placeholder"}
    assert sorted(path.name for path in (folder / "below").iterdir()) == ["a.gif", "b.gif"]
    assert {path.stem: path.read_bytes() for path in aside.rglob("*.gif")} == {
        name: data for name, data in files.items() if name not in "ab"
    }
    rows = (aside / MOVED).read_text().splitlines()
    assert len(rows) == 1 + 6 and rows[0] == "file,state,why,moved_to"
    assert [one.state for one in clean_folder(folder, aside)] == ["kept", "kept"]
    (folder / "below" / "c.gif").write_bytes(files["c"])
    assert [one.state for one in clean_folder(folder, aside)] == ["kept", "kept", "duplicate"]
    assert (aside / "duplicate" / "below" / "c-1.gif").read_bytes() == files["c"]


def test_plain_clips_of_other_brightness_are_no_duplicates(tmp_path: Path) -> None:
    for name, level in (("dark", 40), ("light", 160), ("night", 44)):
        frames = np.full((5, 60, 80, 3), level, np.uint8) + np.arange(0, 50, 10, np.uint8)[:, None, None, None]
        write_clip(Clip.from_frames(frames, 80), tmp_path / f"{name}.gif")
    found = {one.name: one.state for one in screen_folder(tmp_path)}
    assert found == {"dark.gif": "kept", "light.gif": "kept", "night.gif": "duplicate"}
