"""Many voters at once; labels of two; the data set that comes of them."""

from __future__ import annotations

import io
import json
import zipfile
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pytest
from running import SAMPLES, Server

from gifect.server.client import Client, RequestError


def test_votes_of_many_at_once_are_all_there(server: Server) -> None:
    def vote(k: int) -> int:
        choice = ("left", "right", "neither")[k % 3]
        return server.client.vote("fear", "gasp.gif", "calm.gif", choice, f"crowd {k % 8}").id

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(vote, range(160)))
    assert len(set(numbers)) == 160
    there = {vote.id for k in range(8) for vote in server.client.votes(f"crowd {k}")}
    assert there == set(numbers)


def test_a_request_that_comes_twice_is_written_once(server: Server) -> None:
    told = {"emotion": "pride", "left": "laugh.gif", "right": "calm.gif", "choice": "left", "voter": "twice"}
    body = json.dumps(told | {"token": "t1"}).encode()
    first, again = (server.ask("POST", "/api/v1/votes", body, {"Content-Type": "application/json"}) for _ in range(2))
    assert (first.status, again.status) == (201, 201)
    assert first.json == again.json
    assert len(list(server.client.votes("twice"))) == 1


def test_asked_answered_undone(server: Server) -> None:
    client = server.client
    seen = set()
    for _ in range(6):
        asked = client.question("ann", "pride")
        assert asked and asked.emotion == "pride"
        pair = frozenset((asked.left, asked.right))
        assert pair not in seen
        seen.add(pair)
        vote = client.vote(asked.emotion, asked.left, asked.right, "left", "ann")
    assert client.undo(vote.id, "ann").undone
    with pytest.raises(RequestError, match="no vote"):
        client.undo(vote.id, "ann")
    with pytest.raises(RequestError, match="no vote"):
        client.undo(vote.id, "eve")
    assert [own.undone for own in client.votes("ann")] == [False] * 5 + [True]


def test_a_skipped_pair_is_asked_no_more(server: Server) -> None:
    path = "/api/v1/question?voter=skipper&emotion=guilt"
    asked = server.ask("GET", path).json
    seen = set()
    for _ in range(16):  # six samples make fifteen pairs
        seen.add(frozenset((asked["left"], asked["right"])))
        answer = server.ask("GET", f"{path}&skip_left={asked['left']}&skip_right={asked['right']}")
        if answer.body == b"null":
            break
        asked = answer.json
        assert frozenset((asked["left"], asked["right"])) not in seen
    assert len(seen) == 15


def test_a_ranking_follows_the_votes(server: Server) -> None:
    for k in range(12):
        for better, worse in (("laugh.gif", "calm.gif"), ("calm.gif", "tears.gif"), ("laugh.gif", "tears.gif")):
            server.client.vote("amusement", better, worse, "left", f"judge {k}")
    places = {place.gif: place for place in server.client.ranking("amusement")}
    assert places["laugh.gif"].mu > places["calm.gif"].mu > places["tears.gif"].mu
    assert all(place.sigma < 8 for place in places.values())


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"emotion": "joy"}, 422),
        ({"left": "calm.gif"}, 422),
        ({"left": "unknown.gif"}, 422),
        ({"choice": "both"}, 422),
        ({"voter": ""}, 422),
        ({"voter": "x" * 65}, 422),
        ({"more": 1}, 422),
        ({"left": 7}, 422),
    ],
)
def test_what_is_no_vote_is_refused(server: Server, change: dict, status: int) -> None:
    body = {"emotion": "pride", "left": "laugh.gif", "right": "calm.gif", "choice": "left", "voter": "bad"} | change
    answer = server.ask("POST", "/api/v1/votes", json.dumps(body).encode(), {"Content-Type": "application/json"})
    assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
    assert list(server.client.votes("bad")) == []


def test_nobody_judges_faster_than_a_person(server: Server) -> None:
    with pytest.raises(RequestError, match="within a minute") as refused:
        for _ in range(200):
            server.client.vote("shame", "laugh.gif", "calm.gif", "left", "robot")
    assert refused.value.status == 429


def test_two_labelers_and_a_third(server: Server) -> None:
    client = server.client
    queue = ["laugh.gif", "calm.gif", "tears.gif", "gasp.gif"]
    assert client.set_queue("happiness", queue) == 4
    assert client.next_gif("happiness", "ann") == "laugh.gif"
    client.label("happiness", "laugh.gif", "yes", "ann", cartoon=True)
    client.label("happiness", "calm.gif", "yes", "ann")
    client.label("happiness", "tears.gif", "unsure", "ann")
    assert client.next_gif("happiness", "ann") == "gasp.gif"
    assert client.next_gif("happiness", "bob") == "laugh.gif"
    client.label("happiness", "laugh.gif", "yes", "bob")
    state = client.label("happiness", "calm.gif", "no", "bob")
    assert (state.agreed, state.both, state.disagreements, state.share) == (1, 2, 1, 0.5)
    assert [v.gif for v in client.verdicts("happiness", "disagree")] == ["calm.gif"]
    state = client.label("happiness", "calm.gif", "no", "eve", resolve=True)
    assert (state.agreed, state.refused, state.disagreements) == (1, 1, 0)
    with pytest.raises(RequestError, match="not in the queue"):
        client.label("happiness", "glare.gif", "yes", "ann")
    told = client.dataset()
    assert told.counts["happiness"] >= 1
    assert "laugh.gif" in [item.gif for item in client.dataset_items("happiness") if item.cartoon]
    archive = zipfile.ZipFile(io.BytesIO(client.download("/api/v1/dataset/export")))
    assert {"dataset/README.md", "dataset/labels.csv"} <= set(archive.namelist())


def test_gifs_are_shown_by_name(server: Server) -> None:
    assert {"laugh.gif", "calm.gif"} <= {gif.name for gif in server.client.gifs() if gif.shown}
    assert server.client.download("/api/v1/gifs/media?name=laugh.gif") == (SAMPLES / "laugh.gif").read_bytes()
    assert server.client.download("/api/v1/gifs/still?name=laugh.gif").startswith(b"\xff\xd8")


def test_votes_and_scores_as_files(server: Server) -> None:
    server.client.vote("relief", "laugh.gif", "calm.gif", "right", "filer")
    votes = server.client.download("/api/v1/export/votes?emotion=relief").decode().splitlines()
    assert votes[0].startswith("emotion,left,right,choice") and len(votes) > 1
    assert b"relief,calm.gif" in server.client.download("/api/v1/export/scores")
    assert b"<svg" in server.client.download("/api/v1/export/plot")


def test_a_library_is_filled_searched_and_tagged(server: Server) -> None:
    client: Client = server.client
    job = client.add_to_library([SAMPLES / "laugh.gif", SAMPLES / "tears.gif", b"no clip"])
    *_, last = client.follow_job(job.id)
    assert (last.done, last.failed) == (2, 1)
    by_content = {entry.id: entry for entry in client.entries()}  # names are of whoever came first
    laugh, tears = (sha256((SAMPLES / name).read_bytes()).hexdigest() for name in ("laugh.gif", "tears.gif"))
    assert by_content[laugh].emotion == "happiness"
    assert client.search("happy")[0].id == laugh
    assert "office party" in client.tag(laugh, ["Office  party"]).own_tags
    assert client.search("office party")[0].id == laugh
    assert "office party" not in client.tag(laugh, remove=["office party"]).tags
    assert laugh not in [match.id for match in client.search("happy", emotion="sadness")]
    assert client.download(f"/api/v1/library/{laugh}/media") == (SAMPLES / "laugh.gif").read_bytes()
    assert client.text(["I got the job!"])[0].emotion == "happiness"
    assert client.recommend("I got the job!", 1)[0].id == laugh
    told = str(client.entries().__next__().model_dump()) + str(client.search("happy"))
    assert str(server.folder) not in told
    assert tears in by_content
    assert server.ask("DELETE", f"/api/v1/library/{tears}").status == 204
    assert tears not in [entry.id for entry in client.entries()]
    with pytest.raises(RequestError, match="no such clip"):
        client.similar("0" * 64)
