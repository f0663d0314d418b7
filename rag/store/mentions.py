"""Which articles hold certain words, and which words of the library are spelt nearly like one it lacks.

Inside a given read of the database; the lexical index knows both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select, text

from rag.schema import Filters
from rag.store import lexical
from rag.store.filtering import passage_numbers
from rag.store.tables import articles, passages

MOST_ALIKE = 400  # words of the library with the same beginning that are compared with a misspelt one
_WORDS = "CREATE VIRTUAL TABLE IF NOT EXISTS temp.library_words USING fts5vocab(main, lexical, 'row')"
_ALIKE = text(
    """SELECT term, doc FROM temp.library_words
       WHERE term >= :first AND term < :beyond AND length(term) BETWEEN :least AND :most
       ORDER BY doc DESC LIMIT :limit"""
)


@dataclass(frozen=True, slots=True)
class Mention:
    """How an article mentions something."""

    article_id: str
    passages: int  # that hold all of it
    in_title: bool


def mentioning(connection: Connection, phrases: Sequence[str], filters: Filters) -> list[Mention]:
    """The articles that hold each of the phrases in some passage or in the title, most passages first.

    Words match in all their forms, whatever their case and accents: "strike" finds "strikes".
    """
    found: dict[str, Mention] | None = None
    for phrase in lexical.distinct(phrases):
        held = {one.article_id: one for one in _holding(connection, phrase, filters)}
        so_far = held if found is None else found
        found = {key: _both(so_far[key], one) for key, one in held.items() if key in so_far}
    return sorted((found or {}).values(), key=lambda one: (not one.in_title, -one.passages, one.article_id))


def _both(one: Mention, other: Mention) -> Mention:
    return Mention(one.article_id, min(one.passages, other.passages), one.in_title and other.in_title)


def _holding(connection: Connection, phrase: str, filters: Filters) -> list[Mention]:
    """The articles that hold a phrase. A passage is indexed with its title: hits of the title alone count none."""
    told = lexical.any_of([phrase])
    in_text = _articles_of(connection, f"text : {told}", filters)
    in_title = _articles_of(connection, f"title : {told}", filters)
    return [Mention(one, in_text.get(one, 0), one in in_title) for one in {*in_text, *in_title}]


def _articles_of(connection: Connection, query: str, filters: Filters) -> dict[str, int]:
    """Passages that match, by article id."""
    matching = select(lexical.number).where(lexical.itself.op("MATCH")(query))
    if not filters.open:
        matching = matching.where(lexical.plain_number.in_(passage_numbers(filters)))
    hits = matching.subquery()
    counted = select(articles.c.id, func.count()).select_from(
        hits.join(passages, passages.c.number == hits.c.number).join(articles, articles.c.number == passages.c.article)
    )
    return {str(article_id): int(count) for article_id, count in connection.execute(counted.group_by(articles.c.id))}


def alike(connection: Connection, start: str, least: int, most: int) -> list[tuple[str, int]]:
    """Stems of the library that begin so and have that many letters, with the number of passages that hold them."""
    connection.exec_driver_sql(_WORDS)
    given = {"first": start, "beyond": start + "\U0010ffff", "least": least, "most": most, "limit": MOST_ALIKE}
    return [(str(term), int(count)) for term, count in connection.execute(_ALIKE, given)]
