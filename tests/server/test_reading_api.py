"""Clips in, readings out."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from running import SAMPLES, Server, running

import gifect
from gifect.server.client import RequestError

LAUGH = (SAMPLES / "laugh.gif").read_bytes()


def test_a_reading_is_that_of_the_package(server: Server) -> None:
    kept = server.client.read(SAMPLES / "laugh.gif")
    own = gifect.read(LAUGH).model_copy(update={"source": "laugh.gif"})
    assert kept.reading == own
    assert server.client.reading(kept.id) == kept


@pytest.mark.parametrize("kind", ["image/gif", "application/octet-stream"])
def test_a_clip_as_the_body_itself(server: Server, kind: str) -> None:
    answer = server.ask("POST", "/api/v1/readings?landmarks=true", LAUGH, {"Content-Type": kind})
    assert answer.status == 201
    assert answer.headers["location"] == f"/api/v1/readings/{answer.json['id']}"
    assert len(answer.json["reading"]["faces"][0]["samples"][0]["landmarks"]) == 70


def test_the_clip_and_its_pictures_are_kept(server: Server) -> None:
    kept = server.client.read(SAMPLES / "laugh.gif")
    media = server.ask("GET", kept.links.media)
    assert (media.body, media.headers["content-type"]) == (LAUGH, "image/gif")
    assert "sandbox" in media.headers["content-security-policy"]
    for name in ("poster", "thumb", "face-0", "attended-0"):
        assert server.ask("GET", f"/api/v1/readings/{kept.id}/{name}").body.startswith(b"\xff\xd8")
    assert server.ask("GET", f"/api/v1/readings/{kept.id}/face-99").status == 404


def test_what_has_not_changed_is_not_sent_again(server: Server) -> None:
    kept = server.client.read(SAMPLES / "calm.gif")
    for path in (f"/api/v1/readings/{kept.id}", kept.links.media):
        first = server.ask("GET", path)
        again = server.ask("GET", path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status, again.body) == (304, b"")


def test_a_reading_can_be_removed(server: Server) -> None:
    kept = server.client.read(SAMPLES / "calm.gif")
    assert server.ask("DELETE", f"/api/v1/readings/{kept.id}").status == 204
    with pytest.raises(RequestError, match="no such reading"):
        server.client.reading(kept.id)


@pytest.mark.parametrize(
    ("kind", "body", "status", "said"),
    [
        ("image/gif", b"", 422, "empty"),
        ("image/gif", b"GIF89a", 422, "clip"),
        ("image/gif", b"no picture at all", 422, "clip"),
        ("text/html", b"<p>", 415, "expected"),
        ("application/json", b'{"url": 1}', 422, "address"),
        ("application/json", b'{"path": "/etc/passwd"}', 422, "expected"),
        ("application/json", b"[" * 100_000, 422, "JSON"),
        ("application/json", b'{"url": "file:///etc/passwd"}', 422, "http"),
        ("multipart/form-data; boundary=x", b"--x--\r\n", 422, "no file"),
        ("multipart/form-data", b"--x--\r\n", 422, "form"),
    ],
)
def test_what_is_no_clip_is_refused(server: Server, kind: str, body: bytes, status: int, said: str) -> None:
    answer = server.ask("POST", "/api/v1/readings", body, {"Content-Type": kind})
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
    assert said in answer.json["detail"]
    assert answer.json["status"] == status


def test_names_of_files_lead_nowhere(server: Server) -> None:
    body = (
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="../../..\\evil\r\n.gif"\r\n\r\n'
        + LAUGH
        + b"\r\n--x--\r\n"
    )
    answer = server.ask("POST", "/api/v1/readings", body, {"Content-Type": "multipart/form-data; boundary=x"})
    assert answer.status in (201, 422)
    assert not list(server.folder.rglob("*evil*"))
    for path in ("/api/v1/readings/..%2f..%2fgifect.db", "/static/../settings.py", "/static/%2e%2e/settings.py"):
        assert server.ask("GET", path).status == 404
    assert server.ask("GET", "/api/v1/gifs/media?name=..%2Flog").status == 404


@contextmanager
def site(path: Path) -> Iterator[str]:
    """Serve a folder as another machine would."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *given: object) -> None:
            super().__init__(*given, directory=str(path))  # type: ignore[arg-type]

        def log_message(self, *_: object) -> None:
            pass

    other = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    threading.Thread(target=other.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{other.server_port}"
    other.shutdown()
    other.server_close()


def test_an_address_is_fetched_where_that_is_allowed(tmp_path: Path) -> None:
    with site(SAMPLES) as other, running(tmp_path, "--allow-private", "--workers", "1") as server:
        assert server.client.read(f"{other}/gasp.gif").reading.emotion == "surprise"
        with pytest.raises(RequestError, match="404"):
            server.client.read(f"{other}/none.gif")
        job = server.client.start_job([f"{other}/laugh.gif", f"{other}/none.gif"])
        *_, last = server.client.follow_job(job.id)
        assert (last.state, last.done, last.failed) == ("done", 1, 1)


def test_a_job_reads_many_and_says_what_failed(server: Server) -> None:
    job = server.client.start_job([SAMPLES / "laugh.gif", b"nothing", SAMPLES / "gasp.gif"])
    *before, last = server.client.follow_job(job.id)
    assert (last.state, last.total, last.done, last.failed) == ("done", 3, 2, 1)
    assert [told.done + told.failed for told in before] == sorted(told.done + told.failed for told in before)
    items = list(server.client.job_items(job.id))
    assert [item.state for item in items] == ["done", "failed", "done"]
    assert server.client.reading(str(items[2].result)).reading.emotion == "surprise"
    first = server.ask("GET", f"/api/v1/jobs/{job.id}/items?limit=2").json
    assert (len(first["items"]), first["total"]) == (2, 3)
    assert json.loads(server.ask("GET", first["next"]).body)["next"] is None


def test_a_job_can_be_cancelled(server: Server) -> None:
    job = server.client.start_job([SAMPLES / "laugh.gif"] * 12)
    cancelled = server.client.cancel_job(job.id)
    assert cancelled.state == "cancelled"
    *_, last = server.client.follow_job(job.id)
    assert last.done < 12
    states = {item.state for item in server.client.job_items(job.id)}
    assert "cancelled" in states and states <= {"done", "cancelled", "waiting"}


def test_a_job_goes_on_after_the_server_was_killed(tmp_path: Path) -> None:
    first = running(tmp_path, "--workers", "1")
    with first as server:
        job = server.client.start_job([SAMPLES / "laugh.gif"] * 6)
        for told in server.client.follow_job(job.id):
            if told.done >= 2:
                break
        server.process.kill()
        server.process.wait()
    with running(tmp_path, "--workers", "1") as server:
        *_, last = server.client.follow_job(job.id)
        assert (last.state, last.done, last.failed) == ("done", 6, 0)
        assert len({item.result for item in server.client.job_items(job.id)}) == 6
