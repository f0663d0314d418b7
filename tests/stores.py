"""Stores with vectors made by numpy, so that no model is loaded."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag.schema import Article, Passage, Vectors
from rag.store.store import Prepared, Store

DIMENSION = 16
FINGERPRINT = "numpy:16"


def vector_for(text: str) -> Vectors:
    """A unit vector that depends on the text alone."""
    seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
    vector = np.random.default_rng(seed).standard_normal(DIMENSION).astype(np.float32)
    return vector / np.linalg.norm(vector)


def prepare(article_id: str, *sentences: str, **head: Any) -> Prepared:
    """An article whose passages are the sentences."""
    sentences = sentences or (f"Nothing much happened in {article_id}.", f"The mayor of {article_id} went home.")
    text = " ".join(sentences)
    passages, start = [], 0
    for position, sentence in enumerate(sentences):
        end = start + len(sentence)
        passages.append(Passage(f"{article_id}:{position}", article_id, position, start, end, sentence))
        start = end + 1
    article = Article(id=article_id, text=text, **({"title": f"News of {article_id}"} | head))
    digest = hashlib.sha256(text.encode()).hexdigest()
    vectors = np.stack([vector_for(sentence) for sentence in sentences])
    lines = tuple(hashlib.sha256(sentence.encode()).hexdigest()[:16] for sentence in sentences)
    return Prepared(article, tuple(passages), vectors, digest, digest, lines)


def open_store(folder: Path, **options: Any) -> Store:
    """The store in the folder, made when missing."""
    given = {"fingerprint": FINGERPRINT, "dimension": DIMENSION, "database": os.environ.get("RAG_DATABASE", "")}
    return Store.open(folder, **(given | {"lock_timeout": 10} | options))


@pytest.fixture
def opening(tmp_path: Path, database: str) -> Iterator[Callable[..., Store]]:
    """Opens stores on one folder, as if by several programs; all are closed at the end. Runs on each database."""
    stores: list[Store] = []

    def opened(**options: Any) -> Store:
        stores.append(open_store(tmp_path / "library", **options))
        return stores[-1]

    yield opened
    for store in stores:
        store.close()


@pytest.fixture
def store(opening: Callable[..., Store]) -> Store:
    """An empty store."""
    return opening()


@pytest.fixture
def opening_postgres(tmp_path: Path, postgres_address: str) -> Iterator[Callable[..., Store]]:
    """Opens one library in PostgreSQL from several machines, each with a folder of its own."""
    stores: list[Store] = []

    def opened(**options: Any) -> Store:
        stores.append(open_store(tmp_path / f"machine{len(stores)}", database=postgres_address, **options))
        return stores[-1]

    yield opened
    for store in stores:
        store.close()
