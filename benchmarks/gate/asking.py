"""Asking: questions and a library in, one outcome a question out, with all that is needed to look at a miss."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag import Answer, Assistant, Citation, Library

RETRIEVED = 8  # passages looked at for retrieval hit@8


@dataclass(frozen=True, slots=True)
class GateQuestion:
    """A question of the gate; the fields are told in README.md."""

    id: str
    kind: str
    question: str
    history: tuple[tuple[str, str], ...]
    answers: tuple[str, ...]
    articles: tuple[str, ...]
    answerable: bool

    @property
    def needs_all(self) -> bool:
        """Whether every answer must be given; otherwise each is enough."""
        return self.kind == "conflict"


@dataclass(frozen=True, slots=True)
class Quote:
    """A citation as the report shows it."""

    article: str  # file name in corpus/
    text: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a question."""

    asked: GateQuestion
    searched: str  # the stand-alone question
    answered: bool
    text: str
    quotes: tuple[Quote, ...]
    confidence: float
    verbatim: bool  # each citation, those of the nearest passages too, stands in its article at the cited place
    retrieved: bool  # the first passages of the retriever hold what is needed
    reader: str

    @property
    def hit(self) -> bool:
        """Whether the quotes hold an accepted answer, all of them where reports differ."""
        return self.answered and holds(self.asked, [quote.text for quote in self.quotes])

    @property
    def article_hit(self) -> bool:
        """Whether an article that answers is cited."""
        return any(quote.article in self.asked.articles for quote in self.quotes)


def load_questions(file: Path) -> tuple[GateQuestion, ...]:
    """The questions of a JSON Lines file."""
    return tuple(_question(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip())


def sample_of(questions: Sequence[GateQuestion]) -> list[GateQuestion]:
    """Every other question of each kind, in order."""
    places: Counter[str] = Counter()
    sample = []
    for one in questions:
        if places[one.kind] % 2 == 0:
            sample.append(one)
        places[one.kind] += 1
    return sample


def _question(line: str) -> GateQuestion:
    fields = json.loads(line)
    return GateQuestion(
        id=fields["id"],
        kind=fields["kind"],
        question=fields["question"],
        history=tuple((role, text) for role, text in fields["history"]),
        answers=tuple(fields["answers"]),
        articles=tuple(fields["articles"]),
        answerable=fields["answerable"],
    )


def holds(asked: GateQuestion, texts: Sequence[str]) -> bool:
    """Whether the texts, read one after the other, hold an accepted answer (all answers where all are needed)."""
    read = _plain(" ".join(texts))
    found = [_plain(answer) in read for answer in asked.answers]
    return (all if asked.needs_all else any)(found) if found else False


def ask_all(library: Library, questions: Sequence[GateQuestion]) -> Iterator[Outcome]:
    """The outcome of each question, in order."""
    asking = _Asking(library)
    return (asking.outcome(asked) for asked in questions)


class _Asking:
    """An assistant and a retriever over one library."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._assistant = Assistant(library)
        self._retriever = library.retriever(k=RETRIEVED)

    def outcome(self, asked: GateQuestion) -> Outcome:
        answer = self._assistant.ask(asked.question, asked.history)
        return Outcome(
            asked=asked,
            searched=answer.question,
            answered=answer.answered,
            text=answer.text,
            quotes=tuple(Quote(self._file(one.article_id), one.quote) for one in answer.citations),
            confidence=answer.confidence,
            verbatim=all(map(self._stands, (*answer.citations, *answer.closest))),
            retrieved=self._retrieved(asked, answer),
            reader=answer.model,
        )

    def _stands(self, citation: Citation) -> bool:
        article = self._library.article(citation.article_id)
        return article is not None and article.text[citation.start : citation.end] == citation.quote

    def _retrieved(self, asked: GateQuestion, answer: Answer) -> bool:
        found = self._retriever.invoke(answer.question) if asked.answerable else []
        right = [one.page_content for one in found if self._file(one.metadata["article_id"]) in asked.articles]
        return holds(asked, right)

    def _file(self, article_id: str) -> str:
        article = self._library.article(article_id)
        return Path(article.source).name if article and article.source else ""


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()
