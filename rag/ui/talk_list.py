"""The kept conversations in the sidebar: by date, each with a menu; a new one, and a search in all of them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import groupby
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from rag.store.kept import Head
from rag.ui import state
from rag.ui.markdown import escape, shorten
from rag.ui.talk_dialogs import CHOICES, act_on

LISTED = 15
MORE = 30  # that a click on "Show older" adds
SEARCH = "Search conversations"
WEEK, MONTH = 7, 30  # days


def draw_conversations() -> None:
    """Draw a new chat, the search, and the conversations."""
    st.button("New chat", key="new-chat", on_click=state.new_chat, icon=":material/add:", width="stretch")
    query = (st.session_state.get("conversation-search") or "").strip()
    listed = LISTED + int(st.session_state.get("conversations-more", 0))
    heads = state.heads(query, listed + 1)
    if not heads and not query:
        return
    st.text_input(
        SEARCH, key="conversation-search", type="search", placeholder=SEARCH, label_visibility="collapsed",
        max_chars=200, icon=":material/search:",
    )  # fmt: skip
    zone = _zone()
    with st.container(key="conversations", gap="xxsmall"):
        with st.container(key="heard-conversations"):
            st.markdown("## Conversations")
        for name, group in by_date(heads[:listed], datetime.now(zone).date(), zone):
            st.markdown(f"### {name}")
            for head in group:
                _draw_row(head)
        if len(heads) > listed:
            st.button("Show older", key="older", type="tertiary", on_click=_show_more)
    if query and not heads:
        st.caption("No conversation has these words.")


def _draw_row(head: Head) -> None:
    place = "open" if head.id == st.query_params.get("c") else "go"
    name = escape(shorten(head.name, 60)) or "Untitled"
    with st.container(key=f"row-talk-{head.id}", horizontal=True, vertical_alignment="center", gap=None):
        st.button(
            name, key=f"{place}-talk-{head.id}", on_click=state.go_to, args=(head.id,), type="tertiary", width="stretch"
        )
        choice = st.menu_button(
            f"Options for {name}", CHOICES, key=f"menu-talk-{head.id}", type="tertiary", icon=":material/more_horiz:"
        )
    act_on(choice, head.id, head.name)


def _show_more() -> None:
    st.session_state["conversations-more"] = int(st.session_state.get("conversations-more", 0)) + MORE


def _zone() -> tzinfo:
    """The reader's time zone."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def by_date(heads: Iterable[Head], today: date, zone: tzinfo) -> list[tuple[str, list[Head]]]:
    """Conversations, newest first, under 'Today', 'Yesterday', 'Previous 7 days', 'Previous 30 days', 'March 2026'."""

    def period(head: Head) -> str:
        return _period(head.changed.astimezone(zone).date(), today)

    return [(name, list(group)) for name, group in groupby(heads, period)]


def _period(day: date, today: date) -> str:
    if day >= today:
        return "Today"
    if day == today - timedelta(days=1):
        return "Yesterday"
    age = (today - day).days
    return f"Previous {WEEK} days" if age <= WEEK else f"Previous {MONTH} days" if age <= MONTH else f"{day:%B %Y}"
