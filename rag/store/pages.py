"""Lists of articles by the page, newest first: a page goes on where the last one ended, whatever was added since."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, or_, select

from rag.errors import QuestionError
from rag.schema import Article
from rag.store.records import articles_of
from rag.store.tables import articles


@dataclass(frozen=True, slots=True)
class Page:
    """Some articles, and the cursor of those after them; empty when these are the last."""

    articles: tuple[Article, ...]
    cursor: str


def page(connection: Connection, wanted: Sequence[ColumnElement[bool]], limit: int, cursor: str) -> Page:
    """At most `limit` articles after the cursor ("" for the first); a QuestionError when it is no cursor."""
    conditions = [*wanted, _after(cursor)] if cursor else wanted
    order = (articles.c.published.desc().nulls_last(), articles.c.added.desc(), articles.c.number.desc())
    rows = connection.execute(select(articles).where(*conditions).order_by(*order).limit(limit + 1)).all()
    shown = rows[:limit]
    return Page(tuple(articles_of(connection, shown)), _cursor(shown[-1]) if len(rows) > limit else "")


def _cursor(row: Row[Any]) -> str:
    place = [row.published and row.published.isoformat(), row.added.isoformat(), row.number]
    return base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")


def _after(cursor: str) -> ColumnElement[bool]:
    """The articles that come after the one that the cursor names."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        day, moment, number = json.loads(text)
        published = None if day is None else date.fromisoformat(day)
        added, last = datetime.fromisoformat(moment), int(number)
    except (ValueError, TypeError) as error:
        raise QuestionError(f"{cursor!r} is no cursor.", "Give the cursor of the page before, or none.") from error
    older = or_(articles.c.added < added, and_(articles.c.added == added, articles.c.number < last))
    if published is None:
        return and_(articles.c.published.is_(None), older)
    same_day = and_(articles.c.published == published, older)
    return or_(articles.c.published < published, articles.c.published.is_(None), same_day)
