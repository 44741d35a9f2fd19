"""Searching: words, their kin, moods, captions, filters; exact, and in step with what other processes write."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from libraryclips import SAMPLES, put

from gifect.emotions import SEVENTEEN
from gifect.errors import LibraryError
from gifect.feeling.vocabulary import vocabulary
from gifect.library import Filters, Library
from gifect.library.search import LEAST, MOOD, STRONG, understand
from gifect.library.store import Store
from gifect.library.usual import USUAL


def names(matches: list) -> list[str]:
    return [Path(match.source).name for match in matches]


@pytest.fixture
def library(tmp_path: Path) -> Library:
    store = Store(tmp_path)
    put(store, "/g/dance.gif", tags={"dancing": 0.9, "party": 0.5}, emotion="happiness", excitement=0.8)
    put(store, "/g/tears.gif", tags={"crying": 0.8}, emotion="sadness", sadness=0.9, duration_ms=4000)
    put(store, "/g/cats/cat.gif", tags={"cat": 0.7, "cute": 0.6}, medium="animal")
    put(store, "/g/cats/said.gif", captions=("Winter is coming",), medium="cartoon", quadrant="misery-arousal")
    put(store, "/gx/other.gif", tags={"staring": 0.4})
    store.close()
    return Library(tmp_path)


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("dancing", "dance.gif"),
        ("Dance!", "dance.gif"),
        ("boogie", "dance.gif"),
        ("sobbing", "tears.gif"),
        ("sad", "tears.gif"),
        ("kitten", "cat.gif"),
        ("winters", "said.gif"),
        ("coming winter", "said.gif"),
        ("excited", "dance.gif"),
    ],
)
def test_words_their_forms_and_their_kin(library: Library, query: str, first: str) -> None:
    found = library.search(query)
    assert names(found)[0] == first
    assert 0 < found[0].score <= 1
    assert found[0].reasons


def test_what_nothing_has_finds_nothing(library: Library) -> None:
    assert library.search("xyzzy") == []
    with pytest.raises(LibraryError, match="empty query"):
        library.search("  ")


def test_a_mood_alone_finds_what_feels_so(library: Library) -> None:
    found = library.search("heartbroken")
    assert names(found)[0] == "tears.gif"
    assert any("sadness is stronger" in reason for reason in found[0].reasons)


@pytest.mark.parametrize(
    ("filters", "kept"),
    [
        (Filters(emotion="sadness"), {"tears.gif"}),
        (Filters(medium="animal"), {"cat.gif"}),
        (Filters(quadrant="misery-arousal"), {"said.gif"}),
        (Filters(has_caption=True), {"said.gif"}),
        (Filters(has_caption=False, folder="/g/cats"), {"cat.gif"}),
        (Filters(folder="/g/cats/"), {"cat.gif", "said.gif"}),
        (Filters(folder="/g"), {"dance.gif", "tears.gif", "cat.gif", "said.gif"}),
        (Filters(min_ms=2000), {"tears.gif"}),
        (Filters(max_ms=999), set()),
    ],
)
def test_filters(library: Library, filters: Filters, kept: set[str]) -> None:
    assert {Path(entry.source).name for entry in library.entries(filters)} == kept
    assert library.count(filters) == len(kept)
    assert set(names(library.similar("/gx/other.gif", None, filters))) == kept


def test_an_unknown_emotion_is_told() -> None:
    with pytest.raises(ValueError, match="no emotion 'joy': expected one of anger"):
        Filters(emotion="joy")


def test_own_tags_count_and_those_taken_away_do_not(library: Library) -> None:
    assert library.tag("/gx/other.gif", add=["Zen  Garden"], remove=["staring"]).tags == ("zen garden",)
    assert names(library.search("garden"))[0] == "other.gif"
    assert library.search("zen garden")[0].reasons == ["it is tagged zen garden"]
    assert "other.gif" not in names(library.search("staring"))
    assert library.tag("/gx/other.gif", add=["staring"], remove=["zen garden"]).tags == ("staring",)
    assert not any("garden" in reason for match in library.search("garden") for reason in match.reasons)


def test_what_another_process_writes_is_found_at_once(library: Library, tmp_path: Path) -> None:
    assert library.count() == 5
    with Library(tmp_path) as other:
        put(other._store, "/g/new.gif", tags={"pizza": 0.9})
        other.remove("/g/dance.gif")
    assert names(library.search("pizza"))[0] == "new.gif"
    assert "dance.gif" not in names(library.search("dancing"))
    assert [Path(entry.source).name for entry in library.entries(newest_first=True, count=2)] == [
        "new.gif",
        "other.gif",
    ]


def test_many_changes_leave_no_trace_in_the_index(library: Library) -> None:
    for k in range(40):
        library.tag("/gx/other.gif", add=[f"tag{k}"])
        assert names(library.search(f"tag{k}"))[0] == "other.gif"
    assert library.count() == 5
    assert len(library._engine.index()) < 40


def test_an_entry_by_the_beginning_of_its_id(library: Library) -> None:
    entry = library.get("/g/dance.gif")
    assert library.get(entry.id[:10]) == library.get(entry.id) == entry
    with pytest.raises(LibraryError, match="expected an id, its beginning, or a path"):
        library.get("abcde0")


def test_the_ranking_is_that_of_brute_force(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    vocabulary_names = np.array(vocabulary().names)
    with Library(tmp_path) as library:
        for k in range(300):
            chosen = random.choice(vocabulary_names, 6, replace=False)
            tags = {str(name): float(score) for name, score in zip(chosen, random.random(6), strict=True)}
            feelings = dict(zip(SEVENTEEN, random.random(17).tolist(), strict=True))
            put(library._store, f"/{k}.gif", tags=tags, **feelings)
        index = library._engine.index()
        for query in ("happy cat", "dancing", "angry", "thank you", "scared monster"):
            asked = understand(index, query)
            scores = []
            for row in range(len(index)):
                own = index.words[index.owners == row]
                score = sum(asked.words.get(int(word["key"]), 0.0) * word["weight"] / 255 for word in own)
                score /= sum(asked.words.values())
                feeling = float(USUAL.share(USUAL.project(index.numbers[row : row + 1], asked.mood))[0])
                matched = score > LEAST
                if asked.mood.any():
                    matched = score > LEAST or feeling > USUAL.share(np.float32(STRONG))
                    score = (1 - MOOD) * score + MOOD * feeling
                scores.append(score if matched else 0.0)
            best = np.sort(scores)[::-1][:10]
            found = library.search(query, 10)
            assert np.allclose([match.score for match in found], best[best > 0], atol=2e-4)


def test_real_clips_are_found_by_mood(sampled: Library) -> None:
    assert names(sampled.search("happy"))[0] == "laugh.gif"
    assert names(sampled.search("sad"))[0] == "tears.gif"
    assert len(sampled.similar(SAMPLES / "laugh.gif", 99)) == 5  # itself is not among them
    assert len(sampled.similar((SAMPLES / "laugh.gif").read_bytes(), 99)) == 6
    assert names(sampled.similar((SAMPLES / "laugh.gif").read_bytes(), 1)) == ["laugh.gif"]
    with pytest.raises(LibraryError, match="neither in the library nor a file"):
        sampled.similar("nowhere.gif")
