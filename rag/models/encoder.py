"""The built-in sentence encoder in onnxruntime: equal to sentence-transformers to 1e-6, without its six seconds of
import.

Used for questions and passages alike; other models go through sentence-transformers (see `embedder.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np

from rag.forks import RenewedLock
from rag.models.package import package_folder, package_weights
from rag.models.session import WEIGHTS, Session, make_session
from rag.schema import Vectors

if TYPE_CHECKING:
    from tokenizers import Tokenizer

MAX_TOKENS = 256  # sentence_bert_config.json of the model; longer input would be cut
DIMENSION = 384
_USED = ("embeddings.word", "embeddings.position_embeddings", "embeddings.token", "embeddings.Layer", "encoder.")
# Padded tokens in one run: 600 to 2048 embed 36 passages a second, 8192 only 32, and small runs let a question through
# sooner while articles are added.
_BATCH_TOKENS = 1536


class BuiltinEncoder:
    """all-MiniLM-L6-v2: texts to unit vectors [texts, 384]. Thread-safe."""

    def __init__(self) -> None:
        weights = {f"encoder.{name}": array for name, array in package_weights().items() if name.startswith(_USED)}
        self._session: Session = make_session(WEIGHTS / "encoder.onnx", weights)
        self._tokenizer = load_tokenizer(MAX_TOKENS)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors in the order of the texts, computed in batches of like length."""
        encodings = self._tokenizer.encode_batch(list(texts))
        vectors = np.zeros((len(texts), DIMENSION), dtype=np.float32)
        for rows in length_batches([len(encoding.ids) for encoding in encodings], _BATCH_TOKENS):
            ids, mask, types = pad([encodings[row] for row in rows])
            vectors[rows] = self._session.run(None, {"ids": ids, "mask": mask, "types": types})[0]
        return vectors


def load_tokenizer(max_tokens: int | None) -> Tokenizer:
    """The packaged model's tokenizer, cutting at `max_tokens` (None: never), without padding."""
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(package_folder() / "tokenizer.json"))
    tokenizer.no_padding()
    if max_tokens is None:
        tokenizer.no_truncation()
    else:
        tokenizer.enable_truncation(max_tokens)
    return tokenizer


def length_batches(lengths: Sequence[int], budget: int) -> list[list[int]]:
    """Row numbers in batches of like length; rows x longest stays within `budget` (a single long row may pass it)."""
    batches: list[list[int]] = []
    for row in sorted(range(len(lengths)), key=lengths.__getitem__):
        if batches and (len(batches[-1]) + 1) * lengths[row] <= budget:
            batches[-1].append(row)
        else:
            batches.append([row])
    return batches


class Padded(Protocol):
    """What `pad` needs: a tokenizer's encoding has it, and so has a window of the reader."""

    @property
    def ids(self) -> Sequence[int]:
        """Token ids."""
        ...

    @property
    def type_ids(self) -> Sequence[int]:
        """Segment types, one a token."""
        ...


def pad(encodings: Sequence[Padded]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Token ids, attention mask and segment types [texts, longest], int64, padded with 0 on the right."""
    shape = len(encodings), max(len(encoding.ids) for encoding in encodings)
    ids, mask, types = (np.zeros(shape, dtype=np.int64) for _ in range(3))
    for row, encoding in enumerate(encodings):
        size = len(encoding.ids)
        ids[row, :size], types[row, :size], mask[row, :size] = encoding.ids, encoding.type_ids, 1
    return ids, mask, types


_lock = RenewedLock()
_shared: list[BuiltinEncoder] = []


def shared_encoder() -> BuiltinEncoder:
    """The one encoder of this process, loaded at the first call."""
    with _lock:
        if not _shared:
            _shared.append(BuiltinEncoder())
        return _shared[0]
