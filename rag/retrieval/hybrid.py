"""Hybrid search: a question in; passages out, best first, each found by its words, by its meaning or by both.

This is the retriever without LangChain (whose import takes a second or more): the assistant uses it as it stands,
`retriever.py` gives it LangChain's face.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import Protocol, SupportsIndex

from rag.errors import ConfigError
from rag.forks import RenewedLock
from rag.retrieval.duplicates import DistinctPassages
from rag.retrieval.fusion import Fused, fuse
from rag.retrieval.queries import make_query
from rag.retrieval.sources import with_sources
from rag.schema import Candidate, Embedder, Filters, Vectors
from rag.store.dense_search import Nearest
from rag.store.store import Copy

# Candidates taken from each index. MRR@10 on squad_dev11 with 20 / 30 / 50 / 100: .874 / .876 / .877 / .877.
DEPTH = 50
# Weight of a word in the title against one in the text. MRR@10 of BM25 with 0 / 1 / 2 / 3: dev_1000
# .742 / .785 / .777 / .763, dev_300 .841 / .850 / .837 / .852, squad_dev11 .848 / .855 / .853 / .852.
TITLE_WEIGHT = 1.0

# Meaning is sought beside the words, on another core: 9.2 ms instead of 12.5 over 119,000 passages. As many threads as
# questions that may wait for an embedding service at once; idle ones cost next to nothing.
_beside: list[ThreadPoolExecutor] = []


def _beside_words() -> ThreadPoolExecutor:
    if not _beside:
        _beside.append(ThreadPoolExecutor(max_workers=32, thread_name_prefix="meaning"))
    return _beside[0]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_beside.clear)  # its threads are the parent's: a task would wait for ever

STEPS = ("encode", "lexical", "dense", "fuse")

Scored = tuple[str, float]


class SearchableStore(Protocol):
    """What the search needs of a store: two rankings, and the passages behind the ids."""

    def reading(self) -> AbstractContextManager[None]:
        """A block in which all reads see one state of the library."""
        ...

    def generation(self) -> int:
        """A number that grows with each change of the library."""
        ...

    def search_lexical(
        self,
        words: Sequence[str],
        k: int,
        filters: Filters,
        /,
        *,
        title_weight: float = ...,
    ) -> Sequence[Scored]:
        """Ids and BM25 (higher is better) of the passages that hold any of the words, best first."""
        ...

    def search_nearest(self, vector: Vectors, k: int, filters: Filters, /) -> Nearest:
        """Ids and cosine similarities of the nearest passages, best first, and what could not be searched."""
        ...

    def candidates(self, ids: Sequence[str], /) -> Mapping[str, Candidate]:
        """The passages of the ids with their articles' heads; ids that are gone are left out."""
        ...

    def copies(self, article_ids: Sequence[str], /) -> Sequence[Copy]:
        """The syndicated copies of these articles."""
        ...


@dataclass(frozen=True, slots=True)
class Retrieval:
    """What a search found, and the milliseconds of its STEPS; encode and dense run beside lexical."""

    candidates: tuple[Candidate, ...]
    timings: dict[str, float] = field(default_factory=dict)
    note: str = ""  # what could not be searched, in one line for the user


@dataclass(frozen=True, slots=True)
class _Meant:
    """What the dense index found, in which state of the library, and the milliseconds of encode and dense."""

    vector: Vectors
    found: Nearest
    generation: int
    laps: dict[str, float]


class HybridSearch:
    """Searches a store. Safe to share between threads; the embedder is made at the first question, once."""

    def __init__(
        self,
        store: SearchableStore,
        embedder_factory: Callable[[], Embedder],
        *,
        k: int = 8,
        filters: Filters | None = None,
    ) -> None:
        self.store = store
        self._embedder_factory = embedder_factory
        self._embedder: Embedder | None = None
        self._lock = RenewedLock()
        self.k = checked_k(k)
        self.filters = filters or Filters()

    def __getstate__(self) -> dict[str, object]:
        """What a copy is made of: all but the embedder, which it asks for again."""
        return vars(self) | {"_embedder": None}

    def candidates(self, question: str, k: int | None = None) -> tuple[Candidate, ...]:
        """At most `k` passages for the question, best first, no two of them nearly the same."""
        return self.retrieve(question, k).candidates

    def retrieve(self, question: str, k: int | None = None) -> Retrieval:
        """The passages for the question with the time that each step took; a QuestionError when it is empty."""
        wanted = self.k if k is None else checked_k(k)
        depth = max(DEPTH, 2 * wanted)
        query = make_query(question)
        beside = _beside_words().submit(copy_context().run, self._by_meaning, query.text, depth)
        with self.store.reading():
            clock = _Clock()
            lexical = self._by_words(query.words, depth)
            clock.lap("lexical")
            meant = beside.result()
            clock.skip()
            dense = meant.found
            if meant.generation != self.store.generation():  # somebody wrote between the two looks
                dense = self.store.search_nearest(meant.vector, depth, self.filters)
            ranked = fuse(lexical, dense.hits, depth=depth)
            found = self._distinct(ranked, wanted)
            clock.lap("fuse")
        laps = {**clock.laps, **meant.laps}
        return Retrieval(found, {step: laps[step] for step in STEPS}, dense.note)

    def by_words(self, question: str) -> tuple[Candidate, ...]:
        """The passages that hold any of the question's words, best first; no model is asked."""
        with self.store.reading():
            found = self._by_words(make_query(question).words, self.k)
            held = self.store.candidates([one for one, _ in found])
        return tuple(held[one] for one, _ in found if one in held)

    def _by_meaning(self, text: str, depth: int) -> _Meant:
        """What the dense index finds, in a look of its own at the library."""
        embedder = self.embedder()
        clock = _Clock()
        vector = embedder.embed_query(text)
        clock.lap("encode")
        with self.store.reading():
            generation = self.store.generation()
            found = self.store.search_nearest(vector, depth, self.filters)
            clock.lap("dense")
        return _Meant(vector, found, generation, clock.laps)

    def _by_words(self, words: Sequence[str], depth: int) -> Sequence[Scored]:
        return self.store.search_lexical(words, depth, self.filters, title_weight=TITLE_WEIGHT) if words else ()

    def _distinct(self, ranked: Sequence[Fused], wanted: int) -> tuple[Candidate, ...]:
        """The best `wanted` passages of the ranking, copies left out; texts are fetched as far as they are needed."""
        distinct = DistinctPassages()
        step = wanted + wanted // 2 + 4
        for first in range(0, len(ranked), step):
            part = ranked[first : first + step]
            held = self.store.candidates([one.id for one in part])
            distinct.take((_scored(held[one.id], one) for one in part if one.id in held), wanted)
            if len(distinct.kept) >= wanted:
                break
        return with_sources(distinct.kept, self.store.copies)

    def embedder(self) -> Embedder:
        """The embedder, made when it is first needed."""
        with self._lock:
            if self._embedder is None:
                self._embedder = self._embedder_factory()
            return self._embedder


def _scored(candidate: Candidate, fused: Fused) -> Candidate:
    return replace(candidate, score=fused.score, lexical=fused.lexical, dense=fused.dense)


def checked_k(k: int) -> int:
    """How many passages are wanted; a ConfigError for less than one, and for what is no whole number."""
    if not isinstance(k, SupportsIndex) or k < 1:
        raise ConfigError(f"k = {k!r}: a search returns at least one passage.", "Give k as a whole number, 1 or more.")
    return k


class _Clock:
    """Milliseconds between laps."""

    def __init__(self) -> None:
        self.laps: dict[str, float] = {}
        self._last = perf_counter()

    def lap(self, name: str) -> None:
        self.laps[name] = (perf_counter() - self._last) * 1000
        self.skip()

    def skip(self) -> None:
        """Leave the time since the last lap out."""
        self._last = perf_counter()
