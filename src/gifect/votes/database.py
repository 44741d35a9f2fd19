"""Databases that are written durably: engines for SQLite and PostgreSQL, and schemas that follow the program's version.

A schema is a set of tables with a history of changes in ``migrations/versions``. A database that lacks the tables gets
them as they are now; one that an older version made is brought up to date, in one transaction, when it is opened.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    event,
    func,
    insert,
    inspect,
    select,
)
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from gifect.errors import MissingExtraError, VoteError

__all__ = ["ROW_ID", "Schema", "open_engine", "writing"]

BUSY_S = 30  # seconds to wait for another process that writes
WRITES: Final = "gifect_writes"  # execution option of connections that write
MIGRATIONS: Final = Path(__file__).with_name("migrations")
LOCK: Final = 716_953_842  # number of PostgreSQL's advisory lock under which schemas are changed

ROW_ID: Final = BigInteger().with_variant(Integer, "sqlite")
"""Type of a long table's primary key; SQLite counts up by itself in an INTEGER alone."""

versions = Table("gifect_schemas", MetaData(), Column("version_num", String(32), primary_key=True))


@dataclass(frozen=True)
class Schema:
    """Tables that belong together.

    Attributes
    ----------
    name : branch of their history.
    tables : as they are now.
    first, now : revision of the oldest tables, which carried no version, and of the present ones.
    """

    name: str
    tables: MetaData
    first: str
    now: str


def open_engine(address: str, schema: Schema) -> Engine:
    """Return an engine for a database address, with the tables of ``schema`` in their present form.

    Raises
    ------
    VoteError
        If the address is none, the database cannot be opened, or a newer version made its tables.
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
        with writing(engine) as connection:
            _bring_up_to_date(connection, schema)
    except VoteError:
        engine.dispose()
        raise
    except SQLAlchemyError as error:
        engine.dispose()
        why = getattr(error, "orig", None) or error
        raise VoteError(f"the store {url.render_as_string()} cannot be opened: {why}") from error
    return engine


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Yield a connection inside a transaction that is committed at the end, or not at all."""
    with engine.connect().execution_options(**{WRITES: True}) as connection, connection.begin():
        yield connection


def _bring_up_to_date(connection: Connection, schema: Schema) -> None:
    if connection.dialect.name == "postgresql":  # SQLite's writers come one by one anyhow
        connection.execute(select(func.pg_advisory_xact_lock(LOCK)))
    versions.create(connection, checkfirst=True)
    found = [v for v in connection.scalars(select(versions.c.version_num)) if v.startswith(f"{schema.name}_")]
    if found == [schema.now]:
        return
    if found and found[0] > schema.now:
        raise VoteError(
            f"the store was made by a newer version (schema {found[0]}): expected {schema.now}, upgrade gifect"
        )
    if not found:
        is_old = inspect(connection).has_table(schema.tables.sorted_tables[0].name)
        connection.execute(insert(versions).values(version_num=schema.first if is_old else schema.now))
        if not is_old:
            schema.tables.create_all(connection)
            return
    from alembic import command
    from alembic.config import Config

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    command.upgrade(config, schema.now)


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
