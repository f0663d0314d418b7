"""What the product finds and reads for the questions of a data set, for fitting what is decided from it."""

from __future__ import annotations

import pickle
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks import datasets
from benchmarks.datasets import document_of
from benchmarks.reader import news_library
from rag.answering.asking import CANDIDATES
from rag.answering.freshness import fresh_first
from rag.answering.questions import Question, analyse, core
from rag.answering.reading import read_within
from rag.answering.refusal import missing_terms
from rag.evaluation.layouts import json_rows
from rag.library import Library
from rag.retrieval.hybrid import HybridSearch
from rag.schema import Candidate, Filters, PassageReader, Reading

READ = 14  # passages, whatever the clock of a busy machine says: what 300 ms buys on a quiet one
SQUAD_QUESTIONS = 300


@dataclass(frozen=True, slots=True)
class Collected:
    """A question with its candidates (best first), what was read in them, and the articles' texts."""

    question: datasets.Question
    asked: Question
    candidates: tuple[Candidate, ...]
    readings: tuple[Reading | None, ...]
    missing: tuple[str, ...]
    texts: dict[str, str | None]


def collect(name: str, data: Path, libraries: Path, reader: PassageReader, kept: Path | None = None) -> list[Collected]:
    """Everything for the questions of the set called `name`; read from the folder `kept` when it is there already."""
    file = kept / f"{name}-{reader.name}.pickle" if kept else None
    if file is not None and file.exists():
        return list(pickle.loads(file.read_bytes()))  # noqa: S301 (our own file)
    with news_library(name, data, libraries) as library:
        found = list(_collect(library, questions(name, data), reader))
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(pickle.dumps(found))
    return found


def without_answer(found: Collected) -> Collected:
    """The same question asked of a collection that lacks the articles which answer it."""
    kept = [place for place, one in enumerate(found.candidates) if document_of(one.url) not in found.question.relevant]
    return replace(
        found,
        question=replace(found.question, answerable=False),
        candidates=tuple(found.candidates[place] for place in kept),
        readings=tuple(found.readings[place] for place in kept),
    )


def questions(name: str, data: Path) -> list[datasets.Question]:
    """The questions of a set with their answers; a sample of those of squad_dev11, whose answers stand in SQuAD 2.0."""
    found = list(datasets.load(name, data).questions)
    if name != "squad_dev11":
        return found
    answers: dict[str, tuple[str, ...]] = {}
    for row in json_rows(data / "qa/squad2_dev.jsonl.gz"):
        if row["answerable"]:
            answers[row["question"].strip()] = tuple({answer["text"] for answer in row["answers"]})
    known = [replace(one, answers=answers[one.text.strip()]) for one in found if one.text.strip() in answers]
    return random.Random(5).sample(known, SQUAD_QUESTIONS)


def _collect(library: Library, asked_for: Sequence[datasets.Question], reader: PassageReader) -> Iterator[Collected]:
    search = HybridSearch(library.store, lambda: library.embedder, k=CANDIDATES, filters=Filters())
    texts: dict[str, str | None] = {}

    def occurs(words: Sequence[str]) -> bool:
        return bool(library.store.search_lexical(words, 1, Filters()))

    for question in asked_for:
        wanted = core(question.text)
        asked = analyse(wanted)
        found = fresh_first(search.retrieve(question.text).candidates, question.asked_on)
        readings = read_within(reader, wanted, found[:READ], 1e9)
        readings += [None] * (len(found) - len(readings))
        for candidate in found:
            article_id = candidate.passage.article_id
            if article_id not in texts:
                article = library.article(article_id)
                texts[article_id] = article.text if article else None
        missing = missing_terms(asked, found, occurs)
        yield Collected(question, asked, tuple(found), tuple(readings), missing, texts)
