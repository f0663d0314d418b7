"""The lexical index: SQLite FTS5 over the passages with their titles, changed in the transaction that changes them.

External content: the index keeps no text of its own, it is described by the view `passage_words`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, column, func, literal_column, select, table, text
from sqlalchemy.exc import DatabaseError

from rag.schema import Filters
from rag.store.filtering import passage_numbers
from rag.store.lexical import Field, Weights, rarest
from rag.store.tables import articles, passages

# Scoring a passage takes 2 us, so a question of ten words takes 9 ms over 11,000 passages (3,900 hold one of them) and
# would take 80 over 100,000. When the words occur more often than FEW, only passages with one of the rarest are scored,
# those whose occurrences together are up to RARE; their scores are those of all the words. Of the first ten 99 % stayed
# with RARE a sixteenth of the passages, 96 % with a 36th, 80 % with a 73rd, the very first in 100, 100 and 90 % of 60
# questions over 10,906 passages. What is lost holds common words of the question only, and the dense index may find it.
FEW = 4_000
RARE = 2_000
# Counting stops at RARE, and at so many times that where the words below are not enough and the rarest of the others is
# sought. At 500,000 passages most words are common: the slowest of 200 headlines took 447 ms without, 59 with it.
FURTHER = 16
SMALL = 20_000  # so many passages are searched whole: counting occurrences would cost what it saves

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
_COUNTS = text(
    """SELECT (SELECT count(*) FROM (SELECT 1 FROM lexical WHERE lexical MATCH words.value LIMIT :most))
       FROM json_each(:words) AS words ORDER BY words.key"""
)
# FTS5 has no word that scores without being sought, so the rare words are named twice and once taken away again.
_BY_RARE_WORDS = text(
    """WITH once AS MATERIALIZED (
           SELECT rowid AS number, bm25(lexical, :title, :text) AS score FROM lexical WHERE lexical MATCH :rare),
       twice AS MATERIALIZED (
           SELECT rowid AS number, bm25(lexical, :title, :text) AS score FROM lexical WHERE lexical MATCH :doubled),
       best AS MATERIALIZED (
           SELECT twice.number, twice.score - once.score AS score FROM twice JOIN once ON once.number = twice.number
           ORDER BY 2, 1 LIMIT :k)
       SELECT passages.id, best.score FROM best JOIN passages ON passages.number = best.number
       ORDER BY best.score, best.number"""
)
_WORDS = "CREATE VIRTUAL TABLE IF NOT EXISTS temp.library_words USING fts5vocab(main, lexical, 'row')"
_ALIKE = text(
    """SELECT term, doc FROM temp.library_words
       WHERE term >= :first AND term < :beyond AND length(term) BETWEEN :least AND :most
       ORDER BY doc DESC LIMIT :limit"""
)
_OCCURRENCES = "CREATE VIRTUAL TABLE IF NOT EXISTS temp.library_occurrences USING fts5vocab(main, lexical, 'instance')"
_occurrences = table("library_occurrences", column("term"), column("doc"), schema="temp")
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
    connection: Connection, words: Sequence[str], k: int, filters: Filters, weights: Weights
) -> list[tuple[str, float]]:
    """Ids of the k passages that match any of the words best, with BM25 (higher is better)."""
    parts = _parts(connection, words, k) if filters.open else None
    if parts is not None:
        by_rare = _by_rare_words(connection, *parts, k, weights)
        if len(by_rare) == k:
            return by_rare
    score = func.bm25(_itself, *weights).label("score")  # FTS5 gives better matches lower numbers
    found = select(_index.c.rowid.label("number"), score).where(_itself.op("MATCH")(_any_of(words)))
    if not filters.open:
        found = found.where(_plain_number.in_(passage_numbers(filters)))
    best = found.order_by(score).limit(k).subquery()  # only these k are joined
    joined = select(passages.c.id, best.c.score).join(passages, passages.c.number == best.c.number)
    rows = connection.execute(joined.order_by(best.c.score, passages.c.number))
    return [(str(passage_id), -float(value)) for passage_id, value in rows]


def _parts(connection: Connection, words: Sequence[str], k: int) -> tuple[list[str], list[str]] | None:
    """The rarest words, which occur 2 k times at least, and the others; None when there are few occurrences at all."""
    if (connection.execute(select(func.max(passages.c.number))).scalar_one() or 0) <= SMALL:
        return None
    counts = _counts(connection, words, RARE + 1)
    if sum(counts.values()) <= FEW:
        return None
    if sum(count for count in counts.values() if count <= RARE) < 2 * k:
        counts |= _counts(connection, [word for word in words if counts[word] > RARE], FURTHER * RARE)
    rare, others = rarest({word: counts[word] for word in words}, k, RARE)
    return (rare, others) if others else None


def _counts(connection: Connection, words: Sequence[str], most: int) -> dict[str, int]:
    """In how many passages each word stands, counted up to `most`."""
    sought = {"words": json.dumps([_any_of([one]) for one in words]), "most": most}
    return dict(zip(words, map(int, connection.execute(_COUNTS, sought).scalars()), strict=True))


def _by_rare_words(
    connection: Connection, rare: Sequence[str], others: Sequence[str], k: int, weights: Weights
) -> list[tuple[str, float]]:
    """Ids and scores by all words of the k best passages that hold one of the rare ones."""
    sought = {"rare": _any_of(rare), "doubled": f"({_any_of(rare)}) AND ({_any_of([*rare, *others])})"}
    rows = connection.execute(_BY_RARE_WORDS, {**sought, "title": weights[0], "text": weights[1], "k": k})
    return [(str(passage_id), -float(value)) for passage_id, value in rows]


def holding(connection: Connection, phrase: str, field: Field, filters: Filters) -> dict[str, int]:
    """How many passages of each article hold the phrase in this field, by article id."""
    matching = select(_index.c.rowid.label("number")).where(_itself.op("MATCH")(f"{field} : {_any_of([phrase])}"))
    if not filters.open:
        matching = matching.where(_plain_number.in_(passage_numbers(filters)))
    hits = matching.subquery()
    counted = select(articles.c.id, func.count()).select_from(
        hits.join(passages, passages.c.number == hits.c.number).join(articles, articles.c.number == passages.c.article)
    )
    return {str(article_id): int(count) for article_id, count in connection.execute(counted.group_by(articles.c.id))}


def alike(
    connection: Connection, start: str, least: int, most: int, limit: int, filters: Filters
) -> list[tuple[str, int]]:
    """Stems that begin so and have that many letters, those of most passages first, with how many hold them."""
    if filters.open:
        connection.exec_driver_sql(_WORDS)
        given = {"first": start, "beyond": start + "\U0010ffff", "least": least, "most": most, "limit": limit}
        return [(str(term), int(count)) for term, count in connection.execute(_ALIKE, given)]
    connection.exec_driver_sql(_OCCURRENCES)
    term, count = _occurrences.c.term, func.count(_occurrences.c.doc.distinct())
    wanted = (
        select(term, count)
        .where(term >= start, term < start + "\U0010ffff", func.length(term).between(least, most))
        .where(_occurrences.c.doc.in_(passage_numbers(filters)))
        .group_by(term)
        .order_by(count.desc())
    )
    return [(str(word), int(number)) for word, number in connection.execute(wanted.limit(limit))]


def agrees(connection: Connection) -> bool:
    """Whether the index says what the passages say."""
    try:
        connection.execute(text("INSERT INTO lexical(lexical, rank) VALUES('integrity-check', 1)"))
    except DatabaseError:
        return False
    return True


def rebuild(connection: Connection, _seen: Callable[[int], object] | None = None) -> None:
    """Make the index anew from the passages."""
    connection.execute(text("INSERT INTO lexical(lexical) VALUES('rebuild')"))


def _any_of(words: Sequence[str]) -> str:
    """An OR query in which each word is an FTS5 string: whatever it holds, it is never syntax."""
    return " OR ".join('"' + word.replace('"', '""') + '"' for word in words)
