"""Stories: articles with their syndicated copies, inside a given transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, union

from rag.schema import Article, Filters, OtherSource
from rag.store.filtering import among, conditions
from rag.store.rows import article_of, row_of
from rag.store.tables import articles, bands, copies, owned

MOST_COMPARED = 20  # articles that share a band; those that share most come first


@dataclass(frozen=True)
class Copy:
    """A syndicated copy of an article of the library."""

    story: str  # id of the article
    article: Article  # the copy, with its own id
    digest: str  # of the raw content
    text_digest: str  # of the cleaned text

    @property
    def source(self) -> OtherSource:
        """The copy as a source of its story."""
        article = self.article
        return OtherSource(article.publisher, article.title, article.url, article.id, article.published)


def add(connection: Connection, several: Iterable[Copy]) -> None:
    """Store copies, in the place of those with the same ids."""
    rows = [_row(copy) for copy in several]
    if rows:
        drop(connection, [str(row["id"]) for row in rows])
        connection.execute(insert(copies), rows)


def drop(connection: Connection, ids: Sequence[str]) -> int:
    """Delete copies by their own ids; how many there were."""
    return connection.execute(delete(copies).where(among(copies.c.id, ids))).rowcount


def drop_of(connection: Connection, story: str) -> None:
    """Delete all copies of an article."""
    connection.execute(delete(copies).where(copies.c.story == story))


def copies_of(connection: Connection, stories: Sequence[str]) -> list[Copy]:
    """The copies of these articles, in the order in which they were added."""
    wanted = select(copies).where(among(copies.c.story, stories)).order_by(copies.c.added, copies.c.id)
    return [_copy(row) for row in connection.execute(wanted)]


def copy(connection: Connection, article_id: str) -> Copy | None:
    """The copy with this id of its own."""
    row = connection.execute(select(copies).where(copies.c.id == article_id)).one_or_none()
    return None if row is None else _copy(row)


def near(connection: Connection, numbers: Sequence[int]) -> list[tuple[str, str]]:
    """Ids and texts of the articles that share bands, those that share most first."""
    if not numbers:
        return []
    shared = (
        select(bands.c.article, func.count().label("shared"))
        .where(among(bands.c.band, numbers))
        .group_by(bands.c.article)
        .order_by(func.count().desc(), bands.c.article)
        .limit(MOST_COMPARED)
        .subquery()
    )
    found = select(articles.c.id, articles.c.text).join(shared, shared.c.article == articles.c.number)
    rows = connection.execute(found.order_by(shared.c.shared.desc(), articles.c.number))
    return [(str(article_id), str(text)) for article_id, text in rows]


def existing(connection: Connection, ids: Sequence[str]) -> set[str]:
    """Those of the ids that an article or a copy has."""
    both = (select(table.c.id).where(among(table.c.id, ids)) for table in (articles, copies))
    return {str(one) for wanted in both for one in connection.execute(wanted).scalars()}


def own(connection: Connection, ids: Sequence[str], owner: str | None) -> None:
    """Note who adds these new articles or copies; None for somebody who removes nothing by himself."""
    connection.execute(delete(owned).where(among(owned.c.article_id, ids)))
    if owner is not None and ids:
        connection.execute(insert(owned), [{"article_id": one, "owner": owner} for one in ids])


def owned_by(connection: Connection, owner: str) -> dict[str, str]:
    """The sources of the articles and copies that the owner has added, by their ids."""
    found: dict[str, str] = {}
    for table in (articles, copies):
        wanted = select(table.c.id, table.c.source).join(owned, owned.c.article_id == table.c.id)
        rows = connection.execute(wanted.where(owned.c.owner == owner).order_by(table.c.id))
        found |= {str(article_id): str(source or "") for article_id, source in rows}
    return found


def bands_of(connection: Connection, number: int) -> tuple[int, ...]:
    """The bands of the article with this number."""
    return tuple(connection.execute(select(bands.c.band).where(bands.c.article == number)).scalars())


def set_bands(connection: Connection, number: int, numbers: Iterable[int]) -> None:
    """Note the bands of an article that has just been inserted."""
    rows = [{"band": band, "article": number} for band in set(numbers)]
    if rows:
        connection.execute(insert(bands), rows)


def _row(copy: Copy) -> dict[str, Any]:
    return row_of(copy.article) | {"story": copy.story, "digest": copy.digest, "text_digest": copy.text_digest}


def _copy(row: Row[Any]) -> Copy:
    return Copy(row.story, article_of(row), row.digest, row.text_digest)


def publishers(connection: Connection, filters: Filters | None = None) -> list[tuple[str, int]]:
    """Publishers with the number of articles that they carry, copies included, most articles first."""
    wanted = conditions(filters or Filters())
    originals, others = select(articles.c.publisher, articles.c.id), select(copies.c.publisher, copies.c.story)
    if wanted:
        originals = originals.where(*wanted)
        others = others.where(copies.c.story.in_(select(articles.c.id).where(*wanted)))
    carried = union(originals, others).subquery()
    count = func.count()
    named = select(carried.c.publisher, count).where(carried.c.publisher.is_not(None))
    rows = named.group_by(carried.c.publisher).order_by(count.desc(), carried.c.publisher)
    return [(str(name), int(number)) for name, number in connection.execute(rows)]
