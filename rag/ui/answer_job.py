"""An answer being written in a thread of its own, so that no click in the page can lose it.

In: the backend, a question, the history. Out: a `Draft`, replaced as a whole at each step; the page polls it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Literal, Protocol

from rag.errors import RagError
from rag.schema import (
    Answer,
    AnswerSentence,
    Citation,
    Done,
    Event,
    Filters,
    Retrieved,
    Searching,
    SentenceDone,
    TextDelta,
    Turn,
    Writing,
)
from rag.ui.backend import Backend, Problem

Stage = Literal["waiting", "searching", "reading", "writing", "done", "stopped", "failed"]

# Two answers at a time: the reader is bound by the processor, and more would only slow each other down.
_SLOTS = threading.BoundedSemaphore(2)
_THREAD = "answer"  # the name of the threads that write
UNEXPECTED = Problem("Something went wrong while answering.", "Try again; the server's log says what happened.")


@dataclass(frozen=True, slots=True)
class Draft:
    """How far the answer is."""

    stage: Stage = "waiting"
    searched: str = ""  # the stand-alone question
    passages: int = 0
    articles: int = 0  # that the passages are of
    nearest: tuple[Citation, ...] = ()  # what was found, shown until the first sentence is there
    sentences: tuple[AnswerSentence, ...] = ()
    tail: str = ""  # text of the sentence that is being written
    answer: Answer | None = None
    problem: Problem | None = None

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self.stage in ("done", "stopped", "failed")

    @property
    def step(self) -> tuple[Stage, int]:
        """What changes when there is more to show than further words of a sentence."""
        return self.stage, len(self.sentences)


class Running(Protocol):
    """What an answer may have to wait for."""

    @property
    def active(self) -> bool:
        """Whether it is still under way."""
        ...


class Keeping(Protocol):
    """Keeps the question when the job starts and the answer when it ends."""

    def begin(self) -> None:
        """The job starts."""
        ...

    def finish(self, draft: Draft) -> None:
        """The job has ended so."""
        ...


def under_way() -> int:
    """How many answers are being written, or wait for their turn, in this process."""
    return sum(thread.name == _THREAD for thread in threading.enumerate())


class AnswerJob:
    """Answers one question in the background; read `draft` at any time."""

    def __init__(
        self,
        backend: Backend,
        question: str,
        *,
        history: Callable[[], tuple[Turn, ...]] = tuple,
        after: Running | None = None,
        scope: Callable[[], Filters] = Filters,
        periods: bool = True,
        spelling: bool = True,
    ) -> None:
        self._draft = Draft()
        self._changed = threading.Condition()
        self.keeper: Keeping | None = None  # set before the start
        self._backend = backend
        self._question = question
        self._history = history  # asked for when the job's turn comes: the answer before may still be under way
        self._after = after
        self._scope = scope  # asked for in the thread: it may read the database
        self._periods = periods  # whether a time named in the question narrows the search
        self._spelling = spelling  # whether misspelt words are corrected
        self._cancelled = threading.Event()
        self._thread = threading.Thread(target=self._run, name=_THREAD, daemon=True)

    @property
    def draft(self) -> Draft:
        """How far the answer is."""
        return self._draft

    @draft.setter
    def draft(self, draft: Draft) -> None:
        with self._changed:
            self._draft = draft
            self._changed.notify_all()

    def after(self, seen: Draft, patience_s: float) -> Draft:
        """How far the answer is, once it is a step further than `seen`, or after so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._draft.step != seen.step, patience_s)
            return self._draft

    @property
    def active(self) -> bool:
        """Whether the answer is still being written."""
        return not self.draft.ended

    def start(self) -> AnswerJob:
        """The same job, running."""
        if self._backend.ready and not (self._after and self._after.active):
            self.draft = Draft("searching")
        self._thread.start()
        return self

    def stop(self) -> None:
        """End the answer; what is written stays."""
        self._cancelled.set()

    def join(self, timeout: float | None = None) -> None:
        """Wait for the end."""
        self._thread.join(timeout)

    def _run(self) -> None:
        problem: Problem | None = UNEXPECTED
        ended = self.draft
        keeping = threading.Thread(target=self.keeper.begin if self.keeper else None, daemon=True)
        keeping.start()  # beside the search: the disk's answer need not be waited for
        try:
            ended = self._write()
            problem = None
        except RagError as error:
            problem = Problem.of(error)
        finally:  # an unknown error goes on to the log; the page must not wait for ever
            if problem:
                ended = replace(self.draft, stage="failed", problem=problem)
            self.draft = ended
            keeping.join()
            if self.keeper:
                self.keeper.finish(ended)

    def _write(self) -> Draft:
        """The draft at the end; on the way, `draft` follows the events."""
        while not self._backend.wait(0.1) or (self._after and self._after.active):
            if self._cancelled.wait(0.05):
                return replace(self.draft, stage="stopped")
        assistant = self._backend.assistant()
        with _SLOTS:
            events = assistant.stream(
                self._question,
                history=self._history(),
                filters=self._scope(),
                periods=self._periods,
                spelling=self._spelling,
            )
            ended = self.draft
            with closing(events):  # a stopped answer frees its chat model at once
                for event in events:
                    if self._cancelled.is_set():
                        ended = replace(self.draft, stage="stopped", tail="")
                        break
                    ended = _after(self.draft, event)
                    if ended.stage != "done":
                        self.draft = ended
        return ended


def _after(draft: Draft, event: Event) -> Draft:
    """The draft with one more event taken in."""
    match event:
        case Searching(question):
            return replace(draft, stage="searching", searched=question)
        case Retrieved(candidates, nearest):
            articles = len({one.passage.article_id for one in candidates})
            return replace(draft, stage="reading", passages=len(candidates), articles=articles, nearest=nearest)
        case TextDelta(text):
            return replace(draft, stage="writing", tail=draft.tail + text)
        case Writing(text):
            return replace(draft, stage="writing" if text else draft.stage, tail=text)
        case SentenceDone(sentence):
            return replace(draft, stage="writing", sentences=(*draft.sentences, sentence), tail="")
        case Done(answer):
            return replace(draft, stage="done", answer=answer, sentences=answer.sentences, tail="")
