"""Passages in the order of what was read in them: for a chat model's prompt, and for a reranked search."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from rag.answering.reading.ranking import ScoredSentence, rank
from rag.answering.reading.readers import Choice, choose_reader
from rag.answering.reading.windows import TextOf, make_windows
from rag.config import Settings
from rag.schema import Candidate

if TYPE_CHECKING:
    from rag.library import Library


class Reranker:
    """Puts passages that were found for a question in the order of what the reader finds in them.

    Safe to share between threads. The reader of the settings is loaded at the first question.

    >>> Reranker(library, library.settings)(question, candidates)[0].answerable  # doctest: +SKIP
    0.93
    """

    def __init__(self, library: Library, settings: Settings) -> None:
        self._library, self._settings = library, settings
        self._choice: Callable[[], Choice] = choose_reader(settings.reader, None, lambda: library.embedder)

    def __reduce__(self) -> tuple[type[Reranker], tuple[Library, Settings]]:
        """A copy loads the reader again when it needs it."""
        return Reranker, (self._library, self._settings)

    def __call__(self, question: str, candidates: Sequence[Candidate]) -> list[Candidate]:
        """The candidates, best first, each that was read with its `answerable`."""
        return reranked(question, candidates, self._choice(), self._text_of, self._settings.reader_windows)

    def _text_of(self, article_id: str) -> str | None:
        article = self._library.article(article_id)
        return article.text if article else None


def reranked(
    question: str,
    candidates: Sequence[Candidate],
    choice: Choice,
    text_of: TextOf,
    windows: int,
    today: date | None = None,
) -> list[Candidate]:
    """The candidates, best first, after reading `windows` windows of them."""
    made = make_windows(candidates, text_of, windows)
    return by_reading(candidates, rank(made, choice.read(question, made), choice.calibration, today))


def by_reading(candidates: Sequence[Candidate], ranked: Sequence[ScoredSentence]) -> list[Candidate]:
    """The candidates, those with the surest sentence first; those in which nothing was read stay in their order."""
    best: dict[str, float] = {}
    for one in ranked:
        middle = (one.span[0] + one.span[1]) // 2
        for candidate in candidates:
            passage = candidate.passage
            if passage.article_id == one.window.article_id and passage.start <= middle < passage.end:
                best[passage.id] = max(best.get(passage.id, 0.0), one.chance)
    read = [replace(one, answerable=best.get(one.passage.id)) for one in candidates]
    return sorted(read, key=lambda one: -(one.answerable or 0.0))
