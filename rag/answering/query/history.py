"""A question and the turns before it, in whatever form a program hands them over: turns, pairs, mappings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rag.errors import QuestionError
from rag.schema import Turn

_ROLES = {"user": "user", "human": "user", "assistant": "assistant", "ai": "assistant", "agent": "assistant"}
QUESTIONS = ("question", "input", "query")  # keys of a question
HISTORIES = ("history", "chat_history")  # keys of the turns before it
SHAPES = (
    'Give a question, {"question": ..., "history": [...]}, {"input": ..., "chat_history": [...]}, '
    '{"messages": [...]} or a list of messages.'
)


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
