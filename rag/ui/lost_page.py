"""What stands at an address that leads nowhere: which one it is, and the way to the chat."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import unquote, urlsplit

import streamlit as st

from rag.ui.markdown import escape, shorten

TITLE = "Not found"
CHAT = "chat"  # what one may guess for the chat itself, which stands at the root
LONGEST = 60  # characters of an address that are shown


def lost_name(url: str | None, base: str, known: Collection[str]) -> str:
    """The name in the page's address that is none of the `known` ones; "" where it is, or there is none.

    `base` is the path under which the whole chat is served.
    """
    path = urlsplit(url or "").path.strip("/")
    within = unquote(path.removeprefix(base.strip("/")).strip("/"))
    return "" if "/" in within or within in known else within


def lost_page() -> None:
    """Draw the page."""
    name = unquote(urlsplit(st.context.url or "").path.rstrip("/").rpartition("/")[2])
    if name == CHAT:
        st.switch_page(st.session_state["chat_page"], query_params=st.query_params.to_dict())
    with st.container(key="talk"):
        st.header("There is no such page", anchor=False)
        st.markdown(f"Nothing stands at the address “{escape(shorten(name, LONGEST))}”. Your conversations are kept.")
        if st.button("Go to the chat", key="to-chat", type="primary", icon=":material/forum:"):
            st.switch_page(st.session_state["chat_page"])
