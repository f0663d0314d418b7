"""Dense search: Chroma over the published snapshot, exact search over the vectors that came after it.

A snapshot never changes, so it falls behind the database; `passages.number > snapshot.upto` is what it lacks. These
few vectors are searched exactly from memory (0.1 ms for 1,000, 6 ms for 100,000). Passages that are gone since are
dropped by joining the hits with the database. All of it happens in one read transaction: a search sees one state.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from sqlalchemy import Connection, func, select

from rag.errors import LibraryError
from rag.forks import leave_to_parent, renew_in_children
from rag.schema import Filters, Vectors
from rag.store import tables
from rag.store.database import Database, generation
from rag.store.filtering import among, conditions, passage_numbers
from rag.store.lock import WriterLock
from rag.store.records import STORED
from rag.store.vectors import BATCH, Numbers, OpenSnapshot, Published, SnapshotLost, Snapshots, chroma_works

log = logging.getLogger("rag.store")

# Behind by more than this (and by more than an eighth), a snapshot is renewed when a writer is done; while it still
# writes, at five times as much. A snapshot of 1,000 takes half a second, searching 1,000 exactly 0.1 ms.
RENEW_BEHIND = 1_000
REOPEN_BEHIND = 5_000  # a reader goes on with the snapshot it has open until it lacks more than this
FEW = 5_000  # so many passages that fulfil a filter are searched exactly: 10 ms; Chroma's own filter takes 50-370
# Up to this size the first search builds a snapshot that is not there (2 s, in the chat's warm-up); beyond, a writer.
# So adding a few hundred articles never imports chromadb: import and build would cost a tenth of the embedding time.
BUILT_BY_SEARCH = 5_000
ERA = 1_000_000  # generations: a restored library begins a new era, in which nothing loaded before holds
SPARE = 16  # hits asked for beyond k, in place of those that are gone

Progress = Callable[[int, int], None]  # vectors done, vectors in all


@dataclass(frozen=True)
class _View:
    """Everything a search needs, right for the generations from `since` to `generation`."""

    since: int
    generation: int
    snapshot: OpenSnapshot | None
    numbers: Numbers  # of the passages that the snapshot lacks
    matrix: Vectors
    last: int  # highest passage number seen
    live: int  # passages in the library

    @property
    def size(self) -> int:
        """Vectors that are searched, dead ones included."""
        return len(self.numbers) + (self.snapshot.published.held if self.snapshot else 0)


class DenseIndex:
    """The dense index of one library in one process."""

    def __init__(
        self, database: Database, snapshots: Snapshots, lock: WriterLock, dimension: int, exact_limit: int
    ) -> None:
        self._database = database
        self._snapshots = snapshots
        self._writer_lock = lock
        self._dimension = dimension
        self._exact_limit = exact_limit
        self._futile = 0  # vectors at the last building that came to nothing: the next is tried at twice as many
        self._lock = threading.RLock()
        self._cached: _View | None = None
        renew_in_children(self)

    def after_fork(self) -> None:
        """Look at the library anew; the parent's snapshot is the parent's."""
        self._lock = threading.RLock()
        leave_to_parent(self._cached)
        self._cached = None

    # --- searching

    def search(self, query: Vectors, k: int, filters: Filters) -> list[tuple[str, float]]:
        """Passage ids with cosine similarity, best first."""
        query = np.asarray(query, dtype=np.float32).reshape(-1)
        length = float(np.linalg.norm(query))
        if k < 1 or length == 0:
            return []
        query = query / length
        with self._database.read() as connection:
            if filters.open:
                return self._search_all(connection, query, k)
            return self._search_some(connection, query, k, filters)

    def warm(self) -> None:
        """Open everything that the first search would open."""
        with self._database.read() as connection:
            self._view(connection)

    def _search_all(self, connection: Connection, query: Vectors, k: int) -> list[tuple[str, float]]:
        view = self._view(connection)
        dead = view.size - view.live
        hits = self._live_hits(connection, view, query, k + SPARE + min(dead, k), Filters())
        if len(hits) < min(k, view.live):
            hits = self._live_hits(connection, view, query, k + SPARE + dead, Filters())
        return hits[:k]

    def _search_some(self, connection: Connection, query: Vectors, k: int, filters: Filters) -> list[tuple[str, float]]:
        """Few passages exactly, many by taking enough of the nearest; exactly again when that was not enough."""
        articles = tables.articles
        total = select(func.coalesce(func.sum(articles.c.passage_count), 0)).where(*conditions(filters))
        matching = int(connection.execute(total).scalar_one())
        if matching > FEW:
            view = self._view(connection)
            n = int(1.5 * (k + SPARE) * view.size / matching)
            hits = self._live_hits(connection, view, query, n, filters) if n <= FEW else []
            if len(hits) >= k:
                return hits[:k]
        return _exact(connection, query, k, filters) if matching else []

    def _live_hits(
        self, connection: Connection, view: _View, query: Vectors, n: int, filters: Filters
    ) -> list[tuple[str, float]]:
        """Of the n nearest those that live and fulfil the filters, best first."""
        numbers, scores = _best(view.numbers, view.matrix @ query, n)
        if view.snapshot is not None:
            try:
                more, their_scores = view.snapshot.nearest(query, n)
            except SnapshotLost as error:
                log.warning("The dense index was lost under an open library; searching exactly: %s", error)
                self._drop(view.snapshot)
                return _exact(connection, query, n, filters)
            numbers, scores = _best(np.concatenate([numbers, more]), np.concatenate([scores, their_scores]), n)
        return _named(connection, numbers, scores, filters)

    def _drop(self, lost: OpenSnapshot) -> None:
        """Let the next search open another snapshot, or build one."""
        with self._lock:
            if self._cached is not None and self._cached.snapshot is lost:
                self._cached = None

    # --- views

    def _view(self, connection: Connection) -> _View:
        """The view for the state that the connection sees."""
        now = generation(connection)
        with self._lock:
            view = self._cached
            if view is not None and view.since <= now <= view.generation:
                return view
            if view is not None and now < view.since:  # a transaction older than the last renewal: rare and short
                return self._load(connection, now, None)
            fresh = view is None or now // ERA != view.generation // ERA or self._should_reopen(view)
            self._cached = (
                self._fresh(connection, now) if fresh or view is None else self._advance(connection, view, now)
            )
            return self._cached

    def _should_reopen(self, view: _View) -> bool:
        if view.snapshot is None:
            return chroma_works() and (self._exact_limit == 0 or len(view.numbers) > self._exact_limit)
        if len(view.numbers) <= REOPEN_BEHIND:
            return False
        published = self._snapshots.current()
        return published is not None and published.upto > view.snapshot.published.upto

    def _fresh(self, connection: Connection, now: int) -> _View:
        live = _live(connection)
        if live == 0 or live <= self._exact_limit or not chroma_works():
            return self._load(connection, now, None)
        published = self._snapshots.current()
        snapshot = self._snapshots.open(published) if published else None
        if snapshot is None:
            snapshot = self._repair(connection, live)
        if snapshot is not None and snapshot.published.generation > now:
            snapshot = None
        return self._load(connection, now, snapshot)

    def _advance(self, connection: Connection, view: _View, now: int) -> _View:
        """The same view with the passages that came since; dead ones stay: it is right for earlier readers too."""
        numbers, matrix = self._load_after(connection, view.last)
        return _View(
            since=view.since,
            generation=now,
            snapshot=view.snapshot,
            numbers=np.concatenate([view.numbers, numbers]),
            matrix=np.concatenate([view.matrix, matrix]),
            last=int(numbers[-1]) if len(numbers) else view.last,
            live=_live(connection),
        )

    def _load(self, connection: Connection, now: int, snapshot: OpenSnapshot | None) -> _View:
        upto = snapshot.published.upto if snapshot else 0
        numbers, matrix = self._load_after(connection, upto)
        last = int(numbers[-1]) if len(numbers) else upto
        return _View(now, now, snapshot, numbers, matrix, last, _live(connection))

    def _load_after(self, connection: Connection, number: int) -> tuple[Numbers, Vectors]:
        parts = list(_batches(connection, number, self._dimension))
        if not parts:
            return np.empty(0, np.int64), np.empty((0, self._dimension), np.float32)
        return np.concatenate([numbers for numbers, _ in parts]), np.concatenate([matrix for _, matrix in parts])

    def _repair(self, connection: Connection, live: int) -> OpenSnapshot | None:
        """Build a missing or damaged snapshot, if that is quick and nobody writes; searches are exact otherwise."""
        lost = self._snapshots.promised()
        if live > BUILT_BY_SEARCH:
            if lost:
                log.warning("The dense index is missing or damaged; searching exactly. To rebuild: `rag doctor --fix`.")
            return None
        try:
            with self._writer_lock.held(timeout=0):
                published = self._snapshots.current()  # a writer may just have been quicker
                if published is None or not self._snapshots.sound(published):
                    published = self._build(connection, None, None)
                    if lost:
                        log.warning("The dense index was missing or damaged; rebuilt from %d stored vectors.", live)
        except LibraryError:  # someone writes, or the folder may only be read
            return None
        return self._snapshots.open(published) if published else None

    # --- building: the caller holds the writer lock

    def catch_up(self, *, done: bool) -> None:
        """Renew the snapshot when it has fallen far enough behind; `done` when the writer is about to leave."""
        with self._database.read() as connection:
            published = self._snapshots.current()
            live = _live(connection)
            if live == 0:
                if published is not None:
                    self._snapshots.withdraw()
                return
            held = published.held if published else 0
            behind = _count_after(connection, published.upto if published else 0)
            dead = held + behind - live
            enough = max(RENEW_BEHIND, held // 8)
            due = max(behind, dead) >= enough * (1 if done else 5)
            if (due if published else behind > BUILT_BY_SEARCH) and live >= 2 * self._futile:
                built = self._build(connection, published if dead < enough else None, None)
                self._futile = 0 if built else live

    def rebuild(self, progress: Progress | None = None) -> bool:
        """Build the snapshot anew from the stored vectors; whether that went well."""
        with self._lock:
            self._cached = None
        with self._database.read() as connection:
            if _live(connection) == 0:
                self._snapshots.withdraw()
                return True
            return self._build(connection, None, progress) is not None

    def _build(self, connection: Connection, base: Published | None, progress: Progress | None) -> Published | None:
        last = select(func.coalesce(func.max(tables.passages.c.number), 0))
        upto = int(connection.execute(last).scalar_one())
        now = generation(connection)
        after = base.upto if base else 0
        batches = _batches(connection, after, self._dimension)
        told = _telling(batches, _count_after(connection, after), progress) if progress else batches
        built = self._snapshots.build(base, told, upto=upto, generation=now)
        if built is None and base is not None:  # the old snapshot was damaged: start from nothing
            return self._build(connection, None, progress)
        return built

    def state(self) -> tuple[Published | None, int]:
        """The published snapshot and how many passages it lacks."""
        published = self._snapshots.current()
        with self._database.read() as connection:
            return published, _count_after(connection, published.upto if published else 0)

    def close(self) -> None:
        """Close Chroma."""
        with self._lock:
            if self._cached is not None and self._cached.snapshot is not None:
                self._cached.snapshot.close()
            self._cached = None


def _batches(connection: Connection, after: int, dimension: int) -> Iterator[tuple[Numbers, Vectors]]:
    """Numbers and vectors of the passages after a number, in order."""
    stored = tables.vectors
    while True:
        page = select(stored.c.number, stored.c.vector).where(stored.c.number > after).order_by(stored.c.number)
        rows = connection.execute(page.limit(BATCH)).all()
        if not rows:
            return
        numbers = np.array([row.number for row in rows], dtype=np.int64)
        yield numbers, np.frombuffer(b"".join(row.vector for row in rows), dtype=STORED).reshape(len(rows), dimension)
        after = int(numbers[-1])


def _telling(
    batches: Iterator[tuple[Numbers, Vectors]], total: int, progress: Progress
) -> Iterator[tuple[Numbers, Vectors]]:
    done = 0
    for numbers, matrix in batches:
        yield numbers, matrix
        done += len(numbers)
        progress(done, total)


def _exact(connection: Connection, query: Vectors, k: int, filters: Filters) -> list[tuple[str, float]]:
    """Exact search over the passages that fulfil the filters."""
    stored = tables.vectors
    wanted = select(stored.c.number, stored.c.vector).where(stored.c.number.in_(passage_numbers(filters)))
    rows = connection.execute(wanted).all()
    numbers = np.array([row.number for row in rows], dtype=np.int64)
    matrix = np.frombuffer(b"".join(row.vector for row in rows), dtype=STORED).reshape(len(rows), len(query))
    return _named(connection, *_best(numbers, matrix @ query, k), Filters())


def _named(connection: Connection, numbers: Numbers, scores: Vectors, filters: Filters) -> list[tuple[str, float]]:
    """Ids and scores of those passages that live and fulfil the filters, in the same order."""
    passages, articles = tables.passages, tables.articles
    living = select(passages.c.number, passages.c.id).where(among(passages.c.number, numbers.tolist()))
    if not filters.open:
        living = living.join(articles, articles.c.number == passages.c.article).where(*conditions(filters))
    ids = {int(number): str(passage_id) for number, passage_id in connection.execute(living)}
    pairs = zip(numbers.tolist(), scores.tolist(), strict=True)
    return [(ids[number], score) for number, score in pairs if number in ids]


def _best(numbers: Numbers, scores: Vectors, n: int) -> tuple[Numbers, Vectors]:
    """The n best, best first; equal scores in the order of the numbers."""
    if len(scores) > n:
        kept = np.argpartition(-scores, n - 1)[:n]
        numbers, scores = numbers[kept], scores[kept]
    order = np.lexsort((numbers, -scores))
    return numbers[order], scores[order]


def _live(connection: Connection) -> int:
    total = select(func.coalesce(func.sum(tables.articles.c.passage_count), 0))
    return int(connection.execute(total).scalar_one())


def _count_after(connection: Connection, number: int) -> int:
    passages = tables.passages
    return int(connection.execute(select(func.count()).where(passages.c.number > number)).scalar_one())
