"""The databases that can hold a library, and what they do each in their own way."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Connection, Engine

from rag.errors import LibraryError
from rag.store.claims import Claims
from rag.store.lexical import LexicalIndex
from rag.store.lock import ProcessLock
from rag.store.sqlite import lexical as sqlite_lexical
from rag.store.sqlite.backend import FILE_NAME, SQLite


class Backend(Protocol):
    """One database that holds a library, or will."""

    @property
    def place(self) -> str:
        """Where the library is, in the words of messages."""
        ...

    @property
    def reading(self) -> Mapping[str, Any]:
        """Execution options of a connection whose transaction sees one unchanging state."""
        ...

    @property
    def writing(self) -> Mapping[str, Any]:
        """Execution options of a connection that writes."""
        ...

    def engine(self) -> Engine:
        """Connections to the database."""
        ...

    def absent(self) -> bool:
        """Whether it is plain without a connection that nothing is there."""
        ...

    def alone(self, connection: Connection) -> None:
        """Let no other short transaction of a writer run beside this one, until it ends."""
        ...

    def lock(self) -> ProcessLock:
        """The lock of those who change articles, free for now."""
        ...

    def claims(self) -> Claims:
        """Claims to work that one process at a time may do."""
        ...

    def held(self) -> Connection | None:
        """The connection by which this thread holds that lock, where what it writes must go; None: any will do."""
        ...

    def kept(self, text: str) -> str:
        """A text as the database keeps it: it may lack some characters."""
        ...

    def name(self, connection: Connection) -> None:
        """Give a new library an identity of its own."""
        ...

    def index_name(self) -> str:
        """The folder, in the library's folder, of the index inside the program."""
        ...

    def identity(self) -> str:
        """What tells this library from a copy of it, and from another that takes its place."""
        ...

    def explain(self, error: Exception) -> LibraryError:
        """What the database said, as one error with what to do."""
        ...

    def damage(self, connection: Connection) -> str:
        """What is broken in the database's own pages; empty when nothing is."""
        ...

    def orphans(self, connection: Connection) -> bool:
        """Whether rows are left whose article or conversation is gone."""
        ...


def backend_for(folder: Path, database: str = "") -> Backend:
    """The database of a library: the one at the address, or the file in the folder."""
    if not database:
        return SQLite(folder / FILE_NAME)
    from rag.store.postgresql.backend import PostgreSQL

    return PostgreSQL(database)


def lexical_index(connection: Connection) -> LexicalIndex:
    """The lexical index of the database that the connection is to."""
    if connection.dialect.name == "sqlite":
        return sqlite_lexical
    from rag.store.postgresql import lexical as postgresql_lexical

    return postgresql_lexical
