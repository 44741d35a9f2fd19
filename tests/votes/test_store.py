"""What a store keeps, refuses and takes back, on SQLite and on PostgreSQL."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from gifect.emotions import SEVENTEEN
from gifect.errors import HasteError, MissingExtraError, VoteError
from gifect.votes.ballots import CHOICES, Ballot, Vote
from gifect.votes.store import Store, store_address


def told(store: Store) -> list[tuple[str, str, str, str, str]]:
    votes = store.votes()
    columns = (votes.emotion, votes.left, votes.right, votes.choice, votes.voter)
    return [
        (SEVENTEEN[e], votes.gifs[a], votes.gifs[b], CHOICES[c], votes.voters[v])
        for e, a, b, c, v in zip(*columns, strict=True)
    ]


def test_votes_come_out_as_they_went_in(store: Store) -> None:
    given = [
        ("happiness", "a", "b", "left", "ann"),
        ("anger", "c", "a", "right", "bob"),
        ("anger", "e", "f", "neither", "ann"),
    ]
    for emotion, left, right, choice, voter in given:
        vote = store.add(emotion, left, right, choice, voter)
        assert (vote.emotion, vote.left, vote.right, vote.choice, vote.voter) == (emotion, left, right, choice, voter)
    assert told(store) == given
    assert [len(store.votes(name)) for name in ("anger", "happiness", "fear")] == [2, 1, 0]
    assert {name: n for name, n in store.counts().items() if n} == {"anger": 2, "happiness": 1}


def test_votes_are_there_for_the_next_who_opens_the_store(store: Store, address: str) -> None:
    store.add("pride", "a", "b", "left", "ann", time_ms=1_000)
    with Store(address) as other:
        assert told(other) == [("pride", "a", "b", "left", "ann")]
        assert other.votes().time_ms.tolist() == [1_000]
        assert other.gifs() == list("abcdef")


def test_a_request_that_comes_twice_is_written_once(store: Store) -> None:
    first = store.add("fear", "a", "b", "left", "ann", token="request 1")
    assert store.add("fear", "a", "b", "left", "ann", token="request 1") == first
    assert store.add("fear", "a", "b", "left", "ann", token="request 2").id != first.id
    assert len(store.votes()) == 2


def test_a_request_that_comes_many_times_at_once_is_written_once(store: Store, address: str) -> None:
    found = []

    def vote() -> None:
        with Store(address) as own:
            found.append(own.add("fear", "a", "b", "left", "ann", token="request 1").id)

    threads = [threading.Thread(target=vote) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and len(set(found)) == 1
    assert len(store.votes()) == 1


def test_undo_takes_back_the_last_vote_that_stands(store: Store) -> None:
    for right in "bcd":
        store.add("relief", "a", right, "left", "ann")
    store.add("relief", "e", "f", "left", "bob")
    assert [store.undo("ann").right, store.undo("ann").right] == ["d", "c"]
    assert [vote[2] for vote in told(store)] == ["b", "f"]
    assert [vote.undone for vote in store.history("ann")] == [False, True, True]


def test_undo_of_one_vote_by_its_number(store: Store) -> None:
    first = store.add("guilt", "a", "b", "left", "ann")
    store.add("guilt", "a", "c", "left", "ann")
    assert store.undo("ann", first.id).undone
    assert [vote[2] for vote in told(store)] == ["c"]
    with pytest.raises(VoteError, match=f"'ann' has no vote {first.id} that could be undone"):
        store.undo("ann", first.id)
    with pytest.raises(VoteError, match="'bob' has no vote"):
        store.undo("bob")


@pytest.mark.parametrize(
    ("vote", "words"),
    [
        (("joy", "a", "b", "left", "ann"), "no emotion 'joy': expected one of amusement"),
        (("fear", "a", "a", "left", "ann"), "'a' is on both sides"),
        (("fear", "a", "z", "left", "ann"), "no GIF 'z' in the store"),
        (("fear", "z", "a", "left", "ann"), "no GIF 'z' in the store"),
        (("fear", "a", "b", "both", "ann"), "no choice 'both': expected one of left, right, neither"),
        (("fear", "a", "b", "left", ""), "a vote without a voter"),
    ],
    ids=["emotion", "same GIF", "unknown right", "unknown left", "choice", "voter"],
)
def test_what_is_refused_leaves_no_trace(store: Store, vote: tuple[str, str, str, str, str], words: str) -> None:
    with pytest.raises(VoteError, match=words):
        store.add(*vote)
    assert len(store.votes()) == 0
    assert list(store.votes().voters) == []


def test_a_thousand_votes_a_minute_are_refused(address: str) -> None:
    with Store(address, most_a_minute=20) as store:
        store.add_gifs("ab")
        for k in range(20):
            store.add("fear", "a", "b", "left", "ann", time_ms=10_000 + k * 60)
        with pytest.raises(VoteError, match="20 votes within a minute"):
            store.add("fear", "a", "b", "left", "ann", time_ms=12_000)
        store.add("fear", "a", "b", "left", "bob", time_ms=12_000)
        store.add("fear", "a", "b", "left", "ann", time_ms=10_000 + 60_000)
        assert len(store.votes()) == 22


def test_gifs_become_known_once(store: Store) -> None:
    assert store.add_gifs(["a", "new", "new"]) == 1
    assert store.gifs() == [*"abcdef", "new"]
    with pytest.raises(VoteError, match="an empty name"):
        store.add_gifs([""])


def test_many_who_vote_at_once(store: Store, address: str) -> None:
    def vote(name: str) -> None:
        with Store(address) as own:
            for right in "bcdef":
                own.add("shame", "a", right, "left", name)

    threads = [threading.Thread(target=vote, args=(f"voter {k}",)) for k in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(vote[4] for vote in told(store)) == sorted(f"voter {k}" for k in range(6) for _ in range(5))


def test_strange_names_survive(store: Store) -> None:
    names = ["Zoë 🎉", "a'; DROP TABLE votes; --", 'with "quotes", and commas']
    store.add_gifs(names)
    store.add("fear", names[0], names[1], "left", names[2])
    assert told(store) == [("fear", *names[:2], "left", names[2])]


def test_no_address_is_told(tmp_path: Path) -> None:
    with pytest.raises(VoteError, match="is no address of a database"):
        Store("votes.db")
    with pytest.raises(VoteError, match="cannot be opened"):
        Store(f"sqlite:///{tmp_path}/no/such/folder/votes.db")
    (tmp_path / "text.db").write_text("no database at all" * 100)
    with pytest.raises(VoteError, match="file is not a database"):
        Store(f"sqlite:///{tmp_path}/text.db")


def test_a_missing_driver_names_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "psycopg", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'gifect\[postgres\]'"):
        Store("postgresql://nobody@localhost/none")


def test_the_address_comes_from_the_call_or_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GIFECT_VOTES", raising=False)
    assert store_address() == "sqlite:///votes.db"
    monkeypatch.setenv("GIFECT_VOTES", "sqlite:///other.db")
    assert store_address() == "sqlite:///other.db"
    assert store_address("sqlite:///given.db") == "sqlite:///given.db"


def test_many_at_once_are_each_answered_by_themselves(store: Store) -> None:
    before = store.add("fear", "a", "b", "left", "ann", token="old")
    ballots = [
        Ballot("fear", "a", "b", "left", "ann", "old"),
        Ballot("fear", "b", "c", "right", "bob", "new"),
        Ballot("fear", "a", "nowhere", "left", "ann"),
        Ballot("fear", "b", "c", "right", "bob", "new"),
        Ballot("pride", "c", "d", "neither", "eve"),
        Ballot("fear", "a", "a", "left", "ann"),
    ]
    old, new, unknown, again, untold, same = store.add_all(ballots)
    assert old == before
    assert isinstance(new, Vote) and again == new and new.choice == "right"
    assert isinstance(untold, Vote) and untold.emotion == "pride" and untold.id > new.id
    assert isinstance(unknown, VoteError) and "nowhere" in str(unknown)
    assert isinstance(same, VoteError) and "both sides" in str(same)
    assert len(store.votes()) == 3
    assert [vote.id for vote in store.history("bob")] == [new.id]


def test_haste_is_told_within_one_writing(address: str) -> None:
    with Store(address, most_a_minute=3) as store:
        store.add_gifs("ab")
        answers = store.add_all([Ballot("fear", "a", "b", "left", "ann") for _ in range(5)])
        assert [isinstance(answer, HasteError) for answer in answers] == [False] * 3 + [True] * 2
        assert len(store.history("ann")) == 3
