"""Conversations in the library's database: questions, answers, and the texts that the answers quoted.

kept = store.conversations
kept.begin(conversation_id, 1, "How high is the barrier?")
kept.finish(conversation_id, 1, "done", answer)
kept.heads(query="barrier")
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, or_, select, update

from rag.errors import QuestionError
from rag.schema import Answer
from rag.store import answers
from rag.store.database import Database
from rag.store.feedback import owned_by
from rag.store.filtering import among
from rag.store.kept import Head, KeptConversation, KeptMessage, named
from rag.store.retries import retried
from rag.store.rows import moment_of, stored
from rag.store.tables import articles, conversation_owners, conversations, messages


class ConversationTable:
    """The conversations of one library, or of one person in it; safe to use from many threads."""

    def __init__(self, database: Database, owner: str | None = None) -> None:
        """Those of `owner`; without one, all that there are."""
        self._database = database
        self._owner = owner

    @retried
    def begin(self, conversation_id: str, position: int, question: str, scope: str = "") -> None:
        """Keep a question that is being answered; it replaces one at the same position."""
        now = stored(None)
        with self._database.write() as connection:
            known = update(conversations).where(conversations.c.id == conversation_id, *self._mine(conversations.c.id))
            if not connection.execute(known.values(changed=now)).rowcount:
                self._found(connection, conversation_id, question, now)
            connection.execute(delete(messages).where(*_at(conversation_id, position)))
            row = {"conversation": conversation_id, "position": position, "question": question, "scope": scope}
            empty = {"state": "asked", "answer": "", "answer_text": "", "digests": "{}", "asked": now}
            connection.execute(insert(messages).values(**row, **empty))

    @retried
    def finish(self, conversation_id: str, position: int, state: str, answer: Answer | None) -> dict[str, str]:
        """Keep how the answering ended, unless the conversation was deleted meanwhile; the texts' digests."""
        with self._database.write() as connection:
            values, digests = {"state": state}, dict[str, str]()
            if answer is not None:
                digests = _digests(connection, answer)
                values |= {"answer": answers.to_json(answer), "answer_text": answer.text}
                values |= {"digests": json.dumps(digests)}
            this = (*_at(conversation_id, position), *self._mine(messages.c.conversation))
            connection.execute(update(messages).where(*this).values(**values))
            return digests

    def heads(self, query: str = "", limit: int = 50) -> list[Head]:
        """Conversations, the one that changed last first. Each word of `query` must stand in it somewhere."""
        found = select(conversations).where(*self._mine(conversations.c.id))
        found = found.order_by(conversations.c.changed.desc(), conversations.c.id).limit(limit)
        for word in query.split():
            inside = select(messages.c.conversation).where(
                or_(
                    *(
                        column.icontains(word, autoescape=True)
                        for column in (messages.c.question, messages.c.answer_text)
                    )
                )
            )
            found = found.where(
                or_(conversations.c.name.icontains(word, autoescape=True), conversations.c.id.in_(inside))
            )
        with self._database.read() as connection:
            return [_head(row) for row in connection.execute(found)]

    def get(self, conversation_id: str) -> KeptConversation | None:
        """The conversation with its messages in order; None when there is none."""
        with self._database.read() as connection:
            mine = (conversations.c.id == conversation_id, *self._mine(conversations.c.id))
            head = connection.execute(select(conversations).where(*mine)).one_or_none()
            if head is None:
                return None
            rows = connection.execute(
                select(messages).where(messages.c.conversation == conversation_id).order_by(messages.c.position)
            )
            return KeptConversation(_head(head), tuple(map(_message, rows)))

    def quoting(self, article_ids: Collection[str]) -> tuple[int, int]:
        """How many answers, of how many conversations, quote one of these articles."""
        wanted = set(article_ids)
        rows = select(messages.c.conversation, messages.c.digests).where(*self._mine(messages.c.conversation))
        with self._database.read() as connection:
            found = [row.conversation for row in connection.execute(rows) if wanted & json.loads(row.digests).keys()]
        return len(found), len(set(found))

    @retried
    def rename(self, conversation_id: str, name: str) -> None:
        """Give the conversation another name; a blank one changes nothing."""
        if name.strip():
            with self._database.write() as connection:
                mine = self._mine(conversations.c.id)
                chosen = update(conversations).where(conversations.c.id == conversation_id, *mine)
                connection.execute(chosen.values(name=named(name)))

    @retried
    def delete(self, conversation_id: str) -> bool:
        """Delete the conversation with its messages; whether there was one."""
        mine = (conversations.c.id == conversation_id, *self._mine(conversations.c.id))
        with self._database.write() as connection:
            deleted = bool(connection.execute(delete(conversations).where(*mine)).rowcount)
            if deleted:
                same = conversation_owners.c.conversation == conversation_id
                connection.execute(delete(conversation_owners).where(same))
            return deleted

    def asked_before(self, conversation_id: str, position: int) -> KeptMessage | None:
        """The last answer that the same words got before this message, in any conversation."""
        mine = self._mine(messages.c.conversation)
        this = select(messages.c.question, messages.c.asked).where(*_at(conversation_id, position), *mine)
        with self._database.read() as connection:
            asked = connection.execute(this).one_or_none()
            if asked is None:
                return None
            same = func.lower(func.trim(messages.c.question)) == func.lower(func.trim(asked.question))
            found = select(messages).where(same, messages.c.state == "done", messages.c.asked < asked.asked, *mine)
            row = connection.execute(found.order_by(messages.c.asked.desc()).limit(1)).one_or_none()
        return None if row is None else _message(row)

    def _found(self, connection: Connection, conversation_id: str, question: str, now: datetime) -> None:
        """Begin a conversation; a QuestionError when somebody else has one with this id."""
        if connection.execute(select(conversations.c.id).where(conversations.c.id == conversation_id)).first():
            raise QuestionError("This conversation is not yours.", "Begin a new one.")
        row = {"id": conversation_id, "name": named(question), "created": now, "changed": now}
        connection.execute(insert(conversations).values(**row))
        if self._owner is not None:
            whose = {"conversation": conversation_id, "owner": self._owner}
            connection.execute(insert(conversation_owners).values(**whose))

    def _mine(self, conversation: ColumnElement[str]) -> tuple[ColumnElement[bool], ...]:
        """That a conversation is the owner's; nothing where there is none."""
        if self._owner is None:
            return ()
        return (conversation.in_(owned_by(self._owner)),)


def _digests(connection: Connection, answer: Answer) -> dict[str, str]:
    cited = {citation.article_id for citation in (*answer.citations, *answer.closest)}
    rows = connection.execute(select(articles.c.id, articles.c.text_digest).where(among(articles.c.id, cited)))
    return {str(article_id): str(digest) for article_id, digest in rows}


def _at(conversation_id: str, position: int) -> tuple[ColumnElement[bool], ...]:
    return messages.c.conversation == conversation_id, messages.c.position == position


def _head(row: Row[Any]) -> Head:
    return Head(row.id, row.name, moment_of(row.changed))


def _message(row: Row[Any]) -> KeptMessage:
    answer, digests = answers.from_json(row.answer), json.loads(row.digests)
    asked = moment_of(row.asked)
    return KeptMessage(row.position, row.question, row.state, row.scope, answer, digests, asked)
