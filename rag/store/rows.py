"""How moments and articles stand in the database's rows, and come back from them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row

from rag.schema import Article

HEAD = ("id", "title", "text", "url", "publisher", "author", "published", "language", "source")


def stored(moment: datetime | None) -> datetime:
    """The moment (now for None) in UTC and without zone, as the database keeps it; one without zone is taken as UTC."""
    moment = moment or datetime.now(UTC)
    return moment.astimezone(UTC).replace(tzinfo=None) if moment.tzinfo else moment


def moment_of(value: datetime) -> datetime:
    """A moment from the database, with its zone."""
    return value.replace(tzinfo=UTC)


def row_of(article: Article) -> dict[str, Any]:
    """The columns that an article and a syndicated copy have alike."""
    return {name: getattr(article, name) for name in HEAD} | {"added": stored(article.added)}


def article_of(row: Row[Any], notes: tuple[str, ...] = ()) -> Article:
    """An article, or a copy, from its row."""
    return Article(**{name: getattr(row, name) for name in HEAD}, added=moment_of(row.added), notes=notes)
