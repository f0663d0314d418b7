"""Moving a library to another place: from a folder to PostgreSQL, and back.

A backup of it is taken first. Its rows go over some at a time, each time in one transaction. What is left to do follows
from what the target holds, so a move that was killed goes on where it stopped. Until all rows were compared nobody can
open the target. The library that is moved is only read.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, delete, func, insert, inspect, select

from rag.errors import LibraryError
from rag.store import backups, tables
from rag.store.backends import Backend, lexical_index
from rag.store.database import Database, describe, generation
from rag.store.dense import ERA
from rag.store.files import make_folder
from rag.store.lock import WriterLock
from rag.store.sqlite.backend import SQLite
from rag.store.transfer import copied, count_on, parts
from rag.store.vectors import Snapshots


@dataclass(frozen=True, slots=True)
class MoveProgress:
    """How far a step of a move has come."""

    step: str  # in words
    done: int = 0  # rows
    total: int = 0  # rows of this step; 0: it is not known how long it takes


@dataclass(frozen=True, slots=True)
class Digest:
    """What a table holds, whatever its order."""

    rows: int
    hashes: int  # the sum of one for each row


Tell = Callable[[MoveProgress], object]


def carry(
    source: Backend,
    target: Backend,
    folder: Path,
    *,
    fingerprint: str,
    dimension: int,
    lock_timeout: float = 30,
    tell: Tell,
) -> None:
    """Make the library in `target` what `source` holds. It can be opened then, and the move is still to be `end`ed.

    `folder` is that of the target, for what is derived from it. A LibraryError when the target holds another library,
    or the unfinished move of another; EmbedderMismatch when the library was made by another embedding model.
    """
    make_folder(folder)
    with closing(Database(source)) as origin, closing(Database(target)) as database:
        if not origin.exists():
            raise LibraryError(f"There is no library in {source.place}.", "Name it with --library or RAG_DATABASE.")
        origin.verify(fingerprint, dimension)
        with WriterLock(target.lock(), lock_timeout).held():
            draft = folder / (_begun(origin, database) or _begin(origin, database))
            if _whole(database):
                return
            if not draft.exists():
                tell(MoveProgress("taking a backup"))
                _empty(database)
                backups.take(origin, draft)
            backups.make_fit(draft, fingerprint, dimension)
            with closing(Database(SQLite(draft))) as copy:
                _copy(copy, database, tell)
                _compare(copy, database, tell)
                Snapshots(folder / target.index_name()).withdraw()
                _complete(copy, database, fingerprint, dimension, tell)


def end(target: Backend, folder: Path, *, lock_timeout: float = 30) -> tuple[int, int, int]:
    """Remove what the move needed: the target is a library like any other. How many articles, passages and
    conversations it holds."""
    with (
        closing(Database(target)) as database,
        WriterLock(target.lock(), lock_timeout).held(),
        database.write() as connection,
    ):
        for draft in connection.execute(select(tables.moving.c.draft)).scalars():
            backups.discard(folder / Path(draft).name)
        tables.moves.drop_all(connection)
        articles, passages, conversations = (
            _count(connection, table) for table in (tables.articles, tables.passages, tables.conversations)
        )
        return articles, passages, conversations


def _begun(origin: Database, database: Database) -> str | None:
    """The name of the backup of the move that was begun; None when none was.

    A LibraryError when the target is not this move's.
    """
    if not database.exists():
        return None
    place, identity = database.backend.place, origin.backend.identity()
    if database.backend.identity() == identity:
        raise LibraryError(f"{place} is the library itself.", "Give another folder or database.")
    with database.read() as connection:
        begun = inspect(connection).has_table(tables.moving.name)
        row = connection.execute(select(tables.moving)).one_or_none() if begun else None
        if row is None:
            _refuse_filled(connection, place)
            return None
    if row.identity != identity:
        raise LibraryError(
            f"The move from {row.source} to {place} is not finished.",
            "Finish that one first, or give an empty folder or database.",
        )
    return Path(row.draft).name  # never a path out of the folder, whatever stands in the table


def _refuse_filled(connection: Connection, place: str) -> None:
    """Raise when the library holds anything."""
    present = set(inspect(connection).get_table_names())
    for table in copied():
        if table.name in present and connection.execute(select(table).limit(1)).first() is not None:
            count = connection.execute(select(func.count()).select_from(tables.articles)).scalar_one()
            raise LibraryError(
                f"The library {place} is not empty: it holds {count} articles.",
                "Give an empty folder or database. To replace a library: `rag backup` and `rag restore`.",
            )


def _begin(origin: Database, database: Database) -> str:
    """Note the move in the target, which is no library from now on; the name of the backup that is to be taken."""
    draft = f"move-{uuid.uuid4().hex[:8]}.sqlite3"
    row = {"draft": draft, "source": origin.backend.place, "identity": origin.backend.identity()}
    known = database.exists()
    if known:
        database.upgrade()
    with database.write() as connection:
        if not known:
            database.make_tables(connection)
        connection.execute(delete(tables.library))
        tables.moves.create_all(connection)
        connection.execute(insert(tables.moving).values(row))
    return draft


def _empty(database: Database) -> None:
    """Remove the rows of a move whose backup is gone."""
    with database.write() as connection:
        for table in reversed(tables.metadata.sorted_tables):
            connection.execute(delete(table))


def _whole(database: Database) -> bool:
    """Whether all rows are there and were compared."""
    with database.read() as connection:
        return connection.execute(select(tables.library)).first() is not None


def _copy(copy: Database, database: Database, tell: Tell) -> None:
    """The rows that the target lacks: those after the ones it holds, for they come in the order of their keys."""
    with copy.read() as source:
        for table in copied():
            total = _count(source, table)
            with database.read() as target:
                done = _count(target, table)
            with closing(parts(source, table, done)) as lacking:
                for part in lacking:
                    with database.write() as target:
                        target.execute(insert(table), part)
                    done += len(part)
                    tell(MoveProgress(f"copying {table.name}", done, total))


def _compare(copy: Database, database: Database, tell: Tell) -> None:
    """Raise unless each table holds the same rows in both."""
    kept = database.backend.kept
    with copy.read() as source, database.read() as target:
        for table in copied():
            total = _count(source, table)
            seen = partial(_seen, tell, f"comparing {table.name}", total)
            if digest(source, table, kept) != (found := digest(target, table, kept, seen)):
                raise LibraryError(
                    f"The move to {database.backend.place} went wrong: the {found.rows} rows of {table.name} there are "
                    f"not the {total} that were copied.",
                    "Look whether another program writes there. Then move to an empty folder or database.",
                )


def _seen(tell: Tell, step: str, total: int, done: int) -> None:
    tell(MoveProgress(step, done, total))


def digest(
    connection: Connection,
    table: Table,
    kept: Callable[[str], str],
    seen: Callable[[int], object] | None = None,
) -> Digest:
    """What a table holds, in two numbers. `kept` gives a text as both databases keep it; `seen` is told of rows."""
    rows, hashes = 0, 0
    with closing(parts(connection, table)) as all_rows:
        for part in all_rows:
            rows += len(part)
            hashes += sum(_hash(row, kept) for row in part)
            if seen is not None:
                seen(rows)
    return Digest(rows, hashes)


def _hash(row: Mapping[str, Any], kept: Callable[[str], str]) -> int:
    values = tuple(kept(value) if isinstance(value, str) else value for value in row.values())
    return int.from_bytes(hashlib.blake2b(repr(values).encode("utf-8", "backslashreplace"), digest_size=16).digest())


def _count(connection: Connection, table: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def _complete(copy: Database, database: Database, fingerprint: str, dimension: int, tell: Tell) -> None:
    """Let the target be a library, in a new era: no index that was built before fits it."""
    step = "indexing the words"
    with copy.read() as source:
        era, total = generation(source) // ERA + 1, _count(source, tables.passages)
    tell(MoveProgress(step, 0, total))
    with database.write() as target:
        lexical_index(target).rebuild(target, partial(_seen, tell, step, total))
        count_on(target)
        describe(target, fingerprint, dimension, era * ERA)
