"""The embedders: right weights, right order, equal in onnxruntime and sentence-transformers, nothing cut unseen."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from rag.errors import ModelError
from rag.models import package
from rag.models.embedder import BUILTIN_FINGERPRINT, BuiltinEmbedder, embedder_identity, load_embedder
from rag.models.encoder import length_batches, shared_encoder

TEXTS = [
    "A short one.",
    "The harbour reopened after the storm. " * 12,
    "Überraschung: “naïve” 你好 🙂",
    "word " * 400,
    "",
]


def test_onnx_vectors_equal_those_of_sentence_transformers() -> None:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(package.package_folder()), device="cpu")
    expected = model.encode(TEXTS, normalize_embeddings=True, show_progress_bar=False)
    assert np.abs(shared_encoder().encode(TEXTS) - expected).max() < 1e-4


def test_vectors_are_unit_length_and_in_the_order_of_the_texts() -> None:
    embedder = BuiltinEmbedder()
    vectors = embedder.embed_passages(TEXTS)
    assert vectors.shape == (len(TEXTS), 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert np.allclose(vectors[0], embedder.embed_query(TEXTS[0]), atol=1e-5)


def test_no_texts_give_no_vectors() -> None:
    assert BuiltinEmbedder().embed_passages([]).shape == (0, 384)


def test_tokens_are_counted_beyond_the_models_limit() -> None:
    assert BuiltinEmbedder().count_tokens(["word " * 400, ""]) == [400, 0]


def test_identity_needs_no_model() -> None:
    assert embedder_identity() == (BUILTIN_FINGERPRINT, 384)


def test_a_model_folder_has_its_own_fingerprint() -> None:
    name = str(package.package_folder())
    assert embedder_identity(name)[1] == 384
    assert embedder_identity(name)[0] != BUILTIN_FINGERPRINT


def test_a_model_that_cannot_be_loaded_names_the_hint(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="RAG_EMBEDDER=builtin"):
        load_embedder(str(tmp_path))


def test_damaged_weights_are_noticed(tmp_path: Path) -> None:
    file = tmp_path / "model.safetensors"
    file.write_bytes(b"not weights")
    with pytest.raises(ModelError, match="damaged"):
        package._read_weights(file)


def test_the_official_checksum_is_that_of_the_installed_file() -> None:
    data = (package.package_folder() / "model.safetensors").read_bytes()
    assert hashlib.sha256(data).hexdigest() == package.OFFICIAL_SHA256


def test_batches_hold_like_lengths_within_the_budget() -> None:
    batches = length_batches([5, 100, 6, 7, 300], budget=24)
    assert batches == [[0, 2, 3], [1], [4]]
