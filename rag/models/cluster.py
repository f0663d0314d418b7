"""Embedding on the machines of a Ray cluster, or on all cores of this one. The only module that imports Ray.

Only the embedding goes there, which is most of the work: texts go out, vectors come back. Reading, cleaning, telling
copies and storing stay with the program that adds, so the library is the same. A worker that dies is started again and
gets its texts again; when the program itself dies, the same command goes on from what the library holds.

Actors that live as long as the program are used rather than Ray Data, which loads the model anew for each data set, and
an addition is one data set every thousand passages.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np

from rag.errors import ConfigError, ModelError
from rag.models.embedder import load_embedder
from rag.models.session import MOST_THREADS
from rag.schema import Embedder, Vectors

if TYPE_CHECKING:
    from ray.util import ActorPool

LOCAL = "local"
PORT = 10_001  # of a cluster, for programs
REACHED_S = 3.0
PART = 64  # passages of a task: two seconds' work of a core
SHARED = (
    8  # tasks that a program gives at a time (it embeds 512 passages a step): more workers would have nothing to do
)
_INSTALL = 'Install it: pip install -c constraints.txt -e ".[scale]".'


class ClusterEmbedder:
    """An embedder whose passages are embedded by the workers of a cluster. Questions and counts stay here."""

    def __init__(self, name: str, near: Embedder, address: str) -> None:
        """`name` is the model's, `near` the same model here, `address` "local" or "ray://host:10001"."""
        self._name = name
        self._near = near
        self._address = address
        self._lock = threading.Lock()
        self._workers: ActorPool | None = None
        self._begun = False
        self.fingerprint, self.dimension, self.max_tokens = near.fingerprint, near.dimension, near.max_tokens

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors [texts, dimension]; a ModelError when the cluster ends or cannot be reached."""
        parts = [list(texts[first : first + PART]) for first in range(0, len(texts), PART)]
        _set_up_ray()
        with self._lock, _told(self._address):
            made = list(self._started().map(lambda worker, part: worker.embed.remote(part), parts))
        return np.concatenate(made) if made else np.empty((0, self.dimension), np.float32)

    def embed_query(self, text: str) -> Vectors:
        """A unit vector [dimension], made here."""
        return self._near.embed_query(text)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text, counted here."""
        return self._near.count_tokens(texts)

    def close(self) -> None:
        """Leave the cluster; a local one ends."""
        if self._begun:
            import ray

            self._workers, self._begun = None, False
            ray.shutdown()

    def _started(self) -> ActorPool:
        if self._workers is None:
            self._begun = True
            self._workers = _start(self._name, self._address, self.fingerprint)
        return self._workers


class Worker:
    """Loads the model once, and embeds what it is given."""

    def __init__(self, name: str) -> None:
        self._embedder = load_embedder(name)

    def fingerprint(self) -> str:
        """Of its model."""
        return self._embedder.fingerprint

    def embed(self, texts: list[str]) -> Vectors:
        """Unit vectors, one a text."""
        return self._embedder.embed_passages(texts)


def check_address(address: str) -> None:
    """A ConfigError unless it is an address of a cluster, and Ray is installed."""
    from importlib.util import find_spec

    if address != LOCAL and not address.startswith("ray://"):
        raise ConfigError(f"'{address}' is no cluster to embed on.", "Give local, or ray://HOST:10001.")
    if find_spec("ray") is None:
        raise ConfigError("Ray, which embeds on a cluster, is not installed.", _INSTALL)


def _set_up_ray() -> None:
    """What Ray reads from the environment when it is imported: no statistics go out, and a token that is there is used.

    A cluster asks for one when its head has one; a program of its own does so by itself for a local cluster only.
    """
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_LOG_TO_DRIVER": "0"}
    named = os.environ.get("RAY_AUTH_TOKEN") or os.environ.get("RAY_AUTH_TOKEN_PATH")
    if named or (Path.home() / ".ray" / "auth_token").exists():
        os.environ.setdefault("RAY_AUTH_MODE", "token")


def _start(name: str, address: str, fingerprint: str) -> ActorPool:
    """The workers, each with as many cores as a model of this program uses."""
    if address != LOCAL:
        where = urlsplit(address)
        socket.create_connection((where.hostname or "", where.port or PORT), REACHED_S).close()  # Ray tries for 40 s
    import ray
    from ray.util import ActorPool

    engine: Any = ray  # half of it is not annotated
    engine.init(address=address, **({"include_dashboard": False} if address == LOCAL else {}))
    cores = int(engine.cluster_resources().get("CPU", 1))
    each = max(1, min(MOST_THREADS, cores))
    made = engine.remote(num_cpus=each, max_restarts=-1, max_task_retries=-1)(Worker)
    workers = [made.remote(name) for _ in range(max(1, min(SHARED, cores // each)))]
    for other in engine.get([worker.fingerprint.remote() for worker in workers]):
        if other != fingerprint:
            raise ModelError(
                f"A machine of the cluster {address} has another embedding model ({other}, not {fingerprint}).",
                "Install the same version of Article Chat on each.",
            )
    return ActorPool(workers)


@contextmanager
def _told(address: str) -> Iterator[None]:
    """What Ray says, as one error with what to do."""
    import ray

    try:
        yield
    except ray.exceptions.RayTaskError as error:
        raise ModelError(f"A worker of the cluster {address} failed: {_line(error.cause)}", "See its log.") from error
    except (ray.exceptions.RayError, ConnectionError, OSError, RuntimeError, TimeoutError) as error:
        hint = "Start it (ray start --head), and run the same command again: it goes on from what the library holds."
        raise ModelError(f"The cluster {address} cannot be used: {_line(error)}", hint) from error


def _line(error: Any) -> str:
    return " ".join(str(error).split())[:300]
