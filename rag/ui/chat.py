"""The chat page: the conversation, the question box, and the article panel beside them."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from rag.answering.suggestions import suggested_questions
from rag.errors import RagError
from rag.ui import state
from rag.ui.add_articles import draw_demo
from rag.ui.answer_job import AnswerJob, Draft, under_way
from rag.ui.answer_view import announcement, draw_answer, draw_draft
from rag.ui.backend import Backend, current
from rag.ui.conversation import Conversation, KeptAnswer, Message
from rag.ui.markdown import escape, shorten
from rag.ui.scope_view import draw_scope
from rag.ui.source_panel import source_panel
from rag.ui.talk_head import draw_head
from rag.ui.theme import NAME

POLL_S = 0.1  # between two looks at an answer, each of which waits for news
# How long a look waits for the answer's next step: it is drawn the moment it comes, and a look that finds nothing costs
# the browser 50 ms of the processor that the reader needs. A click on the page waits as long.
PATIENCE_S = 0.4
OPENING_POLL_S = 0.2  # while the library opens, which needs the processor itself
UNHURRIED = 2  # answers under way from which the page asks for news less often: they wait for each other anyway
SLOWEST_POLL_S = 1.0
TITLES_FOR_SUGGESTIONS = 200


def chat_page() -> None:
    """Draw the page."""
    backend, talk = current(), state.conversation()
    with st.container(key="desk", horizontal=True, vertical_alignment="top", gap="large"):
        with st.container(key="talk"):
            if lost := state.dead_conversation():
                st.warning(escape(lost))
            if talk.messages:
                st.set_page_config(page_title=f"{shorten(talk.title, 60)} · {NAME}")
                draw_head(talk)
                _draw_conversation(talk)
            else:
                with st.container(key="start"):
                    _draw_start(backend)
        with st.container(key="source"):
            last = talk.messages[-1] if talk.messages else None
            name = f"{talk.id}-{last.id}-{'active' if last.job.active else 'ended'}" if last else ""
            source_panel(announcement(last), name)
    if backend.library is not None:
        with st.bottom:
            draw_scope(backend.library)
    st.chat_input(
        "Ask a follow-up question" if talk.messages else "Ask about your articles",
        key="ask",
        max_chars=state.MAX_QUESTION,
        on_submit=lambda: state.ask(st.session_state["ask"] or ""),
    )


def _draw_conversation(talk: Conversation) -> None:
    for message in talk.messages:
        with st.chat_message("user"):
            st.header(escape(message.question), anchor=False)
        with st.chat_message("assistant"):
            if message.job.active:
                st.fragment(_draw_live, run_every=poll_s(under_way()))(message, Watched(message.job))
            else:
                draw_answer(message)


def poll_s(answers: int) -> float:
    """Seconds between two looks at an answer while so many are under way."""
    return min(SLOWEST_POLL_S, POLL_S * max(1.0, answers / UNHURRIED))


@dataclass(slots=True)
class Watched:
    """An answer under way, and how far it was when it was last drawn."""

    job: AnswerJob | KeptAnswer
    drawn: Draft | None = None

    def next(self) -> Draft:
        """How far it is: at once for the first time, and while words come one by one; else once there is news."""
        seen, self.drawn = self.drawn, self.job.draft
        if seen is not None and seen.stage != "writing":
            self.drawn = self.job.after(seen, PATIENCE_S)
        return self.drawn


def _draw_live(message: Message, watched: Watched) -> None:
    """An answer under way, drawn again at each look.

    Its end is drawn here at once, and with the whole page at the next look: that takes the longer, the longer the
    conversation is.
    """
    if watched.drawn and watched.drawn.ended:
        st.rerun()
    draw_draft(message, watched.next())


def _draw_start(backend: Backend) -> None:
    """What stands here before the first question."""
    st.header("What do the articles say?", anchor=False)
    if not backend.opened:
        st.fragment(_draw_opening, run_every=OPENING_POLL_S)(backend)
    elif backend.problem:
        draw_problem(backend)
    elif backend.library is not None:
        _draw_suggestions(backend)
        backend.painted()


def _draw_opening(backend: Backend) -> None:
    if backend.opened:
        st.rerun()
    st.markdown(":shimmer[Opening the library…]")


def draw_problem(backend: Backend) -> None:
    """One friendly line on a library that cannot be used, with its hint."""
    if backend.problem:
        st.error(f"{escape(backend.problem.message)} {escape(backend.problem.hint)}".strip())
        st.button("Try again", key="retry", on_click=backend.retry, icon=":material/refresh:")


def _draw_suggestions(backend: Backend) -> None:
    assert backend.library is not None
    try:
        articles = backend.library.articles(limit=TITLES_FOR_SUGGESTIONS)
        count = backend.library.count_articles()
    except RagError as error:
        st.error(escape(str(error)))
        return
    if not articles:
        _draw_empty(backend)
        return
    st.markdown(
        f"Ask a question about {count:,} {'article' if count == 1 else 'articles'}. "
        "Every sentence of the answer shows the passage it rests on."
    )
    with st.container(key="suggestions"):
        for number, question in enumerate(suggested_questions([article.title for article in articles])):
            st.button(escape(question), key=f"suggest-{number}", on_click=state.ask, args=(question,))


def _draw_empty(backend: Backend) -> None:
    if not backend.rights.may_write:
        st.markdown("The collections that you may read hold no articles yet.")
        return
    st.markdown(
        "The library is empty. Add some articles first, then ask about them here: text, web pages, PDF, Word and other "
        "files, addresses, or pasted text."
    )
    with st.container(key="begin", horizontal=True, vertical_alignment="center"):
        if st.button("Add articles", key="to-library", type="primary", icon=":material/library_add:"):
            st.switch_page(st.session_state["library_page"])
        draw_demo(backend)
