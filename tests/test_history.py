"""A conversation as it is handed in: pairs, mappings, LangChain's messages."""

from __future__ import annotations

import pytest

from rag.answering.options import as_turns
from rag.errors import QuestionError
from rag.schema import Turn


def test_history_comes_as_turns_pairs_mappings_or_langchain_messages() -> None:
    messages = pytest.importorskip("langchain_core.messages")
    given = [
        ("user", "one"),
        {"role": "assistant", "content": "two"},
        messages.SystemMessage("rules"),
        messages.HumanMessage("three"),
        messages.AIMessage([{"type": "text", "text": "four"}]),
    ]
    assert as_turns(given) == (
        Turn("user", "one"), Turn("assistant", "two"), Turn("user", "three"), Turn("assistant", "four")
    )  # fmt: skip


def test_a_history_of_something_else_is_refused_with_the_hint() -> None:
    with pytest.raises(QuestionError, match="pairs"):
        as_turns([42])
