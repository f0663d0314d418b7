"""What can be done with articles on the library page: select, ask, collect, remove, and undo a removal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import streamlit as st

from rag.errors import RagError
from rag.store.kept import MAX_COLLECTION
from rag.ui import state
from rag.ui.add_articles import forget_outcome
from rag.ui.backend import current
from rag.ui.markdown import escape, shorten
from rag.ui.scope import Scope

if TYPE_CHECKING:
    from rag.library import Library
    from rag.store.store import Snapshot

MAX_UNDO = 200  # articles that one undo brings back; they are held in memory with their vectors


def selected() -> list[str]:
    """Ids of the selected articles, in the order of selection."""
    chosen: list[str] = st.session_state.setdefault("selected", [])
    return chosen


def select(article_id: str) -> None:
    """Select the article, or take it out of the selection; for callbacks."""
    chosen = selected()
    if article_id in chosen:
        chosen.remove(article_id)
    else:
        chosen.append(article_id)


def draw_selection(library: Library) -> None:
    """What can be done with the selected articles."""
    chosen = selected()
    if not chosen:
        return
    with st.container(key="selection", horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{len(chosen)}** selected")
        st.button("Ask these", key="ask-selected", type="primary", on_click=_ask_selected)
        with st.popover("Collect", key="collect-selected"):
            _draw_collect(library, chosen)
        st.button("Remove", key="remove-selected", on_click=remove, args=(list(chosen),))
        st.button("Clear", key="clear-selected", type="tertiary", on_click=chosen.clear)
    if st.session_state.pop("to-chat", False):
        st.session_state.pop("draft_conversation", None)
        scope = Scope(selection=tuple(selected()))
        st.switch_page(st.session_state["chat_page"], query_params=scope.to_address())


def _ask_selected() -> None:
    st.session_state["to-chat"] = True


def _draw_collect(library: Library, chosen: list[str]) -> None:
    names = [name for name, _ in library.collections.names()]
    with st.form("collect", border=False):
        name = st.selectbox(
            "Collection", names, index=None, accept_new_options=True, placeholder="Choose or type a name"
        )
        if st.form_submit_button("Add to the collection", type="primary"):
            try:
                kept = library.collections.add((name or "")[:MAX_COLLECTION], chosen)
                st.success(f"In the collection {escape(kept)}.")
            except RagError as error:
                st.error(escape(str(error)))


def remove(article_ids: Iterable[str]) -> None:
    """Remove articles, so that it can be undone; for callbacks."""
    library = current().library
    if library is None:
        return
    taken: list[Snapshot] = []
    try:
        for article_id in list(article_ids)[:MAX_UNDO]:
            snapshot = library.snapshot(article_id)
            if snapshot and library.remove(article_id):
                taken.append(snapshot)
                forget_outcome(article_id)
                if article_id in selected():
                    selected().remove(article_id)
                if st.query_params.get("article") == article_id:
                    state.close_source()
    except RagError as error:
        st.session_state["library-problem"] = str(error)
    if taken:
        st.session_state["removed"] = taken


def draw_undo() -> None:
    """What was removed last, with a way back."""
    taken: list[Snapshot] = st.session_state.get("removed", [])
    if not taken:
        return
    one = taken[0].prepared.article.title
    what = f"“{escape(shorten(one, 80))}” was removed." if len(taken) == 1 else f"{len(taken)} articles were removed."
    with st.container(key="undo", horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(what)
        st.button("Undo", key="undo-remove", icon=":material/undo:", on_click=_undo)
        st.button("Dismiss", key="undo-dismiss", type="tertiary", on_click=_forget_removed)


def _undo() -> None:
    library = current().library
    if library is None:
        return
    try:
        for snapshot in st.session_state.get("removed", []):
            library.restore(snapshot)
        _forget_removed()
    except RagError as error:
        st.session_state["library-problem"] = str(error)


def _forget_removed() -> None:
    st.session_state.pop("removed", None)
