"""A library's rows out of one database and into another, whichever they are: backups of PostgreSQL, and back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import Connection, Table, func, insert, select, text, update

from rag.store import tables
from rag.store.backends import lexical_index
from rag.store.database import Database
from rag.store.sqlite.backend import SQLite

AT_ONCE = 1_000  # rows in memory
# Columns that hold the database's own numbers, and whose numbers they are.
_NUMBERS: Mapping[str, Mapping[str, str]] = {
    "articles": {"number": "articles"},
    "passages": {"number": "passages", "article": "articles"},
    "vectors": {"number": "passages"},
    "lines": {"article": "articles"},
    "bands": {"article": "articles"},
}


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


def read_file(file: Path, database: Database, generation: int) -> None:
    """Replace all that a library in PostgreSQL holds by what the file does. The caller holds the writer lock.

    Articles and passages get numbers that were never used, so that no index on any machine takes one for another.
    """
    copy = Database(SQLite(file))
    try:
        with copy.read() as source, database.write() as target:
            beyond = {name: _highest(target, name) for name in ("articles", "passages")}
            names = ", ".join(table.name for table in _copied())
            target.execute(text(f"TRUNCATE {names} CASCADE"))
            _copy(source, target, beyond)
            for table in (tables.articles, tables.passages, tables.deeds):
                _go_on(target, table)
            target.execute(update(tables.library).values(generation=generation))
    finally:
        copy.close()


def _copied() -> list[Table]:
    """All tables but what says what the library is, and what Chroma servers hold; those that others refer to first."""
    left_out = (tables.library, tables.shards, tables.unindexed)
    return [table for table in tables.metadata.sorted_tables if table not in left_out]


def _copy(source: Connection, target: Connection, beyond: Mapping[str, int]) -> None:
    """Every row, its numbers moved beyond those that were used; the words of the articles are indexed anew."""
    for table in _copied():
        moved = {column: beyond.get(of, 0) for column, of in _NUMBERS.get(table.name, {}).items()}
        rows = source.execute(select(table).execution_options(yield_per=AT_ONCE))
        for part in rows.mappings().partitions():
            changed = [{**row, **{name: row[name] + by for name, by in moved.items()}} for row in part]
            target.execute(insert(table), changed)
    lexical_index(target).rebuild(target)


def _highest(connection: Connection, name: str) -> int:
    """The highest number that a row of the table ever had."""
    sequence = func.pg_get_serial_sequence(name, "number")
    where = connection.execute(select(sequence)).scalar_one()
    return int(connection.execute(text(f"SELECT last_value FROM {where}")).scalar_one())  # noqa: S608


def _go_on(connection: Connection, table: Table) -> None:
    """Let the next row get the number after the highest."""
    highest = select(func.coalesce(func.max(table.c.number), 1)).scalar_subquery()
    connection.execute(select(func.setval(func.pg_get_serial_sequence(table.name, "number"), highest)))
