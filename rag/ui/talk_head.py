"""The line above a conversation: its name, and what can be done with it."""

from __future__ import annotations

import streamlit as st

from rag.store.kept import named
from rag.ui.conversation import Conversation
from rag.ui.markdown import escape, shorten
from rag.ui.talk_dialogs import CHOICES, act_on


def draw_head(talk: Conversation) -> None:
    """The conversation's name with its menu."""
    with st.container(key="talk-head", horizontal=True, vertical_alignment="center", gap="small"):
        given = talk.name and talk.name != named(talk.messages[0].question)
        st.caption(escape(shorten(talk.name, 90)) if given else "")
        chosen = st.menu_button("Conversation", CHOICES, key="talk-menu", type="tertiary", icon=":material/more_horiz:")
    act_on(chosen, talk.id, talk.title)
