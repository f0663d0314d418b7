"""The servers that can hold the dense index: Chroma's, and the library's own PostgreSQL with pgvector."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from rag.errors import ConfigError
from rag.schema import Vectors
from rag.store.chroma_server import ChromaServer
from rag.store.database import Database
from rag.store.vectors import Numbers

PGVECTOR = "pgvector"  # in the place of an address


class VectorServer(Protocol):
    """Holds collections of vectors, each with a number. What fails is a ServerFailed of `chroma_server.py`."""

    @property
    def address(self) -> str:
        """Where it is, in the words of the settings."""
        ...

    @property
    def most_records(self) -> int:
        """Vectors that one call of `put` may give it."""
        ...

    @property
    def hint(self) -> str:
        """What to do when it does not answer."""
        ...

    def ready(self) -> None:
        """Make what the calls need, so that none spends its time on it."""
        ...

    def answers(self) -> bool:
        """Whether the server is there, known within a second."""
        ...

    def make(self, name: str, about: Mapping[str, str | int]) -> None:
        """Make an empty collection; what it is about is kept with it."""
        ...

    def about(self, name: str) -> Mapping[str, Any]:
        """What was kept with the collection; CollectionLost when there is none."""
        ...

    def names(self, beginning: str) -> list[str]:
        """Names of the collections that begin so."""
        ...

    def drop(self, name: str) -> None:
        """Delete the collection, if it is there."""
        ...

    def count(self, name: str) -> int:
        """Vectors in the collection."""
        ...

    def put(self, name: str, numbers: Numbers, vectors: Vectors) -> None:
        """Add the vectors, or replace those with the same numbers."""
        ...

    def nearest(self, name: str, queries: Vectors, n: int) -> list[tuple[Numbers, Vectors]]:
        """For each query the numbers and cosine similarities of the n nearest vectors, best first."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...


def server_at(address: str, seconds: float, token: str, database: Database) -> VectorServer:
    """The server at an address, each call of which may take so many seconds."""
    if address != PGVECTOR:
        return ChromaServer(address, seconds, token)
    if database.engine.dialect.name != "postgresql":
        raise ConfigError("RAG_CHROMA is 'pgvector', but the library is no PostgreSQL database.", "Set RAG_DATABASE.")
    from rag.store.postgresql.pgvector import Pgvector

    return Pgvector(database, seconds)
