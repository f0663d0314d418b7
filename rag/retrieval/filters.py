"""Filters as callers give them (dates as dates or ISO text) made into the checked `Filters` that the store applies."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from rag.errors import QuestionError
from rag.schema import Filters


def make_filters(
    *,
    publisher: str | None = None,
    since: date | str | None = None,
    until: date | str | None = None,
    article_ids: Iterable[str] | None = None,
) -> Filters:
    """Checked filters; a QuestionError names the value that cannot be one. No article ids at all match nothing."""
    ids = (article_ids,) if isinstance(article_ids, str) else article_ids
    return Filters(
        publisher=publisher or None,
        since=as_date(since),
        until=as_date(until),
        article_ids=None if ids is None else tuple(dict.fromkeys(str(one) for one in ids)),
    )


def as_date(value: date | str | None) -> date | None:
    """A day from a date, a time or ISO 8601 text; None stays None."""
    if value is None or value == "":
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    try:
        return datetime.fromisoformat(value.strip()).date()
    except (ValueError, AttributeError) as error:
        raise QuestionError(f"{value!r} is not a day.", "Write it as 2022-05-28.") from error
