"""The tables of the vote store, and engines that write durably to SQLite and PostgreSQL."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Engine,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    create_engine,
    event,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from gifect.errors import MissingExtraError, VoteError

__all__ = ["gifs", "imports", "metadata", "open_engine", "voters", "votes"]

BUSY_S = 30  # seconds to wait for another process that writes
WRITES = "gifect_writes"  # execution option of connections that write

metadata = MetaData()
# SQLite counts up by itself in an INTEGER primary key alone.
_Id = BigInteger().with_variant(Integer, "sqlite")

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
    Column("id", _Id, primary_key=True),
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


def open_engine(address: str, wanted: MetaData = metadata) -> Engine:
    """Return an engine for a database address and create those of the ``wanted`` tables that it lacks.

    Raises
    ------
    VoteError
        If the address is none, or the database cannot be opened.
    MissingExtraError
        If the database's driver is not installed.
    """
    try:
        url = _with_driver(make_url(address))
        engine = create_engine(url, **_options(url))
    except ModuleNotFoundError as error:
        raise MissingExtraError(f"a store at {address.partition(':')[0]}", "postgres") from error
    except (ArgumentError, SQLAlchemyError) as error:
        raise VoteError(f"{address!r} is no address of a database: expected sqlite:///FILE or postgresql://") from error
    if url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    try:
        with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
            wanted.create_all(connection)
    except SQLAlchemyError as error:
        engine.dispose()
        why = getattr(error, "orig", None) or error
        raise VoteError(f"the store {url.render_as_string()} cannot be opened: {why}") from error
    return engine


def _with_driver(url: URL) -> URL:
    return url.set(drivername="postgresql+psycopg") if url.drivername in ("postgresql", "postgres") else url


def _options(url: URL) -> dict[str, Any]:
    return {"connect_args": {"timeout": BUSY_S}} if url.get_backend_name() == "sqlite" else {"pool_pre_ping": True}


def _set_up_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun below
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Any) -> None:
    # A writer takes its lock at once: a reader that turns writer could be refused in the middle.
    writes = connection.get_execution_options().get(WRITES)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
