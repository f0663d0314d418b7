"""SQLite: how its file is opened, what its errors mean, what it checks of itself.

WAL with synchronous=FULL: NORMAL does not flush the log at a commit, so a power cut would lose articles that were
already reported as added.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.pool import QueuePool

from rag.errors import LibraryError, LibraryLocked
from rag.store.sqlite.claims import FolderClaims
from rag.store.sqlite.lock import FolderLock

FILE_NAME = "library.sqlite3"
BUSY_TIMEOUT_MS = (
    30_000  # a reader meets a lock only while the log is recovered after a crash; a writer waits for the writer lock
)
# Of each connection: 32,000 made nothing faster over 119,000 passages, and the serving process 32 MB larger.
CACHE_KIB = 16_000
POOLED = 8  # connections kept open; more are opened when more threads read at once

_DAMAGED = (
    "The library's database is damaged.",
    "Run `rag doctor`. Restore a backup (`rag restore FILE`), or remove its folder and add the articles anew.",
)
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


class SQLite:
    """A library in one file."""

    reading: Mapping[str, Any] = MappingProxyType({})
    writing: Mapping[str, Any] = MappingProxyType({"immediate": True})

    def __init__(self, file: Path) -> None:
        self.file = file

    @property
    def place(self) -> str:
        """The folder."""
        return str(self.file.parent)

    def engine(self) -> Engine:
        """Connections that any thread may use, one at a time."""
        engine = create_engine(
            f"sqlite+pysqlite:///{self.file}",
            poolclass=QueuePool,
            pool_size=POOLED,
            max_overflow=-1,
            connect_args={"check_same_thread": False, "timeout": BUSY_TIMEOUT_MS / 1000},
        )
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
        return engine

    def absent(self) -> bool:
        """Whether there is no file; asking for a connection would make one."""
        return not self.file.exists()

    def alone(self, connection: Connection) -> None:
        """Nothing to do: `_begin` lets one transaction write at a time."""

    def lock(self) -> FolderLock:
        """A lock file beside the database."""
        return FolderLock(self.file.parent)

    def claims(self) -> FolderClaims:
        """Lock files beside the database."""
        return FolderClaims(self.file.parent)

    def identity(self) -> str:
        """The file: a copy of it lies elsewhere, and one that took its place is another."""
        try:
            return f"{self.file.resolve()}:{self.file.stat().st_ino}"
        except OSError:
            return f"{self.file}:0"

    def held(self) -> None:
        """Any connection may write: `_begin` lets one at a time."""

    def kept(self, text: str) -> str:
        """The text itself."""
        return text

    def name(self, connection: Connection) -> None:
        """Nothing to do: the file is its identity."""

    def index_name(self) -> str:
        """The index lies beside the file."""
        return "dense"

    def explain(self, error: Exception) -> LibraryError:
        """What SQLite said, as one error with what to do."""
        said = str(getattr(error, "orig", error))
        for sign, (message, hint) in _TROUBLES.items():
            if sign in said.lower():
                kind = LibraryLocked if sign == "locked" else LibraryError
                return kind(f"{message} ({self.file}: {said})", hint)
        return LibraryError(f"The library's database failed ({self.file}: {said}).", "Run `rag doctor`.")

    def damage(self, connection: Connection) -> str:
        """What SQLite finds broken in the file; empty when nothing is."""
        said = str(connection.execute(text("PRAGMA quick_check(1)")).scalar_one())
        return "" if said == "ok" else said

    def orphans(self, connection: Connection) -> bool:
        """Whether rows refer to others that are gone: only a program that sets foreign keys aside leaves such."""
        return connection.execute(text("PRAGMA foreign_key_check")).first() is not None


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
