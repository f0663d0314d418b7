"""What the database keeps of conversations, as data: free of the database, so that a page can draw before it opens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from rag.schema import Answer

MAX_NAME = 120  # of a conversation
MAX_COLLECTION = 60  # characters of the name of a collection
MAX_REASON = 2000


@dataclass(frozen=True, slots=True)
class Head:
    """A conversation in a list."""

    id: str
    name: str
    changed: datetime  # UTC


@dataclass(frozen=True, slots=True)
class KeptMessage:
    """A question as it was asked, with the answer it got."""

    position: int  # from 1
    question: str
    state: str  # "asked" (no answer was kept), "done", "stopped" or "failed"
    scope: str  # as given to `begin`
    answer: Answer | None
    digests: Mapping[str, str]  # text digest of each cited article when it was cited
    asked: datetime  # UTC


@dataclass(frozen=True, slots=True)
class KeptConversation:
    """A conversation with all its messages."""

    head: Head
    messages: tuple[KeptMessage, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What a reader thought of an answer."""

    conversation: str
    position: int  # of the message, from 1
    good: bool
    reason: str = ""
    question: str = ""
    answer: str = ""
    model: str = ""
    given: datetime | None = None  # UTC; now when None


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongSource:
    """A citation that a reader called wrong: it does not bear out what it stands behind."""

    conversation: str
    reference: str  # "m2-1": the first citation of the second answer
    question: str
    article_id: str
    quote: str
    given: datetime | None = None  # UTC; now when None


def named(text: str) -> str:
    """A name on one line, not too long."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_NAME else f"{line[: MAX_NAME - 1].rstrip()}…"
