"""A library's rows out of one database and into another, whichever they are: backups of PostgreSQL, and back."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, func, insert, inspect, select, text, update

from rag.store import tables
from rag.store.backends import lexical_index
from rag.store.database import Database
from rag.store.retries import retried
from rag.store.sqlite.backend import SQLite

AT_ONCE = 1_000  # rows in memory


def write_file(database: Database, file: Path) -> None:
    """A new SQLite file with all that the library holds at one moment."""
    copy = Database(SQLite(file))
    try:
        with database.read() as source:
            library = source.execute(select(tables.library)).one()
            copy.create(library.fingerprint, library.dimension)
            with copy.write() as target:
                target.execute(update(tables.library).values(generation=library.generation))
                _copy(source, target, {})
    finally:
        copy.close()


@retried
def read_file(file: Path, database: Database, generation: int) -> None:
    """Replace all that a library in PostgreSQL holds by what the file does. The caller holds the writer lock.

    Articles and passages get numbers that were never used, so that no index on any machine takes one for another.
    """
    copy = Database(SQLite(file))
    try:
        with copy.read() as source, database.write() as target:
            beyond = {name: _highest(target, name) for name in ("articles", "passages")}
            names = ", ".join(table.name for table in copied())
            target.execute(text(f"TRUNCATE {names} CASCADE"))
            _copy(source, target, beyond)
            count_on(target)
            target.execute(update(tables.library).values(generation=generation))
    finally:
        copy.close()


def copied() -> list[Table]:
    """All tables but what says what the library is, and what Chroma servers hold; those that others refer to first."""
    left_out = (tables.library, tables.shards, tables.unindexed)
    return [table for table in tables.metadata.sorted_tables if table not in left_out]


def parts(source: Connection, table: Table, after: int = 0) -> Generator[list[dict[str, Any]], None, None]:
    """The rows of a table in the order of its key, some at a time, less the first `after`. To be closed."""
    wanted = select(table).order_by(*table.primary_key).offset(after)
    with source.execute(wanted.execution_options(yield_per=AT_ONCE)) as rows:
        for part in rows.mappings().partitions():
            yield [dict(row) for row in part]


def count_on(connection: Connection) -> None:
    """Let the next rows of a database to which rows were copied get the numbers after theirs."""
    if connection.dialect.name == "sqlite":  # it counts on by itself
        return
    for table in (tables.articles, tables.passages, tables.deeds):
        highest = select(func.coalesce(func.max(table.c.number), 1)).scalar_subquery()
        connection.execute(select(func.setval(func.pg_get_serial_sequence(table.name, "number"), highest)))


def _copy(source: Connection, target: Connection, beyond: Mapping[str, int]) -> None:
    """Every row, its numbers moved beyond those that were used; the words of the articles are indexed anew."""
    held = set(inspect(source).get_table_names())
    for table in copied():
        moved = {column: beyond[of] for column, of in _numbers(table).items() if of in beyond}
        if table.name not in held:  # the library was made by an older version
            continue
        with closing(parts(source, table)) as some:
            for part in some:
                rows = [row | {name: row[name] + by for name, by in moved.items()} for row in part]
                target.execute(insert(table), rows)
    lexical_index(target).rebuild(target)


def _numbers(table: Table) -> dict[str, str]:
    """The columns that hold numbers of articles or passages, and whose numbers they are."""
    own = {"number": table.name} if table in (tables.articles, tables.passages) else {}
    return own | {column.name: key.column.table.name for column in table.columns for key in column.foreign_keys}


def _highest(connection: Connection, name: str) -> int:
    """The highest number that a row of the table ever had."""
    sequence = func.pg_get_serial_sequence(name, "number")
    where = connection.execute(select(sequence)).scalar_one()
    return int(connection.execute(text(f"SELECT last_value FROM {where}")).scalar_one())  # noqa: S608
