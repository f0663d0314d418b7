"""Filters as SQL: which articles and passages a search may look at."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select

from rag.schema import Filters
from rag.store.tables import articles, copies, passages


def among(column: ColumnElement[Any], values: Iterable[str | int]) -> ColumnElement[bool]:
    """`column IN values` for any number of values: they travel as one JSON text (SQLite takes 32,766 parameters)."""
    listed = func.json_each(json.dumps(list(values))).table_valued("value")
    return column.in_(select(listed.c.value))


def conditions(filters: Filters) -> list[ColumnElement[bool]]:
    """What an article must fulfil. An article without a date fulfils no date range, but may have been known any day."""
    wanted: list[ColumnElement[bool]] = []
    if filters.publisher is not None:
        name = func.lower(filters.publisher)
        carried = select(copies.c.story).where(func.lower(copies.c.publisher) == name)
        wanted.append(or_(func.lower(articles.c.publisher) == name, articles.c.id.in_(carried)))
    if filters.since is not None:
        wanted.append(articles.c.published >= filters.since)
    if filters.until is not None:
        wanted.append(articles.c.published <= filters.until)
    if filters.known_on is not None:
        wanted.append(or_(articles.c.published.is_(None), articles.c.published <= filters.known_on))
    if filters.article_ids is not None:
        wanted.append(among(articles.c.id, filters.article_ids))
    return wanted


def passage_numbers(filters: Filters) -> Select[int]:
    """Select the numbers of the passages that fulfil the filters."""
    return select(passages.c.number).join(articles, articles.c.number == passages.c.article).where(*conditions(filters))
