"""The library page: what articles there are, a preview of one, and how to add, change and remove them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from rag.errors import RagError
from rag.schema import Article
from rag.ui import state
from rag.ui.add_articles import draw_add
from rag.ui.backend import current
from rag.ui.chat import OPENING_POLL_S, draw_problem
from rag.ui.markdown import byline, escape, shorten, unmarked
from rag.ui.preview import preview_panel
from rag.ui.removal import ask_removal, draw_undo
from rag.ui.shelf import Wanted, draw_pages, draw_wanted
from rag.ui.shelf_actions import draw_selection, select, selected
from rag.ui.shelf_found import Found, found_sentences

if TYPE_CHECKING:
    from rag.library import Library
    from rag.ui.backend import Backend

PAGE = 20


def library_page() -> None:
    """Draw the page."""
    backend = current()
    with st.container(key="desk", horizontal=True, vertical_alignment="top", gap="large"):
        with st.container(key="talk"):
            st.header("Library", anchor=False)
            if backend.library is not None:
                draw_add(backend)
                draw_undo()
                _draw_articles(backend.library)
            elif backend.opened:
                draw_problem(backend)
            else:
                st.fragment(_draw_opening, run_every=OPENING_POLL_S)(backend)
        with st.container(key="source"):
            if backend.library is not None:
                preview_panel()


def _draw_opening(backend: Backend) -> None:
    if backend.opened:
        st.rerun()
    st.markdown(":shimmer[Opening the library…]")


def _draw_articles(library: Library) -> None:
    """Search, filters, and the rows of one page."""
    try:
        wanted = draw_wanted(library)
        listed = wanted.listed(library, PAGE)
        passages = library.passage_counts([article.id for article in listed.articles])
        found = found_sentences(library, wanted.query or "", listed.articles)
        draw_selection(library)
    except RagError as error:
        st.error(escape(str(error)))
        return
    may_write = current().rights.may_write
    st.caption(_count_line(listed.count, wanted, may_write=may_write))
    with st.container(key="articles", gap=None):
        for article in listed.articles:
            _draw_row(article, passages.get(article.id, 0), found.get(article.id), may_write=may_write)
    draw_pages(listed.pages, listed.page)


def _count_line(count: int, wanted: Wanted, *, may_write: bool) -> str:
    line = f"{count:,} {'article' if count == 1 else 'articles'}"
    if wanted.query:
        line += f" with “{escape(wanted.query)}”"
    if wanted.narrowed:
        return f"{line}, filtered"
    if count or wanted.query:
        return line
    return "No articles yet. Add the first ones above." if may_write else "No articles yet."


def _draw_row(article: Article, passages: int, found: Found | None, *, may_write: bool) -> None:
    title = shorten(article.title, 140) or "Untitled"
    with st.container(key=f"row-{article.id}", horizontal=True, vertical_alignment="center", gap="small"):
        st.checkbox(
            f"Select {unmarked(title)}", article.id in selected(), key=f"select-{article.id}",
            label_visibility="collapsed", on_change=select, args=(article.id,),
        )  # fmt: skip
        with st.container(key=f"head-{article.id}", gap=None):
            st.button(
                escape(title),
                key=f"open-{article.id}",
                on_click=state.open_article,
                args=(article.id,),
                kwargs={"at": f"{found.start}-{found.end}"} if found else {},
                type="tertiary",
            )
            counted = f"{passages}\u00a0{'passage' if passages == 1 else 'passages'}"
            st.caption(escape(byline(article.publisher, article.published, counted)))
            if found:
                with st.container(key=f"found-{article.id}"):
                    st.markdown(f"“{escape(shorten(found.text, 220))}”")
        if may_write and st.button(f"Remove *{escape(title)}*", key=f"remove-{article.id}", type="tertiary"):
            ask_removal((article.id,))
