"""The lexical index: text vectors under a GIN index, ranked by BM25 in SQL; PostgreSQL's own ranking knows no rarity.

Three tables: the vector of each passage with its title, in how many passages each stem stands, and the sums of both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, Select, func, literal_column, select, text
from sqlalchemy.dialects import postgresql

from rag.schema import Filters
from rag.store.filtering import passage_numbers
from rag.store.lexical import Field, Weights, rarest
from rag.store.postgresql.words import phrase, stems, vector
from rag.store.tables import articles, passages

# Passages with one of the rarest words are looked at, those whose occurrences together are up to RARE; ts_rank chooses
# so many of them, and BM25 orders these. MRR@10 of both news sets is that of BM25 over all matches, which takes 13
# times as long. Measured: benchmarks/postgresql.md
RARE = 1_000
CHOSEN = 100
K1, B = 1.2, 0.75  # those of FTS5
LEAST_RARITY = 1e-6  # of a word that stands in most passages
READ = 500  # passages that are indexed or checked at once

_CREATE = (
    """CREATE TABLE lexical (
       number bigint PRIMARY KEY REFERENCES passages ON DELETE CASCADE,
       words tsvector NOT NULL,
       length integer NOT NULL)""",
    # Without a list of entries to come, which every search would have to read.
    "CREATE INDEX lexical_words ON lexical USING gin (words) WITH (fastupdate = off)",
    'CREATE TABLE stems (stem text COLLATE "C" PRIMARY KEY, passages integer NOT NULL) WITH (fillfactor = 70)',
    "CREATE TABLE lexical_size (passages bigint NOT NULL, words bigint NOT NULL)",
    "INSERT INTO lexical_size VALUES (0, 0)",
)
_ADD = text(
    """WITH new AS (
           INSERT INTO lexical SELECT number, words::tsvector, length
           FROM unnest(CAST(:numbers AS bigint[]), CAST(:words AS text[]), CAST(:lengths AS integer[]))
                AS given(number, words, length)
           RETURNING words, length),
       counted AS (
           INSERT INTO stems SELECT lexeme, count(*) FROM new, unnest(new.words) GROUP BY lexeme
           ON CONFLICT (stem) DO UPDATE SET passages = stems.passages + excluded.passages)
       UPDATE lexical_size SET passages = lexical_size.passages + sums.passages, words = lexical_size.words + sums.words
       FROM (SELECT count(*) AS passages, coalesce(sum(length), 0) AS words FROM new) AS sums"""
)
_REMOVE = text(
    """WITH old AS (
           DELETE FROM lexical USING passages
           WHERE passages.number = lexical.number AND passages.article = :article
           RETURNING lexical.words, lexical.length),
       counted AS (
           UPDATE stems SET passages = stems.passages - gone.passages
           FROM (SELECT lexeme, count(*) AS passages FROM old, unnest(old.words) GROUP BY lexeme) AS gone
           WHERE stems.stem = gone.lexeme)
       UPDATE lexical_size SET passages = lexical_size.passages - sums.passages, words = lexical_size.words - sums.words
       FROM (SELECT count(*) AS passages, coalesce(sum(length), 0) AS words FROM old) AS sums"""
)
_KNOWN = text(
    """SELECT size.passages AS size, size.words, stems.stem, stems.passages
       FROM lexical_size AS size LEFT JOIN stems ON stems.stem = ANY(CAST(:stems AS text[]))"""
)
# Stage one: passages with a rare word, the best by PostgreSQL's own rank. Stage two: their BM25 by all words.
#
# How often a word stands in a vector, PostgreSQL tells by `unnest` alone, which takes five times as long as its rank.
# The rank of one word, when all weights are 1, is the sum of 1 / n^2 over its occurrences, by the limit of that sum:
# `width_bucket` finds the number of occurrences from it. With the weight of titles alone it counts those in the title,
# which stand first. A word of several parts ("u.s.") counts where they follow each other, as often as the rarest one.
_SEARCH = """
    WITH found AS MATERIALIZED (
        SELECT number, words, length FROM lexical WHERE words @@ CAST(:rare AS tsquery) {narrowed}
        ORDER BY ts_rank(CAST(:weights AS real[]), words, CAST(:asked AS tsquery), 1) DESC, number LIMIT :chosen),
    hits AS (
        SELECT found.number, found.length, asked.rarity,
               min(:in_title * titles.often + :in_text * (everywhere.often - titles.often)) AS often
        FROM found
        CROSS JOIN unnest(CAST(:places AS integer[]), CAST(:stems AS tsquery[]), CAST(:rarities AS float8[]),
                          CAST(:phrases AS tsquery[])) AS asked(place, stem, rarity, phrase)
        CROSS JOIN LATERAL (SELECT width_bucket(ts_rank('{{1, 1, 1, 1}}', words, stem, 0), CAST(:sums AS real[])))
                   AS everywhere(often)
        CROSS JOIN LATERAL (SELECT width_bucket(ts_rank('{{0, 0, 0, 1}}', words, stem, 0), CAST(:sums AS real[])))
                   AS titles(often)
        WHERE found.words @@ asked.phrase
        GROUP BY found.number, found.length, asked.place, asked.rarity),
    best AS (
        SELECT number, sum(rarity * often * :k1 / (often + :even + :slope * length)) AS score
        FROM hits WHERE often > 0 GROUP BY number ORDER BY score DESC, number LIMIT :k)
    SELECT passages.id, best.score FROM best JOIN passages ON passages.number = best.number
    ORDER BY best.score DESC, best.number"""
_MOST_COUNTED = 64  # occurrences of a word in a passage; BM25 tells no more of them apart
_HIGHEST = 1.64493406685  # to which the sums of 1 / n^2 grow, as PostgreSQL has it


def _sums() -> list[float]:
    """What the rank of a word exceeds that stands in a passage once, twice, ...: between two sums of 1 / n^2."""
    sums = np.cumsum(1 / np.arange(1, _MOST_COUNTED + 1) ** 2)
    return [float(one) for one in (sums - 0.5 / np.arange(1, _MOST_COUNTED + 1) ** 2) / _HIGHEST]


_SUMS = _sums()
_OPEN = text(_SEARCH.format(narrowed=""))
_NAMED = postgresql.psycopg.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
_ALIKE = text(
    """SELECT stem, passages FROM stems
       WHERE stem >= :first AND stem < :beyond AND length(stem) BETWEEN :least AND :most AND passages > 0
       ORDER BY passages DESC, stem LIMIT :limit"""
)
_SPELT = """held.lexeme COLLATE "C" >= :first AND held.lexeme COLLATE "C" < :beyond
            AND length(held.lexeme) BETWEEN :least AND :most"""
_DIFFER = text(
    """SELECT count(*) FROM unnest(CAST(:numbers AS bigint[]), CAST(:words AS text[])) AS given(number, words)
       LEFT JOIN lexical USING (number) WHERE lexical.words IS DISTINCT FROM given.words::tsvector"""
)
_MISCOUNTED = text(
    """SELECT EXISTS (
           SELECT 1 FROM ts_stat('SELECT words FROM lexical') AS held
           FULL JOIN (SELECT * FROM stems WHERE passages > 0) AS stems ON stems.stem = held.word
           WHERE held.ndoc IS DISTINCT FROM stems.passages)
       OR EXISTS (SELECT 1 FROM lexical_size WHERE (passages, words) IS DISTINCT FROM
                  (SELECT (count(*), coalesce(sum(length), 0)) FROM lexical))"""
)
_number: Any = literal_column("lexical.number")


@dataclass(frozen=True, slots=True)
class _Asked:
    """A word of a question that some passage may hold."""

    query: str
    stems: tuple[str, ...]
    passages: int  # that hold it, or at least its rarest part


@dataclass(frozen=True, slots=True)
class _Size:
    """How much is indexed."""

    passages: int
    words: int

    def rarity(self, held: int) -> float:
        """What a word counts that stands in so many passages."""
        return max(math.log((self.passages - held + 0.5) / (held + 0.5)), LEAST_RARITY)


def create(connection: Connection) -> None:
    """Make the empty index."""
    for statement in _CREATE:
        connection.execute(text(statement))


def add(connection: Connection, article: int) -> None:
    """Index the passages of an article that has just been inserted."""
    for batch in _described(connection, passages.c.article == article):
        connection.execute(_ADD, batch)


def remove(connection: Connection, article: int) -> None:
    """Take the passages of an article out, before its rows are deleted or changed."""
    connection.execute(_REMOVE, {"article": article})


def search(
    connection: Connection, words: Sequence[str], k: int, filters: Filters, weights: Weights
) -> list[tuple[str, float]]:
    """Ids of the k passages that match any of the words best, with BM25 (higher is better)."""
    size, asked = _asked(connection, words)
    rare, others = rarest({one.query: one.passages for one in asked}, k, RARE)
    found = _best(connection, rare, size, asked, k, filters, weights) if rare else []
    if len(found) < k and others:
        found = _best(connection, [*rare, *others], size, asked, k, filters, weights)
    return found


def holding(connection: Connection, phrase_: str, field: Field, filters: Filters) -> dict[str, int]:
    """How many passages of each article hold the phrase in this field, by article id."""
    query = phrase(phrase_, "A" if field == "title" else "D")
    if not query:
        return {}
    counted = (
        select(articles.c.id, func.count())
        .select_from(text("lexical"))
        .join(passages, passages.c.number == _number)
        .join(articles, articles.c.number == passages.c.article)
        .where(text("lexical.words @@ CAST(:matching AS tsquery)").bindparams(matching=query))
        .group_by(articles.c.id)
    )
    rows = connection.execute(_narrowed(counted, filters))
    return {str(article_id): int(count) for article_id, count in rows}


def alike(
    connection: Connection, start: str, least: int, most: int, limit: int, filters: Filters
) -> list[tuple[str, int]]:
    """Stems that begin so and have that many letters, those of most passages first, with how many hold them."""
    given = {"first": start, "beyond": start + "\U0010ffff", "least": least, "most": most, "limit": limit}
    if not filters.open:
        stem_: ColumnElement[str] = literal_column("held.lexeme")
        counted = (
            select(stem_, func.count())
            .select_from(text("lexical, unnest(words) AS held"))
            .where(text(_SPELT), _number.in_(passage_numbers(filters)))
            .group_by(stem_)
        )
        ordered = counted.order_by(func.count().desc(), stem_).limit(limit)
        return [(str(stem), int(count)) for stem, count in connection.execute(ordered, given)]
    return [(str(stem), int(count)) for stem, count in connection.execute(_ALIKE, given)]


def agrees(connection: Connection) -> bool:
    """Whether the index says what the passages say."""
    if connection.execute(_MISCOUNTED).scalar_one():
        return False
    seen = 0
    for batch in _described(connection, None):
        if connection.execute(_DIFFER, batch | {"lengths": None}).scalar_one():
            return False
        seen += len(batch["numbers"])
    return seen == int(connection.execute(text("SELECT count(*) FROM lexical")).scalar_one())


def rebuild(connection: Connection, seen: Callable[[int], object] | None = None) -> None:
    """Make the index anew from the passages; `seen` is told how many are done."""
    connection.execute(text("TRUNCATE lexical, stems"))
    connection.execute(text("UPDATE lexical_size SET passages = 0, words = 0"))
    done = 0
    for batch in _described(connection, None):
        connection.execute(_ADD, batch)
        done += len(batch["numbers"])
        if seen is not None:
            seen(done)


def _described(connection: Connection, condition: Any) -> Iterator[dict[str, list[Any]]]:
    """Numbers, vectors and lengths of the passages, some hundreds at a time."""
    wanted = select(passages.c.number, articles.c.title, passages.c.text).order_by(passages.c.number).limit(READ)
    wanted = wanted.join(articles, articles.c.number == passages.c.article)
    if condition is not None:
        wanted = wanted.where(condition)
    last = 0
    while rows := connection.execute(wanted.where(passages.c.number > last)).all():
        described = [vector(row.title, row.text) for row in rows]
        yield {
            "numbers": [row.number for row in rows],
            "words": [words for words, _ in described],
            "lengths": [length for _, length in described],
        }
        last = rows[-1].number


def _asked(connection: Connection, words: Iterable[str]) -> tuple[_Size, list[_Asked]]:
    """How much is indexed, and the words of the question that it may hold."""
    parts = {query: tuple(dict.fromkeys(stems(word))) for word in words if (query := phrase(word))}
    sought = sorted({stem for several in parts.values() for stem in several})
    rows = connection.execute(_KNOWN, {"stems": sought}).all()
    counts = {str(row.stem): int(row.passages) for row in rows if row.stem is not None}
    held = ((query, several, min(counts.get(stem, 0) for stem in several)) for query, several in parts.items())
    return _Size(rows[0].size, rows[0].words), [_Asked(*one) for one in held if one[2]]


def _best(
    connection: Connection,
    rare: Sequence[str],
    size: _Size,
    asked: Sequence[_Asked],
    k: int,
    filters: Filters,
    weights: Weights,
) -> list[tuple[str, float]]:
    """Ids and scores by all asked words of the k best passages that hold one of the rare ones."""
    search, narrowing = _OPEN, dict[str, Any]()
    if not filters.open:
        within = passage_numbers(filters).compile(dialect=_NAMED)
        narrowed = str(within).replace("::", " ::")  # `:name::type` would not be taken for a parameter
        search, narrowing = text(_SEARCH.format(narrowed=f"AND number IN ({narrowed})")), dict(within.params)
    given = {"rare": " | ".join(rare), "chosen": max(CHOSEN, 2 * k), "k": k}
    rows = connection.execute(search, {**narrowing, **given, **_statistics(size, asked, weights)})
    return [(str(passage_id), float(score)) for passage_id, score in rows]


def _narrowed(wanted: Select[Any], filters: Filters) -> Select[Any]:
    return wanted if filters.open else wanted.where(_number.in_(passage_numbers(filters)))


def _statistics(size: _Size, asked: Sequence[_Asked], weights: Weights) -> Mapping[str, Any]:
    """What BM25 needs of the index and of each word. PostgreSQL's weights, of D, C, B and A, are 1 at most."""
    rows = [
        (place, f"'{stem}'", size.rarity(one.passages), one.query)
        for place, one in enumerate(asked)
        for stem in one.stems
    ]
    places, all_stems, rarities, phrases = (list(several) for several in zip(*rows, strict=True))
    heavier, average = max(*weights, 1e-9), max(size.words, 1) / max(size.passages, 1)
    return {
        "asked": " | ".join(one.query for one in asked),
        "weights": [weights[1] / heavier, 0.0, 0.0, weights[0] / heavier],
        "places": places, "stems": all_stems, "rarities": rarities, "phrases": phrases, "sums": _SUMS,
        "in_title": weights[0], "in_text": weights[1],
        "k1": K1 + 1, "even": K1 * (1 - B), "slope": K1 * B / average,
    }  # fmt: skip
