"""A Chroma server: the only module that speaks to one. Every call ends within a time that is known before.

chromadb's client waits for ever for a server that has stopped (`httpx.Client(timeout=None)`), and the name of a server
may take long to look up. So a call runs in a thread of its own, which the caller leaves behind when its time is over.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from time import monotonic
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
import numpy as np

from rag.forks import renew_in_children
from rag.schema import Vectors
from rag.store.vectors import HNSW, Numbers

LISTED = 100  # collections of a page
HEARTBEAT_S = 0.8  # a server that is well answers in some milliseconds, on a very busy machine in half a second
# What Chroma Cloud takes in one write, and gives in one answer (docs.trychroma.com/cloud/quotas-limits, 2026).
CLOUD_RECORDS, CLOUD_RESULTS = 300, 300
LATER = (429, 502, 503, 504)  # HTTP states that pass by themselves
RETRY_S = 5.0  # after a failure the server is left alone so long; then one caller tries it

T = TypeVar("T")


class ServerFailed(Exception):
    """The server did not do what it was asked."""


class ServerSilent(ServerFailed):
    """The server did not answer in time, or cannot be reached."""


class ServerResting(ServerSilent):
    """The server failed a moment ago, and was not asked again."""


class ServerBusy(ServerSilent):
    """The server asks to be asked later: it has too much to do, or a quota is used up."""


class CollectionLost(ServerFailed):
    """The server holds no such collection, or one that was made by another embedding model."""


class ServerRefused(ServerFailed):
    """The server answered that it will not, or cannot, do it."""


class ChromaServer:
    """One Chroma server. Safe to use from many threads; nothing is opened before the first call."""

    hint = "Start it (chroma run --path FOLDER), or set RAG_CHROMA to where it runs."

    def __init__(self, address: str, seconds: float, token: str = "") -> None:
        """`seconds` is the longest that a call may take; `token` goes with each call.

        An address with /TENANT/DATABASE is one of Chroma Cloud, whose quotas hold.
        """
        self.address = address
        self._seconds = seconds
        self._token = token
        names = urlsplit(address).path.split("/")[1:]
        self._within = dict(zip(("tenant", "database"), names, strict=False))
        self.most_records = CLOUD_RECORDS if names else sys.maxsize
        self._most_results = CLOUD_RESULTS if names else sys.maxsize
        renew_in_children(self)
        self.after_fork()

    def after_fork(self) -> None:
        """Speak to the server over connections of one's own."""
        self._lock = threading.Lock()
        self._api: Any = None
        self._collections: dict[str, Any] = {}

    def ready(self) -> None:
        """Import and make what the calls need (a second), so that none spends its time on it."""
        import chromadb.api.models.Collection  # noqa: F401

        self._opened()

    def answers(self) -> bool:
        """Whether the server is there, known within HEARTBEAT_S."""
        try:
            self._call(lambda api: api.heartbeat(), HEARTBEAT_S)
        except ServerFailed:
            return False
        return True

    def make(self, name: str, about: Mapping[str, str | int]) -> None:
        """Make an empty collection; what it is about is kept with it. Chroma Cloud sets up its index by itself."""
        index = {"space": HNSW["space"]} if self._within else HNSW
        given = {"configuration": {"hnsw": index}, "metadata": dict(about), **self._within}
        self._call(lambda api: api.create_collection(name, **given))

    def about(self, name: str) -> Mapping[str, Any]:
        """What was kept with the collection; CollectionLost when there is none."""
        return dict(self._call(lambda api: api.get_collection(name, **self._within)).metadata or {})

    def names(self, beginning: str) -> list[str]:
        """Names of the collections that begin so."""
        found = page = self._listed(0)
        while len(page) == LISTED:
            page = self._listed(len(found))
            found = found + page
        return sorted(name for name in found if name.startswith(beginning))

    def _listed(self, after: int) -> list[str]:
        """The next names of collections."""
        page = self._call(lambda api: api.list_collections(limit=LISTED, offset=after, **self._within))
        return [str(one.name) for one in page]

    def drop(self, name: str) -> None:
        """Delete the collection, if it is there."""
        self._collections.pop(name, None)
        try:
            self._call(lambda api: api.delete_collection(name, **self._within))
        except CollectionLost:
            return

    def count(self, name: str) -> int:
        """Vectors in the collection."""
        return int(self._call(lambda api: self._collection(api, name).count()))

    def put(self, name: str, numbers: Numbers, vectors: Vectors) -> None:
        """Add the vectors, or replace those with the same numbers."""
        ids = [str(number) for number in numbers.tolist()]
        self._call(lambda api: self._collection(api, name).upsert(ids=ids, embeddings=vectors))

    def nearest(self, name: str, queries: Vectors, n: int) -> list[tuple[Numbers, Vectors]]:
        """For each query the numbers and cosine similarities of the n nearest vectors, best first.

        Chroma Cloud gives CLOUD_RESULTS at most.
        """
        asked = {"query_embeddings": queries, "n_results": min(n, self._most_results), "include": ["distances"]}
        found = self._call(lambda api: self._collection(api, name).query(**asked))
        try:
            return [
                (np.array(ids, dtype=np.int64), 1 - np.array(distances, dtype=np.float32))
                for ids, distances in zip(found["ids"], found["distances"], strict=True)
            ]
        except (TypeError, ValueError) as error:
            raise ServerRefused(f"what it found is none of ours: {error}") from error

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            api, self._api = self._api, None
            self._collections = {}
        if api is not None:
            api._session.close()

    def _collection(self, api: Any, name: str) -> Any:
        from chromadb.api.models.Collection import Collection

        if name not in self._collections:
            self._collections[name] = Collection(api, api.get_collection(name, **self._within), embedding_function=None)
        return self._collections[name]

    def _call(self, what: Callable[[Any], T], seconds: float | None = None) -> T:
        """What the server answers, with its failures in our words."""
        from chromadb.errors import ChromaError, NotFoundError, RateLimitError

        api, longest = self._opened(), self._seconds if seconds is None else seconds
        try:
            return what(api) if _thread.bounded else begun(lambda: what(api)).result(timeout=longest)
        except TimeoutError as error:
            raise ServerSilent(f"no answer in {longest:g} s") from error
        except NotFoundError as error:
            self._collections.clear()  # of a server whose folder was deleted, none is right
            raise CollectionLost(str(error)) from error
        except RateLimitError as error:
            raise ServerBusy(str(error)) from error
        except ChromaError as error:
            raise ServerRefused(str(error)) from error
        except httpx.TransportError as error:
            raise ServerSilent(str(error) or type(error).__name__) from error
        except Exception as error:  # what answers there is no Chroma, or says what nobody expects of it
            if (state := _state_of(error)) in LATER:
                raise ServerBusy(f"it answers {state}") from error
            raise ServerRefused(f"{type(error).__name__}: {error}") from error

    def _opened(self) -> Any:
        """chromadb's client of the server; making it asks the server nothing."""
        with self._lock:
            if self._api is None:
                self._api = _client(self.address, self._seconds, self._token)
            return self._api


def _state_of(error: Exception) -> int:
    """The HTTP state behind an error of chromadb's client that says no more than the body; 0 when there is none."""
    behind = error.__context__
    return behind.response.status_code if isinstance(behind, httpx.HTTPStatusError) else 0


def _client(address: str, seconds: float, token: str) -> Any:
    from chromadb.api import ServerAPI
    from chromadb.config import Settings, System

    parts = urlsplit(address)
    settings = Settings(
        chroma_api_impl="chromadb.api.fastapi.FastAPI",
        chroma_server_host=parts.hostname,
        chroma_server_http_port=parts.port,
        chroma_server_ssl_enabled=parts.scheme == "https",
        chroma_server_headers={"x-chroma-token": token} if token else None,
        anonymized_telemetry=False,
    )
    api: Any = System(settings).instance(ServerAPI)  # type: ignore[type-abstract]  # the one that the settings name
    api._session.timeout = httpx.Timeout(seconds)
    return api


class _Thread(threading.local):
    bounded = False  # whether somebody waits for this thread, and for so long only


_thread = _Thread()


def begun(call: Callable[[], T]) -> Future[T]:
    """The call, begun in a thread that nobody has to wait for; calls to servers inside it need no other."""
    future: Future[T] = Future()

    def work() -> None:
        _thread.bounded = True
        try:
            future.set_result(call())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=work, name="chroma", daemon=True).start()
    return future


class Breaker:
    """Leaves a server that failed alone for a while, so that no question waits for it again and again."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failed_at: float | None = None

    def closed(self, answers: Callable[[], bool]) -> bool:
        """Whether the server may be asked. After RETRY_S one caller finds out whether it answers again."""
        with self._lock:
            if self._failed_at is None:
                return True
            if monotonic() - self._failed_at < RETRY_S:
                return False
            self._failed_at = monotonic()  # the others go on without it meanwhile
        if answers():
            self.mend()
            return True
        return False

    @property
    def tripped(self) -> bool:
        """Whether the server failed when it was asked last."""
        with self._lock:
            return self._failed_at is not None

    def trip(self) -> bool:
        """Note a failure; whether it is the first one."""
        with self._lock:
            first, self._failed_at = self._failed_at is None, monotonic()
            return first

    def mend(self) -> None:
        """Note that the server answers."""
        with self._lock:
            self._failed_at = None
