"""What every dense index does in the same way: searching a view of the library, whatever holds most of its vectors.

An index lacks the newest passages. These few vectors are searched exactly from memory (0.1 ms for 1,000, 6 ms for
100,000). Passages that are gone since are dropped by joining the hits with the database. All of it happens in one read
transaction: a search sees one state.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import numpy as np
from sqlalchemy import Connection, Row, func, select

from rag.schema import Filters, Finding, Vectors
from rag.store import tables
from rag.store.database import Database
from rag.store.filtering import among, conditions, passage_numbers
from rag.store.records import STORED
from rag.store.vectors import BATCH, Numbers

FEW = 5_000  # so many passages that fulfil a filter are searched exactly: 10 ms; Chroma's own filter takes 50-370
SPARE = 16  # hits asked for beyond k, in place of those that are gone

Progress = Callable[[int, int], None]  # vectors done, vectors in all


class Nearest(NamedTuple):
    """What a search by vectors found."""

    hits: list[tuple[str, float]]  # passage ids with cosine similarity, best first
    note: str = ""  # what was left out, in one line for the user


class Indexed(NamedTuple):
    """What an index found among the vectors that it holds."""

    numbers: Numbers
    scores: Vectors
    note: str = ""


NOTHING = Indexed(np.empty(0, np.int64), np.empty(0, np.float32))


class IndexState(NamedTuple):
    """How the index stands, so far as is known without asking anybody."""

    behind: int  # passages that it lacks
    answers: bool  # whether it did at the last search


class IndexLost(Exception):
    """The index cannot be searched any more; the passages are few enough to be searched exactly."""


class Index(Protocol):
    """The part of the vectors that is indexed."""

    @property
    def held(self) -> int:
        """Vectors in it, those of passages that are gone included."""
        ...


I = TypeVar("I", bound=Index)  # noqa: E741 (an index)


@dataclass(frozen=True)
class View(Generic[I]):
    """Everything a search needs, right for the generations from `since` to `generation`."""

    since: int
    generation: int
    index: I | None
    numbers: Numbers  # of the passages that the index lacks
    matrix: Vectors
    last: int  # highest passage number seen
    live: int  # passages in the library

    @property
    def size(self) -> int:
        """Vectors that are searched, dead ones included."""
        return len(self.numbers) + (self.index.held if self.index else 0)


class DenseSearch(ABC, Generic[I]):
    """The dense index of one library in one process."""

    def __init__(self, database: Database, dimension: int) -> None:
        self._database = database
        self._dimension = dimension

    # --- what differs

    beside_writing = False  # whether the index may be brought up to date when the writer's lock is free again

    @abstractmethod
    def _view(self, connection: Connection) -> View[I]:
        """The view for the state that the connection sees."""

    @abstractmethod
    def _indexed(self, view: View[I], query: Vectors, n: int) -> Indexed:
        """The n nearest of the vectors that the view's index holds, best first; IndexLost when that is in vain."""

    @abstractmethod
    def catch_up(self, *, done: bool) -> None:
        """Bring the index up to date if it is far enough behind; `done` when the writer is about to leave."""

    @abstractmethod
    def following(self, tell: Callable[[str], None]) -> AbstractContextManager[Callable[[], bool]]:
        """A round of keeping the index up to date, for a process that lives on; whether it is up to date then.

        `tell` gets lines of progress.
        """

    @abstractmethod
    def rebuild(self, progress: Progress | None = None) -> bool:
        """Build the index anew from the stored vectors; whether that went well."""

    @abstractmethod
    def index_state(self) -> IndexState:
        """How the index stands; never waits for a server."""

    @abstractmethod
    def findings(self, *, fix: bool) -> Iterator[Finding]:
        """What `rag doctor` says of the index; with `fix` it is rebuilt when it is not sound."""

    @abstractmethod
    def close(self) -> None:
        """Let go of everything that is open."""

    # --- searching

    def search(self, query: Vectors, k: int, filters: Filters) -> Nearest:
        """The k passages nearest to the vector."""
        query = np.asarray(query, dtype=np.float32).reshape(-1)
        length = float(np.linalg.norm(query))
        if k < 1 or not (np.isfinite(length) and length > 0):
            return Nearest([])
        query = query / length
        with self._database.read() as connection:
            if filters.open:
                return self._search_all(connection, query, k)
            return self._search_some(connection, query, k, filters)

    def warm(self) -> None:
        """Open everything that the first search would open."""
        with self._database.read() as connection:
            self._view(connection)

    def _search_all(self, connection: Connection, query: Vectors, k: int) -> Nearest:
        view = self._view(connection)
        dead = max(0, view.size - view.live)
        found = self._live_hits(connection, view, query, k + SPARE + min(dead, k), Filters())
        if not found.note and len(found.hits) < min(k, view.live, view.size):
            found = self._live_hits(connection, view, query, k + SPARE + dead, Filters())
        return Nearest(found.hits[:k], found.note)

    def _search_some(self, connection: Connection, query: Vectors, k: int, filters: Filters) -> Nearest:
        """Few passages exactly, many by taking enough of the nearest; exactly again when that was not enough."""
        articles = tables.articles
        total = select(func.coalesce(func.sum(articles.c.passage_count), 0)).where(*conditions(filters))
        matching = int(connection.execute(total).scalar_one())
        if matching > FEW:
            view = self._view(connection)
            n = int(1.5 * (k + SPARE) * view.size / matching)
            if n <= FEW:
                found = self._live_hits(connection, view, query, n, filters)
                if found.note or len(found.hits) >= k:
                    return Nearest(found.hits[:k], found.note)
        return Nearest(exact(connection, query, k, filters) if matching else [])

    def _live_hits(self, connection: Connection, view: View[I], query: Vectors, n: int, filters: Filters) -> Nearest:
        """Of the n nearest those that live and fulfil the filters, best first."""
        numbers, scores = best(view.numbers, view.matrix @ query, n)
        try:
            more = self._indexed(view, query, n)
        except IndexLost:
            return Nearest(exact(connection, query, n, filters))
        numbers, scores = best(np.concatenate([numbers, more.numbers]), np.concatenate([scores, more.scores]), n)
        return Nearest(_named(connection, numbers, scores, filters), more.note)

    def _load_after(self, connection: Connection, number: int) -> tuple[Numbers, Vectors]:
        """Numbers and vectors of the passages after a number."""
        parts = list(batches(connection, number, self._dimension))
        if not parts:
            return np.empty(0, np.int64), np.empty((0, self._dimension), np.float32)
        return np.concatenate([numbers for numbers, _ in parts]), np.concatenate([matrix for _, matrix in parts])


def batches(connection: Connection, after: int, dimension: int) -> Iterator[tuple[Numbers, Vectors]]:
    """Numbers and vectors of the passages after a number, in order."""
    stored = tables.vectors
    while True:
        page = select(stored.c.number, stored.c.vector).where(stored.c.number > after).order_by(stored.c.number)
        rows = connection.execute(page.limit(BATCH)).all()
        if not rows:
            return
        yield sound(rows, dimension)
        after = int(rows[-1].number)


def sound(rows: Sequence[Row[Any, Any]], dimension: int) -> tuple[Numbers, Vectors]:
    """Numbers and vectors of those rows whose vector is one: of the right length, finite, and not all zeros.

    A model may fail at a text, and give what no index takes and no search can compare. Such a passage is found by its
    words.
    """
    whole = [row for row in rows if len(row.vector) == dimension * STORED.itemsize]
    numbers = np.array([row.number for row in whole], dtype=np.int64)
    matrix = np.frombuffer(b"".join(row.vector for row in whole), dtype=STORED).reshape(len(whole), dimension)
    lengths = np.linalg.norm(matrix, axis=1)
    good = np.isfinite(lengths) & (lengths > 0)
    return (numbers, matrix) if good.all() else (numbers[good], matrix[good])


def exact(connection: Connection, query: Vectors, k: int, filters: Filters) -> list[tuple[str, float]]:
    """Exact search over the passages that fulfil the filters."""
    stored = tables.vectors
    wanted = select(stored.c.number, stored.c.vector).where(stored.c.number.in_(passage_numbers(filters)))
    numbers, matrix = sound(connection.execute(wanted).all(), len(query))
    return _named(connection, *best(numbers, matrix @ query, k), filters)


def _named(connection: Connection, numbers: Numbers, scores: Vectors, filters: Filters) -> list[tuple[str, float]]:
    """Ids and scores of those passages that live and fulfil the filters, in the same order."""
    passages, articles = tables.passages, tables.articles
    living = select(passages.c.number, passages.c.id).where(among(passages.c.number, numbers.tolist()))
    if not filters.open:
        living = living.join(articles, articles.c.number == passages.c.article).where(*conditions(filters))
    ids = {int(number): str(passage_id) for number, passage_id in connection.execute(living)}
    pairs = zip(numbers.tolist(), scores.tolist(), strict=True)
    return [(ids[number], score) for number, score in pairs if number in ids]


def best(numbers: Numbers, scores: Vectors, n: int) -> tuple[Numbers, Vectors]:
    """The n best, best first; equal scores in the order of the numbers."""
    if len(scores) > n:
        kept = np.argpartition(-scores, n - 1)[:n]
        numbers, scores = numbers[kept], scores[kept]
    order = np.lexsort((numbers, -scores))
    return numbers[order], scores[order]


def count_live(connection: Connection) -> int:
    """Passages in the library."""
    total = select(func.coalesce(func.sum(tables.articles.c.passage_count), 0))
    return int(connection.execute(total).scalar_one())


def count_after(connection: Connection, number: int) -> int:
    """Passages after a number."""
    passages = tables.passages
    return int(connection.execute(select(func.count()).where(passages.c.number > number)).scalar_one())
