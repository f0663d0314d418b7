"""The dense index inside the program: Chroma over the published snapshot.

A snapshot never changes, so it falls behind the database; `passages.number > snapshot.upto` is what it lacks, and what
is searched exactly. `dense_search.py` says how.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import numpy as np
from sqlalchemy import Connection, func, select

from rag.errors import LibraryError, LibraryLocked
from rag.forks import leave_to_parent, renew_in_children
from rag.schema import Finding, Vectors
from rag.store import tables
from rag.store.database import Database, generation
from rag.store.dense_search import (
    NOTHING,
    DenseSearch,
    Indexed,
    IndexLost,
    IndexState,
    Progress,
    View,
    batches,
    count_after,
    count_live,
)
from rag.store.lock import WriterLock
from rag.store.vectors import Numbers, OpenSnapshot, Published, SnapshotLost, Snapshots, chroma_works

log = logging.getLogger("rag.store")

# Behind by more than this (and by more than an eighth), a snapshot is renewed when a writer is done; while it still
# writes, at five times as much. A snapshot of 1,000 takes half a second, searching 1,000 exactly 0.1 ms.
RENEW_BEHIND = 1_000
REOPEN_BEHIND = 5_000  # a reader goes on with the snapshot it has open until it lacks more than this
# Up to this size the first search builds a snapshot that is not there (2 s, in the chat's warm-up); beyond, a writer.
# So adding a few hundred articles never imports chromadb: import and build would cost a tenth of the embedding time.
BUILT_BY_SEARCH = 5_000
FIX = "Run `rag doctor --fix`."
UNBUILT = "Check the free space and the permissions of the folder."
ERA = 1_000_000  # generations: a restored library begins a new era, in which nothing loaded before holds


class DenseIndex(DenseSearch[OpenSnapshot]):
    """The dense index of one library in one process, with Chroma inside the program."""

    def __init__(
        self, database: Database, snapshots: Snapshots, lock: WriterLock, dimension: int, exact_limit: int
    ) -> None:
        super().__init__(database, dimension)
        self._snapshots = snapshots
        self._writer_lock = lock
        self._exact_limit = exact_limit
        self._futile = 0  # vectors at the last building that came to nothing: the next is tried at twice as many
        self._lock = threading.RLock()
        self._cached: View[OpenSnapshot] | None = None
        renew_in_children(self)

    def after_fork(self) -> None:
        """Look at the library anew; the parent's snapshot is the parent's."""
        self._lock = threading.RLock()
        leave_to_parent(self._cached)
        self._cached = None

    # --- searching

    def _indexed(self, view: View[OpenSnapshot], query: Vectors, n: int) -> Indexed:
        if view.index is None:
            return NOTHING
        try:
            return Indexed(*view.index.nearest(query, n))
        except SnapshotLost as error:
            log.warning("The dense index was lost under an open library; searching exactly: %s", error)
            self._drop(view.index)
            raise IndexLost from error

    def _drop(self, lost: OpenSnapshot) -> None:
        """Let the next search open another snapshot, or build one."""
        with self._lock:
            if self._cached is not None and self._cached.index is lost:
                self._cached = None

    # --- views

    def _view(self, connection: Connection) -> View[OpenSnapshot]:
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

    def _should_reopen(self, view: View[OpenSnapshot]) -> bool:
        if view.index is None:
            return chroma_works() and (self._exact_limit == 0 or len(view.numbers) > self._exact_limit)
        if len(view.numbers) <= REOPEN_BEHIND:
            return False
        published = self._snapshots.current()
        return published is not None and published.upto > view.index.published.upto

    def _fresh(self, connection: Connection, now: int) -> View[OpenSnapshot]:
        live = count_live(connection)
        if live == 0 or live <= self._exact_limit or not chroma_works():
            return self._load(connection, now, None)
        published = self._snapshots.current()
        snapshot = self._snapshots.open(published) if published else None
        if snapshot is None:
            snapshot = self._repair(connection, live)
        if snapshot is not None and snapshot.published.generation > now:
            snapshot = None
        return self._load(connection, now, snapshot)

    def _advance(self, connection: Connection, view: View[OpenSnapshot], now: int) -> View[OpenSnapshot]:
        """The same view with the passages that came since; dead ones stay: it is right for earlier readers too."""
        numbers, matrix = self._load_after(connection, view.last)
        return View(
            since=view.since,
            generation=now,
            index=view.index,
            numbers=np.concatenate([view.numbers, numbers]),
            matrix=np.concatenate([view.matrix, matrix]),
            last=int(numbers[-1]) if len(numbers) else view.last,
            live=count_live(connection),
        )

    def _load(self, connection: Connection, now: int, snapshot: OpenSnapshot | None) -> View[OpenSnapshot]:
        upto = snapshot.published.upto if snapshot else 0
        numbers, matrix = self._load_after(connection, upto)
        last = int(numbers[-1]) if len(numbers) else upto
        return View(now, now, snapshot, numbers, matrix, last, count_live(connection))

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
            live = count_live(connection)
            if live == 0:
                if published is not None:
                    self._snapshots.withdraw()
                return
            held = published.held if published else 0
            behind = count_after(connection, published.upto if published else 0)
            dead = held + behind - live
            enough = max(RENEW_BEHIND, held // 8)
            due = max(behind, dead) >= enough * (1 if done else 5)
            if (due if published else behind > BUILT_BY_SEARCH) and live >= 2 * self._futile:
                built = self._build(connection, published if dead < enough else None, None)
                self._futile = 0 if built else live

    @contextmanager
    def following(self, tell: Callable[[str], None]) -> Iterator[Callable[[], bool]]:
        """A round of keeping the snapshot up to date, to be called again and again."""
        seen = -1

        def once() -> bool:
            nonlocal seen
            with self._database.read() as connection:
                now = generation(connection)
            if now != seen:
                with suppress(LibraryLocked), self._writer_lock.held(timeout=0):
                    before = self._snapshots.current()
                    self.catch_up(done=True)
                    seen, after = now, self._snapshots.current()
                    if after is not None and after != before:
                        tell(f"index: {after.held:,} passages indexed")
            return seen == now

        yield once

    def rebuild(self, progress: Progress | None = None) -> bool:
        """Build the snapshot anew from the stored vectors; whether that went well."""
        with self._lock:
            self._cached = None
        with self._database.read() as connection:
            if count_live(connection) == 0:
                self._snapshots.withdraw()
                return True
            return self._build(connection, None, progress) is not None

    def _build(self, connection: Connection, base: Published | None, progress: Progress | None) -> Published | None:
        last = select(func.coalesce(func.max(tables.passages.c.number), 0))
        upto = int(connection.execute(last).scalar_one())
        now = generation(connection)
        after = base.upto if base else 0
        new = batches(connection, after, self._dimension)
        told = _telling(new, count_after(connection, after), progress) if progress else new
        built = self._snapshots.build(base, told, upto=upto, generation=now)
        if built is None and base is not None:  # the old snapshot was damaged: start from nothing
            return self._build(connection, None, progress)
        return built

    def state(self) -> tuple[Published | None, int]:
        """The published snapshot and how many passages it lacks."""
        published = self._snapshots.current()
        with self._database.read() as connection:
            return published, count_after(connection, published.upto if published else 0)

    def index_state(self) -> IndexState:
        """How many passages the snapshot lacks; they are searched exactly."""
        return IndexState(self.state()[1], True)

    def findings(self, *, fix: bool) -> Iterator[Finding]:
        """What `rag doctor` says of the index; with `fix` it is rebuilt when it is not sound."""
        published, behind = self.state()
        if published is not None and self._snapshots.sound(published):
            newer = f"; {behind} newer passages are searched exactly" if behind else ""
            yield Finding("ok", f"Dense index: Chroma holds {published.held} vectors{newer}.")
        elif published is None and not behind:
            yield Finding("ok", "Dense index: empty.")
        elif not self._snapshots.promised():
            yield Finding("ok", "Dense index: not built yet; the first search of the chat builds it.")
        elif not fix:
            yield Finding(
                "warning", "The dense index is missing or damaged; searches are exact and slower to start.", FIX
            )
        elif self.rebuild():
            yield Finding(
                "warning", "The dense index was missing or damaged; it has been rebuilt from the stored vectors."
            )
        else:
            yield Finding("error", "The dense index cannot be rebuilt.", UNBUILT)

    def close(self) -> None:
        """Close Chroma."""
        with self._lock:
            if self._cached is not None and self._cached.index is not None:
                self._cached.index.close()
            self._cached = None


def _telling(
    parts: Iterator[tuple[Numbers, Vectors]], total: int, progress: Progress
) -> Iterator[tuple[Numbers, Vectors]]:
    done = 0
    for numbers, matrix in parts:
        yield numbers, matrix
        done += len(numbers)
        progress(done, total)
