"""Ask the articles: retrieve, read, answer, cite."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import AsyncGenerator, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, Unpack

from rag.answering.citations import told
from rag.answering.claims import Checker
from rag.answering.generative.chat_models import Model, choose_model
from rag.answering.intents.respond import respond
from rag.answering.options import AskOptions, as_asked, as_turns, checked
from rag.answering.pipeline import Pipeline
from rag.answering.reading.ranking import as_on
from rag.answering.reading.readers import choose_reader
from rag.answering.suggestions import next_questions
from rag.config import Settings
from rag.errors import ConfigError, QuestionError
from rag.library import Library
from rag.schema import Answer, Claim, Done, Event, Filters, Kind, PassageReader, Turn
from rag.tracing import Span, trace

if TYPE_CHECKING:
    from langchain_core.runnables import Runnable, RunnableConfig

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
        self._made_with = {"llm": llm, "reader": reader, "settings": self.settings}
        self._chosen = choose_model(llm, self.settings)
        self._choice = choose_reader(self.settings.reader, reader, lambda: library.embedder)

    def __reduce__(self) -> tuple[Any, ...]:
        """A copy (`deepcopy`, `pickle`, another process) is a new assistant over the same library opened again."""
        return partial(Assistant, **_copied(self._made_with)), (self.library,)

    def over(self, library: Library) -> Assistant:
        """The same assistant, its models and reader, over another view of its library: see `Library.restricted`."""
        made = Assistant.__new__(Assistant)
        vars(made).update(vars(self) | {"library": library})
        return made

    def ask(self, question: str, history: Iterable[Any] = (), **options: Unpack[AskOptions]) -> Answer:
        """The answer. `history` holds turns, (role, text) pairs or LangChain messages, oldest first.

        `options` are the keys of `rag.AskOptions`: filters, periods, spelling, today, config.
        """
        *_, last = self.stream(question, history, **options)
        assert isinstance(last, Done)  # stream() ends with it
        return last.answer

    async def aask(self, question: str, history: Iterable[Any] = (), **options: Unpack[AskOptions]) -> Answer:
        """The answer, made in a thread so that an event loop goes on; cancelling frees the chat model."""
        async for event in self.astream(question, history, **options):
            last = event
        assert isinstance(last, Done)
        return last.answer

    async def astream(
        self, question: str, history: Iterable[Any] = (), **options: Unpack[AskOptions]
    ) -> AsyncGenerator[Event, None]:
        """The events of `stream`, each made in a thread."""
        events = self.stream(question, history, **options)
        step: asyncio.Future[Event | None] | None = None
        try:
            while True:
                step = asyncio.ensure_future(asyncio.to_thread(next, events, None))
                event = await asyncio.shield(step)
                if event is None:
                    return
                yield event
        finally:  # a cancelled step ends by itself, within a heartbeat of the model's stream
            if step is not None:
                await step
            await asyncio.to_thread(events.close)

    def check(self, text: str, *, filters: Filters | None = None) -> tuple[Claim, ...]:
        """Whether the articles say what a text says: a `Claim` for each of its sentences, with the places that show it.

        >>> rag.Assistant(library).check("The barrier will cost 412 million crowns.")  # doctest: +SKIP
        (Claim(text='The barrier ...', verdict='said', citations=(Citation(...),)),)
        """
        return tuple(self.checking(text, filters=filters))

    def checking(self, text: str, *, filters: Filters | None = None) -> Iterator[Claim]:
        """The claims of `check`, each as soon as it is judged."""
        asked = _checked(text)
        return Checker(self.library, self._choice().verifier, filters or Filters()).check(asked)

    def runnable(self) -> Runnable[Any, Answer]:
        """The assistant as a LangChain runnable that gives an Answer.

        It takes a question, {"question": ..., "history": ...}, {"input": ..., "chat_history": ...}, {"messages": ...},
        a list of messages or a prompt's value; of messages, the last is the question. What chains, callbacks and
        tracing expect: invoke, ainvoke, batch, with_config; the config reaches the model.
        """
        from langchain_core.runnables import RunnableLambda

        def one(given: Any, config: RunnableConfig) -> Answer:
            return self.ask(*as_asked(given), config=config)

        async def a_one(given: Any, config: RunnableConfig) -> Answer:
            return await self.aask(*as_asked(given), config=config)

        return RunnableLambda(one, afunc=a_one, name="article-chat")

    def stream(
        self, question: str, history: Iterable[Any] = (), **options: Unpack[AskOptions]
    ) -> Generator[Event, None, None]:
        """Events while the answer is made; the last is `Done` with the same answer that `ask` returns."""
        return self._traced(_checked(question), as_turns(history), checked(options))

    def _traced(self, asked: str, turns: Sequence[Turn], options: AskOptions) -> Generator[Event, None, None]:
        """The events, in a span that ends before the last of them: whoever has got it may never come back."""
        last: Event | None = None
        with trace("ask") as span:
            span.quote({"article_chat.question": asked})
            for event in self._events(asked, turns, options, span):
                if isinstance(event, Done):
                    _note(span, event.answer)
                    last = event
                else:
                    yield event
        assert last is not None
        yield last

    def _events(
        self, asked: str, turns: Sequence[Turn], options: AskOptions, span: Span
    ) -> Generator[Event, None, None]:
        day = options.get("today") or date.today()
        wanted = as_on(options.get("today"), options.get("filters") or Filters())
        model = Model(self._chosen, self.settings.llm_timeout_s, options.get("config"), span) if self._chosen else None
        spelling, periods = options.get("spelling", True), options.get("periods", True)
        with span.step("understand"):
            response = respond(asked, turns, self.library, wanted, day, model=model is not None, spelling=spelling)
        if response.answer is not None:
            yield from told(response.answer)
            yield Done(response.noted(response.answer, asked))
            return
        pipeline = Pipeline(
            self.library, self._choice(), self.settings, wanted, day, periods, model, span, response.otherwise
        )
        for event in pipeline.events(response.question, turns):
            if isinstance(event, Done):
                answer = response.noted(event.answer, asked)
                kind: Kind = answer.kind if answer.answered else "refusal"
                yield Done(replace(answer, kind=kind, suggestions=answer.suggestions or next_questions(answer)))
            else:
                yield event


def _note(span: Span, answer: Answer) -> None:
    """What became of the question, in numbers and names; the text only where content is asked for."""
    span.note(
        {
            "article_chat.answered": answer.answered,
            "article_chat.kind": answer.kind,
            "article_chat.citations": len(answer.citations),
            "article_chat.confidence": answer.confidence,
            "article_chat.model": answer.model,
        }
    )
    span.quote({"article_chat.answer": answer.text})


def _copied(made_with: Mapping[str, Any]) -> Mapping[str, Any]:
    """What an assistant was made with, if it can travel; a ConfigError says what cannot."""
    for name, value in made_with.items():
        try:
            pickle.dumps(value)
        except Exception as error:  # each class has reasons of its own
            raise ConfigError(
                f"The assistant cannot be copied: its {name} ({type(value).__name__}) cannot be: {error}.",
                "Name the model as 'provider:model', or make an assistant over a copy of the library.",
            ) from error
    return made_with


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
