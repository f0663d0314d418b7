"""The panel beside the chat: the article with the cited passage marked and in view."""

from __future__ import annotations

from dataclasses import asdict

import streamlit as st

from rag.errors import RagError
from rag.ui import state
from rag.ui.backend import current
from rag.ui.components import article_view, cite_listener
from rag.ui.passages import Opened, open_article, open_citation


@st.fragment
def source_panel(announce: str = "") -> None:
    """Draw what the address asks for, if anything. The listener lives in here: outside, it would stop a stream."""
    opened, problem = _find()
    if problem:
        st.container(key="source_body").error(problem)
    if opened:
        draw_article(opened, key="source_body")
    cite_listener(
        key="cites",
        data={"open": opened.reference if opened else "", "announce": announce},
        on_cite_change=_on_cite,
    )


def draw_article(opened: Opened, *, key: str) -> None:
    """Draw an article in a container of this key."""
    with st.container(key=key):
        data = asdict(opened) | {"nonce": st.session_state.get("nonce", 0)}
        article_view(key=f"{key}_view", data=data, on_close_change=state.close_source)


def _find() -> tuple[Opened | None, str]:
    """What is open, or why it cannot be shown."""
    library = current().library
    if library is None:
        return None, ""
    try:
        reference = st.query_params.get("src")
        if reference and (citation := state.conversation().find(reference)):
            return open_citation(library, reference, citation), ""
        article = library.article(article_id) if (article_id := st.query_params.get("article")) else None
        return (open_article(article) if article else None), ""
    except RagError as error:
        return None, str(error)


def _on_cite() -> None:
    """Take the listener's event: a reference opens, '-' (Escape) closes."""
    reference = st.session_state["cites"].cite
    if reference == "-":
        state.close_source()
    elif reference:
        state.open_source(str(reference))
