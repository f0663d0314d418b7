"""Data sets for measuring retrieval, read from a folder: articles, questions, and what counts as a hit."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rag.schema import Article

NEWS = ("dev_300", "dev_1000")
JUDGED = {
    "squad_dev11": "squad_dev11_retrieval",
    "cranfield": "cranfield",
    "time_1963": "time_1963",
    "vaswani": "vaswani_npl",
}
LEAST_RELEVANCE = 0.5  # news labels are machine-made; below this they are mostly wrong
_ADDRESS = "https://dataset.example/"


@dataclass(frozen=True)
class Question:
    """A question with the documents that answer it; with `answers`, a passage must also hold one of them."""

    id: str
    text: str
    relevant: frozenset[str]
    answers: tuple[str, ...] = ()
    answerable: bool = True

    def is_hit(self, document: str, passage: str) -> bool:
        """Whether a passage of the document counts as found."""
        if document not in self.relevant:
            return False
        return not self.answers or holds(passage, self.answers)


@dataclass(frozen=True)
class DataSet:
    """Articles and questions. Each article's url carries its id in the set: `document_of` reads it back."""

    name: str
    articles: tuple[Article, ...]
    questions: tuple[Question, ...]


def load(name: str, root: Path) -> DataSet:
    """The data set called `name` under the folder `root`."""
    return _news(name, root / "news" / name) if name in NEWS else _judged(name, root / "retrieval" / JUDGED[name])


def document_of(url: str | None) -> str:
    """The id in the data set of the article with this url."""
    return (url or "").removeprefix(_ADDRESS)


def _news(name: str, folder: Path) -> DataSet:
    articles = tuple(_article(row, row["date"]) for row in _rows(folder / "articles.jsonl.gz"))
    questions = tuple(
        Question(
            id=row["id"],
            text=row["question"],
            relevant=frozenset(one["article"] for one in row["relevant"] if one["score"] >= LEAST_RELEVANCE),
            answers=tuple(row["answers"]),
            answerable=row["answerable"],
        )
        for row in _rows(folder / "questions.jsonl.gz")
    )
    return DataSet(name, articles, questions)


def _judged(name: str, folder: Path) -> DataSet:
    relevant: dict[str, set[str]] = {}
    for line in (folder / "qrels.tsv").read_text(encoding="utf-8").splitlines():
        question, document, grade = line.split("\t")
        if int(grade) > 0:
            relevant.setdefault(question, set()).add(document)
    articles = tuple(_article(row, None) for row in _rows(folder / "corpus.jsonl.gz"))
    questions = tuple(
        Question(row["id"], row["text"], frozenset(relevant.get(row["id"], ())))
        for row in _rows(folder / "queries.jsonl.gz")
    )
    return DataSet(name, articles, questions)


def _article(row: dict[str, Any], published: str | None) -> Article:
    return Article(
        title=row.get("title") or "",
        text=row["text"],
        url=_ADDRESS + row["id"],
        publisher=row.get("source"),
        published=date.fromisoformat(published) if published else None,
    )


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def holds(text: str, answers: tuple[str, ...]) -> bool:
    """Whether the text holds one of the answers, capitals and punctuation aside."""
    plain = f" {_plain(text)} "
    return any(f" {_plain(one)} " in plain for one in answers if _plain(one))


def _plain(text: str) -> str:
    return re.sub(r"\W+", " ", text.lower().replace("’", "'")).strip()
