"""Articles and passages in the database: reading and changing them inside a given transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeVar

import numpy as np
from sqlalchemy import ColumnElement, Connection, Row, UnaryExpression, delete, func, insert, or_, select

from rag.schema import Article, Candidate, Filters, Passage, Vectors
from rag.store import stories
from rag.store.backends import lexical_index
from rag.store.filtering import among, conditions
from rag.store.rows import article_of, row_of, stored
from rag.store.stories import Copy
from rag.store.tables import articles, copies, lines, passages, remarks, vectors, versions

STORED = np.dtype("<f4")
Line = TypeVar("Line", int, str)


@dataclass(frozen=True)
class Prepared:
    """An article ready to be stored."""

    article: Article  # with id; `added` is now when it is None
    passages: tuple[Passage, ...]
    vectors: Vectors  # [passages, dimension]
    digest: str  # of the raw content
    text_digest: str  # of the cleaned text
    lines: tuple[str, ...] = ()  # hashes of the raw content's lines
    bands: tuple[int, ...] = ()  # of the cleaned text, see rag/text/copies.py


@dataclass(frozen=True)
class Known:
    """What the library knows of an article, enough to tell whether it changed."""

    article_id: str
    title: str
    digest: str
    text_digest: str
    source: str | None
    story: str = ""  # of a copy: the id of the article that stands for its story


@dataclass(frozen=True)
class Snapshot:
    """All that a library holds of one article, so that a removal can be undone."""

    prepared: Prepared
    versions: tuple[tuple[str, str, datetime], ...]  # text digest, text, when it was replaced
    copies: tuple[Copy, ...] = ()


Order = Literal["newest", "oldest", "title", "publisher", "added"]

# --- changing


def replace(connection: Connection, prepared: Prepared) -> None:
    """Store an article in the place of the one with its id, whose text is kept as a version."""
    old = connection.execute(
        select(articles.c.number, articles.c.text_digest, articles.c.text).where(articles.c.id == prepared.article.id)
    ).one_or_none()
    bands = prepared.bands
    stories.drop(connection, [prepared.article.id])  # what was a copy is an article now
    if old is not None:
        if not bands and old.text_digest == prepared.text_digest:
            bands = stories.bands_of(connection, old.number)
        if old.text_digest != prepared.text_digest:
            _keep_version(connection, prepared.article.id, old.text_digest, old.text)
        _delete(connection, old.number)
    number = _insert_article(connection, prepared)
    _insert_passages(connection, number, prepared)
    lexical_index(connection).add(connection, number)
    stories.set_bands(connection, number, bands)
    if prepared.lines:
        connection.execute(insert(lines), [{"hash": line, "article": number} for line in set(prepared.lines)])


def remove(connection: Connection, article_id: str) -> bool:
    """Delete an article with its copies and earlier versions, or a copy alone; whether there was one."""
    number = connection.execute(select(articles.c.number).where(articles.c.id == article_id)).scalar_one_or_none()
    if number is None:
        return stories.drop(connection, [article_id]) > 0
    _delete(connection, number)
    stories.drop_of(connection, article_id)
    connection.execute(delete(versions).where(versions.c.article_id == article_id))
    return True


def snapshot(connection: Connection, article_id: str) -> Snapshot | None:
    """All that the library holds of an article; None when it holds none."""
    row = connection.execute(select(articles).where(articles.c.id == article_id)).one_or_none()
    if row is None:
        return None
    parts = passages_of(connection, article_id)
    by_id = passage_vectors(connection, [part.id for part in parts])
    stacked = np.stack([by_id[part.id] for part in parts]) if parts else np.empty((0, 0), dtype=np.float32)
    own = connection.execute(select(lines.c.hash).where(lines.c.article == row.number)).scalars()
    older = connection.execute(select(versions).where(versions.c.article_id == article_id))
    return Snapshot(
        Prepared(
            article=articles_of(connection, [row])[0],
            passages=tuple(parts),
            vectors=stacked,
            digest=row.digest,
            text_digest=row.text_digest,
            lines=tuple(own),
            bands=stories.bands_of(connection, row.number),
        ),
        tuple((one.text_digest, one.text, one.replaced) for one in older),
        tuple(stories.copies_of(connection, [article_id])),
    )


def restore(connection: Connection, taken: Snapshot) -> None:
    """Store an article as the snapshot holds it, earlier versions included."""
    replace(connection, taken.prepared)
    known = set(
        connection.execute(
            select(versions.c.text_digest).where(versions.c.article_id == taken.prepared.article.id)
        ).scalars()
    )
    rows = [
        {"article_id": taken.prepared.article.id, "text_digest": digest, "text": text, "replaced": replaced}
        for digest, text, replaced in taken.versions
        if digest not in known
    ]
    if rows:
        connection.execute(insert(versions), rows)
    stories.add(connection, taken.copies)


def _delete(connection: Connection, number: int) -> None:
    lexical_index(connection).remove(connection, number)
    connection.execute(delete(articles).where(articles.c.number == number))  # passages, vectors, lines go with it


def _keep_version(connection: Connection, article_id: str, text_digest: str, text: str) -> None:
    same = (versions.c.article_id == article_id) & (versions.c.text_digest == text_digest)
    connection.execute(delete(versions).where(same))
    row = {"article_id": article_id, "text_digest": text_digest, "text": text, "replaced": stored(None)}
    connection.execute(insert(versions).values(**row))


def _insert_article(connection: Connection, prepared: Prepared) -> int:
    row = row_of(prepared.article) | {"passage_count": len(prepared.passages)}
    row |= {"digest": prepared.digest, "text_digest": prepared.text_digest}
    number = connection.execute(insert(articles).values(**row)).inserted_primary_key
    assert number is not None
    noted = [{"article": number[0], "position": at, "text": text} for at, text in enumerate(prepared.article.notes)]
    if noted:
        connection.execute(insert(remarks), noted)
    return int(number[0])


def _insert_passages(connection: Connection, number: int, prepared: Prepared) -> None:
    if not prepared.passages:
        return
    names = ("id", "position", "start", "end", "text")
    rows = [{"article": number} | {name: getattr(passage, name) for name in names} for passage in prepared.passages]
    connection.execute(insert(passages), rows)
    stored = select(passages.c.number).where(passages.c.article == number).order_by(passages.c.number)
    numbers = connection.execute(stored).scalars()
    blobs = np.ascontiguousarray(prepared.vectors, dtype=STORED)
    connection.execute(
        insert(vectors),
        [{"number": one, "vector": vector.tobytes()} for one, vector in zip(numbers, blobs, strict=True)],
    )


# --- reading


def known(connection: Connection, condition: ColumnElement[bool]) -> Known | None:
    """The first article that fulfils the condition, in brief."""
    columns = (articles.c.id, articles.c.title, articles.c.digest, articles.c.text_digest, articles.c.source)
    row = connection.execute(select(*columns).where(condition).order_by(articles.c.number).limit(1)).one_or_none()
    return None if row is None else Known(*row)


def known_copy(connection: Connection, article_id: str) -> Known | None:
    """The copy with this id, in brief."""
    copy = stories.copy(connection, article_id)
    if copy is None:
        return None
    return Known(article_id, copy.article.title, copy.digest, copy.text_digest, copy.article.source, copy.story)


def listing(query: str | None, filters: Filters) -> list[ColumnElement[bool]]:
    """Conditions of a list of articles: the filters, and each word of the query in title, publisher or author."""
    wanted = conditions(filters)
    for word in (query or "").split():
        fields = (articles.c.title, articles.c.publisher, articles.c.author)
        wanted.append(or_(*(field.icontains(word, autoescape=True) for field in fields)))
    return wanted


def list_articles(
    connection: Connection,
    wanted: Sequence[ColumnElement[bool]],
    limit: int,
    offset: int,
    order: Order = "newest",
) -> list[Article]:
    """Articles in this order; those that lack what they are ordered by last."""
    newest = (articles.c.published.desc().nulls_last(), articles.c.added.desc(), articles.c.number.desc())
    first: dict[Order, tuple[UnaryExpression[Any], ...]] = {
        "newest": (),
        "oldest": (articles.c.published.asc().nulls_last(),),
        "title": (func.lower(articles.c.title).asc(),),
        "publisher": (func.lower(articles.c.publisher).asc().nulls_last(),),
        "added": (articles.c.added.desc(),),
    }
    rows = connection.execute(
        select(articles).where(*wanted).order_by(*first[order], *newest).limit(limit).offset(offset)
    )
    return articles_of(connection, list(rows))


def articles_of(connection: Connection, rows: Sequence[Row[Any]]) -> list[Article]:
    """Articles from their rows, with what was noted when they were read."""
    notes: dict[int, tuple[str, ...]] = {}
    wanted = among(remarks.c.article, [row.number for row in rows])
    for one in connection.execute(select(remarks).where(wanted).order_by(remarks.c.article, remarks.c.position)):
        notes[one.article] = (*notes.get(one.article, ()), one.text)
    return [article_of(row, notes.get(row.number, ())) for row in rows]


def passages_of(connection: Connection, article_id: str) -> list[Passage]:
    """The passages of an article, in order."""
    rows = connection.execute(_passages().where(articles.c.id == article_id).order_by(passages.c.position))
    return [_passage_of(row) for row in rows]


def passage_counts(connection: Connection, article_ids: Sequence[str]) -> dict[str, int]:
    """Number of passages by article id."""
    query = select(articles.c.id, articles.c.passage_count).where(among(articles.c.id, article_ids))
    return {str(article_id): int(count) for article_id, count in connection.execute(query)}


def count_passages(connection: Connection, filters: Filters) -> int:
    """Passages of the articles that fulfil the filters."""
    if filters.open:
        return int(connection.execute(select(func.count()).select_from(passages)).scalar_one())
    total = select(func.coalesce(func.sum(articles.c.passage_count), 0)).where(*conditions(filters))
    return int(connection.execute(total).scalar_one())


def candidates(connection: Connection, passage_ids: Sequence[str]) -> dict[str, Candidate]:
    """Passages by id with their articles' heads; ids that the library does not hold are left out."""
    head = (articles.c.title, articles.c.url, articles.c.publisher, articles.c.published, articles.c.text_digest)
    rows = connection.execute(_passages().add_columns(*head).where(among(passages.c.id, passage_ids)))
    return {
        row.id: Candidate(
            passage=_passage_of(row),
            title=row.title,
            url=row.url,
            publisher=row.publisher,
            published=row.published,
            version=row.text_digest,
        )
        for row in rows
    }


def passage_vectors(connection: Connection, passage_ids: Sequence[str]) -> dict[str, Vectors]:
    """Vectors by passage id; ids that the library does not hold are left out."""
    query = select(passages.c.id, vectors.c.vector).join(vectors, vectors.c.number == passages.c.number)
    rows = connection.execute(query.where(among(passages.c.id, passage_ids)))
    return {str(passage_id): np.frombuffer(blob, dtype=STORED) for passage_id, blob in rows}


def version(connection: Connection, article_id: str, text_digest: str) -> str | None:
    """The text with this digest that the article has or had."""
    for table, key in ((articles, articles.c.id), (versions, versions.c.article_id), (copies, copies.c.id)):
        same = (key == article_id) & (table.c.text_digest == text_digest)
        text = connection.execute(select(table.c.text).where(same)).scalar_one_or_none()
        if text is not None:
            return str(text)
    return None


def line_counts(connection: Connection, hashes: Sequence[Line]) -> dict[Line, int]:
    """In how many articles each line occurs; every hash that was asked for has an entry."""
    query = (
        select(lines.c.hash, func.count())
        .where(among(lines.c.hash, [str(one) for one in hashes]))
        .group_by(lines.c.hash)
    )
    counts = {str(line): int(count) for line, count in connection.execute(query)}
    return {one: counts.get(str(one), 0) for one in hashes}


def _passages() -> Any:
    columns = (passages.c.id, articles.c.id.label("article_id"), passages.c.position, passages.c.start, passages.c.end)
    return select(*columns, passages.c.text).join(articles, articles.c.number == passages.c.article)


def _passage_of(row: Row[Any]) -> Passage:
    return Passage(row.id, row.article_id, row.position, row.start, row.end, row.text)
