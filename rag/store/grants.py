"""Who may read and write which collections of a served library: grants to users, to groups, and to everybody.

What is not granted is closed. A grant on no collection is one on the whole library, with what is in no collection.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, get_args

from sqlalchemy import ColumnElement, delete, func, insert, or_, select

from rag.errors import QuestionError
from rag.schema import Rights
from rag.store.database import Database
from rag.store.filtering import among
from rag.store.kept import MAX_COLLECTION
from rag.store.retries import retried
from rag.store.tables import grants

Kind = Literal["user", "group", "everybody"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MAX_NAME = 200  # of a user or a group, as an identity provider names them


@dataclass(frozen=True, slots=True)
class Grant:
    """That somebody may read a collection, or write it too."""

    kind: Kind
    name: str  # of the user or group; empty for everybody who signed in
    collection: str  # empty for the whole library
    may_write: bool = False


class GrantTable:
    """The grants of one library."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @retried
    def give(self, grant: Grant) -> Grant:
        """Keep a grant in place of one on the same collection; the grant as it is kept."""
        kept = _checked(grant)
        row = {"kind": kept.kind, "name": kept.name, "collection": kept.collection, "may_write": int(kept.may_write)}
        with self._database.write() as connection:
            connection.execute(delete(grants).where(*_same(kept)))
            connection.execute(insert(grants).values(**row))
        return kept

    @retried
    def take_back(self, kind: Kind, name: str, collection: str | None = None) -> int:
        """Take back what somebody was granted on a collection ("" for the whole library), or on all; how many."""
        wanted = [grants.c.kind == kind, grants.c.name == name]
        if collection is not None:
            wanted.append(grants.c.collection == collection)
        with self._database.write() as connection:
            return connection.execute(delete(grants).where(*wanted)).rowcount

    def all(self) -> list[Grant]:
        """All grants, by whom they are for."""
        rows = select(grants).order_by(grants.c.kind, func.lower(grants.c.name), grants.c.collection)
        with self._database.read() as connection:
            return [Grant(row.kind, row.name, row.collection, bool(row.may_write)) for row in connection.execute(rows)]

    def rights(self, user: str, groups: Iterable[str] = ()) -> Rights:
        """What a user of these groups may read and write, by all grants that count for him or her."""
        own = [grants.c.kind == "everybody", (grants.c.kind == "user") & (grants.c.name == user)]
        own.append((grants.c.kind == "group") & among(grants.c.name, sorted(set(groups))))
        wanted = select(grants.c.collection, grants.c.may_write).where(or_(*own))
        with self._database.read() as connection:
            given = [(str(collection), bool(may_write)) for collection, may_write in connection.execute(wanted)]
        return Rights(
            _together(collection for collection, _ in given),
            _together(collection for collection, may_write in given if may_write),
        )


def _together(collections: Iterable[str]) -> frozenset[str] | None:
    several = frozenset(collections)
    return None if "" in several else several


def _same(grant: Grant) -> tuple[ColumnElement[bool], ...]:
    return grants.c.kind == grant.kind, grants.c.name == grant.name, grants.c.collection == grant.collection


def _checked(grant: Grant) -> Grant:
    """The grant with its names on one line; a QuestionError when one cannot be a name."""
    name, collection = " ".join(grant.name.split()), " ".join(grant.collection.split())
    if bool(name) == (grant.kind == "everybody") or len(name) > MAX_NAME or not name.isprintable():
        raise QuestionError(f"{grant.name!r} is no name of a {grant.kind}.", f"Give up to {MAX_NAME} characters.")
    if len(collection) > MAX_COLLECTION:
        raise QuestionError(f"{collection!r} is no name of a collection.", f"Give up to {MAX_COLLECTION} characters.")
    return Grant(grant.kind, name, collection, grant.may_write)
