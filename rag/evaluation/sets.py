"""Data sets: articles, questions, and what counts as found. `load_set` reads the usual layouts (see layouts.py)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from rag.errors import SourceError
from rag.evaluation import layouts
from rag.evaluation.layouts import Read
from rag.schema import Article

LAYOUTS = (
    "a BEIR folder (corpus.jsonl, queries.jsonl, qrels/test.tsv), a folder with articles.jsonl and questions.jsonl, "
    "SQuAD JSON, or JSON lines with question, context and answers"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalQuestion:
    """A question with the documents that answer it; with `answers`, a passage must also hold one of them."""

    id: str
    text: str
    relevant: Mapping[str, float] = field(default_factory=dict)  # document -> grade above 0
    answers: tuple[str, ...] = ()
    answerable: bool = True
    kind: str = ""  # figures are also given by kind
    asked_on: date | None = None  # the day of the question, where the set tells it

    def is_hit(self, document: str, passage: str) -> bool:
        """Whether a passage of the document counts as found."""
        return document in self.relevant and (not self.answers or self.answered_by(passage))

    def answered_by(self, text: str) -> bool:
        """Whether a text holds an accepted answer, as whole words in any case."""
        read = f" {plain(text)} "
        return any(f" {one} " in read for one in map(plain, self.answers) if one)


@dataclass(frozen=True, slots=True)
class EvalSet:
    """Articles and questions; the id of an article is that of its document in the set."""

    name: str
    articles: tuple[Article, ...]
    questions: tuple[EvalQuestion, ...]

    @property
    def digest(self) -> str:
        """A short name for exactly these articles: an index of the set is kept under it."""
        hashed = hashlib.sha256()
        for article in self.articles:
            hashed.update(f"{article.id}\x1f{article.title}\x1f{article.text}\x1e".encode("utf-8", "surrogatepass"))
        return hashed.hexdigest()[:12]


def load_set(path: str | Path, *, split: str = "test") -> EvalSet:
    """The data set in a file or folder; `split` names the judgements of a BEIR folder. A SourceError says what lacks.

    Documents with the same text become one, whose relevance holds for all of them: a library keeps one as well.
    """
    path = Path(path).expanduser()
    if not path.exists():
        raise SourceError(f"There is no data set at {path}.", f"Give {LAYOUTS}.")
    read = layouts.read_folder(path, split) if path.is_dir() else layouts.read_file(path)
    if read is None:
        raise SourceError(f"{path} has the layout of no known data set.", f"Give {LAYOUTS}.")
    if not read.articles or not read.questions:
        raise SourceError(f"{path} holds {len(read.articles)} articles and {len(read.questions)} questions.")
    return _merged(path.resolve().name.split(".")[0] or "set", read)


def every(questions: Sequence[EvalQuestion], limit: int) -> tuple[EvalQuestion, ...]:
    """At most `limit` questions, spread evenly over all of them (0: all)."""
    if not limit or len(questions) <= limit:
        return tuple(questions)
    return tuple(questions[number * len(questions) // limit] for number in range(limit))


def plain(text: str) -> str:
    """Lower case words with single spaces: how texts are compared."""
    return re.sub(r"\W+", " ", text.lower()).strip()


def _merged(name: str, read: Read) -> EvalSet:
    """The set without repeated texts."""
    first: dict[str, str] = {}
    same = {one.id: first.setdefault(plain(one.text), one.id) for one in read.articles}
    articles = tuple(one for one in read.articles if same[one.id] == one.id and one.text.strip())
    return EvalSet(name, articles, tuple(_question(one, same) for one in read.questions))


def _question(row: layouts.Row, same: Mapping[str, str]) -> EvalQuestion:
    relevant: dict[str, float] = {}
    for document, grade in row.relevant.items():
        if grade > 0:
            kept = same.get(document, document)
            relevant[kept] = max(grade, relevant.get(kept, 0.0))
    return EvalQuestion(
        id=row.id,
        text=row.text,
        relevant=relevant,
        answers=row.answers,
        answerable=row.answerable,
        kind=row.kind,
        asked_on=row.asked_on,
    )


def renamed(articles: Iterable[Article], address: str) -> tuple[Article, ...]:
    """The articles without ids, each with an address that ends in its id: for libraries that tell them by address."""
    return tuple(replace(one, id="", url=address + one.id) for one in articles)
