"""Recommendations: what goes with a message comes first and says why; a seed draws the same clips again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from libraryclips import command, put

from gifect.errors import LibraryError, ModelError
from gifect.library import Filters, Library
from gifect.library.intents import intents_of
from gifect.library.lexicon import load_lexicon
from gifect.library.store import Store
from gifect.text import recognise


@pytest.fixture(scope="module", autouse=True)
def _text_network() -> None:
    try:
        recognise(["hello"])
    except ModelError as error:
        pytest.skip(f"the text network is not in the package: {error}")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    folder = tmp_path_factory.mktemp("chat")
    store = Store(folder)
    put(
        store,
        "/cheer.gif",
        tags={"celebrate": 0.8, "cheering": 0.7},
        emotion="happiness",
        excitement=0.9,
        happiness=0.9,
    )
    put(store, "/hug.gif", tags={"hugging": 0.9, "comfort": 0.6}, emotion="sadness", contentment=0.5, sadness=0.5)
    put(store, "/palm.gif", tags={"facepalm": 0.9}, emotion="disgust", contempt=0.6, embarrassment=0.5)
    put(store, "/nap.gif", tags={"sleeping": 0.9, "tired": 0.8}, emotion="neutral")
    put(store, "/rage.gif", tags={"screaming": 0.8, "angry": 0.9}, emotion="anger", anger=0.95)
    put(store, "/eek.gif", tags={"scared": 0.9, "hiding": 0.5}, emotion="fear", fear=0.9)
    put(store, "/said.gif", captions=("Bazinga",), emotion="happiness", amusement=0.3)
    store.close()
    return Library(folder)


@pytest.mark.parametrize(
    ("message", "first"),
    [
        ("we won the game!!!", "/cheer.gif"),
        ("i got the job", "/cheer.gif"),
        ("my grandfather died last week", "/hug.gif"),
        ("oops, i deleted the wrong folder", "/palm.gif"),
        ("so tired, i need a nap", "/nap.gif"),
        ("how dare you! i hate this so much", "/rage.gif"),
        ("there is a spider in my bed, i'm so scared", "/eek.gif"),
    ],
)
def test_what_goes_with_a_message(library: Library, message: str, first: str) -> None:
    found = library.recommend(message)
    assert found[0].source == first
    assert len(found) == 7
    assert all(match.reasons and 0 <= match.score <= 1 for match in found)


def test_reasons_name_what_was_seen(library: Library) -> None:
    reasons = " ".join(library.recommend("we won the game!!!")[0].reasons)
    assert "we won" in reasons and "tagged celebrate" in reasons


def test_a_seed_draws_within_the_emotion_and_again_the_same(library: Library) -> None:
    drawn = library.recommend("this makes me so happy", None, seed=4)
    assert drawn == library.recommend("this makes me so happy", None, seed=4)
    assert {match.source for match in drawn} == {"/cheer.gif", "/said.gif"}
    assert {match.emotion for match in drawn} == {"happiness"}
    orders = {tuple(match.source for match in library.recommend("so happy", None, seed=k)) for k in range(12)}
    assert len(orders) == 2


def test_filters_hold(library: Library) -> None:
    assert [match.source for match in library.recommend("we won", filters=Filters(emotion="anger"))] == ["/rage.gif"]


@pytest.mark.parametrize("message", ["😂😂😂", "это не по-английски", "word " * 20_000, "?!", "a"])
def test_strange_messages_are_answered(library: Library, message: str) -> None:
    assert len(library.recommend(message, 3)) == 3


def test_an_empty_message_is_told(library: Library) -> None:
    with pytest.raises(LibraryError, match="empty message"):
        library.recommend(" \n")


def test_the_command(library: Library) -> None:
    done = command("recommend", "we", "won", "--library", library.place, "--json", "--top", 2)
    found = json.loads(done.stdout)
    assert Path(found[0]["source"]).name == "cheer.gif" and len(found) == 2


@pytest.mark.parametrize(
    ("message", "intent"),
    [
        ("Thank you so much", "thanks"),
        ("ok, see you", "agreement"),
        ("this is ok", None),
        ("Happy birthday!", "birthday"),
    ],
)
def test_what_a_message_does(message: str, intent: str | None) -> None:
    names = [found.name for found in intents_of(message)]
    assert intent in names if intent else "agreement" not in names


def test_the_lexicon_knows_what_words_feel_like() -> None:
    feelings = {word: load_lexicon().meaning(word)[0] for word in ("party", "funeral", "spider")}
    excitement, sadness, fear = 6, 13, 7
    assert feelings["party"][excitement] > feelings["funeral"][excitement]
    assert feelings["funeral"][sadness] > feelings["party"][sadness]
    assert feelings["spider"][fear] > feelings["party"][fear]
    assert not load_lexicon().vector("xqzzk").any()
