"""Running: a library and questions in; one outcome a question out, with all that figures and misses need."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rag.answering.reading.readers import choose_reader
from rag.assistant import Assistant
from rag.config import Settings
from rag.errors import LibraryError
from rag.evaluation.sets import EvalQuestion, EvalSet
from rag.library import Library
from rag.schema import Answer, Citation, Progress

DEPTH = 50  # passages ranked a question: the first ten documents are among them but for articles cut very fine
_COMPLETE = "complete"  # empty file beside an index whose filling has ended


@dataclass(frozen=True, slots=True)
class Quote:
    """A citation as reports show it."""

    document: str
    title: str
    text: str
    stands: bool  # word for word at the cited place of its article


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the assistant made of a question."""

    answered: bool
    text: str
    short: str | None
    confidence: float
    quotes: tuple[Quote, ...]  # of the answer
    tried: tuple[str, ...]  # texts of the quotes it would have given had it not refused; those given when it did not
    tried_documents: tuple[str, ...]
    model: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a question."""

    asked: EvalQuestion
    hits: tuple[bool, ...]  # of each retrieved passage, best first
    documents: tuple[str, ...]  # retrieved, each once, best first
    reply: Reply | None  # None when only retrieval was measured
    timings: Mapping[str, float] = field(default_factory=dict)  # milliseconds by step


def open_index(data: EvalSet, cache: Path, settings: Settings, progress: Callable[[Progress], None] | None) -> Library:
    """A library that holds the set's articles, in a folder of `cache`; filled at the first call, found at later ones.

    The folder's name tells articles and embedding model, so a changed set gets an index of its own.
    """
    embedder = hashlib.sha256(settings.embedder.encode()).hexdigest()[:6]
    name = re.sub(r"[^\w.-]+", "_", data.name)[:60]
    folder = cache.expanduser() / f"{name}-{data.digest}-{embedder}"
    library = Library.open(folder, settings=settings)
    if not (folder / _COMPLETE).exists():
        report = library.add(data.articles, progress=progress)
        if not (report.added or report.updated or report.unchanged):
            library.close()
            raise LibraryError(f"No article of {data.name} could be added.", f"Look at {folder} and at the set.")
        (folder / _COMPLETE).touch()
    return library


def run(
    library: Library,
    questions: Sequence[EvalQuestion],
    *,
    answers: bool = True,
    progress: Callable[[int], None] | None = None,
) -> Iterator[Outcome]:
    """The outcome of each question, in order. Models are loaded before the first, so that no time counts it."""
    runner = _Runner(library, answers)
    for number, asked in enumerate(questions, 1):
        yield runner.outcome(asked)
        if progress is not None:
            progress(number)


class _Runner:
    """A search, and an assistant as the user has it, over one library."""

    def __init__(self, library: Library, answers: bool) -> None:
        self._library = library
        self._search = library.search(DEPTH)
        self._assistant: Assistant | None = None
        self._bold: Assistant | None = None  # never refuses
        library.warm()
        if answers:
            settings = library.settings
            reader = choose_reader(settings.reader, None, lambda: library.embedder)().reader  # one for both
            self._assistant = Assistant(library, reader=reader)
            if not settings.llm:  # a chat model may cost money, and is asked once a question
                bold = settings.model_copy(update={"refuse_below": 0.0})
                self._bold = Assistant(library, reader=reader, settings=bold)
                self._bold.ask("Is everything ready?", periods=False)

    def outcome(self, asked: EvalQuestion) -> Outcome:
        found = self._search.retrieve(asked.text)
        reply, spent = self._reply(asked) if self._assistant else (None, dict(found.timings))
        documents = [one.passage.article_id for one in found.candidates]
        return Outcome(
            asked=asked,
            hits=tuple(asked.is_hit(one.passage.article_id, one.passage.text) for one in found.candidates),
            documents=tuple(dict.fromkeys(documents)),
            reply=reply,
            timings=spent,
        )

    def _reply(self, asked: EvalQuestion) -> tuple[Reply, dict[str, float]]:
        """The reply; a refused question is asked again without refusing, for the curve of risk and coverage."""
        assert self._assistant is not None
        answer = _ask(self._assistant, asked)
        tried = answer if answer.answered or self._bold is None else _ask(self._bold, asked)
        reply = Reply(
            answered=answer.answered,
            text=answer.text,
            short=answer.short,
            confidence=answer.confidence,
            quotes=tuple(map(self._quote, answer.citations)),
            tried=tuple(one.quote for one in tried.citations),
            tried_documents=tuple(one.article_id for one in tried.citations),
            model=answer.model,
        )
        return reply, dict(answer.timings)

    def _quote(self, citation: Citation) -> Quote:
        article = self._library.article(citation.article_id)
        stands = article is not None and article.text[citation.start : citation.end] == citation.quote
        return Quote(citation.article_id, citation.title, citation.quote, stands)


def _ask(assistant: Assistant, asked: EvalQuestion) -> Answer:
    """Asked as on its day; a question of an unknown day was asked at another time, and "last week" means nothing."""
    return assistant.ask(asked.text, periods=asked.asked_on is not None, today=asked.asked_on)
