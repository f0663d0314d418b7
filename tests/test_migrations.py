"""A library that an older version made: its tables are brought up to this version's, once and whole."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect
from stores import open_store, prepare, vector_for

from rag.errors import LibraryError, LibraryLocked
from rag.schema import Filters
from rag.store import migrations, tables
from rag.store.migrations import REVISIONS
from rag.store.store import Store

# When each table came, oldest first: a library of that day lacks those of later lines. PostgreSQL came before the last.
CAME = (
    "library articles passages vectors lines versions",
    "conversations messages feedback collected",
    "feeds feed_entries",
    "bands copies",
    "owned",
    "tokens deeds",
    "remarks",
    "shards unindexed feed_troubles",
    "wrong_sources",
    "token_groups grants conversation_owners",
)
SHARDS = """CREATE TABLE shards (
    address VARCHAR NOT NULL, shard VARCHAR NOT NULL, state VARCHAR NOT NULL, collection VARCHAR NOT NULL,
    upto INTEGER NOT NULL, held INTEGER NOT NULL, place VARCHAR NOT NULL, PRIMARY KEY (address, shard, state))"""
IN_POSTGRESQL = len(CAME) - 1  # the age from which a library may be in PostgreSQL


def make_old(store: Store, age: int) -> None:
    """Take back all that came after the library's age."""
    postgresql = bool(store._opening["database"])
    with store._database.write() as connection:
        for line in reversed(CAME[age:]):
            for name in line.split():
                connection.exec_driver_sql(f"DROP TABLE {name}")
        connection.exec_driver_sql("DROP TABLE alembic_version")
        if age == 8 and not postgresql:
            connection.exec_driver_sql("DROP TABLE shards")
            connection.exec_driver_sql(SHARDS)
        if postgresql:
            for name in ("conversation", "reference", "question", "article_id", "quote"):
                connection.exec_driver_sql(f'ALTER TABLE wrong_sources ALTER COLUMN {name} TYPE text COLLATE "default"')


def described(connection: Connection) -> dict[str, Any]:
    """The tables as the database knows them."""
    seen = inspect(connection)
    return {
        name: (
            [(one["name"], repr(one["type"]), one["nullable"]) for one in seen.get_columns(name)],
            seen.get_pk_constraint(name)["constrained_columns"],
            [(one["constrained_columns"], one["options"]) for one in seen.get_foreign_keys(name)],
            sorted((one["column_names"], bool(one["unique"])) for one in seen.get_indexes(name)),
        )
        for name in sorted(set(tables.metadata.tables) | {"alembic_version"})
    }


def held(store: Store) -> tuple[Any, ...]:
    """What the oldest library can hold, and what finds it."""
    return (
        [(one.id, one.text) for one in store.articles()],
        [passage.text for passage in store.article_passages("a")],
        store.search_lexical(["mayor"], 5, Filters()),
        store.search_dense(vector_for("The mayor of a went home."), 1, Filters()),
        store.generation(),
    )


@pytest.mark.sqlite
@pytest.mark.parametrize("age", range(1, IN_POSTGRESQL))
def test_a_file_of_any_age_gets_the_tables_of_a_new_one_and_keeps_what_it_holds(
    opening: Callable[..., Store], age: int
) -> None:
    check_upgrade(opening, age)


@pytest.mark.parametrize("age", range(IN_POSTGRESQL, len(CAME) + 1))
def test_a_library_of_any_age_gets_the_tables_of_a_new_one_and_keeps_what_it_holds(
    opening: Callable[..., Store], age: int
) -> None:
    check_upgrade(opening, age)


def check_upgrade(opening: Callable[..., Store], age: int) -> None:
    store = opening()
    store.put([prepare("a"), prepare("b")])
    before = held(store)
    with store._database.read() as connection:
        new = described(connection)
    make_old(store, age)
    store.close()
    store = opening()
    with store._database.read() as connection:
        assert described(connection) == new
        assert differences(connection) == []
        assert connection.execute(migrations.applied.select()).scalars().all() == [REVISIONS[-1]]
    assert held(store) == before
    store.put([prepare("c")])
    assert store.conversations.begin("talk", 1, "What of c?") is None
    assert {finding.severity for finding in store.check()} == {"ok"}


def differences(connection: Connection) -> list[Any]:
    """In what the tables differ from their definition, as Alembic sees it; a comment of PostgreSQL is our identity."""
    ours = {"include_name": lambda name, kind, _parents: kind != "table" or name in tables.metadata.tables}
    found = compare_metadata(MigrationContext.configure(connection, opts=ours), tables.metadata)
    return [one for one in found if one[0] != "remove_table_comment"]


def test_the_revisions_are_those_of_the_files_in_one_line() -> None:
    scripts = ScriptDirectory(Path(migrations.__file__).parent)
    assert tuple(one.revision for one in scripts.walk_revisions())[::-1] == REVISIONS


def test_a_new_library_runs_no_change(opening: Callable[..., Store], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(migrations, "run")
    opening().close()
    opening().put([prepare("a")])


def test_of_many_that_open_an_old_library_at_once_one_changes_it(
    opening: Callable[..., Store], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opening()
    store.put([prepare("a")])
    make_old(store, IN_POSTGRESQL)
    database = store._opening["database"]
    run, ran, errors = migrations.run, list[str](), list[BaseException]()
    together = threading.Barrier(6)

    def running(connection: Connection) -> None:
        ran.append(threading.current_thread().name)
        run(connection)

    def open_one() -> None:
        try:
            together.wait(60)
            with open_store(tmp_path / "library", database=database, lock_timeout=60) as opened:
                assert [one.id for one in opened.articles()] == ["a"]
        except BaseException as error:
            errors.append(error)

    monkeypatch.setattr(migrations, "run", running)
    openers = [threading.Thread(target=open_one) for _ in range(6)]
    for opener in openers:
        opener.start()
    for opener in openers:
        opener.join()
    assert errors == []
    assert len(ran) == 1


def test_a_change_that_breaks_off_changes_nothing_and_is_made_by_the_next_opening(
    opening: Callable[..., Store], monkeypatch: pytest.MonkeyPatch
) -> None:
    run = migrations.run

    def broken(connection: Connection) -> None:
        run(connection)
        raise KeyboardInterrupt

    store = opening()
    store.put([prepare("a")])
    make_old(store, IN_POSTGRESQL)
    with store._database.read() as connection:
        before = set(inspect(connection).get_table_names())
    with monkeypatch.context() as breaking:
        breaking.setattr(migrations, "run", broken)
        with pytest.raises(KeyboardInterrupt):
            opening()
    with store._database.read() as connection:
        assert set(inspect(connection).get_table_names()) == before
    assert [one.id for one in opening().articles()] == ["a"]
    assert not store._database.outdated()


def test_an_old_library_is_not_changed_while_somebody_writes_it(opening: Callable[..., Store]) -> None:
    store = opening()
    make_old(store, IN_POSTGRESQL)
    with store.writing(), pytest.raises(LibraryLocked, match="is being written by"):
        in_a_thread(lambda: opening(lock_timeout=0.1))
    assert store._database.outdated()
    opening()
    assert not store._database.outdated()


def in_a_thread(work: Callable[[], object]) -> None:
    """Do it as another thread, which does not hold our locks; raises what it raised."""
    raised: list[BaseException] = []

    def doing() -> None:
        try:
            work()
        except BaseException as error:
            raised.append(error)

    thread = threading.Thread(target=doing)
    thread.start()
    thread.join()
    if raised:
        raise raised[0]


def test_a_library_with_further_changes_that_do_no_harm_is_used(opening: Callable[..., Store]) -> None:
    with opening()._database.write() as connection:
        connection.execute(migrations.applied.update().values(version_num="9999"))
    store = opening()
    store.put([prepare("a")])
    assert [one.id for one in store.articles()] == ["a"]
    with store._database.read() as connection:
        assert connection.execute(migrations.applied.select()).scalar_one() == "9999"


def test_a_program_that_goes_on_while_a_newer_one_changes_the_library_reads_and_does_not_write(
    opening: Callable[..., Store],
) -> None:
    store = opening()
    store.put([prepare("a")])
    with opening()._database.write() as connection:
        connection.execute(tables.library.update().values(schema_version=tables.SCHEMA_VERSION + 1))
    before = held(store)
    for change in (lambda: store.put([prepare("b")]), lambda: store.conversations.begin("talk", 1, "What of a?")):
        with pytest.raises(LibraryError, match=r"made by a newer version .*Update Article Chat"):
            change()
    assert held(store) == before
