"""What can be done with a conversation: renaming, exporting, deleting; the latter says what is deleted."""

from __future__ import annotations

import streamlit as st

from rag.store.kept import MAX_NAME
from rag.text.dates import day_in_words
from rag.ui import state
from rag.ui.markdown import escape, shorten

RENAME, EXPORT, DELETE = "Rename", "Export", "Delete"
CHOICES = [RENAME, EXPORT, DELETE]


def act_on(choice: str | None, conversation_id: str, title: str) -> None:
    """Do what was chosen from the conversation's menu."""
    if choice == RENAME:
        _rename(conversation_id, title)
    elif choice == DELETE:
        _delete(conversation_id, title)
    elif choice == EXPORT:
        state.go_to(conversation_id)
        state.act("export-all")
        st.rerun()


@st.dialog("Rename the conversation")
def _rename(conversation_id: str, title: str) -> None:
    with st.form("rename", border=False):
        name = st.text_input("Name", title, max_chars=MAX_NAME)
        with st.container(horizontal=True):
            renamed = st.form_submit_button("Rename", type="primary")
            left = st.form_submit_button("Cancel")
    if renamed:
        state.rename(conversation_id, name or "")
    if renamed or left:
        st.rerun()


@st.dialog("Delete the conversation?")
def _delete(conversation_id: str, title: str) -> None:
    st.markdown(f"**{escape(shorten(title, 90))}**")
    st.markdown(_lost(conversation_id))
    with st.container(horizontal=True):
        deleted = st.button("Delete", type="primary", key="delete-talk")
        left = st.button("Cancel", key="keep-talk")
    if deleted:
        state.delete(conversation_id)
    if deleted or left:
        st.rerun()


def _lost(conversation_id: str) -> str:
    """What is gone when the conversation is deleted."""
    kept = state.kept_conversation(conversation_id)
    messages = kept.messages if kept else ()
    one = len(messages) == 1
    what = "The question and its answer" if one else f"All {len(messages)} questions and their answers"
    asked = f", asked {'on' if one else 'since'} {day_in_words(messages[0].asked.date())}," if messages else ""
    return (
        f"{what}{asked} are deleted, and links to them lead nowhere. The articles and your thumbs with their reasons "
        "stay. This cannot be undone."
    )
