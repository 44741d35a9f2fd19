"""Two labelers work through a queue: who sees what next, what they agree on, and what survives a crash."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from sklearn.metrics import cohen_kappa_score
from sqlalchemy import func, select

from gifect.collect.label import Label, LabelStore
from gifect.collect.tables import labels
from gifect.errors import CollectError

LABELLING = """
import sys
from gifect.collect.label import Label, LabelStore
store = LabelStore(sys.argv[1])
while gif := store.next_gif("fear", "ann", 10_000):
    store.add(Label("fear", gif, "ann", True))
    print(gif, flush=True)
"""


@pytest.fixture
def store(database: str) -> Iterator[LabelStore]:
    store = LabelStore(database)
    store.set_queue("fear", "abcdef")
    yield store
    store.close()


def say(store: LabelStore, labeler: str, gifs: str, positive: bool = True) -> None:
    for gif in gifs:
        store.add(Label("fear", gif, labeler, positive))


def test_first_what_another_has_seen_then_what_nobody_has(store: LabelStore) -> None:
    assert store.next_gif("fear", "ann", 10) == "a"
    say(store, "ann", "abd")
    assert store.next_gif("fear", "ann", 10) == "c"
    assert store.next_gif("fear", "bob", 10) == "a"
    say(store, "bob", "abd")
    assert store.next_gif("fear", "bob", 10) == "c"
    assert store.next_gif("fear", "eve", 10) == "c"


def test_it_ends_when_enough_is_agreed_on_or_nothing_is_left(store: LabelStore) -> None:
    say(store, "ann", "abc")
    say(store, "bob", "ab")
    say(store, "bob", "c", positive=False)
    assert store.next_gif("fear", "ann", 2) is None
    assert store.next_gif("fear", "ann", 3) == "d"
    say(store, "ann", "def")
    assert store.next_gif("fear", "ann", 99) is None
    assert store.next_gif("anger", "ann", 99) is None


def test_disagreements_are_resolved_by_a_third(store: LabelStore) -> None:
    say(store, "ann", "abc")
    say(store, "bob", "a")
    say(store, "bob", "bc", positive=False)
    assert [verdict.gif for verdict in store.disagreements("fear")] == ["b", "c"]
    assert store.verdicts("fear")["b"].positive is None
    store.add(Label("fear", "b", "eve", True, resolution=True))
    store.add(Label("fear", "c", "eve", False, resolution=True))
    assert store.disagreements("fear") == []
    assert {gif: verdict.positive for gif, verdict in store.verdicts("fear").items()} == {
        "a": True,
        "b": True,
        "c": False,
    }
    with pytest.raises(CollectError, match="nothing to resolve"):
        store.add(Label("fear", "a", "eve", False, resolution=True))


def test_the_last_label_of_a_labeler_counts(store: LabelStore) -> None:
    say(store, "ann", "a")
    say(store, "bob", "a")
    say(store, "ann", "a", positive=False)
    assert store.verdicts("fear")["a"].disagrees
    store.add(Label("fear", "a", "ann", True, cartoon=True))
    verdict = store.verdicts("fear")["a"]
    assert verdict.positive and verdict.labels[0].cartoon


def test_agreement_is_cohens_kappa(store: LabelStore) -> None:
    ann, bob = [True, True, False, True, False, False], [True, False, False, True, True, False]
    for gif, first, second in zip("abcdef", ann, bob, strict=True):
        store.add(Label("fear", gif, "ann", first))
        store.add(Label("fear", gif, "bob", second))
    found = store.agreement("fear")
    assert (found.both, found.share) == (6, pytest.approx(4 / 6))
    assert found.kappa == pytest.approx(cohen_kappa_score(ann, bob))
    nothing = store.agreement("anger")
    assert nothing.both == 0 and nothing.kappa != nothing.kappa


def test_emotions_have_queues_of_their_own_and_a_new_order_keeps_labels(store: LabelStore) -> None:
    store.set_queue("anger", ["x", "y", "x"])
    assert store.queue("anger") == ["x", "y"]
    say(store, "ann", "a")
    store.set_queue("fear", "fedcba")
    assert store.queue("fear") == list("fedcba")
    assert list(store.verdicts("fear")) == ["a"]


@pytest.mark.parametrize(
    ("label", "words"),
    [
        (Label("joy", "a", "ann", True), "no emotion 'joy'"),
        (Label("fear", "z", "ann", True), "'z' is not in the queue of fear"),
        (Label("fear", "a", "", True), "without a labeler"),
    ],
    ids=["emotion", "gif", "labeler"],
)
def test_what_is_refused(store: LabelStore, label: Label, words: str) -> None:
    with pytest.raises(CollectError, match=words):
        store.add(label)
    assert store.verdicts("fear") == {}


def test_a_request_that_comes_many_times_at_once_is_written_once(store: LabelStore, database: str) -> None:
    def label() -> None:
        own = LabelStore(database)
        own.add(Label("fear", "a", "ann", True), token="request 1")
        own.close()

    threads = [threading.Thread(target=label) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with store.engine.connect() as connection:
        assert connection.scalar(select(func.count()).select_from(labels)) == 1
    store.add(Label("fear", "a", "ann", False), token="request 2")
    assert [label.positive for label in store.verdicts("fear")["a"].labels] == [False]


def test_many_who_label_at_once(store: LabelStore, database: str) -> None:
    def label(name: str) -> None:
        own = LabelStore(database)
        while gif := own.next_gif("fear", name, 99):
            own.add(Label("fear", gif, name, True))
        own.close()

    threads = [threading.Thread(target=label, args=(f"labeler {k}",)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [store.verdicts("fear")[gif].positive for gif in "abcdef"] == [True] * 6


def test_killed_while_labelling(store: LabelStore, database: str) -> None:
    store.set_queue("fear", [f"gif {k}" for k in range(2000)])
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", LABELLING, database]
    labelling = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert labelling.stdout is not None
    told = [labelling.stdout.readline().strip() for _ in range(25)]
    labelling.send_signal(signal.SIGKILL)
    told += labelling.communicate()[0].split("\n")[:-1]
    there = list(store.verdicts("fear"))
    assert there[: len(told)] == told
    assert len(there) <= len(told) + 1
    assert store.next_gif("fear", "ann", 10_000) == f"gif {len(there)}"
