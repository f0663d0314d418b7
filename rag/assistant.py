"""Ask the articles: retrieve, read, answer, cite."""

from __future__ import annotations

import asyncio
from collections.abc import Generator, Iterable, Sequence
from datetime import date
from typing import Any

from rag.answering.asking import Asking
from rag.answering.chat_models import choose_model
from rag.answering.generative import Model
from rag.answering.history import as_turns
from rag.answering.readers import choose_reader
from rag.config import Settings
from rag.errors import QuestionError
from rag.library import Library
from rag.schema import Answer, Done, Event, Filters, PassageReader

LONGEST_QUESTION = (
    20_000  # characters; the encoder reads some 1,000 of them, but a pasted paragraph is still a question
)


class Assistant:
    """Answers questions over a library, each sentence cited.

    `llm` is "provider:model" or a LangChain chat model that writes the answers, checked sentence by sentence; without
    one (None, and `settings.llm` empty, or "") answers are the articles' own sentences, and nothing leaves the machine.

    >>> answer = rag.Assistant(library).ask("what did the US say about the visit?")  # doctest: +SKIP
    """

    def __init__(
        self,
        library: Library,
        *,
        llm: Any = None,
        reader: PassageReader | None = None,
        settings: Settings | None = None,
    ) -> None:
        self.library = library
        self.settings = settings or library.settings
        self._chosen = choose_model(llm, self.settings)
        self._choice = choose_reader(self.settings.reader, reader, lambda: library.embedder)

    def ask(
        self, question: str, history: Iterable[Any] = (), *, filters: Filters | None = None, periods: bool = True
    ) -> Answer:
        """The answer. `history` holds turns, (role, text) pairs or LangChain messages, oldest first.

        With `periods`, a time in the question ("since March", "last week") narrows the search to articles published
        then, unless these do not answer.
        """
        *_, last = self.stream(question, history, filters=filters, periods=periods)
        assert isinstance(last, Done)  # stream() ends with it
        return last.answer

    async def aask(
        self, question: str, history: Iterable[Any] = (), *, filters: Filters | None = None, periods: bool = True
    ) -> Answer:
        """The answer, made in a thread so that an event loop goes on."""
        return await asyncio.to_thread(self.ask, question, history, filters=filters, periods=periods)

    def stream(
        self, question: str, history: Iterable[Any] = (), *, filters: Filters | None = None, periods: bool = True
    ) -> Generator[Event, None, None]:
        """Events while the answer is made; the last is `Done` with the same answer that `ask` returns."""
        asked = _checked(question)
        turns: Sequence[Any] = as_turns(history)
        asking = Asking(
            self.library,
            self._choice(),
            self.settings,
            filters or Filters(),
            date.today() if periods else None,
            Model(self._chosen) if self._chosen else None,
        )
        return asking.events(asked, turns)


def _checked(question: str) -> str:
    asked = question.strip() if isinstance(question, str) else ""
    if not asked:
        raise QuestionError("The question is empty.", "Type what you want to know.")
    if len(asked) > LONGEST_QUESTION:
        raise QuestionError(
            f"The question has {len(asked):,} characters; {LONGEST_QUESTION:,} are the most that can be searched for.",
            "Ask for one thing at a time.",
        )
    return asked
