"""Claims to work on a library in PostgreSQL: an advisory lock each, of a session that ends with its holder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoneFree

from rag.store.postgresql.sessions import CALL, Server, holder_of, said, session_name

_KEY = "hashtextextended(coalesce(current_schema(), '') || ' ' || :work, 2)"
_TRY = text(f"SELECT pg_try_advisory_lock({_KEY})")
_FREE = text(f"SELECT pg_advisory_unlock({_KEY})")
_HOLDER = holder_of(_KEY)


class AdvisoryClaims:
    """The claims to work on one library."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._sessions: dict[str, Connection] = {}  # of the claims that are ours

    @contextmanager
    def held(self, work: str) -> Iterator[bool]:
        """Whether the work is ours inside the block; it is not while anybody else has it."""
        try:
            connection = self._server.pool.connect()
        except (DBAPIError, NoneFree):
            yield False
            return
        with connection:
            try:
                with connection.begin():
                    ours = bool(connection.execute(_TRY, {"work": work}).scalar_one())
                    since = datetime.now(UTC).isoformat(timespec="seconds") if ours else ""
                    connection.execute(CALL, {"name": session_name(since)})
            except DBAPIError:
                ours = False
            if ours:
                self._sessions[work] = connection
            try:
                yield ours
            finally:
                if ours:
                    del self._sessions[work]
                with suppress(DBAPIError):  # a session that broke holds nothing
                    if ours:
                        with connection.begin():
                            connection.execute(_FREE, {"work": work})
                            connection.execute(CALL, {"name": session_name()})

    def lasts(self, work: str) -> bool:
        """Whether the session that holds the claim still lives; the lock went with it if not."""
        session = self._sessions.get(work)
        if session is None:
            return False
        try:
            with session.begin():
                session.execute(text("SELECT 1"))
        except DBAPIError:
            return False
        return True

    def holder(self, work: str) -> str:
        """Who does the work, as "process 12 on host since ..."; empty when nobody does."""
        with suppress(DBAPIError, NoneFree), self._server.pool.connect() as connection:
            named = connection.execute(_HOLDER, {"work": work}).scalars().all()
            return said(named[0]) if named else ""
        return ""
