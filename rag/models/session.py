"""onnxruntime sessions from a graph file without weights and the weights in memory.

Keeping the two apart lets the sentence encoder run from the package's own file and the reader share its word
embeddings.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rag.errors import ModelError

if TYPE_CHECKING:
    import onnxruntime

WEIGHTS = Path(__file__).parent / "weights"


def make_session(graph: Path, weights: Mapping[str, NDArray[np.float32]]) -> onnxruntime.InferenceSession:
    """A session over `graph` with its parameters taken from `weights` by name; a ModelError says what is wrong."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = max(1, min(4, os.cpu_count() or 1))
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
