"""A database that an older version made is brought up to date when it is opened, and keeps what is in it."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import Engine, create_engine, inspect, text

from gifect.collect import tables as label_tables
from gifect.collect.label import Label, LabelStore
from gifect.errors import VoteError
from gifect.votes import tables as vote_tables
from gifect.votes.database import Schema, open_engine
from gifect.votes.store import Store

OLD_LABELS = """
CREATE TABLE queue (emotion SMALLINT NOT NULL, place INTEGER NOT NULL, gif VARCHAR NOT NULL,
    PRIMARY KEY (emotion, place));
CREATE TABLE labels (id {id} NOT NULL PRIMARY KEY, emotion SMALLINT NOT NULL, gif VARCHAR NOT NULL,
    labeler VARCHAR NOT NULL, positive BOOLEAN NOT NULL, cartoon BOOLEAN NOT NULL, multiple BOOLEAN NOT NULL,
    resolution BOOLEAN NOT NULL, time_ms BIGINT NOT NULL);
CREATE INDEX labels_of_gif ON labels (emotion, gif);
INSERT INTO queue VALUES (7, 0, 'a'), (7, 1, 'b');
INSERT INTO labels VALUES ({first}, 7, 'a', 'ann', true, false, true, false, 1000);
"""
"""What version 0.1.0 made of an empty database, with one label in it."""


@pytest.fixture
def old(database: str) -> str:
    """The address of a database with labels of the first version, which told none."""
    engine = plain_engine(database)
    lite = engine.dialect.name == "sqlite"
    kinds = {"id": "INTEGER", "first": "1"} if lite else {"id": "BIGSERIAL", "first": "DEFAULT"}
    with engine.begin() as connection:
        for statement in OLD_LABELS.format(**kinds).split(";")[:-1]:
            connection.execute(text(statement))
    engine.dispose()
    return database


def plain_engine(address: str) -> Engine:
    return create_engine(address.replace("postgresql:", "postgresql+psycopg:"))


def versions_of(address: str) -> list[str]:
    engine = plain_engine(address)
    with engine.connect() as connection:
        found = [row[0] for row in connection.execute(text("SELECT version_num FROM gifect_schemas ORDER BY 1"))]
    engine.dispose()
    return found


def columns_of(address: str, table: str) -> dict[str, tuple[str, bool]]:
    engine = plain_engine(address)
    found = {column["name"]: (str(column["type"]), column["nullable"]) for column in inspect(engine).get_columns(table)}
    engine.dispose()
    return found


def test_labels_of_an_older_version_are_kept(old: str) -> None:
    assert "token" not in columns_of(old, "labels")
    store = LabelStore(old)
    assert store.queue("fear") == ["a", "b"]
    assert store.verdicts("fear")["a"].labels == (Label("fear", "a", "ann", True, multiple=True),)
    for _ in range(2):
        store.add(Label("fear", "b", "bob", True), token="once")
    assert len(store.verdicts("fear")) == 2
    store.close()
    assert versions_of(old) == ["labels_0003"]


def test_an_upgraded_database_is_like_a_new_one(old: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    LabelStore(old).close()
    upgraded = {table: columns_of(old, table) for table in ("labels", "queue")}
    if not old.startswith("sqlite"):
        pytest.skip("one PostgreSQL database at a time: SQLite's is compared")
    new = f"sqlite:///{tmp_path_factory.mktemp('new')}/labels.db"
    LabelStore(new).close()
    assert upgraded == {table: columns_of(new, table) for table in upgraded}


def test_votes_and_labels_share_a_database(database: str) -> None:
    with Store(database) as votes:
        votes.add_gifs("ab")
    LabelStore(database).close()
    with Store(database) as votes:
        assert votes.gifs() == ["a", "b"]
    assert versions_of(database) == ["labels_0003", "votes_0001"]


def test_many_who_open_an_old_database_at_once(old: str) -> None:
    found = []

    def opened() -> None:
        store = LabelStore(old)
        found.append(store.queue("fear"))
        store.close()

    threads = [threading.Thread(target=opened) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [["a", "b"]] * 6


def test_a_newer_database_is_refused(database: str) -> None:
    newer = Schema("labels", label_tables.metadata, first="labels_0001", now="labels_9999")
    open_engine(database, newer).dispose()
    with pytest.raises(VoteError, match="made by a newer version"):
        LabelStore(database)


@pytest.mark.parametrize("schema", [vote_tables.SCHEMA, label_tables.SCHEMA], ids=lambda schema: schema.name)
def test_the_history_ends_where_the_tables_stand(schema: Schema) -> None:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    from gifect.votes.database import MIGRATIONS

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    history = ScriptDirectory.from_config(config)
    revisions = [revision.revision for revision in history.walk_revisions(schema.first, schema.now)]
    assert (revisions[0], revisions[-1]) == (schema.now, schema.first)
    assert schema.now in history.get_heads()
