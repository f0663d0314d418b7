"""Brings one server's part of the vectors up to date with the library, and builds it anew when it is not sound.

What is to do follows from the library: the passages after the highest number that was looked at. A page is written,
then marked; killed in between, the page is written again, which changes nothing. A collection that is lost, foreign,
damaged or mostly dead is left as it is and searched as long as it can be, while another is built beside it; then one
row of the library says which is searched.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from time import monotonic

import numpy as np
from sqlalchemy import select

from rag.schema import Vectors
from rag.store import shards, tables
from rag.store.chroma_server import (
    CollectionLost,
    ServerBusy,
    ServerFailed,
    ServerRefused,
    ServerSilent,
)
from rag.store.database import Database
from rag.store.retries import retried
from rag.store.shards import Part, Shard
from rag.store.vector_servers import VectorServer
from rag.store.vectors import Numbers

log = logging.getLogger("rag.store")

PAGE_NUMBERS = 800_000  # floats of a page, some 10 MB on their way; the server takes 40 MB at most
PAGE = 2_000  # vectors of a page at most: it is written in a second or two
TRIES = 3  # of a page, before its halves are tried
ENOUGH_REFUSED = 20  # vectors that are refused one by one, and none taken: then it is the server that fails
REBUILD_DEAD = 1_000  # a collection is built anew when so many of its vectors are dead, and an eighth of them
COUNT_DEAD_S = 600.0  # counting 5 million passages takes a second
TRIED = 32  # stored vectors that must find themselves ...
FOUND_AT_LEAST = 0.9  # ... in so many cases (the index is approximate)
SAME = 1e-3  # one minus the cosine similarity below which a vector has found itself or its twin
KEEP_OLD_S = 60.0  # a collection that is searched no more stays so long, for searches that have begun

Tell = Callable[[str], None]


@dataclass
class _Tried:
    """What became of a page that was written by halves."""

    failure: ServerFailed  # of the whole page
    taken: int = 0
    refused: dict[int, str] = field(default_factory=dict)  # with the reason

    def refuse(self, number: int, why: ServerFailed) -> None:
        """Note one that was refused; the failure when it seems to be the server and not the vectors."""
        self.refused[number] = str(why)
        if not self.taken and len(self.refused) >= ENOUGH_REFUSED:
            raise self.failure


class Follower:
    """Follows the library with one part of its index. One at a time: the caller holds the claim to the part."""

    def __init__(
        self, database: Database, server: VectorServer, part: Part, identity: str, dimension: int, tell: Tell
    ) -> None:
        """`tell` gets a line of progress now and then."""
        self._database = database
        self._server = server
        self._part = part
        self._identity = identity
        self._dimension = dimension
        self._tell = tell
        self._page = max(1, min(PAGE, PAGE_NUMBERS // dimension, server.most_records))
        self._proven = ""  # the collection that was found to be sound, by this follower
        self._count_dead_at = 0.0
        self._old: dict[str, float] = {}  # collections that nobody needs, since when

    def follow(self, *, anew: bool = False) -> Shard | None:
        """Bring the part up to date; None when the library is empty. With `anew` it is built from nothing.

        ServerSilent when the server does not answer, ServerRefused when it does not do what it should: both may be
        tried again later.
        """
        if not self._server.answers():
            raise ServerSilent(f"the index server {self._part.address} does not answer")
        with self._database.read() as connection:
            place = shards.place_of(connection, self._identity)
            live = shards.load(connection, self._part, "live", place)
            built = shards.load(connection, self._part, "next", place)
            empty = connection.execute(select(tables.articles.c.number).limit(1)).first() is None
        if empty:
            self._withdraw(place)
            return None
        if live is None or anew or not self._sound(live) or self._mostly_dead(live):
            live = self._build(None if anew else built, place)
        else:
            live = self._fill(live)
        self._clear(place)
        return live

    # --- is it right?

    def _sound(self, shard: Shard) -> bool:
        """Whether the collection is ours, holds what was written into it, and finds it."""
        try:
            if dict(self._server.about(shard.collection)) != self._about():
                return self._unsound(shard, "was made by another embedding model")
            held = self._server.count(shard.collection)
            if not shard.held <= held <= shard.held + self._page:  # a page may have been written and not marked
                return self._unsound(shard, f"holds {held:,} vectors, and {shard.held:,} were written")
            if self._proven != shard.collection and not self._finds(shard):
                return self._unsound(shard, "does not find its own vectors")
        except CollectionLost:
            return self._unsound(shard, "is gone")
        self._proven = shard.collection
        return True

    def _unsound(self, shard: Shard, why: str) -> bool:
        self._tell(f"the index on {shard.part.address} {why}; building another")
        return False

    def _finds(self, shard: Shard) -> bool:
        """Whether stored vectors find themselves."""
        with self._database.read() as connection:
            numbers, vectors = shards.some(connection, self._part, shard.upto, TRIED, self._dimension)
        if not len(numbers):
            return True
        queries = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        found = self._server.nearest(shard.collection, queries, 1)
        return float(np.mean([len(scores) > 0 and 1 - scores[0] < SAME for _, scores in found])) >= FOUND_AT_LEAST

    def _mostly_dead(self, shard: Shard) -> bool:
        """Whether so many of the collection's passages are gone that a new one is worth its time; counted rarely."""
        if monotonic() < self._count_dead_at:
            return False
        self._count_dead_at = monotonic() + COUNT_DEAD_S
        with self._database.read() as connection:
            living = shards.left(connection, self._part, 0) - shards.left(connection, self._part, shard.upto)
        dead = shard.held - living
        if dead < max(REBUILD_DEAD, shard.held // 8):
            return False
        return not self._unsound(shard, f"holds {dead:,} vectors of passages that are gone")

    def _about(self) -> dict[str, str | int]:
        with self._database.read() as connection:
            row = connection.execute(select(tables.library.c.fingerprint, tables.library.c.dimension)).one()
        return {"fingerprint": str(row.fingerprint), "dimension": int(row.dimension)}

    # --- building

    def _build(self, begun: Shard | None, place: str) -> Shard:
        """A new collection with all of the part, searched from now on; one that was begun is gone on with."""
        built = begun if begun is not None and self._sound(begun) else self._begin(place)
        built = self._fill(built)
        if not self._finds(built):
            self._forget(built)
            raise ServerRefused("the new collection does not find its own vectors")
        with self._database.write() as connection:
            live = shards.switch(connection, built)
        self._proven = live.collection
        return live

    def _begin(self, place: str) -> Shard:
        shard = shards.new_shard(self._part, self._identity, place)
        self._server.make(shard.collection, self._about())
        with self._database.write() as connection:
            shards.keep(connection, shard)
        return shard

    @retried
    def _forget(self, shard: Shard) -> None:
        with self._database.write() as connection:
            shards.forget(connection, self._part, shard.state, shard.place)

    def _withdraw(self, place: str) -> None:
        """Hold nothing, as the library does."""
        with self._database.read() as connection:
            known = shards.named(connection, place)
        if known:
            with self._database.write() as connection:
                shards.forget(connection, self._part, "live", place)
                shards.forget(connection, self._part, "next", place)
        self._clear(place)

    def _clear(self, place: str) -> None:
        """Delete collections of this library that nobody has needed for a while."""
        with self._database.read() as connection:
            needed = shards.named(connection, place)
        now = monotonic()
        with suppress(ServerFailed):  # next time, then
            names = set(self._server.names(shards.prefix_of(self._identity))) - needed
            self._old = {name: self._old.get(name, now) for name in names}
            for name, since in self._old.items():
                if now - since > KEEP_OLD_S:
                    self._server.drop(name)

    # --- writing

    def _fill(self, shard: Shard) -> Shard:
        """Add all passages that the collection lacks, page by page, each marked when it is written."""
        began, at_first, total = monotonic(), shard.upto, None
        done = 0
        while True:
            with self._database.read() as connection:
                last, numbers, vectors, bad = shards.page(
                    connection, self._part, shard.upto, self._page, self._dimension
                )
                if last is None:
                    return shard
                if total is None:
                    total = shards.left(connection, self._part, at_first)
            refused = self._put(shard.collection, numbers, vectors)
            shard = shard.grown(last, shard.held + len(numbers) - len(refused))
            self._mark(shard, bad, refused)
            done += len(numbers) + len(bad)
            self._tell_progress(shard, done, max(total, done), monotonic() - began)

    @retried
    def _mark(self, shard: Shard, bad: list[int], refused: dict[int, str]) -> None:
        with self._database.write() as connection:
            shards.keep(connection, shard)
            shards.mark_unindexed(connection, bad, "it is no vector: not finite, all zeros or of another length")
            for number, reason in refused.items():
                shards.mark_unindexed(connection, [number], reason[:500])
        if bad or refused:
            self._tell(f"{len(bad) + len(refused)} passages have a vector that cannot be indexed; words find them")

    def _tell_progress(self, shard: Shard, done: int, total: int, spent: float) -> None:
        if total <= self._page and done == total:
            return self._tell(f"{done:,} passages indexed on {shard.part.address}")
        rate = done / max(spent, 1e-6)
        left = f", about {(total - done) / rate:,.0f} s left" if done < total else ""
        return self._tell(f"{done:,} of {total:,} passages indexed on {shard.part.address}, {rate:,.0f} a second{left}")

    def _put(self, collection: str, numbers: Numbers, vectors: Vectors) -> dict[int, str]:
        """Write a page; the numbers of those that the server refuses, with its reason. It takes the others."""
        if not len(numbers):
            return {}
        failure = self._written(collection, numbers, vectors, TRIES)
        if failure is None:
            return {}
        tried = _Tried(failure)
        self._by_halves(collection, numbers, vectors, tried)
        if not tried.taken:
            raise failure
        return tried.refused

    def _by_halves(self, collection: str, numbers: Numbers, vectors: Vectors, tried: _Tried) -> None:
        """Write what can be written of a page that failed, and note the numbers of the others."""
        half = len(numbers) // 2
        for part in (slice(None, half), slice(half, None)):
            some, theirs = numbers[part], vectors[part]
            failure = self._written(collection, some, theirs, 1) if len(some) else None
            if failure is None:
                tried.taken += len(some)
            elif len(some) > 1:
                self._by_halves(collection, some, theirs, tried)
            else:
                tried.refuse(int(some[0]), failure)

    def _written(self, collection: str, numbers: Numbers, vectors: Vectors, tries: int) -> ServerFailed | None:
        """Write the vectors; None, or why the server, which is well otherwise, did not take them."""
        failure: ServerFailed | None = None
        for _ in range(tries):
            try:
                self._server.put(collection, numbers, vectors)
                return None
            except (CollectionLost, ServerBusy):
                raise
            except ServerFailed as error:
                failure = error
                if not self._server.answers():
                    raise ServerSilent(f"the index server {self._part.address} does not answer") from error
        return failure
