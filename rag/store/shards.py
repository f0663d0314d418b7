"""What is known of the collections on Chroma servers: which is searched, which is being built, how far each has come.

Passages are dealt out by their numbers: of two servers, one holds the even ones. Each keeps its part in a collection
with a name that is never used again. This table says up to which passage a collection is right, so what is left to do
follows from it and from the passages, whoever was killed when.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from sqlalchemy import ColumnElement, Connection, delete, func, insert, literal, select

from rag.schema import Vectors
from rag.store import tables
from rag.store.database import generation
from rag.store.dense_search import sound
from rag.store.vectors import Numbers

ERA = 1_000_000  # generations: a restored library begins a new era, in which nothing built before holds
State = Literal["live", "next"]


@dataclass(frozen=True, slots=True)
class Part:
    """One server's part of the passages: those whose number leaves `index` when divided by `of`."""

    address: str
    index: int
    of: int

    @property
    def name(self) -> str:
        """As it is kept: "1/2"."""
        return f"{self.index + 1}/{self.of}"


@dataclass(frozen=True, slots=True)
class Shard:
    """A collection with a part of the vectors."""

    part: Part
    state: State
    collection: str
    upto: int  # highest passage number that was looked at
    held: int  # vectors in it, those of passages that are gone included
    place: str  # of the library

    def grown(self, upto: int, held: int) -> Shard:
        """The same collection with more in it."""
        return replace(self, upto=upto, held=held)


def claim_of(part: Part) -> str:
    """The name of the work of bringing a part up to date."""
    return f"index {part.address} {part.name}"


def parts_of(addresses: Sequence[str]) -> tuple[Part, ...]:
    """The parts that the servers at these addresses share."""
    return tuple(Part(address, index, len(addresses)) for index, address in enumerate(addresses))


def place_of(connection: Connection, identity: str) -> str:
    """Where a collection is right: in this library, until it is restored from a backup."""
    return f"{identity}:{generation(connection) // ERA}"


def prefix_of(identity: str) -> str:
    """How the names of this library's collections begin."""
    return f"rag-{hashlib.blake2b(identity.encode('utf-8', 'surrogatepass'), digest_size=6).hexdigest()}-"


def new_shard(part: Part, identity: str, place: str) -> Shard:
    """A shard whose collection is still to be made."""
    return Shard(part, "next", prefix_of(identity) + uuid.uuid4().hex[:12], 0, 0, place)


def load(connection: Connection, part: Part, state: State, place: str) -> Shard | None:
    """The shard of this part in this state; None when there is none."""
    row = connection.execute(select(tables.shards).where(*_same(part, state, place))).one_or_none()
    return Shard(part, state, row.collection, row.upto, row.held, place) if row else None


def keep(connection: Connection, shard: Shard) -> None:
    """Remember how far the shard has come."""
    table = tables.shards
    connection.execute(delete(table).where(*_same(shard.part, shard.state, shard.place)))
    row = {"address": shard.part.address, "shard": shard.part.name, "state": shard.state, "place": shard.place}
    connection.execute(insert(table).values(**row, collection=shard.collection, upto=shard.upto, held=shard.held))


def forget(connection: Connection, part: Part, state: State, place: str) -> None:
    """Remember nothing of the shard of this part in this state."""
    connection.execute(delete(tables.shards).where(*_same(part, state, place)))


def switch(connection: Connection, built: Shard) -> Shard:
    """Let the shard that was built be the one that is searched."""
    live = replace(built, state="live")
    forget(connection, built.part, "next", built.place)
    keep(connection, live)
    return live


def named(connection: Connection, place: str) -> set[str]:
    """The collections that any shard of the library is in."""
    table = tables.shards
    return {
        str(name) for name in connection.execute(select(table.c.collection).where(table.c.place == place)).scalars()
    }


def page(
    connection: Connection, part: Part, after: int, limit: int, dimension: int
) -> tuple[int | None, Numbers, Vectors, list[int]]:
    """The next passages of the part: the highest number looked at (None when there are none left), numbers and vectors
    of those that can be indexed, and the numbers of the others."""
    stored = tables.vectors
    wanted = (
        select(stored.c.number, stored.c.vector).where(stored.c.number > after, *_of(part)).order_by(stored.c.number)
    )
    rows = connection.execute(wanted.limit(limit)).all()
    numbers, matrix = sound(rows, dimension)
    good = set(numbers.tolist())
    bad = [int(row.number) for row in rows if int(row.number) not in good]
    return (int(rows[-1].number) if rows else None), numbers, matrix, bad


def left(connection: Connection, part: Part, after: int) -> int:
    """How many passages of the part come after a number."""
    stored = tables.vectors
    wanted = select(func.count()).select_from(stored).where(stored.c.number > after, *_of(part))
    return int(connection.execute(wanted).scalar_one())


def some(connection: Connection, part: Part, upto: int, count: int, dimension: int) -> tuple[Numbers, Vectors]:
    """About `count` vectors of the part up to a number, spread over it."""
    _, numbers, matrix, _ = page(connection, part, upto, 0, dimension)
    for after in sorted({step * upto // count for step in range(count)}):
        last, found, vectors, _ = page(connection, part, after, 1, dimension)
        if last is not None and last <= upto:
            numbers, matrix = np.concatenate([numbers, found]), np.concatenate([matrix, vectors])
    return numbers, matrix


def mark_unindexed(connection: Connection, numbers: Sequence[int], reason: str) -> None:
    """Remember that no index takes the vectors of these passages."""
    table, passages = tables.unindexed, tables.passages
    for number in numbers:
        connection.execute(delete(table).where(table.c.number == number))
        there = select(passages.c.number, literal(reason)).where(passages.c.number == number)  # it may be gone since
        connection.execute(insert(table).from_select(["number", "reason"], there))


def count_unindexed(connection: Connection) -> int:
    """How many passages no index takes."""
    return int(connection.execute(select(func.count()).select_from(tables.unindexed)).scalar_one())


def _same(part: Part, state: State, place: str) -> tuple[ColumnElement[bool], ...]:
    table = tables.shards
    wanted = {table.c.address: part.address, table.c.shard: part.name, table.c.state: state, table.c.place: place}
    return tuple(column == value for column, value in wanted.items())


def _of(part: Part) -> tuple[ColumnElement[bool], ...]:
    """Which vectors are the part's."""
    return (tables.vectors.c.number % part.of == part.index,) if part.of > 1 else ()
