"""Who may do what, where others can reach the server; what pages of other sites may not."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from running import SAMPLES, Server, made_token, running

from gifect.errors import ServerError
from gifect.server.client import Client, RequestError
from gifect.server.rates import RATES, RateLimiter
from gifect.server.settings import Settings
from gifect.server.tokens import TokenStore

ROLES = ("reader", "voter", "labeler", "admin")


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory, gifs: Path) -> Iterator[tuple[Server, dict[str, str]]]:
    """A server that asks for tokens, and one of each role."""
    folder = tmp_path_factory.mktemp("guarded")
    secrets = {role: made_token(folder, f"the {role}", role) for role in ROLES}
    options = ("--auth", "--gifs", str(gifs), "--workers", "1", "--allow-origin", "https://friend.example")
    with running(folder, *options) as server:
        yield server, secrets


def vote(client: Client) -> object:
    return client.vote("pride", "laugh.gif", "calm.gif", "left")


ACTIONS = {
    "reader": lambda client: client.ranking("pride").__next__(),
    "voter": vote,
    "labeler": lambda client: client.add_gifs(["new.gif"]),
    "admin": lambda client: client.set_queue("guilt", ["laugh.gif"]),
}


def test_a_role_may_what_those_below_it_may(guarded: tuple[Server, dict[str, str]]) -> None:
    server, secrets = guarded
    vote(Client(server.address, secrets["admin"]))
    for place, role in enumerate(ROLES):
        client = Client(server.address, secrets[role])
        for other, action in ACTIONS.items():
            if ROLES.index(other) <= place:
                action(client)
            else:
                with pytest.raises(RequestError, match=f"needs a token of role {other}") as refused:
                    action(client)
                assert refused.value.status == 403
    for action in ACTIONS.values():
        with pytest.raises(RequestError) as refused:
            action(Client(server.address))
        assert refused.value.status == 401
        with pytest.raises(RequestError, match="no such token"):
            action(Client(server.address, "gfx_guess"))


def test_a_vote_stands_under_the_name_of_its_token(guarded: tuple[Server, dict[str, str]]) -> None:
    server, secrets = guarded
    client = Client(server.address, secrets["voter"])
    assert client.vote("fear", "laugh.gif", "calm.gif", "left").voter == "the voter"
    with pytest.raises(RequestError, match="cannot act as") as refused:
        client.vote("fear", "laugh.gif", "calm.gif", "left", "ann")
    assert refused.value.status == 403


def test_guests_vote_under_no_name_of_a_token(tmp_path: Path, gifs: Path) -> None:
    made_token(tmp_path, "ann", "admin")
    with running(tmp_path, "--auth", "--anonymous", "voter", "--gifs", str(gifs), "--workers", "1") as server:
        vote = server.client.vote("pride", "laugh.gif", "calm.gif", "left", "ann")
        assert vote.voter == "guest ann"
        assert server.client.undo(vote.id, "ann").undone
        with pytest.raises(RequestError, match="needs a token of role labeler"):
            server.client.add_gifs(["new.gif"])


def test_what_is_shared_needs_no_token_and_the_rest_does(guarded: tuple[Server, dict[str, str]]) -> None:
    server, secrets = guarded
    kept = Client(server.address, secrets["reader"]).read(SAMPLES / "calm.gif")
    for path in ("/api/v1/health", kept.links.page, kept.links.media, "/sign-in"):
        assert server.ask("GET", path).status == 200
    for path in ("/", "/library", "/vote", "/label", "/dataset", "/api"):
        assert server.ask("GET", path).headers["location"].startswith("/sign-in")
    for path in ("/metrics", "/api/v1/search?q=happy", "/api/v1/gifs", "/api/v1/jobs", "/api/v1/export/votes"):
        assert server.ask("GET", path).status == 401
    assert server.ask("DELETE", f"/api/v1/readings/{kept.id}").status == 401


def signed_in(server: Server, secret: str) -> str:
    body = f"token={secret}&to=/vote".encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
    answer = server.ask("POST", "/sign-in", body, headers)
    assert (answer.status, answer.headers["location"]) == (303, "/vote")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie
    assert secret not in cookie
    return cookie.partition(";")[0]


def test_a_browser_signs_in_and_a_revoked_token_ends_its_session(tmp_path: Path) -> None:
    secret = made_token(tmp_path, "ann", "voter")
    with running(tmp_path, "--auth", "--workers", "1") as server:
        cookie = signed_in(server, secret)
        assert server.ask("GET", "/vote", headers={"Cookie": cookie}).status == 200
        forged = cookie[:-4] + "0000"
        assert server.ask("GET", "/vote", headers={"Cookie": forged}).status == 303
        wrong = server.ask("POST", "/sign-in", b"token=gfx_no", {"Content-Type": "application/x-www-form-urlencoded"})
        assert wrong.status == 401
        store = TokenStore(Settings(folder=tmp_path / "data").store_address)
        store.revoke("ann")
        assert server.ask("GET", "/vote", headers={"Cookie": cookie}).status == 303
        assert secret.encode() not in b"".join(path.read_bytes() for path in (tmp_path / "data").glob("*.db*"))
        assert secret not in server.log.read_text()


def test_pages_of_other_sites_can_change_nothing(server: Server) -> None:
    body = json.dumps({"emotion": "pride", "left": "laugh.gif", "right": "calm.gif", "choice": "left", "voter": "csrf"})
    host = server.address.partition("//")[2]
    json_type = {"Content-Type": "application/json"}
    refused = [
        {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://other.localhost"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Cookie": "gifect_voter=ann"},
        {"Origin": f"https://{host}.evil.example"},
    ]
    for headers in refused:
        answer = server.ask("POST", "/api/v1/votes", body.encode(), json_type | headers)
        assert (answer.status, answer.json["detail"]) == (403, "this request comes from a page of another site")
    for headers in ({"Sec-Fetch-Site": "same-origin"}, {"Origin": f"http://{host}"}, {}):
        assert server.ask("POST", "/api/v1/votes", body.encode(), json_type | headers).status == 201


def test_a_name_that_was_made_to_point_here_is_told(server: Server) -> None:
    assert server.ask("GET", "/api/v1/health", headers={"Host": "evil.example"}).status == 421
    assert server.ask("GET", "/", headers={"Host": "localhost:1"}).status == 200


def test_other_sites_may_call_only_where_they_are_named(guarded: tuple[Server, dict[str, str]], server: Server) -> None:
    asked = {"Origin": "https://friend.example", "Access-Control-Request-Method": "POST"}
    assert "access-control-allow-origin" not in server.ask("OPTIONS", "/api/v1/votes", headers=asked).headers
    named, _ = guarded
    answer = named.ask("OPTIONS", "/api/v1/votes", headers=asked)
    assert answer.headers["access-control-allow-origin"] == "https://friend.example"
    stranger = named.ask("OPTIONS", "/api/v1/votes", headers=asked | {"Origin": "https://evil.example"})
    assert "access-control-allow-origin" not in stranger.headers


def test_every_answer_says_what_a_page_may(server: Server) -> None:
    for path in ("/", "/vote", "/api/v1/health", "/nothing", "/static/gifect.css"):
        headers = server.ask("GET", path).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_a_body_is_refused_while_it_comes(server: Server) -> None:
    parts = urlsplit(server.address)
    for told in (True, False):
        link = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=60)
        link.putrequest("POST", "/api/v1/readings")
        link.putheader("Content-Type", "image/gif")
        link.putheader(*(("Content-Length", str(1 << 30)) if told else ("Transfer-Encoding", "chunked")))
        link.endheaders()
        if not told:
            part = b"10000\r\n" + bytes(0x10000) + b"\r\n"
            try:
                for _ in range(1 << 10):
                    link.send(part)
            except OSError:
                pass
        try:
            answer = link.getresponse()
            assert answer.status == 413
        except (ConnectionError, http.client.BadStatusLine):
            assert not told
        link.close()
    time.sleep(0.2)
    assert not list((server.folder / "data" / "incoming").iterdir())


def test_buckets_fill_evenly() -> None:
    limiter = RateLimiter()
    rate = RATES["read"]
    assert [limiter.wait_for("ann", "read", 100.0) for _ in range(rate.burst)] == [0] * rate.burst
    wait = limiter.wait_for("ann", "read", 100.0)
    assert 0 < wait <= 60 / rate.a_minute
    assert limiter.wait_for("bob", "read", 100.0) == 0
    assert limiter.wait_for("ann", "read", 100.0 + wait) == 0
    assert limiter.wait_for("ann", "read", 100.0 + wait) > 0


def test_too_many_guesses_of_a_token_are_held_back(guarded: tuple[Server, dict[str, str]]) -> None:
    server, _ = guarded
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answers = [server.ask("POST", "/sign-in", b"token=gfx_guess", headers) for _ in range(14)]
    assert answers[0].status == 401
    assert answers[-1].status == 429
    assert int(answers[-1].headers["retry-after"]) > 0


def test_the_log_is_of_requests_not_of_people(server: Server) -> None:
    client = server.client
    client.vote("pride", "laugh.gif", "calm.gif", "left", "Ann Secret")
    kept = client.read(SAMPLES / "calm.gif")
    server.ask("GET", "/api/v1/search?q=confidential", headers={"User-Agent": "Browser of Ann"})
    text = server.log.read_text()
    for word in ("Ann", "confidential", "127.0.0.1:", kept.id, "calm.gif"):
        assert word not in text.replace(server.address, "")
    line = next(line for line in reversed(server.lines()) if line.get("route") == "/api/v1/search")
    assert line["status"] == 200 and line["ms"] >= 0 and len(line["request"]) == 16


def test_numbers_for_prometheus(server: Server) -> None:
    server.client.vote("pride", "laugh.gif", "calm.gif", "left", "counted")
    text = server.ask("GET", "/metrics").body.decode()
    assert 'gifect_requests_total{method="POST",route="/api/v1/votes",status="201"}' in text
    assert "gifect_request_seconds_bucket" in text and "gifect_votes_total" in text


def test_settings_that_cannot_be_meant(tmp_path: Path) -> None:
    assert not Settings(host="127.0.0.1").asks_tokens
    assert not Settings(host="localhost").asks_tokens
    assert Settings(host="0.0.0.0").asks_tokens and Settings(host="0.0.0.0").limits_rates
    assert Settings(host="0.0.0.0").known_hosts >= {"*"}
    assert "*" not in Settings(host="0.0.0.0", auth=False).known_hosts
    assert "*" not in Settings(host="0.0.0.0", hosts=("gifs.example",)).known_hosts
    with pytest.raises(ServerError, match="no role"):
        Settings(anonymous="king")
    store = TokenStore(f"sqlite:///{tmp_path}/tokens.db")
    store.add("ann", "voter")
    for name, role, said in (("ann", "voter", "already"), ("bob", "king", "no role"), (" ", "voter", "expected")):
        with pytest.raises(ServerError, match=said):
            store.add(name, role)
    with pytest.raises(ServerError, match="no token"):
        store.revoke("eve")
