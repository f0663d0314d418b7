"""What is new since a question was asked before: cited articles that were added or published since, nothing else."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from rag.errors import RagError
from rag.schema import Answer, Citation
from rag.text.dates import day_in_words
from rag.ui import state
from rag.ui.backend import current
from rag.ui.conversation import Message, News
from rag.ui.markdown import escape, marks


def draw_news(message: Message, answer: Answer) -> None:
    """A line on what is new; nothing when the question was never asked before."""
    if message.news is None:
        message.news = _look_up(message, answer)
    news = message.news
    if news.before is None:
        return
    asked = f"You asked this before, on {day_in_words(news.before)}."
    if not news.new:
        st.caption(f"{escape(asked)} No new source since then.")
        return
    count = len(news.new)
    counted = "One source is new" if count == 1 else f"{count} sources are new"
    with st.container(key=f"news-{message.id}"):
        st.markdown(f"{escape(asked)} {counted} since then: {marks(news.new, message.id)}")


def _look_up(message: Message, answer: Answer) -> News:
    table = state.kept()
    try:
        before = table.asked_before(state.conversation().id, message.position) if table else None
    except RagError:
        before = None
    if before is None or before.answer is None:
        return News()
    known = {one.article_id for one in before.answer.citations}
    first = {one.article_id: one for one in reversed(answer.citations) if one.article_id not in known}
    new = [one for one in first.values() if _is_new(one, before.asked)]
    return News(before.asked.date(), tuple(sorted(new, key=lambda one: one.number)))


def _is_new(citation: Citation, asked: datetime) -> bool:
    """Whether its article was published or added after that moment (UTC)."""
    if citation.published and citation.published > asked.date():
        return True
    library = current().library
    try:
        article = library.article(citation.article_id) if library else None
    except RagError:
        return False
    return bool(article and article.added and article.added > asked)
