"""How well and how fast the reader reads: `python -m benchmarks.reader DATA [--reader NAME] [--limit N] [--write]`.

DATA is the folder with qa/, selection/ and news/. Each figure stands beside its baseline and its goal in reader.md.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import datasets
from benchmarks.pages import write_page
from rag.answering.reading.looking import by_reading
from rag.answering.reading.ranking import fresh_first, rank
from rag.answering.reading.readers import choose_reader
from rag.answering.reading.windows import make_windows
from rag.assistant import Assistant
from rag.config import load_settings
from rag.evaluation import measures
from rag.evaluation.layouts import json_rows
from rag.library import Library
from rag.models.logits import logit, sigmoid
from rag.models.reader import Reader
from rag.schema import Candidate, Reading


@dataclass(frozen=True)
class Row:
    """A line of the table."""

    what: str
    baseline: str
    goal: str
    found: str


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--reader", default="builtin")
    parser.add_argument("--limit", type=int, default=0, help="questions of SQuAD 2.0 (0: all)")
    parser.add_argument("--only", default="squad,selection,news,refusal,speed")
    parser.add_argument("--libraries", type=Path, default=Path(tempfile.gettempdir()) / "article-chat-benchmarks")
    parser.add_argument("--write", action="store_true", help="write benchmarks/reader.md")
    options = parser.parse_args()
    reader = Reader.load(options.reader)
    rows: list[Row] = []
    for part in options.only.split(","):
        found = {
            "squad": lambda: squad(reader, options.data, options.limit),
            "selection": lambda: selection(reader, options.data),
            "news": lambda: news(reader, options.data, options.libraries),
            "refusal": lambda: refusal(options.data, options.libraries),
            "speed": lambda: [speed(reader, options.data)],
        }[part]()
        for row in found:
            print(f"{row.what:60} {row.baseline:>28} {row.goal:>6} {row.found:>8}", flush=True)
        rows += found
    if options.write:
        write_page(Path("benchmarks/reader.md"), _page(rows))


def squad(reader: Reader, data: Path, limit: int = 0) -> list[Row]:
    """SQuAD 2.0 dev by the standard evaluation, and the sentence that holds the answer."""
    questions = list(json_rows(data / "qa/squad2_dev.jsonl.gz"))
    if limit:
        questions = questions[:: max(1, len(questions) // limit)]
    readings = [reader.read(one["question"], [one["context"]])[0] for one in _progress(questions)]
    texts = [one["context"][slice(r.start, r.end)] if r.end else "" for one, r in zip(questions, readings, strict=True)]
    golds = [[answer["text"] for answer in one["answers"]] if one["answerable"] else [] for one in questions]
    scores = [reading.answerable for reading in readings]
    refused = [float(not gold) for gold in golds]
    earned = [measures.f1(text, gold) if gold else 0.0 for text, gold in zip(texts, golds, strict=True)]
    equal = [measures.exact(text, gold) if gold else 0.0 for text, gold in zip(texts, golds, strict=True)]
    best, threshold = measures.best_refusal(scores, earned, refused)
    positive = [score for score, gold in zip(scores, golds, strict=True) if gold]
    negative = [score for score, gold in zip(scores, golds, strict=True) if not gold]
    answerable = [(one, reading) for one, reading, gold in zip(questions, readings, golds, strict=True) if gold]
    hit = np.mean([_sentence_hit(one, reading) for one, reading in answerable])
    has = np.mean([value for value, gold in zip(earned, golds, strict=True) if gold])
    return [
        Row(
            f"SQuAD 2.0 dev, F1 at the best threshold ({threshold:.2f})",
            "50.1 (all refused)",
            "70",
            f"{100 * best:.1f}",
        ),
        Row(
            "SQuAD 2.0 dev, exact match",
            "50.1 (all refused)",
            "",
            f"{100 * measures.best_refusal(scores, equal, refused)[0]:.1f}",
        ),
        Row("SQuAD 2.0 dev, F1 on answerable questions", "", "78", f"{100 * has:.1f}"),
        Row(
            "SQuAD 2.0 dev, answerable against unanswerable, AUC",
            ".50",
            ".82",
            f"{measures.auc(positive, negative):.3f}",
        ),
        Row("SQuAD 2.0 dev, answer sentence hit@1", ".75 (cosine)", ".91", f"{hit:.3f}"),
    ]


def _sentence_hit(question: dict[str, Any], reading: Reading) -> bool:
    start, end, _ = max(reading.sentences, key=lambda one: one[2])
    return any(start < gold["start"] + len(gold["text"]) and gold["start"] < end for gold in question["answers"])


def selection(reader: Reader, data: Path) -> list[Row]:
    """WikiQA and TrecQA dev: rank candidate sentences, each read alone; questions without a right one are left out."""
    rows = []
    for name, baseline, goal in (("wikiqa", "", ".75"), ("trecqa", ".63 (BM25)", ".80")):
        values = []
        for one in json_rows(data / f"selection/{name}_dev.jsonl.gz"):
            if not any(one["labels"]) or all(one["labels"]):
                continue
            readings = reader.read(one["question"], one["candidates"])
            order = np.argsort([-sentence_value(reading) for reading in readings], kind="stable")
            ranked = [one["labels"][place] for place in order]
            values.append(measures.average_precision(ranked))
        rows.append(Row(f"{name} dev, MAP ({len(values)} questions)", baseline, goal, f"{np.mean(values):.3f}"))
    return rows


def sentence_value(reading: Reading) -> float:
    """How well a lone sentence answers: the log-odds of the passage and of the sentence, added as in ranking.py."""
    return logit(reading.answerable) + logit(max((score for *_, score in reading.sentences), default=0.0))


def news(reader: Reader, data: Path, libraries: Path) -> list[Row]:
    """Passage MRR@10 of fusion with and without the reader, and refusal by the reader alone."""
    rows: list[Row] = []
    for name in datasets.NEWS:
        questions = datasets.load(name, data).questions
        with news_library(name, data, libraries) as library:
            asked = [_asked(library, question) for question in _progress(questions)]
        judged = [one for one in asked if one.question.answerable and one.question.relevant]
        fused = float(np.mean([measures.reciprocal_rank(one.fused) for one in judged]))
        read = float(np.mean([measures.reciprocal_rank(one.read) for one in judged]))
        chances = [[one.answerable for one in asked if one.question.answerable is side] for side in (True, False)]
        rows += [
            Row(f"news {name}, passage MRR@10, fusion alone ({len(judged)})", "", "", f"{fused:.3f}"),
            Row(f"news {name}, passage MRR@10, fusion and reader", f"{fused:.3f} (fusion)", ".91", f"{read:.3f}"),
            Row(
                f"news {name}, refusal by the reader alone, AUC",
                ".952 (similarity)",
                "",
                f"{measures.auc(*chances):.3f}",
            ),
        ]
    return rows


@dataclass(frozen=True)
class Asked:
    """A question of a news set: which of its passages are hits, in the order of fusion and after reading."""

    question: datasets.Question
    fused: list[bool]
    read: list[bool]
    answerable: float  # of the surest passage


def _asked(library: Library, question: datasets.Question) -> Asked:
    choice, settings = choose_reader("builtin", None, lambda: library.embedder)(), load_settings()
    fused = library.retriever(k=24).candidates(question.text)
    found = fresh_first(fused, question.asked_on)
    windows = make_windows(found, lambda one: getattr(library.article(one), "text", None), settings.reader_windows)
    readings = choice.read(question.text, windows)
    ranked = rank(windows, readings, choice.calibration, question.asked_on)
    read = by_reading(found, ranked)

    def hits(passages: Sequence[Candidate]) -> list[bool]:
        return [question.is_hit(datasets.document_of(one.url), one.passage.text) for one in passages]

    return Asked(question, hits(fused), hits(read), max((sigmoid(one.answers) for one in readings), default=0.0))


def refusal(data: Path, libraries: Path) -> list[Row]:
    """Balanced accuracy of the assistant's refusals, asked as on the day of each question, and without a day."""
    rows = []
    for name in datasets.NEWS:
        questions = datasets.load(name, data).questions
        with news_library(name, data, libraries) as library:
            assistant = Assistant(library, settings=load_settings())
            for how, dated in (("as on the question's day", True), ("without a day", False)):
                days = [one.asked_on if dated else None for one in questions]
                answered = [
                    assistant.ask(one.text, today=day).answered
                    for one, day in zip(_progress(questions), days, strict=True)
                ]
                yes, no = (
                    [float(given) for given, one in zip(answered, questions, strict=True) if one.answerable is side]
                    for side in (True, False)
                )
                found = f"{measures.balanced_accuracy(yes, no, 0.5):.3f}"
                rows.append(Row(f"news {name}, refusal, {how}", ".917 (similarity)", ".93", found))
    return rows


def news_library(name: str, data: Path, libraries: Path) -> Library:
    """The library of a news set, made at the first call and kept in the folder."""
    library = Library.open(libraries / name)
    articles = datasets.load(name, data).articles
    if len(library.articles(limit=len(articles) + 1)) < len(articles):
        library.add(articles, progress=lambda step: print(f"\r{step.done}/{step.total}", end="", file=sys.stderr))
    return library


def speed(reader: Reader, data: Path) -> Row:
    """Passages of about 110 words a second, median of five runs of 24 passages."""
    words: list[str] = []
    for row in json_rows(data / "news/dev_300/articles.jsonl.gz"):
        words += row["text"].split()
    passages = [" ".join(words[at : at + 110]) for at in range(0, 24 * 110, 110)]
    reader.read("What was decided?", passages[:2])
    times = []
    for _ in range(5):
        started = time.perf_counter()
        reader.read("What did the minister say about the price of gas?", passages)
        times.append(time.perf_counter() - started)
    return Row("passages of 110 words read a second", "29 (torch fp32)", "60", f"{24 / float(np.median(times)):.0f}")


def _page(rows: Sequence[Row]) -> str:
    lines = [
        "# The reader, measured",
        "",
        f"Made by `python -m benchmarks.reader DATA --write` on {date.today()}: {platform.machine()}, "
        f"Python {platform.python_version()}, two cores.",
        "",
        "| what | baseline | goal | reader |",
        "|---|---|---|---|",
        *(f"| {row.what} | {row.baseline} | {row.goal} | **{row.found}** |" for row in rows),
    ]
    return "\n".join(lines) + "\n"


def _progress(items: Sequence[Any]) -> Iterable[Any]:
    from rich.progress import track

    return track(items, description="reading", transient=True)


if __name__ == "__main__":
    main()
