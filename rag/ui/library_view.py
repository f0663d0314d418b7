"""Replies that are no answers of a passage: lists of the library, stories by date, and short replies."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from rag.schema import Answer, AnswerSentence, Citation
from rag.text.dates import day_in_words
from rag.ui import state
from rag.ui.conversation import Message
from rag.ui.markdown import CITE_PREFIX, about_source, escape, marks, sentences, shorten


def draw_library(message: Message, answer: Answer) -> None:
    """What is counted, then each article as a line that opens it, or what outlets say under their names."""
    head, *rest = answer.sentences
    _draw_head(message.id, head.text)
    if any(answer.speakers):
        with st.container(key=f"answer-said-{message.id}"):
            st.markdown(sentences(rest, message.id, speakers=answer.speakers[1:]))
    elif rest:
        _draw_groups(message.id, rest)
    else:
        _draw_rows(message.id, head.citations)
    _draw_notes(answer)


def draw_story(message: Message, answer: Answer) -> None:
    """The most important sentence, then one of each article by its date."""
    head, first, *rest = answer.sentences
    _draw_head(message.id, head.text)
    with st.container(key=f"story-lead-{message.id}"):
        st.markdown(_turn(first, message.id))
    with st.container(key=f"story-{message.id}"):
        st.markdown("\n".join(f"- {_turn(one, message.id)}" for one in rest))
    _draw_notes(answer)


def draw_reply(message: Message, answer: Answer) -> None:
    """A short reply, with questions to ask where it has some."""
    st.markdown(escape(answer.text))
    draw_suggestions(message, answer)


def draw_suggestions(message: Message, answer: Answer) -> None:
    """Questions that could be asked next, as buttons."""
    if not answer.suggestions:
        return
    with st.container(key=f"suggestions-{message.id}", gap="xsmall"):
        for number, question in enumerate(answer.suggestions):
            st.button(escape(question), key=f"next-{message.id}-{number}", on_click=state.ask, args=(question,))


def _draw_head(message_id: str, text: str) -> None:
    with st.container(key=f"counted-{message_id}"):
        st.markdown(f"**{escape(text)}**")


def _draw_rows(message_id: str, citations: Sequence[Citation]) -> None:
    """A line for each article: its title, outlet and date, and the sentence that is meant."""
    lines = []
    for one in citations:
        title = f"**[{escape(shorten(one.title, 140))}]({CITE_PREFIX}{message_id}-{one.number})**"
        about = escape(about_source(one))
        quote = escape(shorten(one.quote, 200))
        lines.append(f"- {title}" + (f" · {about}" if about else "") + f"  \n  “{quote}”")
    if lines:
        with st.container(key=f"sources-{message_id}"):
            st.markdown("\n".join(lines))


def _draw_groups(message_id: str, rows: Sequence[AnswerSentence]) -> None:
    """A line for each outlet or author, with the articles behind it."""
    lines = [f"- {escape(one.text)}\u00a0{marks(one.citations, message_id)}" for one in rows]
    with st.container(key=f"answer-{message_id}"):
        st.markdown("\n".join(lines))


def _turn(sentence: AnswerSentence, message_id: str) -> str:
    """A turn of the story: when, by whom, under which title, and what is said."""
    citation = sentence.citations[0]
    day = f"**{escape(day_in_words(citation.published))}** · " if citation.published else ""
    about = escape(" · ".join(part for part in (citation.publisher, shorten(citation.title, 100)) if part))
    return f"{day}:small[{about}]  \n  {escape(sentence.text)}\u00a0{marks(sentence.citations, message_id)}"


def _draw_notes(answer: Answer) -> None:
    for note in answer.notes[1 if answer.typed else 0 :]:
        st.caption(escape(note))
