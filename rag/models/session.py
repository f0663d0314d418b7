"""onnxruntime sessions from a graph file without weights and the weights in memory.

Keeping the two apart lets the sentence encoder run from the package's own file and the reader share its word
embeddings.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import ModelError
from rag.forks import RenewedLock, end_without_native_handlers, leave_to_parent, renew_in_children

if TYPE_CHECKING:
    import onnxruntime

WEIGHTS = Path(__file__).parent / "weights"
SHARED = "embeddings.word_embeddings.weight"  # frozen in training: every model takes them from the encoder's package
MOST_THREADS = 4  # of one model: more wait for each other
HINT = "Install article-chat again, or set RAG_READER=none to answer with the plain sentence selector."


class Session:
    """A graph with its weights, ready to run. In a forked child it is set up again: its threads are the parent's."""

    def __init__(self, graph: Path, weights: Mapping[str, NDArray[np.float32]]) -> None:
        self._graph, self._weights = graph, dict(weights)
        self._lock = RenewedLock()
        self._made: onnxruntime.InferenceSession | None = None
        self._running()
        renew_in_children(self)

    def run(self, outputs: Sequence[str] | None, inputs: Mapping[str, NDArray[Any]]) -> list[Any]:
        """The graph's outputs (all when None) for the inputs by name."""
        return list(self._running().run(outputs, inputs))

    def after_fork(self) -> None:
        """Set up again at the next run."""
        if self._made is not None:
            leave_to_parent(self._made)
            end_without_native_handlers()
            self._made = None

    def _running(self) -> onnxruntime.InferenceSession:
        with self._lock:
            if self._made is None:
                self._made = _inference_session(self._graph, self._weights)
            return self._made


def make_session(graph: Path, weights: Mapping[str, NDArray[np.float32]]) -> Session:
    """A session over `graph` with its parameters taken from `weights` by name; a ModelError says what is wrong."""
    return Session(graph, weights)


def _inference_session(graph: Path, weights: Mapping[str, NDArray[np.float32]]) -> onnxruntime.InferenceSession:
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = max(1, min(MOST_THREADS, _cores()))
    options.log_severity_level = 3
    # Threads that wait by spinning steal the cores from the other sessions of a server; p50 alone is the same without.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    values = [ort.OrtValue.ortvalue_from_numpy(np.ascontiguousarray(array)) for array in weights.values()]
    options.add_external_initializers(list(weights), values)
    try:
        session = ort.InferenceSession(graph.read_bytes(), options, providers=["CPUExecutionProvider"])
    except (OSError, RuntimeError, ValueError) as error:
        raise ModelError(
            f"The model file {graph.name} cannot be loaded: {error}.", "Install article-chat again."
        ) from error
    session.held = values  # onnxruntime borrows the memory of these
    return session


def _cores() -> int:
    """Cores that this process may use: a thread that waits for a core it may not have holds up all the others."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def checked_graph(name: str) -> Path:
    """A shipped graph file, after a look at its checksum; a ModelError says that it is missing or damaged."""
    file = WEIGHTS / name
    try:
        expected = json.loads((WEIGHTS / "sha256.json").read_text(encoding="utf-8"))[name]
        found = sha256(file.read_bytes()).hexdigest()
    except (OSError, ValueError, KeyError) as error:
        raise ModelError(f"The reader's weights cannot be read: {error}.", HINT) from error
    if found != expected:
        raise ModelError(f"The reader's weights in {file} are damaged.", HINT)
    return file


def fingerprint(graph: Path) -> str:
    """What names the weights in a graph file: calibrations belong to it."""
    return sha256(graph.read_bytes()).hexdigest()[:16]
