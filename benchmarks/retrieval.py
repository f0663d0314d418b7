"""Quality and speed of retrieval: dense alone, BM25 alone, reciprocal rank fusion and ours, over the same passages.

    python -m benchmarks.retrieval DATA [--sets dev_300,squad_dev11] [--work DIR] [--write benchmarks/retrieval.md]
    python -m benchmarks.retrieval DATA --speed

Each set is added to a library of its own in the work folder, which a second run finds there.
"""

from __future__ import annotations

import argparse
import math
import statistics
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import rag
from benchmarks.datasets import JUDGED, NEWS, DataSet, Question, document_of, load
from rag.retrieval.hybrid import DEPTH, TITLE_WEIGHT, HybridSearch
from rag.retrieval.queries import make_query
from rag.schema import Filters

CUT = 10
RANK_CONSTANT = 60  # the usual one of reciprocal rank fusion
# Of a judged set with more questions than this every n-th is asked: squad_dev11 has 10,570.
MOST_QUESTIONS = 1000

Found = list[tuple[str, str]]  # document in the data set, text of the passage; best first
Ranker = Callable[[str], Found]


@dataclass(frozen=True)
class Quality:
    """Means over the questions that the set can answer."""

    questions: int
    hit1: float
    hit5: float
    hit10: float
    mrr: float
    ndcg: float


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what the command line asks for and print it."""
    options = _options(arguments)
    names = options.sets.split(",")
    if options.speed:
        _say(speed_table(open_library(load(names[0], options.data), options.work)))
        return
    table = quality_table(names, options.data, options.work)
    _say(table)
    if options.write:
        _replace_part(options.write, table)


def open_library(data: DataSet, work: Path) -> rag.Library:
    """The library of a data set in the work folder; filled when it is empty, and when filling it was stopped."""
    library = rag.Library.open(work / data.name)
    if library.count_articles() < len(data.articles):
        report = library.add(data.articles)
        _say(f"{data.name}: {len(report.added)} added, {len(report.failed)} failed")
    return library


def quality_table(names: Iterable[str], root: Path, work: Path) -> str:
    """A Markdown table: one row a set and way of retrieving."""
    rows = ["| set | questions | retrieval | hit@1 | hit@5 | hit@10 | MRR@10 | nDCG@10 |", "|" + "---|" * 8]
    for name in names:
        data = load(name, root)
        questions = [one for one in data.questions if one.relevant and one.answerable]
        questions = questions[:: max(1, len(questions) // MOST_QUESTIONS)]
        search = open_library(data, work).retriever().search
        for label, ranker in rankers(search).items():
            q = measure(ranker, questions, passages=name in NEWS)
            figures = " | ".join(f"{value:.3f}" for value in (q.hit1, q.hit5, q.hit10, q.mrr))
            figures += f" | {q.ndcg:.3f}" if name in JUDGED else " | -"  # news has no judgement of every passage
            rows.append(f"| {name} | {q.questions} | {label} | {figures} |")
    return "\n".join(rows)


def rankers(search: HybridSearch) -> dict[str, Ranker]:
    """The ways of retrieving that are compared."""

    def lexical(question: str) -> list[str]:
        words = make_query(question).words
        return [name for name, _ in search.store.search_lexical(words, DEPTH, Filters(), title_weight=TITLE_WEIGHT)]

    def dense(question: str) -> list[str]:
        vector = search.embedder().embed_query(question)
        return [name for name, _ in search.store.search_nearest(vector, DEPTH, Filters()).hits]

    def fetched(ids: Sequence[str]) -> Found:
        held = search.store.candidates(ids)
        return [(document_of(held[name].url), held[name].passage.text) for name in ids if name in held]

    def ours(question: str) -> Found:
        return [(document_of(one.url), one.passage.text) for one in search.candidates(question, 5 * CUT)]

    return {
        "dense": lambda question: fetched(dense(question)),
        "BM25": lambda question: fetched(lexical(question)),
        "reciprocal rank fusion": lambda question: fetched(by_ranks(lexical(question), dense(question))),
        "ours": ours,
    }


def by_ranks(*rankings: Sequence[str]) -> list[str]:
    """Reciprocal rank fusion."""
    scores: dict[str, float] = {}
    for ranking in rankings:
        for rank, name in enumerate(ranking, start=1):
            scores[name] = scores.get(name, 0.0) + 1 / (RANK_CONSTANT + rank)
    return sorted(scores, key=lambda name: -scores[name])


def measure(ranker: Ranker, questions: Sequence[Question], *, passages: bool) -> Quality:
    """The quality of a ranker: over passages, or over documents, each counted where its best passage stands."""
    hits, gains = [], []
    for question in questions:
        found = ranker(question.text)
        if not passages:
            found = _documents(found)
        marks = [question.is_hit(*one) for one in found[:CUT]]
        hits.append(marks.index(True) + 1 if True in marks else 0)
        ideal = sum(1 / math.log2(rank + 1) for rank in range(1, min(CUT, max(1, len(question.relevant))) + 1))
        gains.append(min(1.0, sum(1 / math.log2(rank + 1) for rank, mark in enumerate(marks, start=1) if mark) / ideal))
    share = {cut: sum(0 < hit <= cut for hit in hits) / len(hits) for cut in (1, 5, CUT)}
    mrr = statistics.fmean(1 / hit if hit else 0.0 for hit in hits)
    return Quality(len(hits), share[1], share[5], share[CUT], mrr, statistics.fmean(gains))


@dataclass(frozen=True)
class Spent:
    """Milliseconds by question: encoding it alone, retrieving, and the steps of that, which partly run side by side."""

    encoding: list[float]
    whole: list[float]
    steps: dict[str, list[float]]

    @property
    def ratio(self) -> float:
        """Retrieval against encoding, both at p50."""
        return statistics.median(self.whole) / statistics.median(self.encoding)


def spent_on(search: HybridSearch, questions: Sequence[str]) -> Spent:
    """What the questions cost, each encoded alone and then retrieved, in turns in one run."""
    spent = Spent([], [], {})
    for question in questions:
        begun = perf_counter()
        search.embedder().embed_query(question)
        encoded = perf_counter()
        found = search.retrieve(question)
        spent.whole.append((perf_counter() - encoded) * 1000)
        spent.encoding.append((encoded - begun) * 1000)
        for step, ms in found.timings.items():
            spent.steps.setdefault(step, []).append(ms)
    return spent


def speed_table(library: rag.Library, rounds: int = 200) -> str:
    """Milliseconds of retrieval beside those of encoding the same question."""
    search = library.retriever().search
    titles = [article.title for article in library.articles(limit=rounds) if article.title]
    search.retrieve(titles[0])
    spent = spent_on(search, titles)
    rows = ["| step | p50 ms | p95 ms |", "|---|---|---|", _row_of("encode the question alone", spent.encoding)]
    rows += [_row_of(f"of retrieval: {step}", times) for step, times in spent.steps.items()]
    rows.append(_row_of("retrieval in all", spent.whole))
    return "\n".join(rows) + f"\n\nRetrieval takes {spent.ratio:.2f} x the encoding of the question (goal: at most 3)."


def _row_of(label: str, spent: Sequence[float]) -> str:
    return f"| {label} | {statistics.median(spent):.1f} | {statistics.quantiles(spent, n=20)[-1]:.1f} |"


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _documents(found: Found) -> Found:
    """The first passage of each document."""
    first: dict[str, str] = {}
    for document, text in found:
        first.setdefault(document, text)
    return list(first.items())


def _replace_part(file: Path, table: str) -> None:
    """Put the table between the marks in the file."""
    opening, closing = "<!-- quality -->", "<!-- /quality -->"
    text = file.read_text(encoding="utf-8")
    before, _, rest = text.partition(opening)
    file.write_text(f"{before}{opening}\n{table}\n{closing}{rest.partition(closing)[2]}", encoding="utf-8")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.retrieval", description="Measure retrieval.")
    parser.add_argument("data", type=Path, help="folder of the data sets")
    parser.add_argument("--sets", default=",".join([*NEWS, *JUDGED]), help="names, parted by commas")
    parser.add_argument("--work", type=Path, default=Path("build/benchmarks"), help="where the libraries are kept")
    parser.add_argument("--write", type=Path, help="Markdown file whose quality table is replaced")
    parser.add_argument("--speed", action="store_true", help="measure time instead, on the first set")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
