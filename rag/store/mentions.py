"""Which articles hold certain words, and which words of the library are spelt nearly like one it lacks.

Inside a given read of the database; the lexical index knows both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from rag.schema import Filters
from rag.store.backends import lexical_index
from rag.store.lexical import distinct

MOST_ALIKE = 400  # words of the library with the same beginning that are compared with a misspelt one


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
    for phrase in distinct(phrases):
        held = {one.article_id: one for one in _holding(connection, phrase, filters)}
        so_far = held if found is None else found
        found = {key: _both(so_far[key], one) for key, one in held.items() if key in so_far}
    return sorted((found or {}).values(), key=lambda one: (not one.in_title, -one.passages, one.article_id))


def _both(one: Mention, other: Mention) -> Mention:
    return Mention(one.article_id, min(one.passages, other.passages), one.in_title and other.in_title)


def _holding(connection: Connection, phrase: str, filters: Filters) -> list[Mention]:
    """The articles that hold a phrase. A passage is indexed with its title: hits of the title alone count none."""
    index = lexical_index(connection)
    in_text = index.holding(connection, phrase, "text", filters)
    in_title = index.holding(connection, phrase, "title", filters)
    return [Mention(one, in_text.get(one, 0), one in in_title) for one in {*in_text, *in_title}]


def alike(
    connection: Connection, start: str, least: int, most: int, filters: Filters | None = None
) -> list[tuple[str, int]]:
    """Stems of the library that begin so and have that many letters, with the number of passages that hold them."""
    return lexical_index(connection).alike(connection, start, least, most, MOST_ALIKE, filters or Filters())
