"""The dense index in the library's own PostgreSQL, by its extension pgvector: a table for each collection.

For teams that run no second server. It does what `chroma_server.py` does, in the same words, so that following,
building anew and searching are the same.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as NoneFree

from rag.schema import Vectors
from rag.store.chroma_server import CollectionLost, ServerFailed, ServerRefused, ServerSilent
from rag.store.database import Database
from rag.store.vectors import HNSW, Numbers

ADDRESS = "pgvector"
RECORDS = 500  # of a page: entering one into the graph takes a millisecond or two
LONGEST = 2_000  # numbers of a vector in an index
SEARCHED, MOST_SEARCHED = 200, 1_000  # candidates looked at

_THERE = text("SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'vector')")
_SCHEMA = text("SELECT quote_ident(extnamespace::regnamespace::text) FROM pg_extension WHERE extname = 'vector'")
_MAKE = text("CREATE EXTENSION IF NOT EXISTS vector SCHEMA public")
_BOUND = text("SELECT set_config('statement_timeout', :most, true)")
_SEARCHED = text(
    "SELECT set_config('hnsw.ef_search', :searched, true), set_config('hnsw.iterative_scan', 'strict_order', true)"
)
_ABOUT = text("SELECT obj_description(to_regclass(quote_ident(:name)), 'pg_class')")
_NAMES = text(
    """SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
       AND starts_with(relname, :beginning) ORDER BY relname"""
)

T = TypeVar("T")


class Pgvector:
    """Collections of vectors in the database of a library. Safe to use from many threads."""

    address = ADDRESS
    most_records = RECORDS
    hint = "Install pgvector at the database server, or set RAG_CHROMA to a Chroma server or to nothing."

    def __init__(self, database: Database, seconds: float) -> None:
        """`seconds` is the longest that a statement may take."""
        self._database = database
        self._seconds = seconds

    def ready(self) -> None:
        """Nothing is made that a call would have to wait for."""

    def answers(self) -> bool:
        """Whether the database has the extension, or can make it."""
        try:
            return self._call(lambda connection: bool(connection.execute(_THERE).scalar_one()))
        except ServerFailed:
            return False

    def make(self, name: str, about: Mapping[str, str | int]) -> None:
        """Make an empty collection; what it is about is kept with it."""
        dimension = int(about["dimension"])
        if dimension > LONGEST:
            raise ServerRefused(f"pgvector indexes vectors of {LONGEST:,} numbers at most, these have {dimension:,}")

        def making(connection: Connection) -> None:
            connection.execute(_MAKE)
            within = _schema(connection)
            graph = f"m = {HNSW['max_neighbors']}, ef_construction = {HNSW['ef_construction']}"
            for statement in (
                f'CREATE TABLE "{name}" (number bigint PRIMARY KEY, embedding {within}.vector({dimension}) NOT NULL)',
                f'CREATE INDEX ON "{name}" USING hnsw (embedding {within}.vector_cosine_ops) WITH ({graph})',
            ):
                connection.exec_driver_sql(statement)
            said = json.dumps(dict(about)).replace("'", "''").replace("%", "%%")
            connection.exec_driver_sql(f"COMMENT ON TABLE \"{name}\" IS '{said}'")

        self._call(making)

    def about(self, name: str) -> Mapping[str, Any]:
        """What was kept with the collection; CollectionLost when there is none."""
        said = self._call(lambda connection: connection.execute(_ABOUT, {"name": name}).scalar())
        if said is None:
            raise CollectionLost(f"there is no table {name}")
        return dict(json.loads(said))

    def names(self, beginning: str) -> list[str]:
        """Names of the collections that begin so."""
        found = self._call(lambda connection: connection.execute(_NAMES, {"beginning": beginning}).scalars().all())
        return [str(name) for name in found]

    def drop(self, name: str) -> None:
        """Delete the collection, if it is there."""
        self._call(lambda connection: connection.exec_driver_sql(f'DROP TABLE IF EXISTS "{name}"'))

    def count(self, name: str) -> int:
        """Vectors in the collection."""
        counted = text(f'SELECT count(*) FROM "{name}"')  # noqa: S608 (names are our own)
        return self._call(lambda connection: int(connection.execute(counted).scalar_one()))

    def put(self, name: str, numbers: Numbers, vectors: Vectors) -> None:
        """Add the vectors, or replace those with the same numbers."""
        given = {"numbers": numbers.tolist(), "vectors": [str(vector.tolist()) for vector in vectors]}

        def putting(connection: Connection) -> None:
            within = _schema(connection)
            connection.execute(
                text(
                    f"""INSERT INTO "{name}" SELECT number, embedding::{within}.vector
                        FROM unnest(CAST(:numbers AS bigint[]), CAST(:vectors AS text[])) AS new (number, embedding)
                        ON CONFLICT (number) DO UPDATE SET embedding = excluded.embedding"""  # noqa: S608
                ),
                given,
            )

        self._call(putting)

    def nearest(self, name: str, queries: Vectors, n: int) -> list[tuple[Numbers, Vectors]]:
        """For each query the numbers and cosine similarities of the n nearest vectors, best first."""

        def searching(connection: Connection) -> list[tuple[Numbers, Vectors]]:
            within = _schema(connection)
            connection.execute(_SEARCHED, {"searched": str(min(max(n, SEARCHED), MOST_SEARCHED))})
            away = f"embedding OPERATOR({within}.<=>) CAST(:query AS {within}.vector)"
            wanted = text(f'SELECT number, {away} AS away FROM "{name}" ORDER BY {away} LIMIT :n')  # noqa: S608
            return [_found(connection, wanted, {"query": str(query.tolist()), "n": n}) for query in queries]

        return self._call(searching)

    def close(self) -> None:
        """Nothing is open: the connections are the library's."""

    def _call(self, work: Callable[[Connection], T]) -> T:
        """What the work gives in a transaction of its own, with its failures in the words of servers of vectors."""
        try:
            with self._database.engine.connect() as connection, connection.begin():
                connection.execute(_BOUND, {"most": f"{max(1, round(self._seconds * 1000))}ms"})
                return work(connection)
        except (DBAPIError, NoneFree) as error:
            raise _failure(error, self._seconds) from error


def _schema(connection: Connection) -> str:
    """The schema that the extension's names are in."""
    found = connection.execute(_SCHEMA).scalar()
    if found is None:
        raise CollectionLost("the database has no extension vector any more")
    return str(found)


def _found(connection: Connection, wanted: Any, given: Mapping[str, Any]) -> tuple[Numbers, Vectors]:
    rows = connection.execute(wanted, given).all()
    return (
        np.array([row.number for row in rows], dtype=np.int64),
        1 - np.array([row.away for row in rows], dtype=np.float32),
    )


def _failure(error: Exception, seconds: float) -> ServerFailed:
    said = " ".join(str(getattr(error, "orig", error)).split())
    state = str(getattr(getattr(error, "orig", None), "sqlstate", None) or "08")
    if state == "57014":
        return ServerSilent(f"no answer in {seconds:g} s")
    if state == "42P01":
        return CollectionLost(said)
    return ServerSilent(said) if state.startswith(("08", "57", "53", "40", "55")) else ServerRefused(said)
