"""One writer to a database at a time: an advisory lock of a session.

What the holder writes goes over the very connection that holds the lock. When the server ends that connection, the lock
and what was not committed go together: nobody goes on writing without the lock.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from datetime import UTC, datetime

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoneFree

from rag.errors import LibraryLocked
from rag.forks import leave_to_parent
from rag.store.postgresql.sessions import CALL, Server, holder_of, said, session_name

_KEY = "hashtextextended(coalesce(current_schema(), ''), 0)"  # one library a schema
_TRY = text(f"SELECT pg_try_advisory_lock({_KEY})")
_WAIT = text(f"SELECT pg_advisory_lock({_KEY})")
_FREE = text(f"SELECT pg_advisory_unlock({_KEY})")
_BOUND = text("SELECT set_config('lock_timeout', :most, true)")
_HOLDER = holder_of(_KEY)
_NOT_AVAILABLE = "55P03"


class AdvisoryLock:
    """The lock of one library, for one process."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._own = threading.local()

    @property
    def connection(self) -> Connection | None:
        """The connection by which this thread holds the lock."""
        held: Connection | None = getattr(self._own, "connection", None)
        return held

    def after_fork(self) -> None:
        """Hold nothing: what the parent holds is the parent's."""
        leave_to_parent(self._own)
        self._own = threading.local()

    def take(self, timeout: float) -> None:
        """Hold it; LibraryLocked when another process has it for longer than `timeout` seconds."""
        try:
            connection = self._server.pool.connect()
            try:
                taken = _take(connection, timeout)
            except BaseException:
                connection.invalidate()  # the lock may have come all the same
                connection.close()
                raise
        except (DBAPIError, NoneFree) as error:
            if getattr(getattr(error, "orig", None), "sqlstate", None) == _NOT_AVAILABLE:
                raise self.locked() from error
            raise self._server.explain(error) from error
        if not taken:
            connection.close()
            raise self.locked()
        self._own.connection = connection

    def release(self) -> None:
        """Hold it no longer. A connection that broke holds nothing."""
        connection: Connection = self._own.connection
        self._own.connection = None
        try:
            with connection.begin():
                connection.execute(_FREE)
                connection.execute(CALL, {"name": session_name()})
        except DBAPIError:
            connection.invalidate()
        finally:
            connection.close()

    def locked(self) -> LibraryLocked:
        """The error that says who holds it."""
        named: str | None = None
        with suppress(DBAPIError, NoneFree), self._server.pool.connect() as connection:
            named = connection.execute(_HOLDER).scalar()
        return LibraryLocked(
            f"The library {self._server.place} is being written by {said(named)}.",
            "Wait until it is done and try again, or wait longer with RAG_LOCK_TIMEOUT_S.",
        )


def _take(connection: Connection, timeout: float) -> bool:
    with connection.begin():
        if timeout <= 0:
            taken = bool(connection.execute(_TRY).scalar_one())
        else:
            connection.execute(_BOUND, {"most": f"{max(1, round(timeout * 1000))}ms"})
            connection.execute(_WAIT)
            taken = True
        if taken:
            connection.execute(CALL, {"name": session_name(datetime.now(UTC).isoformat(timespec="seconds"))})
    return taken
