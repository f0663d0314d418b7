"""An embedder without a model, for tests of what stands around it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from rag.models.embedder import load_embedder
from rag.schema import Vectors

DIMENSION = 8


class HashEmbedder:
    """Real token counts, vectors that depend on the text alone, and a note of what was embedded."""

    fingerprint, dimension, max_tokens = "hash", DIMENSION, 256

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self._counter = load_embedder("builtin")

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        self.calls.append(list(texts))
        return np.stack([self.embed_query(text) for text in texts])

    def embed_query(self, text: str) -> Vectors:
        vector = np.random.default_rng(sum(text.encode()) * 31 + len(text)).standard_normal(DIMENSION)
        return (vector / np.linalg.norm(vector)).astype(np.float32)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._counter.count_tokens(texts)


def never() -> HashEmbedder:
    """Stands for the embedder where nothing is new, so that it must not be loaded."""
    raise AssertionError("the embedder must not be loaded when nothing is new")
