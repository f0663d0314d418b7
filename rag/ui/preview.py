"""An article of the library beside the list: its text, its passages, and what is known about it, to be edited."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import streamlit as st

from rag.errors import RagError
from rag.schema import Article
from rag.text.dates import day_in_words
from rag.ui import state
from rag.ui.markdown import escape, shorten
from rag.ui.passages import open_article
from rag.ui.source_panel import article_listener, draw_lost, draw_view

if TYPE_CHECKING:
    from rag.library import Library

OLDEST = date(1500, 1, 1)
MAX_PASSAGES = 60  # drawn; the rest is counted


@st.fragment
def preview_panel(library: Library) -> None:
    """Draw the article that the address names, if any."""
    state.remember()
    article_id = st.query_params.get("article")
    try:
        article = library.article(article_id) if article_id else None
    except RagError as error:
        draw_lost(str(error))
        return
    if article is None:
        draw_lost(state.dead_source())
    if article is not None:
        with st.container(key="source_body"), st.container(key="preview"):
            text, passages, about = st.tabs(["Text", "Passages", "Details"])
            with text:
                draw_view(open_article(article, st.query_params.get("at") or ""), key="source_body")
            with passages:
                _draw_passages(library, article)
            with about:
                _draw_about(library, article)
    article_listener(article.id if article else "")


def _draw_passages(library: Library, article: Article) -> None:
    parts = library.passages(article.id)
    st.caption(f"The search finds these {len(parts)} passages; each is a run of whole sentences.")
    with st.container(key="passages"):
        lines = [
            f"{number}. {escape(part.text)}  \n   Characters {part.start:,} to {part.end:,}"
            for number, part in enumerate(parts[:MAX_PASSAGES], start=1)
        ]
        st.markdown("\n".join(lines))
    if len(parts) > MAX_PASSAGES:
        st.caption(f"… and {len(parts) - MAX_PASSAGES:,} more.")


def _draw_about(library: Library, article: Article) -> None:
    with st.form(f"edit-{article.id}", border=False):
        title = st.text_input("Title", article.title, max_chars=300)
        publisher = st.text_input("Outlet", article.publisher or "", max_chars=200)
        author = st.text_input("Author", article.author or "", max_chars=200)
        published = st.date_input("Published", article.published, min_value=OLDEST)
        url = st.text_input("Address of the original", article.url or "", max_chars=2000)
        if st.form_submit_button("Save", type="primary"):
            _save(library, article.id, title, publisher, author, published, url)
    _draw_collections(library, article.id)
    facts = [
        f"Id: {article.id}",
        f"Added: {day_in_words(article.added.date())}" if article.added else "",
        f"Language: {article.language}" if article.language else "",
        f"From: {shorten(article.source, 200)}" if article.source else "",
        *(f"Note: {note}" for note in article.notes),
    ]
    st.caption("  \n".join(escape(fact) for fact in facts if fact))


def _save(
    library: Library, article_id: str, title: str, publisher: str, author: str, published: date | None, url: str
) -> None:
    if url.strip() and not url.strip().lower().startswith(("http://", "https://")):
        st.error("The address must begin with http:// or https://.")
        return
    try:
        library.edit(
            article_id, title=title, publisher=publisher, author=author, published=published, url=url.strip() or None
        )
    except RagError as error:
        st.error(escape(str(error)))
        return
    st.toast("Saved.")
    st.rerun()


def _draw_collections(library: Library, article_id: str) -> None:
    table = library.collections
    inside = table.holding(article_id)
    names = [name for name, _ in table.names()]
    key = f"collections-{article_id}-{len(inside)}"

    def keep() -> None:
        chosen = set(st.session_state[key])
        for name in chosen - set(inside):
            table.add(name, [article_id])
        for name in set(inside) - chosen:
            table.take_out(name, [article_id])

    st.multiselect(
        "Collections", names, list(inside), key=key, accept_new_options=True, on_change=keep,
        placeholder="Choose or type a name",
    )  # fmt: skip
