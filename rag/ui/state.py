"""What a session remembers, and what stands in the address: the conversation (`c`) and what is open beside it.

The address is the state of what is open, so reload, Back, Forward and deep links work. It is untrusted: it is looked
up, never used as it is.

    c        conversation
    src      a citation of it: m2-1, or m2-c1 for a nearest passage
    article  an article, with `at` = 120-240 for a passage of it
    panel    why-m2, timeline-m2 or export-m2 (export-all for the conversation)
    only_... which articles are asked: see `Scope.to_address`
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import streamlit as st

from rag.errors import RagError
from rag.schema import Filters
from rag.store.kept import Head, KeptConversation
from rag.ui.answer_job import AnswerJob
from rag.ui.backend import Backend, current
from rag.ui.conversation import Conversation, Conversations, Keeper, Message
from rag.ui.references import ALL, parse_action
from rag.ui.scope import IN_ADDRESS, Scope

if TYPE_CHECKING:
    from rag.store.conversations import ConversationTable

MAX_QUESTION = 10_000
MAX_KEPT = 50_000  # characters of all pages' addresses
OPENED = ("src", "article", "at", "panel")


@st.cache_resource
def _conversations() -> Conversations:
    return Conversations()


def kept() -> ConversationTable | None:
    """The conversations in the library's database; None while the library is not open."""
    library = current().library
    return library.conversations if library else None


def _owner() -> str:
    """Whose conversations the page shows; empty without sign-in."""
    person = current().person
    return person.name if person else ""


def conversation() -> Conversation:
    """The conversation that the address names, or a new one that has no address until its first question."""
    owner, draft = _owner(), st.session_state.get("draft_conversation")
    found = _found(st.query_params.get("c")) or _conversations().get(draft, owner=owner)
    if found is None:
        found = _conversations().new(owner)
        st.session_state["draft_conversation"] = found.id
    return found


def dead_conversation() -> str:
    """That the conversation of the address is not there; empty when it is, or none is named."""
    if current().library is None or not st.query_params.get("c") or _found(st.query_params["c"]):
        return ""
    return "The conversation of this link is not here: it was deleted, or is in another library."


def dead_source() -> str:
    """That what the address opens beside the page is not there; for when nothing could be opened."""
    if current().library is None or not any(st.query_params.get(name) for name in OPENED):
        return ""
    if st.query_params.get("article"):
        return "The article of this link is not in the library: it was removed, or is in another library."
    return "" if dead_conversation() else "What this link opens is not in this conversation."


def _found(conversation_id: str | None) -> Conversation | None:
    try:
        return _conversations().get(conversation_id, kept(), _owner())
    except RagError:
        return None


def ask(question: str, *, periods: bool = True, spelling: bool = True, scope: Scope | None = None) -> None:
    """Start an answer to this question in the conversation; for callbacks."""
    asked = question.strip()[:MAX_QUESTION]
    if not asked:
        return
    backend, talk = current(), conversation()
    chosen = get_scope() if scope is None else scope
    before = talk.messages[-1].job if talk.messages else None
    job = AnswerJob(
        backend,
        asked,
        history=talk.history,
        after=before,
        scope=lambda: _filters(backend, chosen),
        periods=periods,
        spelling=spelling,
    )
    message = talk.add(asked, job, chosen)
    job.keeper = Keeper(backend, talk, message)
    job.start()
    close_source()
    st.query_params["c"] = talk.id


def _filters(backend: Backend, scope: Scope) -> Filters:
    library = backend.library
    return scope.filters(library.collections.members) if library else Filters()


def ask_again() -> None:
    """Ask the last question again, in place of its failed answer; for callbacks."""
    talk = conversation()
    if talk.messages and not talk.busy:
        last = talk.messages.pop()
        ask(last.question, scope=last.scope)


def get_scope() -> Scope:
    """Which articles the next question is asked of."""
    return Scope.from_address(st.query_params)


def set_scope(scope: Scope) -> None:
    """Ask the next question of these articles."""
    for name in IN_ADDRESS:
        if name in st.query_params:
            del st.query_params[name]
    st.query_params.update(scope.to_address())


def new_chat() -> None:
    """Leave this conversation for an empty one that asks the same articles; for callbacks."""
    st.session_state.pop("draft_conversation", None)
    scope = get_scope()
    st.query_params.clear()
    set_scope(scope)


def go_to(conversation_id: str) -> None:
    """Go to another conversation, asking the articles that it asked last; for callbacks."""
    st.query_params.clear()
    st.query_params["c"] = conversation_id
    talk = _found(conversation_id)
    if talk and talk.messages:
        set_scope(talk.messages[-1].scope)


def heads(query: str, limit: int) -> list[Head]:
    """The kept conversations with these words, the last changed first."""
    table = kept()
    try:
        return table.heads(query, limit) if table else []
    except RagError:
        return []


def kept_conversation(conversation_id: str) -> KeptConversation | None:
    """A conversation as the database has it."""
    table = kept()
    try:
        return table.get(conversation_id) if table else None
    except RagError:
        return None


def rename(conversation_id: str, name: str) -> None:
    """Give a conversation another name."""
    talk, table = _found(conversation_id), kept()
    if talk and table and name.strip():
        table.rename(conversation_id, name)
        talk.name = " ".join(name.split())


def delete(conversation_id: str) -> None:
    """Delete a conversation, and leave it where it is the open one."""
    talk, table = _found(conversation_id), kept()
    for message in talk.messages if talk else ():
        message.job.stop()
    if table:
        table.delete(conversation_id)
    _conversations().forget(conversation_id, _owner())
    if st.query_params.get("c") == conversation_id:
        new_chat()


def open_source(reference: str) -> None:
    """Open a citation beside the chat."""
    _open("src", reference)


def open_article(article_id: str, *, at: str = "") -> None:
    """Open an article beside the page, at the characters "120-240" where they are given; for callbacks."""
    _open("article", article_id)
    if at:
        st.query_params["at"] = at


def act(action: str) -> None:
    """Take what a link under an answer asks for: open a panel, or copy the answer."""
    named = parse_action(action)
    if named and named[0] == "copy":
        st.session_state["copy"] = named[1]
        st.session_state["copy-nonce"] = st.session_state.get("copy-nonce", 0) + 1
    elif named:
        _open("panel", action)


def panel() -> tuple[str, Message | None] | None:
    """The panel that the address asks for: its kind, and the message it is about (None: the conversation)."""
    named = parse_action(st.query_params.get("panel") or "")
    if not named or named[0] == "copy":
        return None
    (kind, about), talk = named, conversation()
    if about == ALL:
        return (kind, None) if kind == "export" and talk.messages else None
    message = talk.message(about)
    return (kind, message) if message and message.answer else None


def remember(page: str | None = None) -> None:
    """Note what the open page shows (`page` names it, at the start of a run), for the link that leads back to it."""
    if page is not None:
        st.session_state["page-open"] = page
    _pages()[st.session_state.get("page-open", "")] = st.query_params.to_dict()


def address_of(page: str) -> dict[str, str]:
    """What the page showed when it was left."""
    return _pages().get(page, {})


def kept_pages() -> dict[str, Any]:
    """What each page shows, for the browser to keep over a reload, and whether what it kept was taken back."""
    return {"pages": _pages(), "restored": st.session_state.get("pages-restored", False)}


def restore_pages(kept: str) -> None:
    """Take back what the pages showed before a reload, as the browser kept it; for callbacks."""
    st.session_state["pages-restored"] = True
    for page, address in read_pages(kept).items():
        _pages().setdefault(page, address)


def read_pages(kept: str) -> dict[str, dict[str, str]]:
    """The addresses that a browser kept, by page; what is none is left out."""
    try:
        told = json.loads(kept) if len(kept) <= MAX_KEPT else None
    except ValueError:
        told = None
    pages = told.items() if isinstance(told, dict) else ()
    return {page: address for page, address in pages if isinstance(address, dict) and _is_address(address)}


def _is_address(address: dict[str, Any]) -> bool:
    return all(isinstance(value, str) for value in address.values())


def _pages() -> dict[str, dict[str, str]]:
    """What each page showed last, by its title."""
    pages: dict[str, dict[str, str]] = st.session_state.setdefault("page-addresses", {})
    return pages


def close_source() -> None:
    """Close whatever is open beside the page; for callbacks."""
    for name in OPENED:
        if name in st.query_params:
            del st.query_params[name]


def _open(name: str, value: str) -> None:
    close_source()
    st.query_params[name] = value
    st.session_state["nonce"] = st.session_state.get("nonce", 0) + 1
