"""PostgreSQL: how connections are made, what its transactions see, and how writers keep apart."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoneFree

from rag.errors import LibraryError
from rag.store.postgresql import address, errors
from rag.store.postgresql.claims import AdvisoryClaims
from rag.store.postgresql.lock import AdvisoryLock
from rag.store.postgresql.sessions import session_name

POOLED = 8  # connections kept open
MOST = 40  # of one process; a server takes 100 unless told otherwise
POOL_TIMEOUT_S = 10  # how long a thread waits for one of them
CONNECT_TIMEOUT_S = 3
BUSY_TIMEOUT_MS = 30_000
# Seconds until a connection whose other end is gone without a word is given up.
_ALIVE = {"keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 10_000}
# The same at the server: the writer's lock of a machine that is gone without a word is free again.
_SERVER_ALIVE = {
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "25000",
}
# JIT compiles what runs for milliseconds. To tell whether a text vector matches takes ten times as long as the planner
# reckons, so it would rather look at each than use the index. Every other setting is the server's own.
_SETTINGS = {
    "jit": "off",
    "cpu_operator_cost": "0.025",
    "random_page_cost": "1.1",
    "lock_timeout": str(BUSY_TIMEOUT_MS),
    **_SERVER_ALIVE,
}
_UNKNOWN = dict.fromkeys((0, *range(0xD800, 0xE000)), "\ufffd")  # PostgreSQL has neither NUL nor surrogates


class PostgreSQL:
    """A library in the database at an address."""

    # Statements of one reader see the state at its first one, and cannot change anything.
    reading: Mapping[str, Any] = MappingProxyType({"isolation_level": "REPEATABLE READ", "postgresql_readonly": True})
    writing: Mapping[str, Any] = MappingProxyType({"isolation_level": "READ COMMITTED"})

    pool: Engine

    def __init__(self, database: str) -> None:
        self._url = address.parse(database)
        self.place = address.place(self._url)
        self._lock = AdvisoryLock(self)

    def engine(self) -> Engine:
        """Connections that any thread may use, one at a time."""
        engine = create_engine(
            self._url,
            pool_size=POOLED,
            max_overflow=MOST - POOLED,
            pool_timeout=POOL_TIMEOUT_S,
            pool_pre_ping=True,  # after a restart of the server the next call works
            connect_args={
                "connect_timeout": CONNECT_TIMEOUT_S,
                "application_name": session_name(),
                "prepare_threshold": None,  # a plan for these words, not for any; and poolers between need none kept
                **_ALIVE,
                **self._url.query,
            },
        )
        event.listen(engine, "do_connect", _connect)
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "checkout", _as_the_server_says)
        self.pool = engine
        return engine

    def absent(self) -> bool:
        """Only a connection can tell."""
        return False

    def alone(self, connection: Connection) -> None:
        """Short transactions run one after the other, as those of SQLite do. Writers of articles have their lock."""
        connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(coalesce(current_schema(), ''), 1))"))

    def lock(self) -> AdvisoryLock:
        """The lock of those who change articles."""
        return self._lock

    def held(self) -> Connection | None:
        """The connection by which this thread holds the lock."""
        return self._lock.connection

    def explain(self, error: Exception) -> LibraryError:
        """What PostgreSQL said, as one error with what to do."""
        return errors.explain(error, self.place)

    def kept(self, text: str) -> str:
        """The text, with U+FFFD for what PostgreSQL has not, one for one, so that offsets stay."""
        return kept(text)

    def name(self, connection: Connection) -> None:
        """Give a new library an identity of its own."""
        connection.exec_driver_sql(f"COMMENT ON TABLE library IS 'Article Chat {uuid.uuid4().hex}'")

    def identity(self) -> str:
        """What tells this library from another that may stand at the same address later."""
        try:
            with self.pool.connect() as connection:
                named = connection.execute(text("SELECT obj_description('library'::regclass, 'pg_class')")).scalar_one()
        except (DBAPIError, NoneFree) as error:
            raise self.explain(error) from error
        return str(named or "").rpartition(" ")[2]

    def index_name(self) -> str:
        """One for each library: one that is made anew at the same address gets an index of its own."""
        return f"dense-{self.identity()}"

    def claims(self) -> AdvisoryClaims:
        """Advisory locks."""
        return AdvisoryClaims(self)

    def damage(self, connection: Connection) -> str:
        """Nothing: PostgreSQL checks its pages when it reads them, if it was set up so."""
        return ""

    def orphans(self, connection: Connection) -> bool:
        """None: no user can set foreign keys aside."""
        return False


def kept(text: str) -> str:
    """A text as PostgreSQL can hold it."""
    return text.translate(_UNKNOWN)


def _connect(_dialect: object, _record: object, _arguments: object, named: Mapping[str, Any]) -> Any:
    """A connection that does not wait for a server that has stopped."""
    from rag.store.postgresql.patience import PatientConnection

    return PatientConnection.connect(**named)


def _prepare(connection: Any, _record: object) -> None:
    """Settings of each new connection."""
    connection.adapters.register_dumper(str, _dumper())
    with connection.cursor() as cursor:
        for name, value in _SETTINGS.items():
            cursor.execute("SELECT set_config(%s, %s, false)", (name, value))
    connection.commit()


def _as_the_server_says(connection: Any, _record: object, _proxy: object) -> None:
    """Write where the server lets one: what a reader leaves behind would ask for it even against its settings."""
    connection.read_only = None


def _dumper() -> type[Any]:
    """Texts as PostgreSQL can hold them."""
    from psycopg.types.string import StrDumperUnknown

    class Dumper(StrDumperUnknown):
        def dump(self, obj: str) -> Any:
            return super().dump(kept(obj))

    return Dumper
