"""The tables of the vote store."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
)

from gifect.votes.database import ROW_ID, Schema

__all__ = ["SCHEMA", "gifs", "imports", "metadata", "voters", "votes"]

metadata = MetaData()

gifs = Table(
    "gifs", metadata, Column("id", Integer, primary_key=True), Column("name", String, nullable=False, unique=True)
)
voters = Table(
    "voters", metadata, Column("id", Integer, primary_key=True), Column("name", String, nullable=False, unique=True)
)
imports = Table(
    "imports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("digest", String, nullable=False, unique=True),
    Column("rows_done", BigInteger, nullable=False),
    Column("taken", BigInteger, nullable=False),
    Column("broken", String, nullable=False),
    Column("finished", SmallInteger, nullable=False),
)
"""Files of votes by the SHA-256 of their content: how many rows are in the store, so that one goes on after a crash."""

votes = Table(
    "votes",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("emotion", SmallInteger, nullable=False),
    Column("left_id", ForeignKey("gifs.id"), nullable=False),
    Column("right_id", ForeignKey("gifs.id"), nullable=False),
    Column("choice", SmallInteger, nullable=False),
    Column("voter_id", ForeignKey("voters.id")),
    Column("time_ms", BigInteger),
    Column("undone_ms", BigInteger),
    Column("token", String),
    CheckConstraint("left_id <> right_id", name="two_gifs"),
    CheckConstraint("emotion between 0 and 16", name="known_emotion"),
    CheckConstraint("choice between 0 and 2", name="known_choice"),
)
"""A vote is never changed or removed; undoing it writes the time of that."""

Index("votes_of_voter", votes.c.voter_id, votes.c.time_ms, sqlite_where=votes.c.voter_id.is_not(None))
Index("votes_by_token", votes.c.token, unique=True, sqlite_where=votes.c.token.is_not(None))

SCHEMA: Final = Schema("votes", metadata, first="votes_0001", now="votes_0001")
