"""The lexical index: SQLite FTS5 over the passages with their titles, changed in the transaction that changes them.

External content: the index keeps no text of its own, it is described by the view `passage_words`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, column, func, literal_column, select, table, text
from sqlalchemy.exc import DatabaseError

from rag.schema import Filters
from rag.store.filtering import passage_numbers
from rag.store.tables import passages

# Weight of a word in the title against one in the passage (bm25 column weights); the retriever may pass others.
TITLE_WEIGHT = 2.0
TEXT_WEIGHT = 1.0
MAX_WORDS = 64  # distinct words of one query: a pasted page instead of a question stays quick

_CREATE = (
    """CREATE VIEW passage_words AS
       SELECT passages.number AS number, articles.title AS title, passages.text AS text, passages.article AS article
       FROM passages JOIN articles ON articles.number = passages.article""",
    """CREATE VIRTUAL TABLE lexical USING fts5(
       title, text, content='passage_words', content_rowid='number',
       tokenize="porter unicode61 remove_diacritics 2")""",
)
_INSERT = (
    "INSERT INTO lexical(rowid, title, text) SELECT number, title, text FROM passage_words WHERE article = :article"
)
_DELETE = (
    "INSERT INTO lexical(lexical, rowid, title, text) "
    "SELECT 'delete', number, title, text FROM passage_words WHERE article = :article"
)
_index = table("lexical", column("rowid"))
# With a plain `rowid IN`, FTS5 runs the MATCH anew for each number: 2 s instead of 40 ms for 1,200 of 12,000 passages.
_plain_number: ColumnElement[int] = literal_column("+lexical.rowid")
_itself: ColumnElement[Any] = literal_column("lexical")  # FTS5 functions take the table's name as their first argument


def create(connection: Connection) -> None:
    """Make the empty index."""
    for statement in _CREATE:
        connection.execute(text(statement))


def add(connection: Connection, article: int) -> None:
    """Index the passages of an article that has just been inserted."""
    connection.execute(text(_INSERT), {"article": article})


def remove(connection: Connection, article: int) -> None:
    """Take the passages of an article out, before its rows are deleted or changed."""
    connection.execute(text(_DELETE), {"article": article})


def search(
    connection: Connection,
    words: Sequence[str],
    k: int,
    filters: Filters,
    *,
    title_weight: float = TITLE_WEIGHT,
    text_weight: float = TEXT_WEIGHT,
) -> list[tuple[str, float]]:
    """Ids of the k passages that match any of the words best, with BM25 (higher is better)."""
    expression = match_expression(words)
    if not expression or k < 1:
        return []
    score = func.bm25(_itself, title_weight, text_weight).label("score")  # FTS5 gives better matches lower numbers
    found = select(_index.c.rowid.label("number"), score).where(_itself.op("MATCH")(expression))
    if not filters.open:
        found = found.where(_plain_number.in_(passage_numbers(filters)))
    best = found.order_by(score).limit(k).subquery()  # only these k are joined
    joined = select(passages.c.id, best.c.score).join(passages, passages.c.number == best.c.number)
    rows = connection.execute(joined.order_by(best.c.score, passages.c.number))
    return [(str(passage_id), -float(value)) for passage_id, value in rows]


def match_expression(words: Sequence[str]) -> str:
    """An OR query in which each word is an FTS5 string: whatever it holds, it is never syntax."""
    distinct = list(dict.fromkeys(word.replace("\0", " ") for word in words))[:MAX_WORDS]
    return " OR ".join('"' + word.replace('"', '""') + '"' for word in distinct if any(c.isalnum() for c in word))


def agrees(connection: Connection) -> bool:
    """Whether the index says what the passages say."""
    try:
        connection.execute(text("INSERT INTO lexical(lexical, rank) VALUES('integrity-check', 1)"))
    except DatabaseError:
        return False
    return True


def rebuild(connection: Connection) -> None:
    """Make the index anew from the passages."""
    connection.execute(text("INSERT INTO lexical(lexical) VALUES('rebuild')"))
