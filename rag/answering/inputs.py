"""What LangChain chains and agents hand over: a question and the turns before it, in any of their shapes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rag.answering.history import as_turns
from rag.errors import QuestionError
from rag.schema import Turn

QUESTIONS = ("question", "input", "query")  # keys of a question
HISTORIES = ("history", "chat_history")  # keys of the turns before it
SHAPES = (
    'Give a question, {"question": ..., "history": [...]}, {"input": ..., "chat_history": [...]}, '
    '{"messages": [...]} or a list of messages.'
)


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
