"""The tables of the label store."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, SmallInteger, String, Table

from gifect.votes.database import ROW_ID, Schema

__all__ = ["SCHEMA", "labels", "queue", "unsure"]

metadata = MetaData()

queue = Table(
    "queue",
    metadata,
    Column("emotion", SmallInteger, primary_key=True),
    Column("place", Integer, primary_key=True),
    Column("gif", String, nullable=False),
)
labels = Table(
    "labels",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("emotion", SmallInteger, nullable=False),
    Column("gif", String, nullable=False),
    Column("labeler", String, nullable=False),
    Column("positive", Boolean, nullable=False),
    Column("cartoon", Boolean, nullable=False),
    Column("multiple", Boolean, nullable=False),
    Column("resolution", Boolean, nullable=False),
    Column("time_ms", BigInteger, nullable=False),
    Column("token", String),
)
unsure = Table(
    "unsure",
    metadata,
    Column("id", ROW_ID, primary_key=True),
    Column("emotion", SmallInteger, nullable=False),
    Column("gif", String, nullable=False),
    Column("labeler", String, nullable=False),
    Column("time_ms", BigInteger, nullable=False),
)
"""GIFs that a labeler could not decide on; they are left to others."""

Index("unsure_of_labeler", unsure.c.emotion, unsure.c.labeler)
Index("labels_of_gif", labels.c.emotion, labels.c.gif)
Index("labels_by_token", labels.c.token, unique=True, sqlite_where=labels.c.token.is_not(None))

SCHEMA: Final = Schema("labels", metadata, first="labels_0001", now="labels_0003")
