"""An article of the library beside the list: its text, its passages, and what is known about it, to be edited."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import streamlit as st

from rag.errors import RagError
from rag.schema import Article
from rag.text.dates import day_in_words
from rag.ui import state
from rag.ui.backend import current
from rag.ui.markdown import escape, shorten
from rag.ui.passages import open_article
from rag.ui.source_panel import article_listener, draw_lost, draw_view

if TYPE_CHECKING:
    from rag.library import Library

OLDEST = date(1500, 1, 1)
MAX_PASSAGES = 60  # drawn; the rest is counted


@st.fragment
def preview_panel() -> None:
    """Draw the article that the address names, if any; a fragment runs alone, so it asks anew what may be read."""
    state.remember()
    article_id, library = st.query_params.get("article"), current().library
    try:
        article = library.article(article_id) if article_id and library else None
    except RagError as error:
        draw_lost(str(error))
        return
    if article is None:
        draw_lost(state.dead_source())
    if article is not None and library is not None:
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
    if current().rights.manages:
        _draw_form(library, article)
    _draw_collections(library, article.id)
    facts = [
        f"Id: {article.id}",
        f"Added: {day_in_words(article.added.date())}" if article.added else "",
        f"Language: {article.language}" if article.language else "",
        f"From: {shorten(article.source, 200)}" if article.source else "",
        *(f"Note: {note}" for note in article.notes),
    ]
    st.caption("  \n".join(escape(fact) for fact in facts if fact))


def _draw_form(library: Library, article: Article) -> None:
    with st.form(f"edit-{article.id}", border=False):
        title = st.text_input("Title", article.title, max_chars=300)
        publisher = st.text_input("Outlet", article.publisher or "", max_chars=200)
        author = st.text_input("Author", article.author or "", max_chars=200)
        published = st.date_input("Published", article.published, min_value=OLDEST)
        url = st.text_input("Address of the original", article.url or "", max_chars=2000)
        if st.form_submit_button("Save", type="primary"):
            _save(library, article.id, title, publisher, author, published, url)


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
    rights, inside = current().rights, library.collections.holding(article_id)
    if not rights.may_write:
        return
    names = [name for name, _ in library.collections.names()] if rights.manages else sorted(rights.write or ())
    mine = [name for name in inside if rights.manages or name in names]
    key = f"collections-{article_id}-{len(mine)}"
    st.multiselect(
        "Collections", names, mine, key=key, accept_new_options=rights.manages, on_change=_collect,
        args=(article_id, mine, key), placeholder="Choose or type a name" if rights.manages else "Choose one",
    )  # fmt: skip


def _collect(article_id: str, before: list[str], key: str) -> None:
    """Put the article into the chosen collections, and take it out of the others; for callbacks."""
    library, chosen = current().library, set(st.session_state[key])
    if library is None:
        return
    try:
        for name in sorted(chosen.difference(before)):
            library.collections.add(name, [article_id])
        for name in sorted(set(before) - chosen):
            library.collections.take_out(name, [article_id])
    except RagError as error:
        st.toast(escape(str(error)))
