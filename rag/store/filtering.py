"""Filters as SQL: which articles and passages a search may look at."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Dialect,
    Integer,
    Select,
    Text,
    TypeDecorator,
    bindparam,
    func,
    or_,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType, TypeEngine

from rag.schema import Filters
from rag.store.tables import articles, collected, copies, passages


class _Listed(TypeDecorator[list[Any]]):
    """Any number of values as one parameter (SQLite takes 32,766 at most): JSON there, an array in PostgreSQL."""

    impl = Text
    cache_ok = True

    def __init__(self, of: TypeEngine[Any]) -> None:
        super().__init__()
        self.of = of

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """How the values travel."""
        return dialect.type_descriptor(ARRAY(self.of) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: list[Any] | None, dialect: Dialect) -> Any:
        """The values as they travel."""
        return value if dialect.name == "postgresql" else json.dumps(value)


class _Among(FunctionElement[Any]):
    """`column IN values`, in the words of each database."""

    type = NullType()  # as a SQLite would be asked for `... = 1`, for which it uses no index
    inherit_cache = True


@compiles(_Among)
def _(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(part, **options) for part in element.clauses)
    if compiler.dialect.name == "postgresql":
        return f"{column} = ANY({values})"
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608


def among(column: ColumnElement[Any], values: Iterable[str | int]) -> ColumnElement[bool]:
    """`column IN values` for any number of values."""
    one = BigInteger() if isinstance(column.type, Integer) else Text()
    return _Among(column, bindparam(None, list(values), type_=_Listed(one)))


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
    if filters.readable is not None:
        inside = select(collected.c.article_id).where(among(collected.c.collection, filters.readable))
        wanted.append(articles.c.id.in_(inside))
    return wanted


def passage_numbers(filters: Filters) -> Select[int]:
    """Select the numbers of the passages that fulfil the filters."""
    return select(passages.c.number).join(articles, articles.c.number == passages.c.article).where(*conditions(filters))
