"""Thumbs up and down for answers, with an optional reason, and citations that readers called wrong."""

from __future__ import annotations

from sqlalchemy import ColumnElement, Connection, Delete, Select, delete, insert, select

from rag.store.database import Database
from rag.store.kept import MAX_REASON, Feedback, WrongSource
from rag.store.retries import retried
from rag.store.rows import moment_of, stored
from rag.store.tables import conversation_owners, feedback, wrong_sources


class FeedbackTable:
    """The feedback on one library's answers, or on those of one person's conversations."""

    def __init__(self, database: Database, owner: str | None = None) -> None:
        """On the conversations of `owner`; without one, on all that there are."""
        self._database = database
        self._owner = owner

    @retried
    def give(self, given: Feedback) -> None:
        """Keep it in place of what was said about the same answer before; of somebody else's answer, nothing."""
        row = {"conversation": given.conversation, "position": given.position, "good": int(given.good)}
        row |= {"reason": given.reason.strip()[:MAX_REASON], "question": given.question, "answer_text": given.answer}
        with self._database.write() as connection:
            if not self._may_say(connection, given.conversation):
                return
            connection.execute(_same(given.conversation, given.position))
            connection.execute(insert(feedback).values(**row, model=given.model, given=stored(given.given)))

    @retried
    def take_back(self, conversation: str, position: int) -> None:
        """Forget what was said about this answer."""
        with self._database.write() as connection:
            if self._may_say(connection, conversation):
                connection.execute(_same(conversation, position))

    def of(self, conversation: str) -> dict[int, Feedback]:
        """The feedback of a conversation by the position of its message."""
        return {one.position: one for one in self._select(conversation)}

    def all(self) -> list[Feedback]:
        """All feedback, the oldest first."""
        return self._select(None)

    @retried
    def call_wrong(self, source: WrongSource) -> None:
        """Keep that a citation is wrong; calling it so again changes nothing."""
        row = {"question": source.question, "article_id": source.article_id, "quote": source.quote}
        row |= {"conversation": source.conversation, "reference": source.reference}
        with self._database.write() as connection:
            if not self._may_say(connection, source.conversation):
                return
            connection.execute(_same_source(source.conversation, source.reference))
            connection.execute(insert(wrong_sources).values(**row, given=stored(source.given)))

    @retried
    def call_right(self, conversation: str, reference: str) -> None:
        """Take back that a citation is wrong."""
        with self._database.write() as connection:
            if self._may_say(connection, conversation):
                connection.execute(_same_source(conversation, reference))

    def wrong_sources(self, conversation: str | None = None) -> list[WrongSource]:
        """The citations that were called wrong, in this conversation or in all, the oldest first."""
        wanted = select(wrong_sources).where(*self._mine(wrong_sources.c.conversation))
        wanted = wanted.order_by(wrong_sources.c.given, wrong_sources.c.reference)
        if conversation is not None:
            wanted = wanted.where(wrong_sources.c.conversation == conversation)
        with self._database.read() as connection:
            return [
                WrongSource(**{**row, "given": moment_of(row["given"])})
                for row in connection.execute(wanted).mappings()
            ]

    def _mine(self, conversation: ColumnElement[str]) -> tuple[ColumnElement[bool], ...]:
        return () if self._owner is None else (conversation.in_(owned_by(self._owner)),)

    def _may_say(self, connection: Connection, conversation: str) -> bool:
        """Whether the conversation is the owner's."""
        if self._owner is None:
            return True
        same = conversation_owners.c.conversation == conversation
        return connection.execute(owned_by(self._owner).where(same)).first() is not None

    def _select(self, conversation: str | None) -> list[Feedback]:
        wanted = select(feedback).where(*self._mine(feedback.c.conversation))
        wanted = wanted.order_by(feedback.c.given, feedback.c.conversation, feedback.c.position)
        if conversation is not None:
            wanted = wanted.where(feedback.c.conversation == conversation)
        with self._database.read() as connection:
            return [
                Feedback(
                    conversation=row.conversation,
                    position=row.position,
                    good=bool(row.good),
                    reason=row.reason,
                    question=row.question,
                    answer=row.answer_text,
                    model=row.model,
                    given=moment_of(row.given),
                )
                for row in connection.execute(wanted)
            ]


def owned_by(owner: str) -> Select[str]:
    """Select the ids of somebody's conversations."""
    return select(conversation_owners.c.conversation).where(conversation_owners.c.owner == owner)


def _same(conversation: str, position: int) -> Delete:
    return delete(feedback).where(feedback.c.conversation == conversation, feedback.c.position == position)


def _same_source(conversation: str, reference: str) -> Delete:
    place = (wrong_sources.c.conversation == conversation, wrong_sources.c.reference == reference)
    return delete(wrong_sources).where(*place)
