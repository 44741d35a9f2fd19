"""URLs: a real server here, and what must never be reached."""

from __future__ import annotations

import http.server
import ipaddress
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from exact_gif import encode, random_gif

from gifect.errors import ClipError
from gifect.media.clip import Clip, Limits
from gifect.media.fetch import is_public

GIF = encode(random_gif(2))
OPEN = Limits(allow_private=True)


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers by path; `/to/<n>` redirects n times."""

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        if path.startswith("/to/"):
            left = int(path[4:])
            self.redirect(f"/to/{left - 1}" if left > 1 else "../party.gif")
        elif path == "/away":
            self.redirect(self.path.split("?", 1)[1])
        elif path in ("/party.gif", "/f%C3%AAte%20.gif"):
            self.answer(GIF)
        elif path == "/short":
            self.answer(GIF[:-9], claim=len(GIF))
        elif path == "/endless":
            self.answer(b"", claim=None)
            while True:
                self.wfile.write(b"GIF89a" * 1000)
        elif path == "/slow":
            self.answer(b"", claim=None)
            while True:
                self.wfile.write(b"G")
                self.server.woken.wait(0.05)
        elif path == "/slow-head":
            while True:
                self.wfile.write(b"H")
                self.server.woken.wait(0.05)
        elif path == "/page":
            self.answer(b"<!doctype html><html>hello</html>")
        else:
            self.send_error(404)

    def redirect(self, target: str) -> None:
        self.send_response(302)
        self.send_header("Location", target)
        self.end_headers()

    def answer(self, body: bytes, claim: int | None = -1) -> None:
        self.send_response(200)
        if claim is not None:
            self.send_header("Content-Length", str(len(body) if claim < 0 else claim))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    woken = threading.Event()

    def handle_error(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.woken.set()
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("path", ["/party.gif", "/party.gif?size=big#top", "/fête .gif", "/to/5"])
def test_opens_a_url(site: str, path: str) -> None:
    clip = Clip.open(site + path, limits=OPEN)
    assert (clip.source, clip.format, clip.frame_count) == (site + path, "gif", 3)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="needs openssl to make a certificate")
def test_https_checks_the_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    command = "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=here -addext subjectAltName=IP:127.0.0.1"
    subprocess.run([*command.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True)
    server = Server(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"https://127.0.0.1:{server.server_port}/party.gif"
    with pytest.raises(ClipError, match="certificate verify failed"):
        Clip.open(url, limits=OPEN)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert Clip.open(url, limits=OPEN).frame_count == 3
    with pytest.raises(ClipError, match="certificate"):
        Clip.open(url.replace("127.0.0.1", "localhost"), limits=OPEN)
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("/absent.gif", "the server answers 404"),
        ("/to/6", "more than 5 redirects"),
        ("/short", "9 bytes early|IncompleteRead"),
        ("/page", "a web page"),
        ("/away?file:///etc/passwd", "only http and https"),
        ("/away?http://user:secret@example.com/", "user name"),
    ],
)
def test_says_what_is_wrong(site: str, path: str, message: str) -> None:
    with pytest.raises(ClipError, match=message):
        Clip.open(site + path, limits=OPEN)


@pytest.mark.parametrize("path", ["/endless", "/party.gif"])
def test_stops_at_the_size_limit(site: str, path: str) -> None:
    with pytest.raises(ClipError, match=r"over the limit of 1,000; .*GIFECT_MAX_URL_BYTES"):
        Clip.open(site + path, limits=Limits(allow_private=True, url_bytes=1000))


@pytest.mark.parametrize("path", ["/slow", "/slow-head"])
def test_stops_at_the_time_limit_however_the_server_drips(site: str, path: str) -> None:
    start = time.monotonic()
    with pytest.raises(ClipError, match=r"not there within 0\.4 s"):
        Clip.open(site + path, limits=Limits(allow_private=True, url_seconds=0.4))
    assert time.monotonic() - start < 3


def test_private_addresses_are_refused_by_default(site: str) -> None:
    port = site.rpartition(":")[2]
    for host in ("127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433", "127.1", "0x7f.1"):
        with pytest.raises(ClipError, match=r"not a public address|not known"):
            Clip.open(f"http://{host}:{port}/party.gif")


def test_redirect_to_a_private_address_is_refused(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first hop is let through as if public; the hop that it leads to is looked at all the same."""
    port = int(site.rpartition(":")[2])
    look_up = socket.getaddrinfo

    def resolve(host: str, *rest: object, **more: object) -> object:
        return look_up("127.0.0.1" if host == "public.example" else host, *rest, **more)

    monkeypatch.setattr("gifect.media.fetch.socket.getaddrinfo", resolve)
    monkeypatch.setattr("gifect.media.fetch.is_public", lambda address: address.packed != b"\x7f\0\0\2")
    with pytest.raises(ClipError, match=r"127\.0\.0\.2, which is not a public address"):
        Clip.open(f"http://public.example:{port}/away?http://127.0.0.2:{port}/party.gif")


def test_name_is_looked_up_once_only(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    look_up, asked = socket.getaddrinfo, []

    def resolve(host: str, *rest: object, **more: object) -> object:
        if host == "rebinding.example":
            asked.append(host)
            host = "127.0.0.1" if len(asked) == 1 else "127.0.0.9"
        return look_up(host, *rest, **more)

    monkeypatch.setattr("gifect.media.fetch.socket.getaddrinfo", resolve)
    url = site.replace("127.0.0.1", "rebinding.example") + "/party.gif"
    assert Clip.open(url, limits=OPEN).frame_count == 3
    assert asked == ["rebinding.example"]


@pytest.mark.parametrize(
    "url", ["ftp://example.com/a.gif", "file:///etc/passwd", "gopher://x/", "http://", "http://[::1", "http://h:99999/"]
)
def test_only_http(url: str) -> None:
    with pytest.raises(ClipError):
        Clip.open(url)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::", False),
        ("::1", False),
        ("fe80::1", False),
        ("fc00::1", False),
        ("ff02::1", False),
        ("::ffff:10.0.0.1", False),
        ("::ffff:8.8.8.8", True),
        ("::10.0.0.1", False),
        ("2002:7f00:1::", False),
        ("64:ff9b::a00:1", False),
        ("2001:0:7f00:1::", False),
    ],
)
def test_public_addresses(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public
