"""The dense index on servers, Chroma's or pgvector: what it holds is searched there, the newest passages exactly.

A server may be frozen, killed, emptied or behind. Then its part of the vectors is left out, a line says so, and words
still find everything: no search waits longer than SEARCH_S, and after a failure none waits at all for a while.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from random import uniform
from time import monotonic, sleep
from typing import TypeVar

import numpy as np
from sqlalchemy import Connection, func, select

from rag.forks import renew_in_children
from rag.schema import Finding, Vectors
from rag.store import shards, tables
from rag.store.chroma_server import (
    Breaker,
    CollectionLost,
    ServerBusy,
    ServerFailed,
    ServerResting,
    begun,
)
from rag.store.claims import Claims
from rag.store.database import Database, generation
from rag.store.dense_search import (
    NOTHING,
    DenseSearch,
    Indexed,
    IndexState,
    Progress,
    View,
    best,
    count_live,
)
from rag.store.follower import Follower, Tell
from rag.store.following import FollowedPart, servers_of
from rag.store.shards import ERA, Part, Shard, claim_of
from rag.store.vector_servers import VectorServer, server_at
from rag.store.vectors import Numbers

log = logging.getLogger("rag.store")

T = TypeVar("T")

SEARCH_S = 2.0  # a search of 100,000 vectors takes some milliseconds
WRITE_S = 10.0  # a page takes a second or two; a writer waits no longer ...
FOLLOW_S = 60.0  # ... a follower does
TAIL = 50_000  # so many passages that are not indexed yet are searched exactly: 77 MB, 4 ms
BEHIND = 5_000  # while a writer still writes, it brings the index up to date when it lacks so many

BUSY_S = (0.1, 0.3)  # before a search is tried again that a server of many users has put off

SILENT = "The index of meanings does not answer; passages were found by their words only."
PARTLY = "A part of the index of meanings does not answer; its passages were found by their words only."
LOST = "The index of meanings has to be built anew; passages were found by their words only."


@dataclass(frozen=True)
class Served:
    """What the servers hold, as one state of the library knows it."""

    shards: tuple[Shard, ...]  # one a part; parts of which nothing is built are left out
    lacking: int  # passages that are neither indexed nor few enough to be searched exactly

    @property
    def held(self) -> int:
        """Vectors in it."""
        return sum(shard.held for shard in self.shards)


@dataclass(frozen=True, slots=True)
class ShardState:
    """How one part of the index stands."""

    part: Part
    answers: bool
    shard: Shard | None
    behind: int  # passages that it lacks
    follower: str  # who brings it up to date at the moment; empty: nobody


class ServedIndex(DenseSearch[Served]):
    """The dense index of one library, on the Chroma servers at some addresses."""

    beside_writing = True

    def __init__(
        self,
        database: Database,
        claims: Claims,
        identity: Callable[[], str],
        addresses: Sequence[str],
        dimension: int,
        exact_limit: int,
        token: str = "",
    ) -> None:
        super().__init__(database, dimension)
        self._claims = claims
        self._identity = identity
        self._parts = shards.parts_of(addresses)
        self._exact_limit = exact_limit
        self._token = token
        self._servers = {address: server_at(address, SEARCH_S, token, database) for address in addresses}
        self._breakers = {address: Breaker() for address in addresses}
        self._proven: set[str] = set()  # collections that are known to be of this library's embedding model
        self._missed: set[str] = set()  # collections that were not there, or were another model's
        self._lock = threading.RLock()
        self._cached: View[Served] | None = None
        renew_in_children(self)

    def after_fork(self) -> None:
        """Look at the library anew."""
        self._lock = threading.RLock()
        self._breakers = {address: Breaker() for address in self._breakers}
        self._cached = None

    # --- searching

    def _indexed(self, view: View[Served], query: Vectors, n: int) -> Indexed:
        if view.index is None:
            return NOTHING
        note = _lacking(view.index.lacking) if view.index.lacking else ""
        for shard in view.index.shards:
            self._servers[shard.part.address].ready()
        until = monotonic() + SEARCH_S
        searching = [(shard, begun(partial(self._ask, shard, query, n))) for shard in view.index.shards]
        found: list[Indexed] = [NOTHING]
        failures: list[Exception] = []
        for shard, asked in searching:
            try:
                found.append(Indexed(*asked.result(timeout=max(0.0, until - monotonic()))))
            except (ServerFailed, TimeoutError) as error:
                failures.append(error)
                self._failed(shard, error)
        if failures:
            lost = all(isinstance(error, CollectionLost) for error in failures)
            note = LOST if lost else SILENT if len(failures) == len(searching) else PARTLY
        numbers = np.concatenate([one.numbers for one in found])
        return Indexed(*best(numbers, np.concatenate([one.scores for one in found]), n), note)

    def _ask(self, shard: Shard, query: Vectors, n: int) -> tuple[Numbers, Vectors]:
        """The nearest of the shard's vectors; those after `upto`, which the view has itself, are left out."""
        server, breaker = self._servers[shard.part.address], self._breakers[shard.part.address]
        if not breaker.closed(server.answers):
            raise ServerResting("it did not answer a moment ago")
        if shard.collection not in self._proven:
            self._prove(server, shard)
        ((numbers, scores),) = self._in_turn(lambda: server.nearest(shard.collection, query[None, :], n))
        known = numbers <= shard.upto
        return numbers[known], scores[known]

    def _in_turn(self, ask: Callable[[], T]) -> T:
        """What the server answers; while it asks to wait, it is asked again. The caller's time bounds this."""
        for pause in BUSY_S:
            try:
                return ask()
            except ServerBusy:
                sleep(pause * uniform(0.5, 1.5))  # noqa: S311
        return ask()

    def _prove(self, server: VectorServer, shard: Shard) -> None:
        """CollectionLost when another embedding model has made the collection."""
        with self._database.read() as connection:
            made_by = str(connection.execute(select(tables.library.c.fingerprint)).scalar_one())
        if server.about(shard.collection).get("fingerprint") != made_by:
            raise CollectionLost(f"{shard.collection} was made by another embedding model")
        self._proven.add(shard.collection)

    def _failed(self, shard: Shard, error: Exception) -> None:
        """Leave a server that does not answer alone for a while. What is wrong is said once, in the log."""
        if isinstance(error, ServerResting):
            return
        if isinstance(error, CollectionLost):
            self._proven.discard(shard.collection)
            first = shard.collection not in self._missed
            self._missed.add(shard.collection)
        elif isinstance(error, ServerBusy):
            first = True
        else:
            first = self._breakers[shard.part.address].trip()
        if first:
            log.warning("The index on %s cannot be searched: %s", shard.part.address, str(error) or "no answer in time")

    # --- views

    def _view(self, connection: Connection) -> View[Served]:
        now = generation(connection)
        known = self._known(connection)
        with self._lock:
            view = self._cached
            if view is not None and view.since <= now <= view.generation and _same(view, known):
                return view
            if view is not None and view.since <= now and (grown := self._grown(connection, view, known, now)):
                self._cached = grown
                return grown
            made = self._load(connection, known, now)
            if view is None or now >= view.since:  # else a transaction that is older than the last renewal
                self._cached = made
            return made

    def _load(self, connection: Connection, known: Sequence[Shard | None], now: int) -> View[Served]:
        live = count_live(connection)
        if live <= self._exact_limit:
            return self._with(connection, None, known, now, 0, live)
        built = _built(known)
        upto = min(shard.upto if shard else 0 for shard in known)
        lacking = _highest(connection) - upto
        if lacking > TAIL:
            lacking = sum(self._behind(connection, known))
        if lacking > TAIL:
            empty = np.empty((0, self._dimension), np.float32)
            return View(now, now, Served(built, lacking), np.empty(0, np.int64), empty, _highest(connection), live)
        return self._with(connection, Served(built, 0), known, now, upto, live)

    def _with(
        self,
        connection: Connection,
        index: Served | None,
        known: Sequence[Shard | None],
        now: int,
        after: int,
        live: int,
    ) -> View[Served]:
        """A view of the index with the passages after a number, so far as the index lacks them."""
        numbers, matrix = self._load_after(connection, after)
        last = int(numbers[-1]) if len(numbers) else after
        if index is not None:
            new = _unindexed(numbers, known)
            numbers, matrix = numbers[new], matrix[new]
        return View(now, now, index, numbers, matrix, last, live)

    def _grown(
        self, connection: Connection, view: View[Served], known: Sequence[Shard | None], now: int
    ) -> View[Served] | None:
        """The view with what came since, less what was indexed since; None when it must be loaded."""
        old = view.index
        if old is None or old.lacking or not _follows(old.shards, known, self._parts):
            return None
        if now // ERA != view.generation // ERA:
            return None
        numbers, matrix = self._load_after(connection, view.last)
        if len(view.numbers) + len(numbers) > TAIL:
            return None
        last = int(numbers[-1]) if len(numbers) else view.last
        numbers, matrix = np.concatenate([view.numbers, numbers]), np.concatenate([view.matrix, matrix])
        new = _unindexed(numbers, known)
        live = view.live if now == view.generation else count_live(connection)
        return View(now, now, Served(_built(known), 0), numbers[new], matrix[new], last, live)

    # --- following

    def follow(self, tell: Tell, *, anew: bool = False) -> bool:
        """Bring up to date, or build anew, what nobody else follows; whether all went well.

        Lines of progress go to `tell`.
        """
        well = [self._follow_part(part, tell, anew=anew) for part in self._parts]
        return all(well)

    def _follow_part(self, part: Part, tell: Tell, *, anew: bool) -> bool:
        with self._claims.held(claim_of(part)) as ours:
            if not ours:
                return not anew
            server = server_at(part.address, WRITE_S, self._token, self._database)
            try:
                self._follower(part, server, tell).follow(anew=anew)
            except ServerFailed as error:
                if isinstance(error, ServerBusy) or self._breakers[part.address].trip():
                    log.warning("The index on %s could not be brought up to date: %s", part.address, error)
                return False
            finally:
                server.close()
            self._breakers[part.address].mend()
            return True

    @contextmanager
    def following(self, tell: Tell) -> Iterator[Callable[[], bool]]:
        """A round of following the library, to be called again and again; claims are held until the block ends."""
        with ExitStack() as stack:
            servers = stack.enter_context(servers_of(self._parts, FOLLOW_S, self._token, self._database))
            followed = [
                FollowedPart(part, self._follower(part, server, _about_index(tell)), self._claims, tell)
                for part, server in zip(self._parts, servers, strict=True)
            ]
            for one in followed:
                stack.callback(one.close)

            def once() -> bool:
                with self._database.read() as connection:
                    now = generation(connection)
                well = [one.round(now) for one in followed]
                return all(well)

            yield once

    def _follower(self, part: Part, server: VectorServer, tell: Tell) -> Follower:
        return Follower(self._database, server, part, self._identity(), self._dimension, tell)

    def catch_up(self, *, done: bool) -> None:
        """Bring the index up to date, unless another process does so anyway or a server does not answer."""
        for part in self._parts:
            with self._database.read() as connection:
                place = shards.place_of(connection, self._identity())
                behind = shards.left(connection, part, _upto(shards.load(connection, part, "live", place)))
            if behind > (0 if done else BEHIND) and self._breakers[part.address].closed(
                self._servers[part.address].answers
            ):
                self._follow_part(part, log.info, anew=False)

    def rebuild(self, progress: Progress | None = None) -> bool:
        """Build the index anew from the stored vectors; whether that went well."""
        with self._lock:
            self._cached = None
        return self.follow(log.info, anew=True)

    # --- care

    def state(self) -> list[ShardState]:
        """How each part stands; a server that does not answer costs HEARTBEAT_S."""
        with self._database.read() as connection:
            known = self._known(connection)
            behind = self._behind(connection, known)
        return [
            ShardState(part, self._servers[part.address].answers(), shard, lacks, self._claims.holder(claim_of(part)))
            for part, shard, lacks in zip(self._parts, known, behind, strict=True)
        ]

    def index_state(self) -> IndexState:
        """How many passages the servers lack, and whether they answered last time."""
        with self._database.read() as connection:
            behind = sum(self._behind(connection, self._known(connection)))
        return IndexState(behind, not any(breaker.tripped for breaker in self._breakers.values()))

    def findings(self, *, fix: bool) -> Iterator[Finding]:
        """What `rag doctor` says of the index; with `fix` it is brought up to date, or built anew."""
        if fix:
            self.follow(log.info)
        for state in self.state():
            yield _finding(state, self._servers[state.part.address].hint)
        with self._database.read() as connection:
            unindexed = shards.count_unindexed(connection)
        if unindexed:
            yield Finding(
                "warning", f"{unindexed} passages have a vector that no index takes; words find them.", REMAKE
            )

    def close(self) -> None:
        """Close the connections."""
        for server in self._servers.values():
            server.close()

    def _known(self, connection: Connection) -> list[Shard | None]:
        """What is built of each part."""
        place = shards.place_of(connection, self._identity())
        return [shards.load(connection, part, "live", place) for part in self._parts]

    def _behind(self, connection: Connection, known: Sequence[Shard | None]) -> list[int]:
        """How many passages each part lacks."""
        return [shards.left(connection, part, _upto(one)) for part, one in zip(self._parts, known, strict=True)]


REMAKE = "Remove these articles and add them again when the embedding model is mended."


def _finding(state: ShardState, hint: str) -> Finding:
    where = f"Dense index on {state.part.address}" + (f" ({state.part.name})" if state.part.of > 1 else "")
    who = f"; followed by {state.follower}" if state.follower else ""
    if not state.answers:
        return Finding("warning", f"{where}: the server does not answer; passages are found by their words.", hint)
    if state.shard is None and state.behind:
        return Finding("warning", f"{where}: not built yet{who}.", "Run `rag work`, or `rag doctor --fix`.")
    held = state.shard.held if state.shard else 0
    if state.behind > TAIL:
        said = f"{where}: {held:,} vectors; {state.behind:,} newer passages are found by their words only{who}."
        return Finding("warning", said, "Run `rag work`, or `rag doctor --fix`.")
    newer = f"; {state.behind:,} newer passages are searched exactly" if state.behind else ""
    return Finding("ok", f"{where}: {held:,} vectors{newer}{who}.")


def _about_index(tell: Tell) -> Tell:
    return lambda line: tell(f"index: {line}")


def _lacking(count: int) -> str:
    return f"The index of meanings lacks {count:,} passages; these were found by their words only."


def _upto(shard: Shard | None) -> int:
    return shard.upto if shard else 0


def _built(known: Sequence[Shard | None]) -> tuple[Shard, ...]:
    return tuple(shard for shard in known if shard is not None)


def _same(view: View[Served], known: Sequence[Shard | None]) -> bool:
    return view.index is None or view.index.shards == _built(known)


def _follows(old: Sequence[Shard], known: Sequence[Shard | None], parts: Sequence[Part]) -> bool:
    """Whether the shards hold all that those of before held."""
    now = dict(zip(parts, known, strict=True))
    return all(
        (new := now[shard.part]) is not None and new.collection == shard.collection and new.upto >= shard.upto
        for shard in old
    )


def _unindexed(numbers: Numbers, known: Sequence[Shard | None]) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Which of the passages the shards lack."""
    uptos = np.array([_upto(shard) for shard in known], dtype=np.int64)
    return numbers > uptos[numbers % len(known)]


def _highest(connection: Connection) -> int:
    """The highest passage number."""
    highest = select(func.coalesce(func.max(tables.vectors.c.number), 0))
    return int(connection.execute(highest).scalar_one())
