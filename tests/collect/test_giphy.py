"""Searching providers over real HTTP: pages, patience with whatever comes back, and going on after a crash."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from provider import COUNT, KEY, Server, running_provider

from gifect.collect.candidates import CandidateFile
from gifect.collect.giphy import PROVIDERS, TRIES, Client, search
from gifect.errors import CollectError

BOTH = pytest.mark.parametrize("name", list(PROVIDERS))


@pytest.fixture
def server() -> Iterator[Server]:
    with running_provider() as server:
        yield server


@pytest.fixture(autouse=True)
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for provider in PROVIDERS.values():
        monkeypatch.setenv(provider.key_variable, KEY)


def client_of(name: str, server: Server, waits: list[float] | None = None, interval_s: float = 0.0) -> Client:
    """Return a client that writes down how long it would wait."""
    return Client(name, address=server.address, interval_s=interval_s, wait=(waits if waits is not None else []).append)


@BOTH
def test_all_pages_of_a_search(name: str, server: Server, tmp_path: Path) -> None:
    file = CandidateFile(tmp_path / "found.jsonl")
    assert search(client_of(name, server), ["happy"], file, 1000) == COUNT
    found = list(file)
    assert [candidate.url for candidate in found] == [f"https://media.example/{k}.gif" for k in range(COUNT)]
    first = found[0]
    assert (first.provider, first.title, first.width, first.height) == (name, "happy number 0", 320, 240)
    assert first.tags == (("happy", "tag 0") if name == "klipy" else ())
    assert first.rating == ("pg-13" if name == "giphy" else "")
    assert len(server.asked) == 3


@BOTH
def test_no_more_than_wanted(name: str, server: Server, tmp_path: Path) -> None:
    file = CandidateFile(tmp_path / "found.jsonl")
    assert search(client_of(name, server), ["happy"], file, 70) == 70
    assert [query["limit"] for query in server.asked] == ["50", "20"]


@BOTH
@pytest.mark.parametrize("fault", ["429", "500", "503", "html", "other", "half", "closed"])
def test_a_bad_answer_is_asked_for_again(name: str, fault: str, server: Server) -> None:
    waits: list[float] = []
    server.faults = [fault, fault]
    page = client_of(name, server, waits).page("happy")
    assert len(page.candidates) == 50
    assert waits == ([7.0, 7.0] if fault == "429" else [1.0, 2.0])


@BOTH
def test_waits_grow_and_end_in_one_error_without_the_key(name: str, server: Server) -> None:
    waits: list[float] = []
    server.faults = ["500"] * 99
    with pytest.raises(CollectError, match=f"{name}, 'happy': the server answers 500, {TRIES} times over") as caught:
        client_of(name, server, waits).page("happy")
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0]
    assert KEY not in str(caught.value)


def test_requests_keep_their_distance(server: Server) -> None:
    waits: list[float] = []
    client = client_of("giphy", server, waits, interval_s=30.0)
    client.page("happy")
    client.page("happy", "50")
    assert len(waits) == 1 and 25 < waits[0] <= 30


@BOTH
def test_a_search_goes_on_where_it_stopped(name: str, server: Server, tmp_path: Path) -> None:
    path = tmp_path / "found.jsonl"
    client = client_of(name, server)
    search(client, ["happy"], CandidateFile(path), 50)
    server.faults = ["500"] * TRIES
    with pytest.raises(CollectError):
        search(client, ["happy"], CandidateFile(path), 120)
    file = CandidateFile(path)
    assert len(file) == 50
    server.asked.clear()
    assert search(client, ["happy"], file, 120) == 70
    assert len(server.asked) == 2
    assert search(client, ["happy"], CandidateFile(path), 120) == 0
    assert len(server.asked) == 2


def test_what_two_terms_find_is_kept_once(server: Server, tmp_path: Path) -> None:
    file = CandidateFile(tmp_path / "found.jsonl")
    assert search(client_of("klipy", server), ["happy", "joy"], file, 50) == 50
    assert len(CandidateFile(tmp_path / "found.jsonl")) == 50


def test_half_a_line_at_the_end_is_taken_away(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "found.jsonl"
    search(client_of("giphy", server), ["happy"], CandidateFile(path), 50)
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"provider": "giphy", "id": "hap')
    assert len(CandidateFile(path)) == 50
    assert path.read_bytes() == whole
    path.write_bytes(b"what\n" + whole)
    with pytest.raises(CollectError, match="line 1: no candidate"):
        CandidateFile(path)


@BOTH
def test_a_wrong_key_is_told_at_once(name: str, server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    variable = PROVIDERS[name].key_variable
    monkeypatch.setenv(variable, "wrong")
    with pytest.raises(CollectError, match=f"answers 401; is {variable} right"):
        client_of(name, server).page("happy")
    assert len(server.asked) == 1
    monkeypatch.delenv(variable)
    with pytest.raises(CollectError, match=f"no key for {name}: set {variable}"):
        client_of(name, server)


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"provider": "tenor"}, "no provider 'tenor'"), ({"rating": "x"}, "no rating 'x'")],
    ids=["provider", "rating"],
)
def test_unknown_settings(settings: dict[str, str], words: str) -> None:
    with pytest.raises(CollectError, match=words):
        Client(**settings)
