"""An answer as it is drawn: the short answer, sentences with their chips, what it is worth, its sources; or a refusal
with the nearest passages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from rag.answering.certainty import certainty, differing, unverified, why
from rag.schema import Answer, Citation, Kind
from rag.text.dates import day_in_words
from rag.text.extracts import best_sentence
from rag.text.sentences import split_sentences
from rag.text.words import stems
from rag.ui import state
from rag.ui.answer_job import Draft
from rag.ui.conversation import Message
from rag.ui.feedback_view import draw_foot
from rag.ui.judgement import newest, sources
from rag.ui.library_view import draw_library, draw_reply, draw_story, draw_suggestions
from rag.ui.markdown import CITE_PREFIX, about_source, byline, cite_link, escape, marks, sentences, shorten, tip
from rag.ui.news import draw_news
from rag.ui.scope import Scope

STAGE_LINES = {
    "waiting": "Getting ready: the models are loading…",
    "searching": "Searching your articles…",
    "reading": "Reading {found}…",
    "writing": "Writing…",
}
MAX_CLOSEST = 4
OWN_READERS = ("reader", "plain", "library")  # they quote; a chat model that writes is named on each answer
MAX_SHORT = 90  # characters: what is longer is a sentence, not a short answer


def draw_answer(message: Message) -> None:
    """Draw an answer that has ended, well or not."""
    draft = message.job.draft
    _draw_searched(message, draft.answer.question if draft.answer else draft.searched)
    if draft.problem:
        _draw_problem(message, draft)
    elif draft.answer:
        _DRAWN[_kind(draft.answer)](message, draft.answer)
    else:
        _draw_sentences(message.id, draft)
        st.caption("Stopped. What was written so far is kept." if draft.sentences else "Stopped.")
    if draft.answer and draft.answer.kind != "reply":
        draw_foot(message, draft.answer)
        if message is state.conversation().messages[-1]:
            draw_suggestions(message, draft.answer)
    if message.unsaved:
        st.caption(f"This answer could not be saved: {escape(message.unsaved)}")


def _kind(answer: Answer) -> Kind:
    """What sort of reply it is; answers that were kept by earlier versions do not tell a refusal."""
    return "refusal" if answer.kind == "answer" and not answer.answered else answer.kind


def draw_draft(message: Message, draft: Draft) -> None:
    """Draw how far an answer is, with a button that stops it."""
    _draw_scope(message.scope)
    _draw_sentences(message.id, draft)
    if not draft.sentences and not draft.tail:
        _draw_quotations(message.id, "f", "Nearest passages, not yet an answer", draft.nearest)
    with st.container(horizontal=True, vertical_alignment="center", key=f"status-{message.id}"):
        line = STAGE_LINES.get(draft.stage, "").format(found=_found(draft))
        st.markdown(f":shimmer[{line}]" if line else "")
        st.button(
            "Stop", key=f"stop-{message.id}", on_click=message.job.stop, type="tertiary", icon=":material/stop_circle:"
        )


def _found(draft: Draft) -> str:
    """What is read, in words: 'the best of 24 passages of 9 articles'."""
    if draft.passages < 2:
        return "the passage found" if draft.passages else "what was found"
    articles = f"{draft.articles} {'article' if draft.articles == 1 else 'articles'}"
    return f"the best of {draft.passages} passages from {articles}"


def announcement(message: Message | None) -> str:
    """What a screen reader hears when an answer has ended."""
    if message is None or message.job.active:
        return ""
    draft = message.job.draft
    if draft.problem:
        return "The question could not be answered."
    if draft.answer and draft.answer.kind in ("reply", "library"):
        return draft.answer.sentences[0].text
    if draft.answer and not draft.answer.answered:
        return "The articles do not say."
    count = len({citation.article_id for citation in message.citations})
    return f"Answer ready with {count} {'source' if count == 1 else 'sources'}."


# --- above the answer


def _draw_searched(message: Message, searched: str) -> None:
    """The question that was searched when it is not the one that was typed, to be mended and asked again."""
    _draw_scope(message.scope)
    answer = message.answer
    if not searched or _plain(searched) == _plain(message.question):
        return
    with st.container(key=f"searched-{message.id}", horizontal=True, vertical_alignment="center", gap="small"):
        st.caption(escape(answer.notes[0]) if answer and answer.typed else f"Searched for: {escape(searched)}")
        if answer and answer.typed:
            st.button(
                "Search for what I typed",
                key=f"typed-{message.id}",
                type="tertiary",
                on_click=lambda: state.ask(message.question, spelling=False, scope=message.scope),
            )
        with st.popover("Edit", type="tertiary", key=f"edit-{message.id}"), st.form(f"form-{message.id}", border=False):
            edited = st.text_input("Search for this instead", searched, max_chars=state.MAX_QUESTION)
            if st.form_submit_button("Ask", type="primary"):
                state.ask(edited or "", scope=message.scope)
                st.rerun()


def _draw_scope(scope: Scope) -> None:
    if not scope.all:
        st.caption(f"Asked of: {escape(scope.label)}")


def _draw_period(message: Message, answer: Answer) -> None:
    """The time that the question names, as a chip that can be removed."""
    if answer.period is None:
        return
    st.button(
        f"Published {escape(Scope(since=answer.period.since, until=answer.period.until).label)} ✕",
        key=f"period-{message.id}",
        help="Ask again, whatever the date of publication",
        on_click=lambda: state.ask(message.question, periods=False, scope=message.scope),
    )


# --- the answer


def _draw_answered(message: Message, answer: Answer) -> None:
    _draw_period(message, answer)
    _draw_unverified(message.id, answer)
    _draw_short(message.id, answer)
    _draw_sentences(message.id, message.job.draft)
    _draw_differences(message.id, answer)
    _draw_worth(message.id, answer)
    draw_news(message, answer)
    _draw_sources(message.id, answer.citations)
    _draw_notes(answer)


def _draw_unverified(message_id: str, answer: Answer) -> None:
    """One line that counts the sentences which the articles do not bear out."""
    if count := unverified(answer):
        told = "1 sentence was" if count == 1 else f"{count} sentences were"
        with st.container(key=f"unverified-{message_id}"):
            st.markdown(f"{told} not found in the articles and {'is' if count == 1 else 'are'} underlined.")


def _draw_short(message_id: str, answer: Answer) -> None:
    """The short answer in large type, with the chip of the sentence that it stands in; none where reports differ."""
    short = (answer.short or "").strip()
    several = answer.differences or any(answer.speakers)
    if not short or len(short) > MAX_SHORT or several or not answer.sentences:
        return
    first = answer.sentences[0]
    if short not in first.text:
        return
    with st.container(key=f"short-{message_id}"):
        st.markdown(f"{escape(short)} {marks(first.citations[:1], message_id)}")


def _draw_sentences(message_id: str, draft: Draft) -> None:
    answer = draft.answer
    text = sentences(
        draft.sentences,
        message_id,
        short=answer.short if answer else None,
        tail=draft.tail,
        speakers=answer.speakers if answer else (),
    )
    if text:
        kind = "answer-said" if answer and any(answer.speakers) else "answer"
        with st.container(key=f"{kind}-{message_id}"):
            st.markdown(text)


def _draw_differences(message_id: str, answer: Answer) -> None:
    """Figures or dates that differ from article to article, side by side, for the reader to judge."""
    for number, one in enumerate(answer.differences):
        lines = []
        for place, (value, citation) in enumerate(zip(one.values, one.citations, strict=True)):
            later = "later: " if place and one.is_newer_each_time else ""
            about = escape(byline(citation.publisher or citation.title, citation.published))
            lines.append(f"- {later}**{escape(value)}** {marks([citation], message_id)}  \n  {about}")
        with st.container(key=f"differ-{message_id}-{number}"):
            st.markdown(f"### {differing(one)}\n\n" + "\n".join(lines))


def _draw_worth(message_id: str, answer: Answer) -> None:
    """How sure and why, how many outlets are cited, how fresh."""
    count = sources(answer.citations)
    facts = [f"{count} {'outlet' if count == 1 else 'outlets'} cited"]
    if latest := newest(answer.citations):
        facts.append(f"newest of {day_in_words(latest)}")
    if answer.model and answer.model not in OWN_READERS:
        facts.append(f"by {answer.model}")
    sure = certainty(answer)
    head = f"**{sure}** · " if sure else ""
    with st.container(key=f"worth-{message_id}"):
        st.markdown(f"{head}{escape(' · '.join(facts))}" + (f"  \n{escape(why(answer))}" if sure else ""))


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
        chips = "\u00a0".join(cite_link(str(one.number), f"{message_id}-{one.number}", tip(one)) for one in cited)
        title = f"**[{escape(shorten(first.title, 140))}]({CITE_PREFIX}{message_id}-{first.number})**"
        about = escape(about_source(first))
        lines.append(f"- {chips} {title}" + (f"  \n  {about}" if about else ""))
    with st.container(key=f"sources-{message_id}"):
        st.markdown(f"### {'Source' if len(by_article) == 1 else 'Sources'}\n\n" + "\n".join(lines))


# --- no answer


def _draw_refusal(message: Message, answer: Answer) -> None:
    _draw_period(message, answer)
    with st.container(key=f"refusal-{message.id}"):
        st.markdown(f"**{escape(answer.text)}**")
    _draw_quotations(message.id, "o", "The articles say otherwise:", answer.correction)
    if not message.scope.all:
        st.button(
            "Ask all articles",
            key=f"widen-{message.id}",
            on_click=_ask_all,
            args=(message.question,),
        )
    _draw_notes(answer)
    nearest = [replace(one, quote=_extract(one.quote, answer.question)) for one in answer.closest[:MAX_CLOSEST]]
    _draw_quotations(message.id, "c", "The nearest passages", nearest)


def _extract(passage: str, question: str) -> str:
    """The sentence of a passage that has most words of the question; the whole passage where none has any."""
    start, end = best_sentence(passage, split_sentences(passage), stems(question)) or (0, len(passage))
    return passage[start:end]


def _draw_quotations(message_id: str, kind: str, head: str, citations: Sequence[Citation]) -> None:
    """Passages with their articles, each a link that opens it; `kind` stands in the links' references."""
    if not citations:
        return
    lines = []
    for citation in citations:
        about = escape(byline(citation.publisher, citation.published))
        title = f"**[{escape(shorten(citation.title, 140))}]({CITE_PREFIX}{message_id}-{kind}{citation.number})**"
        lines.append(
            f"- {title}" + (f" · {about}" if about else "") + f"  \n  “{escape(shorten(citation.quote, 220))}”"
        )
    with st.container(key=f"sources-{message_id}-{kind}"):
        st.markdown(f"### {head}\n\n" + "\n".join(lines))


def _ask_all(question: str) -> None:
    """Ask again without a scope; for callbacks."""
    state.set_scope(Scope())
    state.ask(question)


def _draw_notes(answer: Answer) -> None:
    for note in answer.notes[1 if answer.typed else 0 :]:  # the first then stands above the answer
        st.caption(escape(note))


def _draw_problem(message: Message, draft: Draft) -> None:
    _draw_sentences(message.id, draft)
    if draft.problem:
        st.error(f"{escape(draft.problem.message)} {escape(draft.problem.hint)}".strip())
        st.button("Try again", key=f"again-{message.id}", on_click=state.ask_again, icon=":material/refresh:")


_DRAWN = {
    "answer": _draw_answered,
    "refusal": _draw_refusal,
    "library": draw_library,
    "story": draw_story,
    "reply": draw_reply,
}


def _plain(question: str) -> str:
    """The question without case and punctuation, for comparing."""
    return "".join(letter for letter in question.lower() if letter.isalnum())
