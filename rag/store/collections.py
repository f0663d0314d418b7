"""Named collections of articles, as tags: an article can be in many."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Delete, delete, func, insert, select

from rag.errors import QuestionError
from rag.store.database import Database
from rag.store.filtering import among
from rag.store.kept import MAX_COLLECTION
from rag.store.tables import articles, collected


class CollectionTable:
    """The collections of one library."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def names(self) -> list[tuple[str, int]]:
        """Collections by name, with the number of their articles that the library holds."""
        rows = (
            select(collected.c.collection, func.count(articles.c.number))
            .select_from(collected.outerjoin(articles, articles.c.id == collected.c.article_id))
            .group_by(collected.c.collection)
            .order_by(func.lower(collected.c.collection))
        )
        with self._database.read() as connection:
            return [(str(name), int(count)) for name, count in connection.execute(rows)]

    def members(self, name: str) -> tuple[str, ...]:
        """Ids of the articles in a collection."""
        rows = select(collected.c.article_id).where(collected.c.collection == name).order_by(collected.c.article_id)
        with self._database.read() as connection:
            return tuple(str(one) for one in connection.execute(rows).scalars())

    def holding(self, article_id: str) -> tuple[str, ...]:
        """Names of the collections that an article is in."""
        rows = select(collected.c.collection).where(collected.c.article_id == article_id)
        with self._database.read() as connection:
            return tuple(sorted(str(one) for one in connection.execute(rows).scalars()))

    def add(self, name: str, article_ids: Iterable[str]) -> str:
        """Put articles into a collection, made when missing; its name as it is kept."""
        kept = " ".join(name.split())[:MAX_COLLECTION]
        if not kept:
            raise QuestionError("A collection needs a name.", "Type one, such as 'Harbour'.")
        wanted = sorted(set(article_ids))
        with self._database.write() as connection:
            connection.execute(_inside(kept, wanted))
            if wanted:
                connection.execute(insert(collected), [{"collection": kept, "article_id": one} for one in wanted])
        return kept

    def take_out(self, name: str, article_ids: Iterable[str]) -> None:
        """Take articles out of a collection; an empty collection is gone."""
        with self._database.write() as connection:
            connection.execute(_inside(name, sorted(set(article_ids))))

    def drop(self, name: str) -> None:
        """Forget a collection; its articles stay."""
        with self._database.write() as connection:
            connection.execute(delete(collected).where(collected.c.collection == name))


def _inside(name: str, article_ids: list[str]) -> Delete:
    return delete(collected).where(collected.c.collection == name, among(collected.c.article_id, article_ids))
