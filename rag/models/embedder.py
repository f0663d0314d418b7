"""Embedders: the built-in one, and any sentence-transformers model by name or folder.

`embedder_identity` tells what a library's vectors were made with, without loading torch where that can be avoided.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.errors import ModelError
from rag.forks import RenewedLock
from rag.models.encoder import DIMENSION, MAX_TOKENS, load_tokenizer, shared_encoder
from rag.models.named import TorchProcess, needing_torch
from rag.models.package import OFFICIAL_SHA256
from rag.schema import Embedder, Vectors

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer

BUILTIN = "builtin"
BUILTIN_FINGERPRINT = f"all-MiniLM-L6-v2:{OFFICIAL_SHA256[:12]}"
BATCH_SIZE = 32  # passages per batch; sentence-transformers sorts by length before it cuts batches


def load_embedder(name: str = BUILTIN) -> Embedder:
    """The embedder called `name`: "builtin", or a sentence-transformers model or folder. Cheap: weights load at
    first use."""
    return BuiltinEmbedder() if name == BUILTIN else NamedEmbedder(name)


def embedder_identity(name: str = BUILTIN) -> tuple[str, int]:
    """Fingerprint and dimension of the embedder's vectors."""
    if name == BUILTIN:
        return BUILTIN_FINGERPRINT, DIMENSION
    known = _identity_in_folder(Path(name))
    if known:
        return known
    embedder = NamedEmbedder(name)
    return embedder.fingerprint, embedder.dimension


class BuiltinEmbedder:
    """all-MiniLM-L6-v2 from the installed package, run by onnxruntime. Thread-safe.

    Its vectors are those of sentence-transformers to 1e-6; it embeds 35 passages a second on two cores where torch
    does 25 in batches of 32 and 32 in batches of 8, and spares the 5-6 seconds of importing torch.
    """

    fingerprint = BUILTIN_FINGERPRINT
    dimension = DIMENSION
    max_tokens = MAX_TOKENS

    def __init__(self) -> None:
        self._lock = RenewedLock()
        self._counter: Tokenizer | None = None

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors [texts, 384], computed in batches of like length."""
        return shared_encoder().encode(texts)

    def embed_query(self, text: str) -> Vectors:
        """A unit vector [384]."""
        return np.asarray(shared_encoder().encode([text])[0], dtype=np.float32)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Word pieces of each text, without [CLS] and [SEP]."""
        with self._lock:
            if self._counter is None:
                self._counter = load_tokenizer(None)
        return [len(encoding.ids) for encoding in self._counter.encode_batch(list(texts), add_special_tokens=False)]


class NamedEmbedder:
    """Any sentence-transformers model, from a folder, the local cache or, with a network, the hub."""

    def __init__(self, name: str) -> None:
        self._model = _load(name, local=Path(name).is_dir())
        self._process = TorchProcess(name)
        self.dimension = int(self._model.get_sentence_embedding_dimension() or 0)
        self.max_tokens = int(self._model.max_seq_length or 512)
        self.fingerprint = _fingerprint(name, self.dimension)

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors [texts, dimension]."""
        self._process.check()
        return _encode(self._model, texts)

    def embed_query(self, text: str) -> Vectors:
        """A unit vector [dimension], with the model's own prompt for queries where it has one."""
        self._process.check()
        prompt = "query" if "query" in (self._model.prompts or {}) else None
        vector = self._model.encode([text], prompt_name=prompt, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vector[0], dtype=np.float32)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text as this model's tokenizer counts them, without special ones."""
        tokenizer: Any = self._model.tokenizer
        return [len(ids) for ids in tokenizer(list(texts), add_special_tokens=False, verbose=False)["input_ids"]]


def _load(name: str, *, local: bool) -> SentenceTransformer:
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    with needing_torch(name):
        from sentence_transformers import SentenceTransformer

    try:
        return SentenceTransformer(name, device="cpu", local_files_only=local)
    except (OSError, ValueError, RuntimeError) as error:
        reason = str(error).splitlines()[0][:200]
        hint = "Check the name, or set RAG_EMBEDDER=builtin to use the model that is installed."
        raise ModelError(f"The embedding model '{name}' cannot be loaded: {reason}", hint) from error


def _encode(model: SentenceTransformer, texts: Sequence[str]) -> Vectors:
    vectors = model.encode(list(texts), batch_size=BATCH_SIZE, normalize_embeddings=True, show_progress_bar=False)
    return np.asarray(vectors, dtype=np.float32)


def _fingerprint(name: str, dimension: int) -> str:
    return f"{Path(name).name if Path(name).is_dir() else name}:{dimension}"


def _identity_in_folder(folder: Path) -> tuple[str, int] | None:
    """Identity of a sentence-transformers folder from its pooling configuration, without torch."""
    for file in sorted(folder.glob("*_Pooling/config.json")) if folder.is_dir() else ():
        config = json.loads(file.read_text(encoding="utf-8"))
        dimension = config.get("word_embedding_dimension") or config.get("embedding_dimension")
        if dimension and not list(folder.glob("*_Dense")):
            return _fingerprint(str(folder), int(dimension)), int(dimension)
    return None
