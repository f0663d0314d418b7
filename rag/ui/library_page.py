"""The library page: what articles there are, a preview of one, and how to add and remove them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import streamlit as st

from rag.errors import RagError
from rag.schema import Article
from rag.ui import state
from rag.ui.add_articles import draw_add, forget_outcome
from rag.ui.backend import current
from rag.ui.chat import POLL_S, draw_problem
from rag.ui.markdown import byline, escape, shorten
from rag.ui.source_panel import source_panel

if TYPE_CHECKING:
    from rag.library import Library
    from rag.ui.backend import Backend

PAGE = 20
SEARCH = "Search titles, publishers and authors"


def library_page() -> None:
    """Draw the page."""
    backend = current()
    with st.container(key="desk", horizontal=True, vertical_alignment="top", gap="large"):
        with st.container(key="talk"):
            st.header("Library", anchor=False)
            if backend.library is not None:
                draw_add(backend)
                _draw_articles(backend.library)
            elif backend.opened:
                draw_problem(backend)
            else:
                st.fragment(_draw_opening, run_every=POLL_S)(backend)
        with st.container(key="source"):
            source_panel()


def _draw_opening(backend: Backend) -> None:
    if backend.opened:
        st.rerun()
    st.markdown(":shimmer[Opening the library…]")


def _draw_articles(library: Library) -> None:
    """The search box and the rows of one page."""
    query = st.text_input(
        SEARCH, key="library-search", type="search", placeholder=SEARCH,
        label_visibility="collapsed", max_chars=200, icon=":material/search:",
    )  # fmt: skip
    wanted = (query or "").strip() or None
    try:
        count = library.count_articles(query=wanted)
        pages = max(1, math.ceil(count / PAGE))
        page = min(int(st.session_state.get("library-page", 1)), pages)
        articles = library.articles(query=wanted, limit=PAGE, offset=(page - 1) * PAGE)
        passages = library.passage_counts([article.id for article in articles])
    except RagError as error:
        st.error(escape(str(error)))
        return
    st.caption(_count_line(count, wanted))
    with st.container(key="articles", gap=None):
        for article in articles:
            _draw_row(article, passages.get(article.id, 0))
    if pages > 1:
        st.pagination(pages, key="library-page")


def _count_line(count: int, query: str | None) -> str:
    noun = "article" if count == 1 else "articles"
    if query:
        return f"{count:,} {noun} with “{escape(query)}”"
    return f"{count:,} {noun}, newest first" if count else "No articles yet. Add the first ones above."


def _draw_row(article: Article, passages: int) -> None:
    with st.container(key=f"row-{article.id}", horizontal=True, vertical_alignment="center", gap="small"):
        with st.container(key=f"head-{article.id}", gap=None):
            title = escape(shorten(article.title, 140)) or "Untitled"
            st.button(title, key=f"open-{article.id}", on_click=state.open_article, args=(article.id,), type="tertiary")
            counted = f"{passages} {'passage' if passages == 1 else 'passages'}"
            st.caption(escape(byline(article.publisher, article.published, counted)))
        with st.popover("Remove", type="tertiary", key=f"ask-remove-{article.id}"):
            st.markdown(f"Remove **{escape(shorten(article.title, 80)) or 'this article'}** from the library?")
            st.button("Remove", key=f"remove-{article.id}", type="primary", on_click=_remove, args=(article.id,))


def _remove(article_id: str) -> None:
    """Remove the article, and close it if it is open."""
    library = current().library
    if library is None:
        return
    try:
        library.remove(article_id)
    except RagError as error:
        st.session_state["library-problem"] = str(error)
        return
    forget_outcome(article_id)
    if st.query_params.get("article") == article_id:
        state.close_source()
    st.toast("The article was removed.")
