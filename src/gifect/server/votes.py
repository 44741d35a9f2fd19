"""The desk of votes: many voters at once, written together; what to ask next; rankings as they stand."""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gifect.votes.ballots import CHOICES, Ballot, Vote, Votes, emotion_index
from gifect.votes.store import Store

if TYPE_CHECKING:
    from gifect.votes.pairs import Chooser, Question
    from gifect.votes.scores import Scores

__all__ = ["Place", "Ranking", "VoteDesk"]

TOGETHER = 256  # votes in one transaction, at most
FRESH_S = 2.0  # for which a ranking stands, at most; one that is quickly made stands for less
SHARE = 0.1  # of the time that may go into making a ranking
ANEW_S = 60.0  # between two times that all votes are read again for the sake of what was undone


@dataclass(frozen=True)
class Place:
    """One GIF in a ranking: belief about its strength, and Bradley-Terry's, None without decided votes."""

    rank: int
    gif: str
    votes: int
    neither: int
    mu: float
    sigma: float
    strength: float | None
    error: float | None


@dataclass(frozen=True)
class Ranking:
    """GIFs of an emotion that were voted on, the strongest first."""

    emotion: str
    votes: int
    places: list[Place]


class VoteDesk:
    """Takes votes and answers questions about them.

    Parameters
    ----------
    store : of the votes.
    shown : returns the GIFs that can be shown; where there are two or more, only those are asked about.
    """

    def __init__(self, store: Store, shown: Callable[[], set[str]]) -> None:
        self.store = store
        self.shown = shown
        self.waiting: queue.SimpleQueue[tuple[Ballot, asyncio.Future[Vote]] | None] = queue.SimpleQueue()
        self.writer = threading.Thread(target=self._write_all, name="votes", daemon=True)
        self.thinker = ThreadPoolExecutor(1, thread_name_prefix="questions")
        self.chooser: Chooser | None = None
        self.chooser_read = 0.0
        self.stale = False
        self.rankings: dict[str, tuple[float, Ranking]] = {}
        self.counted: tuple[float, dict[str, int]] = (0.0, {})

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Begin to write."""
        self.loop = loop
        self.writer.start()

    async def stop(self) -> None:
        """Write what waits, and end."""
        self.waiting.put(None)
        await asyncio.to_thread(self.writer.join)
        self.thinker.shutdown(wait=True, cancel_futures=True)

    async def add(self, ballot: Ballot) -> Vote:
        """Write a vote; when this returns, it is on the disk.

        Raises
        ------
        VoteError
            As ``Store.add``.
        """
        answer: asyncio.Future[Vote] = self.loop.create_future()
        self.waiting.put((ballot, answer))
        vote = await answer
        if self.chooser is not None:
            self.thinker.submit(self._learn, vote)
        return vote

    def _write_all(self) -> None:
        """Write whatever waits in one transaction, again and again: one wait for the disk serves many voters."""
        ended = False
        while not ended:
            together = [self.waiting.get()]
            while len(together) < TOGETHER and not self.waiting.empty():
                together.append(self.waiting.get())
            ended = None in together
            given = [entry for entry in together if entry is not None]
            if not given:
                continue
            try:
                answers: list[Vote | Exception] = list(self.store.add_all([ballot for ballot, _ in given]))
            except Exception as error:  # the disk is full, the database has gone: each is told
                answers = [error] * len(given)
            self.loop.call_soon_threadsafe(_settle, [future for _, future in given], answers)

    async def undo(self, voter: str, number: int | None) -> Vote:
        """Take back a vote; see ``Store.undo``."""
        vote = await asyncio.to_thread(self.store.undo, voter, number)
        self.stale = True
        return vote

    async def next_question(
        self, voter: str, emotion: str | None, skipped: tuple[str, str] | None = None
    ) -> Question | None:
        """Return what to ask a voter, leaving out a pair that they skipped; see ``Chooser.next_question``."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.thinker, self._next_question, voter, emotion, skipped)

    def _next_question(self, voter: str, emotion: str | None, skipped: tuple[str, str] | None) -> Question | None:
        chooser = self.chooser
        now = time.monotonic()
        if chooser is None or (self.stale and now - self.chooser_read > ANEW_S):
            from gifect.votes.pairs import Chooser

            chooser = self.chooser = Chooser(_only(self.store.votes(), self.shown()))
            self.places = {gif: k for k, gif in enumerate(chooser.gifs)}
            self.stale, self.chooser_read = False, now
        if skipped:
            chooser.skip(voter, *skipped)
        return chooser.next_question(voter, emotion)

    def _learn(self, vote: Vote) -> None:
        chooser = self.chooser
        if chooser is None or vote.left not in self.places or vote.right not in self.places:
            return
        left, right = self.places[vote.left], self.places[vote.right]
        chooser.take(str(vote.voter), vote.emotion, left, right, CHOICES.index(vote.choice))

    def forget(self) -> None:
        """Read the GIFs anew before the next question: there are others now."""
        self.thinker.submit(self._forget)

    def _forget(self) -> None:
        self.chooser = None

    def counts(self) -> dict[str, int]:
        """Return the votes of each emotion, at most some seconds old."""
        now = time.monotonic()
        if now - self.counted[0] > FRESH_S or not self.counted[1]:
            self.counted = (now, self.store.counts())
        return self.counted[1]

    def ranking(self, emotion: str) -> Ranking:
        """Return the ranking of an emotion, at most some seconds old.

        Raises
        ------
        VoteError
            If there is no such emotion.
        """
        until, known = self.rankings.get(emotion, (0.0, None))
        begun = time.monotonic()
        if known is None or begun > until:
            from gifect.votes.scores import score_votes

            votes = self.store.votes(emotion)
            known = _rank(emotion, len(votes), score_votes(votes))
            now = time.monotonic()
            self.rankings[emotion] = (now + min(FRESH_S, (now - begun) / SHARE), known)
        return known


def _settle(futures: list[asyncio.Future[Vote]], answers: list[Vote | Exception]) -> None:
    for future, answer in zip(futures, answers, strict=True):
        if future.done():
            continue
        if isinstance(answer, Exception):
            future.set_exception(answer)
        else:
            future.set_result(answer)


def _only(votes: Votes, shown: set[str]) -> Votes:
    """Return the votes on GIFs that can be shown, and those alone; all, where there are not two of them."""
    kept = [k for k, gif in enumerate(votes.gifs) if gif in shown]
    if len(kept) < 2 or len(kept) == len(votes.gifs):
        return votes
    places = np.full(len(votes.gifs), -1)
    places[kept] = np.arange(len(kept))
    of = votes.where((places[votes.left] >= 0) & (places[votes.right] >= 0))
    gifs = [votes.gifs[k] for k in kept]
    columns = (of.emotion, places[of.left], places[of.right], of.choice, of.voter, of.time_ms)
    return Votes.from_columns(gifs, *columns, voters=of.voters)


def _rank(emotion: str, count: int, scores: Scores) -> Ranking:
    k, fit = emotion_index(emotion), scores.fits.get(emotion)
    ratings = scores.ratings
    order = np.argsort(-ratings.score[k], kind="stable")
    order = order[scores.votes[k][order] > 0]
    places = [
        Place(
            rank,
            scores.gifs[g],
            int(scores.votes[k, g]),
            int(scores.neither[k, g]),
            float(ratings.mu[k, g]),
            float(ratings.sigma[k, g]),
            _number(fit.scores[g]) if fit else None,
            _number(fit.errors[g]) if fit else None,
        )
        for rank, g in enumerate(order.tolist(), 1)
    ]
    return Ranking(emotion, count, places)


def _number(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
