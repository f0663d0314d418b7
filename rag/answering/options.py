"""How a question is asked: the keywords of `Assistant.ask`, `aask`, `stream` and `astream`, and every usual shape of a
question with its history."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, TypedDict

from rag.errors import QuestionError
from rag.schema import Filters, Turn

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig

_ROLES = {"user": "user", "human": "user", "assistant": "assistant", "ai": "assistant", "agent": "assistant"}
QUESTIONS = ("question", "input", "query")  # keys of a question
HISTORIES = ("history", "chat_history")  # keys of the turns before it
SHAPES = (
    'Give a question, {"question": ..., "history": [...]}, {"input": ..., "chat_history": [...]}, '
    '{"messages": [...]} or a list of messages.'
)


class AskOptions(TypedDict, total=False):
    """How a question is asked; every key can be left out.

    >>> on_that_day: rag.AskOptions = {"today": date(2022, 5, 30), "filters": rag.Filters(publisher="Reuters")}
    >>> assistant.ask("What did the US say about the visit?", **on_that_day)  # doctest: +SKIP
    """

    filters: Filters | None
    """Where is searched: publisher, days of publication, articles. Everywhere without them."""

    periods: bool
    """Whether a time in the question ("since March", "last week") narrows the search to articles published then, unless
    these do not answer. True when left out."""

    spelling: bool
    """Whether words that no article has are corrected by those that the articles have; `answer.typed` then holds what
    was typed. True when left out."""

    today: date | None
    """The day it is asked as on: times count from it, articles published later are left out, and of two that fit alike
    the one fresher on it comes first. Without it, this day counts and nothing is left out."""

    config: RunnableConfig | None
    """LangChain's callbacks, tags and the like, for the chat model."""


def checked(options: AskOptions) -> AskOptions:
    """The options; a TypeError for a keyword that is none of them, as Python raises it."""
    unknown = options.keys() - AskOptions.__annotations__.keys()
    if unknown:
        known = ", ".join(AskOptions.__annotations__)
        raise TypeError(f"A question is asked with {known}; got an unexpected keyword argument {min(unknown)!r}.")
    return options


def as_turns(history: Iterable[Any]) -> tuple[Turn, ...]:
    """The user's and the assistant's turns in order; system and tool messages are left out."""
    turns = []
    for entry in history:
        role, text = _role_and_text(entry)
        if role in _ROLES:
            turns.append(Turn(_ROLES[role], text))
    return tuple(turns)


def _role_and_text(entry: Any) -> tuple[str, str]:
    if isinstance(entry, tuple | list) and len(entry) == 2:
        return str(entry[0]).lower(), str(entry[1])
    if isinstance(entry, Mapping) and "role" in entry and "content" in entry:
        return str(entry["role"]).lower(), str(entry["content"])
    if hasattr(entry, "type") and hasattr(entry, "content"):  # a LangChain message
        return str(entry.type).lower(), _content(entry.content)
    raise QuestionError(
        f"A turn of the history is a {type(entry).__name__}, which has no role and text.",
        'Give turns as rag.Turn("user", "..."), pairs, {"role": ..., "content": ...} or LangChain messages.',
    )


def _content(content: Any) -> str:
    """Text of a message whose content may be a list of blocks."""
    if isinstance(content, str):
        return content
    return " ".join(block if isinstance(block, str) else str(block.get("text", "")) for block in content)


def as_asked(given: Any) -> tuple[str, tuple[Turn, ...]]:
    """The question and the turns before it, oldest first; a QuestionError names the shapes that are understood."""
    if isinstance(given, str):
        return given, ()
    if hasattr(given, "to_messages"):  # the value of a prompt
        return _last(given.to_messages())
    if isinstance(given, Mapping):
        return _of_mapping(given)
    if isinstance(given, Sequence):
        return _last(given)
    if hasattr(given, "content"):  # a message
        return _last([given])
    raise QuestionError(f"The input is a {type(given).__name__}, which holds no question.", SHAPES)


def _of_mapping(given: Mapping[str, Any]) -> tuple[str, tuple[Turn, ...]]:
    history = next((given[key] for key in HISTORIES if given.get(key)), ())
    for key in QUESTIONS:
        if key in given:
            question = given[key]
            if not isinstance(question, str):
                question, earlier = as_asked(question)
                return question, (*as_turns(history), *earlier)
            return question, as_turns(history)
    if "messages" in given:
        question, earlier = _last(given["messages"])
        return question, (*as_turns(history), *earlier)
    keys = ", ".join(sorted(map(str, given))) or "no key"
    raise QuestionError(f"The input has {keys}, and no question.", SHAPES)


def _last(messages: Any) -> tuple[str, tuple[Turn, ...]]:
    """The last message as the question, which must be the user's."""
    turns = as_turns([messages] if isinstance(messages, str) or hasattr(messages, "content") else messages)
    if not turns or turns[-1].role != "user":
        raise QuestionError("The last message is not the user's, so there is no question.", SHAPES)
    return turns[-1].text, turns[:-1]
