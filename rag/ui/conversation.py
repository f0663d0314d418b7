"""Conversations as the chat works with them: live answers on this server, finished ones from the library's database."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from rag.errors import RagError
from rag.schema import Answer, Citation, Turn
from rag.store.kept import KeptConversation, KeptMessage, named
from rag.ui.answer_job import AnswerJob, Draft
from rag.ui.backend import Backend, Problem
from rag.ui.references import parse_reference
from rag.ui.scope import Scope

if TYPE_CHECKING:
    from rag.store.conversations import ConversationTable

# A conversation of 50 answers with their candidates is some 2 MB; those not looked at for longest are forgotten first,
# and read from the database when they are opened again.
MAX_CONVERSATIONS = 200
LOST = Problem("This question got no answer.", "Ask it again.")


@dataclass(slots=True)
class KeptAnswer:
    """An answer from the database, in the place of the job that wrote it."""

    draft: Draft

    @property
    def active(self) -> bool:
        """Whether the answer is still being written: never."""
        return False

    def after(self, _seen: Draft, _patience_s: float) -> Draft:
        """The answer: nothing is under way."""
        return self.draft

    def stop(self) -> None:
        """Nothing is under way."""


@dataclass(frozen=True, slots=True)
class News:
    """What is new in an answer since the same question was asked before."""

    before: date | None = None  # None: it never was
    new: tuple[Citation, ...] = ()  # one for each article that was not cited then


@dataclass(slots=True)
class Message:
    """A question and its answer, or the job that makes it."""

    id: str  # "m1", "m2", ...: what citation links carry
    question: str
    job: AnswerJob | KeptAnswer
    scope: Scope = field(default_factory=Scope)
    digests: Mapping[str, str] = field(default_factory=dict)  # of the cited articles' texts, once kept
    asked: date = field(default_factory=date.today)
    unsaved: str = ""  # why the answer could not be kept
    news: News | None = None  # against the last answer to the same words; looked up once

    @property
    def position(self) -> int:
        """Its number in the conversation, from 1."""
        return int(self.id[1:])

    @property
    def answer(self) -> Answer | None:
        """The finished answer."""
        return self.job.draft.answer

    @property
    def citations(self) -> tuple[Citation, ...]:
        """What the answer, so far, cites."""
        draft = self.job.draft
        if draft.answer:
            return draft.answer.citations
        return tuple(citation for sentence in draft.sentences for citation in sentence.citations)

    def shown(self, kind: str = "") -> tuple[Citation, ...]:
        """The citations of a kind: those of the answer, "f" what was found for it, "c" the nearest passages of a
        refusal, "o" what articles say otherwise, "t" the timeline."""
        if not kind:
            return self.citations
        if kind == "f":
            from rag.answering.extractive.answer import found  # here: only what was opened while it was read needs it

            return found(self.answer.question, self.answer.candidates) if self.answer else self.job.draft.nearest
        if self.answer is None:
            return ()
        if kind == "c":
            return self.answer.closest
        if kind == "o":
            return self.answer.correction
        from rag.answering.extractive.timeline import timeline  # here: only an open timeline needs it

        return tuple(one.citation for one in timeline(self.answer))


@dataclass(slots=True)
class Conversation:
    """Questions and answers in order."""

    id: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    messages: list[Message] = field(default_factory=list)
    name: str = ""

    @property
    def title(self) -> str:
        """Its name: the first question, unless it was given another."""
        return self.name or (named(self.messages[0].question) if self.messages else "")

    @property
    def busy(self) -> bool:
        """Whether an answer is being written."""
        return bool(self.messages) and self.messages[-1].job.active

    def add(self, question: str, job: AnswerJob | KeptAnswer, scope: Scope | None = None) -> Message:
        """The new last message."""
        message = Message(f"m{len(self.messages) + 1}", question, job, scope or Scope())
        self.messages.append(message)
        return message

    def history(self) -> tuple[Turn, ...]:
        """The finished turns, for making a follow-up stand alone."""
        turns: list[Turn] = []
        for message in self.messages:
            if answer := message.answer:
                turns += [Turn("user", message.question), Turn("assistant", answer.text)]
        return tuple(turns)

    def message(self, message_id: str | None) -> Message | None:
        """The message of this id."""
        return next((message for message in self.messages if message.id == message_id), None)

    def find(self, reference: str | None) -> tuple[Message, Citation] | None:
        """The citation that `m2-1` names (`m2-c1`: a nearest passage, `m2-t1`: of the timeline); else None."""
        wanted = parse_reference(reference or "")
        message = self.message(wanted.message) if wanted else None
        if wanted is None or message is None:
            return None
        found = next((one for one in message.shown(wanted.kind) if one.number == wanted.number), None)
        return (message, found) if found else None


class Keeper:
    """Writes one message to the database while its job runs; a failure is told, and stops nothing."""

    def __init__(self, backend: Backend, conversation: Conversation, message: Message) -> None:
        self._backend, self._conversation, self._message = backend, conversation, message
        self._table: ConversationTable | None = None

    def begin(self) -> None:
        """Keep the question, as soon as the library is open."""
        self._backend.wait_opened()
        message = self._message
        try:
            library = self._backend.library
            if library is None:
                return
            self._backend.note("ask", message.question)
            table = library.conversations
            table.begin(self._conversation.id, message.position, message.question, message.scope.to_json())
            self._table = table
        except RagError as error:
            message.unsaved = str(error)

    def finish(self, draft: Draft) -> None:
        """Keep the answer, or how it ended without one."""
        if self._table is None:
            return
        try:
            place = (self._conversation.id, self._message.position)
            self._message.digests = self._table.finish(*place, draft.stage, draft.answer)
        except RagError as error:
            self._message.unsaved = str(error)


class Conversations:
    """The conversations that this server has open, each found only by its owner and its id.

    The owner is the name of who signed in; without sign-in it is "", for everybody.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, str], Conversation] = OrderedDict()

    def new(self, owner: str = "") -> Conversation:
        """A new, empty conversation."""
        return self._hold(owner, Conversation())

    def get(
        self, conversation_id: str | None, table: ConversationTable | None = None, owner: str = ""
    ) -> Conversation | None:
        """The conversation of this id, from the owner's `table` when this server does not have it open."""
        if not conversation_id:
            return None
        with self._lock:
            found = self._kept.get((owner, conversation_id))
            if found:
                self._kept.move_to_end((owner, conversation_id))
                return found
        kept = table.get(conversation_id) if table else None
        return self._hold(owner, _opened(kept)) if kept else None

    def forget(self, conversation_id: str, owner: str = "") -> None:
        """Let go of a conversation; it stays in the database."""
        with self._lock:
            self._kept.pop((owner, conversation_id), None)

    def _hold(self, owner: str, conversation: Conversation) -> Conversation:
        """The conversation, open; the one that another page opened meanwhile, if so."""
        with self._lock:
            held = self._kept.setdefault((owner, conversation.id), conversation)
            while len(self._kept) > MAX_CONVERSATIONS:
                self._kept.popitem(last=False)
            return held


def _opened(kept: KeptConversation) -> Conversation:
    """A conversation from the database."""
    opened = Conversation(kept.head.id, [], kept.head.name)
    for one in kept.messages:
        message = Message(f"m{one.position}", one.question, KeptAnswer(_draft(one)), Scope.from_json(one.scope))
        message.digests, message.asked = one.digests, one.asked.date()
        opened.messages.append(message)
    return opened


def _draft(kept: KeptMessage) -> Draft:
    if kept.answer:
        return Draft("done", kept.answer.question, sentences=kept.answer.sentences, answer=kept.answer)
    if kept.state == "stopped":
        return Draft("stopped")
    return Draft("failed", problem=LOST)
