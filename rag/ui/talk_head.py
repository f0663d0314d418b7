"""The line above a conversation: its name, and what can be done with it. And the list of conversations beside it."""

from __future__ import annotations

import streamlit as st

from rag.store.kept import MAX_NAME, named
from rag.ui import state
from rag.ui.conversation import Conversation
from rag.ui.markdown import escape, shorten

LISTED = 15
RENAME, EXPORT, DELETE = "Rename", "Export", "Delete"
SEARCH = "Search conversations"


def draw_head(talk: Conversation) -> None:
    """The conversation's name with its menu."""
    with st.container(key="talk-head", horizontal=True, vertical_alignment="center", gap="small"):
        given = talk.name and talk.name != named(talk.messages[0].question)
        st.caption(escape(shorten(talk.name, 90)) if given else "")
        chosen = st.menu_button(
            "Conversation", [RENAME, EXPORT, DELETE], key="talk-menu", type="tertiary", icon=":material/more_horiz:"
        )
    if chosen == RENAME:
        _rename(talk.title)
    elif chosen == DELETE:
        _delete(talk.title)
    elif chosen == EXPORT:
        state.act("export-all")


@st.dialog("Rename the conversation")
def _rename(title: str) -> None:
    with st.form("rename", border=False):
        name = st.text_input("Name", title, max_chars=MAX_NAME)
        if st.form_submit_button("Rename", type="primary"):
            state.rename(name or "")
            st.rerun()


@st.dialog("Delete the conversation?")
def _delete(title: str) -> None:
    st.markdown(f"“{escape(shorten(title, 90))}” with all its answers. This cannot be undone.")
    if st.button("Delete", type="primary", key="delete-talk"):
        state.delete()
        st.rerun()


def draw_conversations() -> None:
    """The sidebar: a new chat, the kept conversations, and a search in them."""
    with st.sidebar:
        st.button("New chat", key="new-chat", on_click=state.new_chat, icon=":material/add:", width="stretch")
        query = (st.session_state.get("conversation-search") or "").strip()
        heads = state.heads(query, LISTED + 1)
        if not heads and not query:
            return
        st.text_input(
            SEARCH, key="conversation-search", type="search", placeholder=SEARCH, label_visibility="collapsed",
            max_chars=200, icon=":material/search:",
        )  # fmt: skip
        open_id = st.query_params.get("c")
        with st.container(key="conversations", gap="xxsmall"):
            for head in heads[:LISTED]:
                place = "open" if head.id == open_id else "go"
                st.button(
                    escape(shorten(head.name, 60)) or "Untitled",
                    key=f"{place}-talk-{head.id}",
                    on_click=state.go_to,
                    args=(head.id,),
                    type="tertiary",
                    width="stretch",
                )
        if query and not heads:
            st.caption("No conversation has these words.")
        elif len(heads) > LISTED:
            st.caption("Older ones are found by the search.")
