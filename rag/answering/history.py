"""The turns of a conversation, from whatever form they come in: turns, pairs, mappings, LangChain messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rag.errors import QuestionError
from rag.schema import Turn

_ROLES = {"user": "user", "human": "user", "assistant": "assistant", "ai": "assistant", "agent": "assistant"}


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
