"""Labelling: candidates in ranked order, two labelers, what they agree on, and what is to be resolved.

A label is written once and never changed; a labeler who looks again adds one, and the last counts. A resolution is the
label of a third person on what two labelers see differently.

References
----------
Cohen, J. (1960). A coefficient of agreement for nominal scales. Educational and Psychological Measurement 20.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from gifect.collect.tables import SCHEMA, labels, queue, unsure
from gifect.emotions import SEVENTEEN
from gifect.errors import CollectError
from gifect.votes.database import open_engine, writing

__all__ = ["Agreement", "Label", "LabelStore", "Verdict"]

LABELERS = 2  # whose consensus makes a positive sample


@dataclass(frozen=True)
class Label:
    """What one labeler says of a GIF and an emotion; ``cartoon``, and ``multiple`` scenes or characters, are flags."""

    emotion: str
    gif: str
    labeler: str
    positive: bool
    cartoon: bool = False
    multiple: bool = False
    resolution: bool = False


@dataclass(frozen=True)
class Verdict:
    """What is known of a GIF and an emotion: the last label of each labeler, and a resolution if there is one."""

    emotion: str
    gif: str
    labels: tuple[Label, ...]
    resolution: Label | None

    @property
    def disagrees(self) -> bool:
        """Whether labelers differ and nobody has resolved it."""
        return self.resolution is None and len({label.positive for label in self.labels}) > 1

    @property
    def positive(self) -> bool | None:
        """What two labelers agree on, or the resolution; None while neither is there."""
        if self.resolution is not None:
            return self.resolution.positive
        if len(self.labels) < LABELERS or self.disagrees:
            return None
        return self.labels[0].positive


@dataclass(frozen=True)
class Agreement:
    """How two labelers agree on an emotion: GIFs that both labelled, share of equal labels, and Cohen's kappa (NaN if
    both always said the same one thing)."""

    both: int
    share: float
    kappa: float


class LabelStore:
    """Queues and labels in a database, as of ``gifect.votes.store``.

    Raises
    ------
    VoteError
        If the database cannot be opened.
    """

    def __init__(self, address: str) -> None:
        self.engine = open_engine(address, SCHEMA)

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    def set_queue(self, emotion: str, gifs: Iterable[str]) -> int:
        """Set in which order GIFs are looked at for an emotion, and return how many they are; labels stay."""
        place = _place(emotion)
        ranked = list(dict.fromkeys(gifs))
        with writing(self.engine) as connection:
            connection.execute(delete(queue).where(queue.c.emotion == place))
            if ranked:
                rows = [{"emotion": place, "place": k, "gif": gif} for k, gif in enumerate(ranked)]
                connection.execute(insert(queue), rows)
        return len(ranked)

    def queue(self, emotion: str) -> list[str]:
        """Return the GIFs of an emotion's queue, in order."""
        query = select(queue.c.gif).where(queue.c.emotion == _place(emotion)).order_by(queue.c.place)
        with self.engine.connect() as connection:
            return list(connection.scalars(query))

    def add(self, label: Label, *, token: str | None = None) -> None:
        """Write a label; when this returns, it is on the disk.

        Parameters
        ----------
        label : what is said.
        token : of the request that brings it; a label with a token that is there already is not written again.

        Raises
        ------
        CollectError
            If there is no such emotion, the GIF is not in its queue, or there is nothing to resolve.
        """
        place = _place(label.emotion)
        if not label.labeler:
            raise CollectError("a label without a labeler: expected a name")
        row = {
            name: getattr(label, name) for name in ("gif", "labeler", "positive", "cartoon", "multiple", "resolution")
        }
        row |= {"emotion": place, "time_ms": int(time.time() * 1000), "token": token}
        queued = select(queue.c.place).where(queue.c.emotion == place, queue.c.gif == label.gif)
        with writing(self.engine) as connection:
            if token is not None and connection.scalar(select(labels.c.id).where(labels.c.token == token)):
                return
            if connection.scalar(queued) is None:
                raise CollectError(
                    f"{label.gif!r} is not in the queue of {label.emotion}: expected one that was ranked"
                )
            verdict = self.verdicts(label.emotion).get(label.gif) if label.resolution else None
            if label.resolution and (verdict is None or not verdict.disagrees):
                raise CollectError(
                    f"nobody disagrees on {label.gif!r} and {label.emotion}: there is nothing to resolve"
                )
            dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
            # another process may bring the same request at the same time
            connection.execute(dialect.insert(labels).values(row).on_conflict_do_nothing())

    def pass_on(self, emotion: str, gif: str, labeler: str) -> None:
        """Write that a labeler is unsure of a GIF: others are asked, the labeler is not again.

        Raises
        ------
        CollectError
            If there is no such emotion, or the GIF is not in its queue.
        """
        if gif not in set(self.queue(emotion)):
            raise CollectError(f"{gif!r} is not in the queue of {emotion}: expected one that was ranked")
        row = {"emotion": _place(emotion), "gif": gif, "labeler": labeler, "time_ms": int(time.time() * 1000)}
        with writing(self.engine) as connection:
            connection.execute(insert(unsure).values(row))

    def _passed_on(self, emotion: str, labeler: str) -> set[str]:
        query = select(unsure.c.gif).where(unsure.c.emotion == _place(emotion), unsure.c.labeler == labeler)
        with self.engine.connect() as connection:
            return set(connection.scalars(query))

    def verdicts(self, emotion: str) -> dict[str, Verdict]:
        """Return what is known of each GIF with labels for an emotion."""
        query = select(labels).where(labels.c.emotion == _place(emotion)).order_by(labels.c.id)
        last: dict[str, dict[str, Label]] = defaultdict(dict)
        resolved: dict[str, Label] = {}
        with self.engine.connect() as connection:
            for row in connection.execute(query):
                flags = bool(row.positive), bool(row.cartoon), bool(row.multiple), bool(row.resolution)
                label = Label(emotion, row.gif, row.labeler, *flags)
                if label.resolution:
                    resolved[row.gif] = label
                else:
                    last[row.gif][row.labeler] = label
        return {gif: Verdict(emotion, gif, tuple(own.values()), resolved.get(gif)) for gif, own in last.items()}

    def next_gif(self, emotion: str, labeler: str, wanted: int) -> str | None:
        """Return what a labeler should look at next, or None when enough is found or nothing is left.

        First comes what another labeler has seen, then what nobody has, each in ranked order; nobody sees a GIF for
        which two labels are there or of which they were unsure, or looks on once ``wanted`` positive ones are agreed
        on.
        """
        verdicts, passed_on = self.verdicts(emotion), self._passed_on(emotion, labeler)
        if sum(verdict.positive is True for verdict in verdicts.values()) >= wanted:
            return None
        fresh = None
        for gif in self.queue(emotion):
            seen_by = {label.labeler for label in verdicts[gif].labels} if gif in verdicts else set()
            if labeler in seen_by or len(seen_by) >= LABELERS or gif in passed_on:
                continue
            if seen_by:
                return gif
            fresh = fresh or gif
        return fresh

    def disagreements(self, emotion: str) -> list[Verdict]:
        """Return what labelers see differently and nobody has resolved, in ranked order."""
        verdicts = self.verdicts(emotion)
        return [verdicts[gif] for gif in self.queue(emotion) if gif in verdicts and verdicts[gif].disagrees]

    def agreement(self, emotion: str) -> Agreement:
        """Return how the first two labels on each GIF agree."""
        pairs = [
            (first.positive, second.positive)
            for first, second, *_ in (v.labels for v in self.verdicts(emotion).values() if len(v.labels) >= LABELERS)
        ]
        if not pairs:
            return Agreement(0, float("nan"), float("nan"))
        share = sum(first == second for first, second in pairs) / len(pairs)
        first, second = (sum(pair[side] for pair in pairs) / len(pairs) for side in (0, 1))
        chance = first * second + (1 - first) * (1 - second)
        return Agreement(len(pairs), share, (share - chance) / (1 - chance) if chance < 1 else float("nan"))


def _place(emotion: str) -> int:
    if emotion not in SEVENTEEN:
        raise CollectError(f"no emotion {emotion!r}: expected one of {', '.join(SEVENTEEN)}")
    return SEVENTEEN.index(emotion)
