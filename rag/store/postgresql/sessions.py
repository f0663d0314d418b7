"""Sessions of this program at a PostgreSQL server: how they are named, and who holds an advisory lock."""

from __future__ import annotations

import os
import socket
from typing import Protocol

from sqlalchemy import Engine, TextClause, text

from rag.errors import LibraryError

CALL = text("SELECT set_config('application_name', :name, false)")


class Server(Protocol):
    """The server as locks and claims see it."""

    place: str

    @property
    def pool(self) -> Engine:
        """The connections of this process."""
        ...

    def explain(self, error: Exception) -> LibraryError:
        """What the server said, as one error."""
        ...


def session_name(since: str = "") -> str:
    """How the server's views name this process: at most 63 bytes. One that holds a lock says since when."""
    return f"article-chat {os.getpid()} {socket.gethostname()[:16]} {since}".strip()


def said(name: str | None) -> str:
    """A holder in words, by the name of its session."""
    parts = str(name or "").split()
    return f"process {parts[1]} on {parts[2]} since {parts[3]}" if len(parts) == 4 else "another process"


def holder_of(key: str) -> TextClause:
    """Selects the name of the session that holds the advisory lock; no row when none does."""
    return text(
        f"""SELECT sessions.application_name FROM pg_locks AS locks JOIN pg_stat_activity AS sessions USING (pid)
            WHERE locks.locktype = 'advisory' AND locks.granted AND locks.objsubid = 1
              AND locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
              AND (locks.classid::bigint << 32 | locks.objid::bigint) = {key}"""  # noqa: S608
    )
