"""Conversations as the chat keeps them: on the server, by an id that cannot be guessed, so that a reload finds them."""

from __future__ import annotations

import re
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, field

from rag.schema import Citation, Turn
from rag.ui.answer_job import AnswerJob

# A conversation of 50 answers with their candidates is some 2 MB; the oldest are forgotten first.
MAX_CONVERSATIONS = 200
_REFERENCE = re.compile(r"(m\d{1,4})-(c?)(\d{1,3})")


@dataclass(slots=True)
class Message:
    """A question and the job that answers it."""

    id: str  # "m1", "m2", ...: what citation links carry
    question: str
    job: AnswerJob

    @property
    def citations(self) -> tuple[Citation, ...]:
        """What the answer, so far, cites."""
        draft = self.job.draft
        if draft.answer:
            return draft.answer.citations
        return tuple(citation for sentence in draft.sentences for citation in sentence.citations)

    @property
    def closest(self) -> tuple[Citation, ...]:
        """The nearest passages of a refusal."""
        answer = self.job.draft.answer
        return answer.closest if answer else ()


@dataclass(slots=True)
class Conversation:
    """Questions and answers in order."""

    id: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    messages: list[Message] = field(default_factory=list)

    @property
    def title(self) -> str:
        """The first question, which names the conversation."""
        return self.messages[0].question if self.messages else ""

    @property
    def busy(self) -> bool:
        """Whether an answer is being written."""
        return bool(self.messages) and self.messages[-1].job.active

    def add(self, question: str, job: AnswerJob) -> Message:
        """The new last message."""
        message = Message(id=f"m{len(self.messages) + 1}", question=question, job=job)
        self.messages.append(message)
        return message

    def history(self) -> tuple[Turn, ...]:
        """The finished turns, for making a follow-up stand alone."""
        turns: list[Turn] = []
        for message in self.messages:
            if answer := message.job.draft.answer:
                turns += [Turn("user", message.question), Turn("assistant", answer.text)]
        return tuple(turns)

    def find(self, reference: str | None) -> Citation | None:
        """The citation that `m2-1` (or `m2-c1` for a nearest passage) names; None for anything else."""
        match = _REFERENCE.fullmatch(reference or "")
        if not match:
            return None
        message = next((message for message in self.messages if message.id == match[1]), None)
        if message is None:
            return None
        shown = message.closest if match[2] else message.citations
        return next((citation for citation in shown if citation.number == int(match[3])), None)


class Conversations:
    """All conversations of this server, found only by their id."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Conversation] = OrderedDict()

    def new(self) -> Conversation:
        """A new, empty conversation."""
        conversation = Conversation()
        with self._lock:
            self._kept[conversation.id] = conversation
            while len(self._kept) > MAX_CONVERSATIONS:
                self._kept.popitem(last=False)
        return conversation

    def get(self, conversation_id: str | None) -> Conversation | None:
        """The conversation of this id, None when there is none (any more)."""
        with self._lock:
            found = self._kept.get(conversation_id or "")
            if found:
                self._kept.move_to_end(found.id)
            return found
