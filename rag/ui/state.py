"""What a session remembers, and what stands in the address: the conversation (`c`), the open passage or article.

The address is the state of what is open, so reload, Back, Forward and deep links work. It is untrusted: it is looked
up, never used as it is.
"""

from __future__ import annotations

import streamlit as st

from rag.ui.answer_job import AnswerJob
from rag.ui.backend import current
from rag.ui.conversation import Conversation, Conversations

MAX_QUESTION = 10_000


@st.cache_resource
def _conversations() -> Conversations:
    return Conversations()


def conversation() -> Conversation:
    """The conversation that the address names, or a new one that has no address until its first question."""
    found = _conversations().get(st.query_params.get("c"))
    if found is None:
        found = _conversations().get(st.session_state.get("draft_conversation"))
    if found is None:
        found = _conversations().new()
        st.session_state["draft_conversation"] = found.id
    return found


def ask(question: str) -> None:
    """Start an answer to this question in the conversation; for callbacks."""
    asked = question.strip()[:MAX_QUESTION]
    talk = conversation()
    if not asked:
        return
    current().painted()  # a question does not wait for the page
    before = talk.messages[-1].job if talk.messages else None
    talk.add(asked, AnswerJob(current(), asked, history=talk.history, after=before).start())
    st.query_params["c"] = talk.id
    mine: list[str] = st.session_state.setdefault("mine", [])
    if talk.id not in mine:
        mine.insert(0, talk.id)


def ask_again() -> None:
    """Ask the last question again, in place of its failed answer; for callbacks."""
    talk = conversation()
    if talk.messages and not talk.busy:
        ask(talk.messages.pop().question)


def new_chat() -> None:
    """Leave this conversation for an empty one; for callbacks."""
    st.session_state.pop("draft_conversation", None)
    st.query_params.clear()


def go_to(conversation_id: str) -> None:
    """Go to another conversation of this session; for callbacks."""
    st.query_params.clear()
    st.query_params["c"] = conversation_id


def mine() -> list[Conversation]:
    """The conversations of this session, newest first."""
    kept = (_conversations().get(one) for one in st.session_state.get("mine", []))
    return [one for one in kept if one and one.messages]


def open_source(reference: str) -> None:
    """Open a citation beside the chat."""
    st.query_params["src"] = reference
    st.session_state["nonce"] = st.session_state.get("nonce", 0) + 1


def open_article(article_id: str) -> None:
    """Open an article beside the list; for callbacks."""
    st.query_params["article"] = article_id
    st.session_state["nonce"] = st.session_state.get("nonce", 0) + 1


def close_source() -> None:
    """Close whatever is open beside the page; for callbacks."""
    for name in ("src", "article"):
        if name in st.query_params:
            del st.query_params[name]
