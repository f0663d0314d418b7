"""Named collections of articles, as tags: an article can be in many."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, Connection, Delete, delete, func, insert, select

from rag.errors import AccessDenied, QuestionError
from rag.schema import Filters, Rights
from rag.store.database import Database
from rag.store.filtering import among, conditions
from rag.store.kept import MAX_COLLECTION
from rag.store.retries import retried
from rag.store.tables import articles, collected, grants

ALL = Rights()


class CollectionTable:
    """The collections of one library."""

    def __init__(self, database: Database, rights: Rights = ALL) -> None:
        """Those that somebody with these rights may see; AccessDenied when he or she may not change one."""
        self._database = database
        self._rights = rights

    def names(self) -> list[tuple[str, int]]:
        """Collections by name, with the number of their articles that the library holds."""
        rows = (
            select(collected.c.collection, func.count(articles.c.number))
            .select_from(collected.outerjoin(articles, articles.c.id == collected.c.article_id))
            .where(*self._readable())
            .group_by(collected.c.collection)
            .order_by(func.lower(collected.c.collection))
        )
        with self._database.read() as connection:
            return [(str(name), int(count)) for name, count in connection.execute(rows)]

    def members(self, name: str) -> tuple[str, ...]:
        """Ids of the articles in a collection."""
        rows = select(collected.c.article_id).where(collected.c.collection == name, *self._readable())
        rows = rows.order_by(collected.c.article_id)
        with self._database.read() as connection:
            return tuple(str(one) for one in connection.execute(rows).scalars())

    def holding(self, article_id: str) -> tuple[str, ...]:
        """Names of the collections that an article is in."""
        rows = select(collected.c.collection).where(collected.c.article_id == article_id, *self._readable())
        with self._database.read() as connection:
            return tuple(sorted(str(one) for one in connection.execute(rows).scalars()))

    @retried
    def add(self, name: str, article_ids: Iterable[str]) -> str:
        """Put articles into a collection, made when missing; its name as it is kept."""
        kept = " ".join(name.split())[:MAX_COLLECTION]
        if not kept:
            raise QuestionError("A collection needs a name.", "Type one, such as 'Harbour'.")
        self.check(kept)
        wanted = sorted(set(article_ids))
        with self._database.write() as connection:
            if self._rights.read is not None:
                wanted = self._seen(connection, wanted)
            connection.execute(_inside(kept, wanted))
            if wanted:
                connection.execute(insert(collected), [{"collection": kept, "article_id": one} for one in wanted])
        return kept

    @retried
    def take_out(self, name: str, article_ids: Iterable[str]) -> None:
        """Take articles out of a collection; an empty collection is gone."""
        self.check(name)
        with self._database.write() as connection:
            connection.execute(_inside(name, sorted(set(article_ids))))

    @retried
    def drop(self, name: str) -> None:
        """Forget a collection, and who may read and write it; its articles stay."""
        self.check(name)
        with self._database.write() as connection:
            connection.execute(delete(collected).where(collected.c.collection == name))
            connection.execute(delete(grants).where(grants.c.collection == name))

    def check(self, name: str) -> None:
        """AccessDenied unless the collection may be changed; whether there is one is not said."""
        writable = self._rights.write
        if writable is not None and name not in writable:
            raise AccessDenied(f"You may not change the collection {name!r}.", "Ask whoever runs the server.")

    def _readable(self) -> tuple[ColumnElement[bool], ...]:
        readable = self._rights.read
        return () if readable is None else (among(collected.c.collection, sorted(readable)),)

    def _seen(self, connection: Connection, article_ids: list[str]) -> list[str]:
        """Those of the articles that may be read: an id alone, which can be guessed, opens none."""
        wanted = conditions(Filters(article_ids=tuple(article_ids), readable=tuple(self._rights.read or ())))
        return [str(one) for one in connection.execute(select(articles.c.id).where(*wanted)).scalars()]


def _inside(name: str, article_ids: list[str]) -> Delete:
    return delete(collected).where(collected.c.collection == name, among(collected.c.article_id, article_ids))
