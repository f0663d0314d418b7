"""The SQLite file of a library: opening, creating, transactions, and its errors in words for the user.

WAL with synchronous=FULL: NORMAL does not flush the log at a commit, so a power cut would lose articles that were
already reported as added.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from rag.errors import EmbedderMismatch, LibraryError, LibraryLocked
from rag.forks import leave_to_parent, renew_in_children
from rag.store import lexical, tables

FILE_NAME = "library.sqlite3"
BUSY_TIMEOUT_MS = (
    30_000  # a reader meets a lock only while the log is recovered after a crash; a writer waits for the writer lock
)
# Of each connection: 32,000 made nothing faster over 119,000 passages, and the serving process 32 MB larger.
CACHE_KIB = 16_000
POOLED = 8  # connections kept open; more are opened when more threads read at once

_RESTORE = "Restore a backup (`rag restore FILE`), or remove its folder and add the articles anew."
_DAMAGED = ("The library's database is damaged.", f"Run `rag doctor`. {_RESTORE}")
# What SQLite says -> what happened, what to do.
_TROUBLES = {
    "disk is full": (
        "The disk is full; nothing of this step was written, the library is intact.",
        "Free some space and try again.",
    ),
    "readonly": (
        "The library cannot be written.",
        "Give yourself write permission on its folder, or choose another with RAG_LIBRARY.",
    ),
    "unable to open": (
        "The library's database cannot be opened.",
        "Check that its folder exists and that you may write to it.",
    ),
    "locked": ("The library's database is busy.", "Wait for the other program to finish and try again."),
    "malformed": _DAMAGED,
    "not a database": _DAMAGED,
    "disk i/o": (
        "The disk did not read or write the library's database.",
        "Check the disk and its free space, then run `rag doctor`.",
    ),
}


class Database:
    """One library's database file, safe to use from many threads."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.engine = _make_engine(file)
        self._pinned = threading.local()
        renew_in_children(self)

    def after_fork(self) -> None:
        """Open connections of one's own. Those of the parent stay as they are: SQLite forbids even closing them."""
        leave_to_parent(self.engine)
        self.engine = _make_engine(self.file)
        self._pinned = threading.local()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one unchanging state, as do further reads of the same thread inside it."""
        pinned: Connection | None = getattr(self._pinned, "connection", None)
        if pinned is not None:
            yield pinned
            return
        with translated(self.file), self.engine.connect() as connection, connection.begin():
            self._pinned.connection = connection
            try:
                yield connection
            finally:
                self._pinned.connection = None

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is kept as a whole when the block ends well, and undone as a whole when it does not."""
        with (
            translated(self.file),
            self.engine.connect() as connection,
            connection.execution_options(immediate=True).begin(),
        ):
            yield connection

    def exists(self) -> bool:
        """Whether the file holds a finished library (creation is one transaction)."""
        if not self.file.exists():
            return False
        with translated(self.file), self.engine.connect() as connection:
            return inspect(connection).has_table(tables.library.name)

    def create(self, fingerprint: str, dimension: int) -> None:
        """Make the tables, unless another process did so first. The caller holds the writer lock."""
        if self.exists():
            return
        with self.write() as connection:
            tables.metadata.create_all(connection)
            lexical.create(connection)
            row = {"id": 1, "schema_version": tables.SCHEMA_VERSION, "fingerprint": fingerprint}
            connection.execute(insert(tables.library).values(**row, dimension=dimension, generation=0))

    def extend(self) -> None:
        """Add the tables that this version has and the library, made by an older one, lacks."""
        with self.read() as connection:
            present = set(inspect(connection).get_table_names())
        lacking = [table for name, table in tables.metadata.tables.items() if name not in present]
        if lacking:
            with self.write() as connection:
                tables.metadata.create_all(connection, tables=lacking)

    def verify(self, fingerprint: str, dimension: int) -> None:
        """Raise unless this program and this embedding model can use the library."""
        with self.read() as connection:
            row = connection.execute(select(tables.library)).one_or_none()
        where = f"The library {self.file.parent}"
        if row is None:
            raise LibraryError(f"{where} lacks its own description.", _RESTORE)
        if row.schema_version > tables.SCHEMA_VERSION:
            made, known = row.schema_version, tables.SCHEMA_VERSION
            raise LibraryError(
                f"{where} was made by a newer version (schema {made}; this one knows {known}).", "Update Article Chat."
            )
        if (row.fingerprint, row.dimension) != (fingerprint, dimension):
            raise EmbedderMismatch(
                f"{where} was made by the embedding model {row.fingerprint} ({row.dimension} dimensions), "
                f"but {fingerprint} ({dimension}) is set.",
                "Set RAG_EMBEDDER to the library's model, or choose a new folder (RAG_LIBRARY) and add the articles.",
            )

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def generation(connection: Connection) -> int:
    """The number of changes that the library has seen."""
    return int(connection.execute(select(tables.library.c.generation)).scalar_one())


def advance(connection: Connection) -> int:
    """Count one more change; the new generation."""
    connection.execute(update(tables.library).values(generation=tables.library.c.generation + 1))
    return generation(connection)


@contextmanager
def translated(file: Path) -> Iterator[None]:
    """Turn the database's errors into the library's."""
    try:
        yield
    except DBAPIError as error:
        said = str(error.orig)
        for sign, (message, mend) in _TROUBLES.items():
            if sign in said.lower():
                kind = LibraryLocked if sign == "locked" else LibraryError
                raise kind(f"{message} ({file}: {said})", mend) from error
        raise LibraryError(f"The library's database failed ({file}: {said}).", "Run `rag doctor`.") from error


def _make_engine(file: Path) -> Engine:
    engine = create_engine(
        f"sqlite+pysqlite:///{file}",
        poolclass=QueuePool,
        pool_size=POOLED,
        max_overflow=-1,
        connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000},
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: object) -> None:
    """Settings of each new connection; transactions begin only where `_begin` says so."""
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        f"cache_size=-{CACHE_KIB}",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    """A writer takes its lock at once: upgrading later could fail in the middle."""
    immediate = connection.get_execution_options().get("immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
