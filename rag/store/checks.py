"""What `rag doctor` says about a library, and the mending of what is derived."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, delete, func, select

from rag.errors import LibraryError
from rag.schema import Finding
from rag.store import tables
from rag.store.backends import Backend, lexical_index
from rag.store.database import Database
from rag.store.dense_search import DenseSearch
from rag.store.vectors import Snapshots

RESTORE = "Restore a backup with `rag restore FILE`, or remove the library's folder and add the articles anew."
FIX = "Run `rag doctor --fix`."


def check(database: Database, dense: DenseSearch[Any], snapshots: Snapshots, *, fix: bool) -> tuple[Finding, ...]:
    """Findings on database and indexes; with `fix` the indexes are rebuilt. The caller holds the writer lock."""
    try:
        with database.write() as connection:  # the lexical check is a write to FTS5
            found = [*_database(database.backend, connection, fix=fix), *_lexical(connection, fix=fix)]
            found.extend(_feeds(connection))
    except LibraryError as error:
        return (Finding("error", error.message, error.hint or RESTORE),)
    found.extend(dense.findings(fix=fix))
    if fix and (left := snapshots.clean()):
        found.append(Finding("ok", f"Removed {left} folders that stopped programs had left."))
    return tuple(found)


def unsound_articles(connection: Connection) -> list[str]:
    """Ids of the articles whose passages lack vectors, are fewer than they were, or do not stand where they say."""
    articles, passages, vectors = tables.articles, tables.passages, tables.vectors
    held = (
        select(passages.c.article, func.count().label("passages"), func.count(vectors.c.number).label("vectors"))
        .select_from(passages.outerjoin(vectors, vectors.c.number == passages.c.number))
        .group_by(passages.c.article)
        .subquery()
    )
    counted = select(articles.c.id).select_from(articles.outerjoin(held, held.c.article == articles.c.number))
    lacking = (func.coalesce(held.c.passages, 0) != articles.c.passage_count) | (held.c.vectors != held.c.passages)
    found = {str(one) for one in connection.execute(counted.where(lacking)).scalars()}
    return sorted(found | set(_misplaced(connection)))


def _database(backend: Backend, connection: Connection, *, fix: bool) -> Iterator[Finding]:
    """The truth: pages, references, and that passages lie where they say."""
    if damage := backend.damage(connection):
        yield Finding("error", f"The database is damaged: {damage}.", RESTORE)
        return
    if backend.orphans(connection):
        if fix:
            _drop_orphans(connection)
            yield Finding("warning", "Parts of articles that are gone were left; they have been removed.")
        else:
            yield Finding("error", "The database holds passages without an article.", FIX)
    if unsound := unsound_articles(connection):
        yield Finding("error", f"{len(unsound)} articles lack passages or vectors, or hold them displaced.", FIX)
    counted = [
        connection.execute(select(func.count()).select_from(table)).scalar_one()
        for table in (tables.articles, tables.passages)
    ]
    yield Finding("ok", f"Database: {counted[0]} articles, {counted[1]} passages.")


def _drop_orphans(connection: Connection) -> None:
    """Delete what belongs to nothing; nobody can find it any more."""
    numbers = select(tables.articles.c.number)
    for table in (tables.passages, tables.lines, tables.bands):
        connection.execute(delete(table).where(table.c.article.not_in(numbers)))
    kept = select(tables.passages.c.number)
    connection.execute(delete(tables.vectors).where(tables.vectors.c.number.not_in(kept)))
    conversations = select(tables.conversations.c.id)
    connection.execute(delete(tables.messages).where(tables.messages.c.conversation.not_in(conversations)))


def _misplaced(connection: Connection) -> list[str]:
    """Ids of articles with a passage whose text is not `article.text[start:end]`; one article at a time in memory."""
    articles, passages = tables.articles, tables.passages
    wrong: list[str] = []
    for number, article_id in connection.execute(select(articles.c.number, articles.c.id)).all():
        whole = connection.execute(select(articles.c.text).where(articles.c.number == number)).scalar_one()
        columns = (passages.c.start, passages.c.end, passages.c.text)
        rows = connection.execute(select(*columns).where(passages.c.article == number))
        if any(whole[row.start : row.end] != row.text for row in rows):
            wrong.append(str(article_id))
    return wrong


def _lexical(connection: Connection, *, fix: bool) -> Iterator[Finding]:
    lexical = lexical_index(connection)
    if lexical.agrees(connection):
        yield Finding("ok", "Lexical index: agrees with the passages.")
    elif fix:
        lexical.rebuild(connection)
        yield Finding("warning", "The lexical index did not agree with the passages; it has been rebuilt.")
    else:
        yield Finding("error", "The lexical index does not agree with the passages.", FIX)


def _feeds(connection: Connection) -> Iterator[Finding]:
    """The feeds whose last visits failed."""
    for row in connection.execute(select(tables.feed_troubles).order_by(tables.feed_troubles.c.feed)):
        times = "once" if row.failures == 1 else f"{row.failures} times in a row"
        said = f"The feed {row.feed} could not be fetched {times}, last on {row.tried:%Y-%m-%d %H:%M} UTC: {row.reason}"
        yield Finding("warning", said, "Open its address in a browser, or remove the feed on the library page.")
