"""How well passages are found, step by step and beside a BM25 of the field, on news and on classic collections.

    python -m benchmarks.quality DATA [--sets dev_300,cranfield] [--work DIR] [--limit N] [--write]

Each set is added to a library of its own in the work folder, which a second run finds there. The ways of retrieving
are those of benchmarks/retrieval.py; this adds the reader, and bm25s over whole documents as an outside figure.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.datasets import JUDGED, NEWS, DataSet, document_of, load
from benchmarks.machine import made_by
from benchmarks.pages import write_page
from benchmarks.retrieval import MOST_QUESTIONS, Found, Quality, Ranker, measure, open_library, rankers
from rag.answering.reading.looking import reranked
from rag.answering.reading.readers import Choice, choose_reader
from rag.evaluation.sets import every
from rag.library import Library
from rag.retrieval.hybrid import HybridSearch
from rag.text.words import STOP_WORDS, stem

CANDIDATES = 50
TOP = 14  # documents that BM25 over whole documents gives
RESULTS = Path(__file__).with_suffix(".md")
# Measured before this project began, by other programs: bm25s with an English stemmer, exact dense search and their
# fusions over 3,646 passages of about 110 words with the title in front.
ELSEWHERE = {
    "dev_300": (
        ("dense, exact search", 0.600, 0.867, 0.933, 0.716),
        ("bm25s over passages", 0.767, 0.917, 0.933, 0.838),
        ("reciprocal rank fusion of both", 0.733, 0.900, 0.967, 0.810),
        ("sum of standard scores of both", 0.817, 0.917, 0.950, 0.871),
    )
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.quality", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("data", type=Path, help="folder of the data sets")
    parser.add_argument("--sets", default=",".join([*NEWS, *JUDGED]), help="names, parted by commas")
    parser.add_argument("--work", type=Path, default=Path("build/benchmarks"), help="where the libraries are kept")
    parser.add_argument("--limit", type=int, default=MOST_QUESTIONS, help="questions of a set at most")
    parser.add_argument("--without-reader", action="store_true", help="leave out the slowest row")
    parser.add_argument("--write", action="store_true", help=f"write benchmarks/{RESULTS.name}")
    options = parser.parse_args(arguments)
    rows: list[str] = []
    for name in options.sets.split(","):
        rows += _rows(load(name, options.data), options.work, options.limit, read=not options.without_reader)
    page = _page(rows)
    sys.stdout.write(page)
    if options.write:
        write_page(RESULTS, page)


def _rows(data: DataSet, work: Path, limit: int, *, read: bool) -> list[str]:
    """The rows of one set, printed as they come."""
    questions = every([one for one in data.questions if one.relevant and one.answerable], limit)
    news = data.name in NEWS
    rows: list[str] = []
    with open_library(data, work) as library:
        ways = dict(rankers(library.retriever().search))
        if read:
            choice = choose_reader("builtin", None, lambda: library.embedder)()
            ways["ours and the reader"] = reranker(library.retriever().search, choice, library)
        if not news:
            ways["bm25s, whole documents"] = whole_documents(data)
        for label, ranker in ways.items():
            rows.append(_row(data.name, label, measure(ranker, questions, passages=news), graded=not news))
            sys.stderr.write(rows[-1] + "\n")
    for label, *figures in ELSEWHERE.get(data.name, ()):
        told = " | ".join(f"{value:.3f}" for value in figures)
        rows.append(f"| {data.name} | 60 | *elsewhere: {label}* | {told} | - |")
    return rows


def reranker(search: HybridSearch, choice: Choice, library: Library) -> Ranker:
    """Our search, its passages ordered again by what was read in them."""

    def text_of(article_id: str) -> str | None:
        article = library.article(article_id)
        return article.text if article else None

    def ranked(question: str) -> Found:
        found = search.candidates(question, CANDIDATES)
        ordered = reranked(question, found, choice, text_of, library.settings.reader_windows)
        return [(document_of(one.url), one.passage.text) for one in ordered]

    return ranked


def whole_documents(data: DataSet) -> Callable[[str], Found]:
    """BM25 over whole documents with title, by the bm25s package with its defaults and an English stemmer."""
    import bm25s

    def tokens(texts: list[str]) -> object:
        return bm25s.tokenize(texts, stopwords=sorted(STOP_WORDS), stemmer=_stems, show_progress=False)

    index = bm25s.BM25()
    index.index(tokens([f"{one.title} {one.text}" for one in data.articles]), show_progress=False)
    names = [document_of(one.url) for one in data.articles]

    def ranked(question: str) -> Found:
        places, _ = index.retrieve(tokens([question]), k=min(TOP, len(names)), show_progress=False)
        return [(names[int(place)], "") for place in places[0]]

    return ranked


def _stems(words: Sequence[str]) -> list[str]:
    return [stem(word) for word in words]


def _row(name: str, label: str, quality: Quality, *, graded: bool) -> str:
    figures = (quality.hit1, quality.hit5, quality.hit10, quality.mrr)
    told = " | ".join(f"{value:.3f}" for value in figures)
    return f"| {name} | {quality.questions} | {label} | {told} | {f'{quality.ndcg:.3f}' if graded else '-'} |"


def _page(rows: Sequence[str]) -> str:
    lines = [
        "# How well passages are found",
        "",
        made_by("python -m benchmarks.quality DATA --write"),
        "",
        "News: a hit is a passage of a relevant article that holds the answer. Other sets: a relevant document,",
        "counted where its best passage stands; nDCG takes every judged document as equally relevant. Rows in italics",
        "were measured elsewhere.",
        "",
        "| set | questions | retrieval | hit@1 | hit@5 | hit@10 | MRR@10 | nDCG@10 |",
        "|" + "---|" * 8,
        *rows,
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
