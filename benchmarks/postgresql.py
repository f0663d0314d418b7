"""Words in PostgreSQL beside words in SQLite: the same passages, the same questions, quality and time of BM25.

    python -m benchmarks.postgresql DATA postgresql://user:password@host/database [--sets dev_300]

The database should be empty; each set gets a schema of its own, which is dropped in the end. Vectors play no part, so
none are made. Each question is asked of both in turn, so that both meet the same machine.
"""

from __future__ import annotations

import argparse
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
from sqlalchemy import create_engine, text

from benchmarks.datasets import NEWS, DataSet, Question, document_of, load
from benchmarks.retrieval import Found, measure
from rag.ingest.pipeline import add_sources
from rag.models.embedder import load_embedder
from rag.retrieval.hybrid import DEPTH, TITLE_WEIGHT
from rag.retrieval.queries import make_query
from rag.schema import Filters, Vectors
from rag.store.postgresql import address
from rag.store.store import Store

ROUNDS = 3  # the fastest of so many askings of a question counts
DIMENSION = 2


class Wordless:
    """Cuts as the built-in model does, and knows no meanings."""

    fingerprint, dimension = "none", DIMENSION

    def __init__(self) -> None:
        self._counter = load_embedder("builtin")
        self.max_tokens = self._counter.max_tokens

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """No meanings."""
        return np.zeros((len(texts), DIMENSION), np.float32)

    def embed_query(self, text: str) -> Vectors:
        """No meaning."""
        return np.zeros(DIMENSION, np.float32)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """As the built-in model counts."""
        return self._counter.count_tokens(texts)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print a Markdown table."""
    options = _options(arguments)
    sys.stdout.write("| set | passages | database | MRR@10 | median ms | p95 ms | adding, s |\n" + "|---" * 7 + "|\n")
    for name in options.sets.split(","):
        with TemporaryDirectory() as work:
            sys.stdout.write("\n".join(rows(load(name, options.data), options.database, Path(work))) + "\n")
            sys.stdout.flush()


def rows(data: DataSet, database: str, work: Path) -> list[str]:
    """One row a database."""
    schema = f"benchmark_{data.name}"
    narrowed = address.parse(database).update_query_dict({"options": f"-csearch_path={schema}"})
    engine = create_engine(address.parse(database))
    with engine.begin() as connection:
        connection.execute(text(f"DROP SCHEMA IF EXISTS {schema} CASCADE"))
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    places = {"SQLite": "", "PostgreSQL": narrowed.render_as_string(hide_password=False)}
    try:
        return _compared(data, {name: _filled(data, work / name, where) for name, where in places.items()})
    finally:
        with engine.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
        engine.dispose()


def _filled(data: DataSet, folder: Path, database: str) -> tuple[Store, float]:
    """A store with the set's articles, and the seconds that adding took."""
    store = Store.open(folder, fingerprint="none", dimension=DIMENSION, database=database, exact_limit=10**9)
    began = perf_counter()
    add_sources(store, Wordless, data.articles)
    return store, perf_counter() - began


def _compared(data: DataSet, stores: dict[str, tuple[Store, float]]) -> list[str]:
    questions = [one for one in data.questions if one.relevant and one.answerable]
    spent: dict[str, list[float]] = {name: [] for name in stores}
    found: dict[str, dict[str, Found]] = {name: {} for name in stores}
    for question in questions:
        for name, (store, _) in stores.items():
            found[name][question.text], best = _asked(store, question)
            spent[name].append(best)
    table = []
    for name, (store, adding) in stores.items():
        quality = measure(found[name].__getitem__, questions, passages=data.name in NEWS)
        median, p95 = statistics.median(spent[name]), statistics.quantiles(spent[name], n=20)[-1]
        held = store.count_passages()
        table.append(f"| {data.name} | {held} | {name} | {quality.mrr:.3f} | {median:.1f} | {p95:.1f} | {adding:.0f} |")
        store.close()
    return table


def _asked(store: Store, question: Question) -> tuple[Found, float]:
    """What the words of the question find, and the fewest milliseconds."""
    words = make_query(question.text).words
    took = []
    for _ in range(ROUNDS):
        began = perf_counter()
        names = [name for name, _ in store.search_lexical(words, DEPTH, Filters(), title_weight=TITLE_WEIGHT)]
        took.append((perf_counter() - began) * 1000)
    held = store.candidates(names)
    return [(document_of(held[name].url), held[name].passage.text) for name in names], min(took)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.postgresql")
    parser.add_argument("data", type=Path)
    parser.add_argument("database", help="address of an empty PostgreSQL database")
    parser.add_argument("--sets", default="dev_300,dev_1000")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
