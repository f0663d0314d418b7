"""What can be done with several articles on the library page: select, ask, collect, remove."""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from rag.errors import RagError
from rag.store.kept import MAX_COLLECTION
from rag.ui.backend import current
from rag.ui.markdown import escape
from rag.ui.removal import ask_removal
from rag.ui.scope import Scope

if TYPE_CHECKING:
    from rag.library import Library


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
        removing = False
        if current().rights.may_write:
            with st.popover("Collect", key="collect-selected"):
                _draw_collect(library, chosen)
            removing = st.button("Remove", key="remove-selected")
        st.button("Clear", key="clear-selected", type="tertiary", on_click=chosen.clear)
    if removing:
        ask_removal(tuple(chosen))
    if st.session_state.pop("to-chat", False):
        st.session_state.pop("draft_conversation", None)
        scope = Scope(selection=tuple(selected()))
        st.switch_page(st.session_state["chat_page"], query_params=scope.to_address())


def _ask_selected() -> None:
    st.session_state["to-chat"] = True


def _draw_collect(library: Library, chosen: list[str]) -> None:
    rights = current().rights
    names = [name for name, _ in library.collections.names()] if rights.manages else sorted(rights.write or ())
    with st.form("collect", border=False):
        name = st.selectbox(
            "Collection", names, index=None, accept_new_options=rights.manages, placeholder="Choose or type a name"
        )
        if st.form_submit_button("Add to the collection", type="primary"):
            try:
                kept = library.collections.add((name or "")[:MAX_COLLECTION], chosen)
                st.success(f"In the collection {escape(kept)}.")
            except RagError as error:
                st.error(escape(str(error)))
