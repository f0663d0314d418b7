"""An answer as it is drawn: sentences with their chips and the sources, or a refusal with the nearest passages."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from rag.schema import Answer, Citation
from rag.ui import state
from rag.ui.answer_job import Draft
from rag.ui.conversation import Message
from rag.ui.markdown import CITE_PREFIX, cite_link, escape, sentences, shorten
from rag.ui.passages import byline

STAGE_LINES = {
    "waiting": "Getting ready: the models are loading…",
    "searching": "Searching your articles…",
    "reading": "Reading {passages} passages…",
    "writing": "Writing…",
}
MAX_CLOSEST = 4


def draw_answer(message: Message) -> None:
    """Draw an answer that has ended, well or not."""
    draft = message.job.draft
    _draw_searched(message.question, draft.answer.question if draft.answer else draft.searched)
    if draft.problem:
        _draw_problem(message, draft)
    elif draft.answer and draft.answer.answered:
        _draw_sentences(message.id, draft)
        _draw_sources(message.id, draft.answer.citations)
        _draw_notes(draft.answer)
    elif draft.answer:
        _draw_refusal(message.id, draft.answer)
    else:
        _draw_sentences(message.id, draft)
        st.caption("Stopped. What was written so far is kept.")


def draw_draft(message: Message) -> None:
    """Draw an answer that is being written, with a button that stops it."""
    draft = message.job.draft
    _draw_searched(message.question, draft.searched)
    _draw_sentences(message.id, draft)
    with st.container(horizontal=True, vertical_alignment="center", key=f"status-{message.id}"):
        line = STAGE_LINES.get(draft.stage, "").format(passages=draft.passages)
        st.markdown(f":shimmer[{line}]" if line else "")
        st.button(
            "Stop", key=f"stop-{message.id}", on_click=message.job.stop, type="tertiary", icon=":material/stop_circle:"
        )


def announcement(message: Message | None) -> str:
    """What a screen reader hears when an answer has ended."""
    if message is None or message.job.active:
        return ""
    draft = message.job.draft
    if draft.problem:
        return "The question could not be answered."
    if draft.answer and not draft.answer.answered:
        return "The articles do not say."
    count = len({citation.article_id for citation in message.citations})
    return f"Answer ready with {count} {'source' if count == 1 else 'sources'}."


def _draw_searched(typed: str, searched: str) -> None:
    if searched and _plain(searched) != _plain(typed):
        st.caption(f"Searched for: {escape(searched)}")


def _draw_sentences(message_id: str, draft: Draft) -> None:
    short = draft.answer.short if draft.answer else None
    if text := sentences(draft.sentences, message_id, short=short, tail=draft.tail):
        with st.container(key=f"answer-{message_id}"):
            st.markdown(text)


def _draw_sources(message_id: str, citations: Sequence[Citation]) -> None:
    """The sources, an article a line, in the order of their first mark."""
    if not citations:
        return
    by_article: dict[str, list[Citation]] = {}
    for citation in citations:
        by_article.setdefault(citation.article_id, []).append(citation)
    lines = []
    for cited in by_article.values():
        first = cited[0]
        chips = "\u00a0".join(cite_link(str(one.number), f"{message_id}-{one.number}", one.quote) for one in cited)
        title = f"**[{escape(shorten(first.title, 140))}]({CITE_PREFIX}{message_id}-{first.number})**"
        about = escape(byline(first.publisher, first.published))
        lines.append(f"- {chips} {title}" + (f"  \n  {about}" if about else ""))
    with st.container(key=f"sources-{message_id}"):
        st.markdown(f"{'Source' if len(by_article) == 1 else 'Sources'}\n\n" + "\n".join(lines))


def _draw_refusal(message_id: str, answer: Answer) -> None:
    with st.container(key=f"refusal-{message_id}"):
        st.markdown(f"**{escape(answer.text)}**")
    _draw_notes(answer)
    if not answer.closest:
        return
    lines = []
    for citation in answer.closest[:MAX_CLOSEST]:
        reference = f"{message_id}-c{citation.number}"
        about = escape(byline(citation.publisher, citation.published))
        title = f"**[{escape(shorten(citation.title, 140))}]({CITE_PREFIX}{reference})**"
        lines.append(
            f"- {title}" + (f" · {about}" if about else "") + f"  \n  “{escape(shorten(citation.quote, 220))}”"
        )
    with st.container(key=f"sources-{message_id}"):
        st.markdown("The nearest passages\n\n" + "\n".join(lines))


def _draw_notes(answer: Answer) -> None:
    for note in answer.notes:
        st.caption(escape(note))


def _draw_problem(message: Message, draft: Draft) -> None:
    _draw_sentences(message.id, draft)
    if draft.problem:
        st.error(f"{escape(draft.problem.message)} {escape(draft.problem.mend)}".strip())
        st.button("Try again", key=f"again-{message.id}", on_click=state.ask_again, icon=":material/refresh:")


def _plain(question: str) -> str:
    """The question without case and punctuation, for comparing."""
    return "".join(letter for letter in question.lower() if letter.isalnum())
