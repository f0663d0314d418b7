"""The database of a library: opening, creating, transactions, and its errors in words for the user."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, insert, inspect, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoneFree

from rag.errors import EmbedderMismatch, LibraryError
from rag.forks import leave_to_parent, renew_in_children
from rag.store import migrations, tables
from rag.store.backends import Backend, lexical_index

_RESTORE = "Restore a backup (`rag restore FILE`), or remove its folder and add the articles anew."


class Database:
    """One library's database, safe to use from many threads."""

    def __init__(self, backend: Backend) -> None:
        self.backend = backend
        self.engine = backend.engine()
        self._pinned = threading.local()
        self._verified = False
        renew_in_children(self)

    def after_fork(self) -> None:
        """Open connections of one's own. Those of the parent stay as they are: even closing one would end it there."""
        leave_to_parent(self.engine)
        self.engine = self.backend.engine()
        self._pinned = threading.local()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one unchanging state, as do further reads of the same thread inside it."""
        pinned: Connection | None = getattr(self._pinned, "connection", None)
        if pinned is not None:
            yield pinned
            return
        with (
            self._translated(),
            self.engine.connect() as connection,
            connection.execution_options(**self.backend.reading).begin(),
        ):
            self._pinned.connection = connection
            try:
                yield connection
            finally:
                self._pinned.connection = None

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that is kept as a whole when the block ends well, and undone as a whole when it does not."""
        held = self.backend.held()
        if held is not None:
            with self._translated(), held.begin():
                self._known(held)
                yield held
            return
        with (
            self._translated(),
            self.engine.connect() as connection,
            connection.execution_options(**self.backend.writing).begin(),
        ):
            self.backend.alone(connection)
            self._known(connection)
            yield connection

    def exists(self) -> bool:
        """Whether it holds a finished library (creation is one transaction)."""
        if self.backend.absent():
            return False
        with self._translated(), self.engine.connect() as connection:
            return inspect(connection).has_table(tables.library.name)

    def create(self, fingerprint: str, dimension: int) -> None:
        """Make the tables, unless another process did so first. The caller holds the writer lock."""
        if self.exists():
            return
        with self.write() as connection:
            self.make_tables(connection)
            describe(connection, fingerprint, dimension)

    def make_tables(self, connection: Connection) -> None:
        """Make the tables of a library. It is none before it is described."""
        tables.metadata.create_all(connection, checkfirst=False)
        self.backend.name(connection)
        lexical_index(connection).create(connection)
        migrations.mark_new(connection)

    def outdated(self) -> bool:
        """Whether an older version made the library, and its tables lack changes."""
        with self.read() as connection:
            return migrations.waiting(connection)

    def upgrade(self) -> None:
        """Make the changes that the tables lack, all or none, unless another process did so first.

        The caller holds the writer lock.
        """
        with self.write() as connection:
            if migrations.waiting(connection):
                migrations.run(connection)

    def verify(self, fingerprint: str, dimension: int) -> None:
        """Raise unless this program and this embedding model can use the library."""
        with self.read() as connection:
            row = connection.execute(select(tables.library)).one_or_none()
            moved_from = _moved_from(connection) if row is None else ""
        where = f"The library {self.backend.place}"
        if moved_from:
            said = f"{where} is not whole: the move from {moved_from} is not finished."
            raise LibraryError(said, "Run the same `rag move` again.")
        if row is None:
            raise LibraryError(f"{where} lacks its own description.", _RESTORE)
        self._refuse_newer(row.schema_version)
        if (row.fingerprint, row.dimension) != (fingerprint, dimension):
            raise EmbedderMismatch(
                f"{where} was made by the embedding model {row.fingerprint} ({row.dimension} dimensions), "
                f"but {fingerprint} ({dimension}) is set.",
                "Set RAG_EMBEDDER to the library's model, or choose a new folder (RAG_LIBRARY) and add the articles.",
            )
        self._verified = True

    def _known(self, connection: Connection) -> None:
        """Raise when a newer version has changed the library since it was opened: what we write might do it harm."""
        made = connection.execute(select(tables.library.c.schema_version)).scalar() if self._verified else None
        if made is not None:
            self._refuse_newer(made)

    def _refuse_newer(self, made: int) -> None:
        if made > tables.SCHEMA_VERSION:
            raise LibraryError(
                f"The library {self.backend.place} was made by a newer version "
                f"(schema {made}; this one knows {tables.SCHEMA_VERSION}).",
                "Update Article Chat.",
            )

    @contextmanager
    def _translated(self) -> Iterator[None]:
        """Turn the database's errors into the library's."""
        try:
            yield
        except (DBAPIError, NoneFree) as error:
            raise self.backend.explain(error) from error

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()


def describe(connection: Connection, fingerprint: str, dimension: int, generation: int = 0) -> None:
    """Say what the library is: from now on it can be opened."""
    row = {"id": 1, "schema_version": tables.SCHEMA_VERSION, "fingerprint": fingerprint}
    connection.execute(insert(tables.library).values(**row, dimension=dimension, generation=generation))


def _moved_from(connection: Connection) -> str:
    """From where the library is being moved; empty when it is not."""
    if not inspect(connection).has_table(tables.moving.name):
        return ""
    return str(connection.execute(select(tables.moving.c.source)).scalar() or "")


def generation(connection: Connection) -> int:
    """The number of changes that the library has seen."""
    return int(connection.execute(select(tables.library.c.generation)).scalar_one())


def advance(connection: Connection) -> int:
    """Count one more change; the new generation."""
    connection.execute(update(tables.library).values(generation=tables.library.c.generation + 1))
    return generation(connection)
