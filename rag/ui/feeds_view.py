"""Feeds and site maps on the library page: add one, see its last fetch and what came, fetch what is new, remove."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from rag.errors import RagError
from rag.text.dates import day_in_words
from rag.ui.backend import Backend
from rag.ui.ingest_job import IngestJob
from rag.ui.markdown import escape, shorten

if TYPE_CHECKING:
    from rag.store.feeds import Feed

Start = Callable[[IngestJob], None]
FEED, SITE_MAP = "Feed (RSS or Atom)", "Site map"
AT_ONCE, MOST = 20, 500  # pages at a time: at a second between requests to a host, MOST take ten minutes


def draw_feeds(backend: Backend, start: Start) -> None:
    """Draw the form for a new feed, and the feeds that were visited."""
    with st.form(key=f"feed-{st.session_state.get('round', 0)}", border=False):
        kind = st.radio("Kind", [FEED, SITE_MAP], horizontal=True, key="feed-kind", label_visibility="collapsed")
        url = st.text_input("Address of the feed or site map", key="feed-url", max_chars=2000, placeholder="https://…")
        limit = st.number_input("At most so many articles at a time", 1, MOST, AT_ONCE, key="feed-limit")
        st.caption("Only public pages are fetched, with regard to their robots.txt. The next fetch adds what is new.")
        if st.form_submit_button("Subscribe and fetch", type="primary", key="feed-add"):
            _begin(backend, start, (url or "").strip(), int(limit), site_map=kind == SITE_MAP)
    if backend.library is None:
        return
    try:
        known = backend.library.feeds()
    except RagError as error:
        st.error(escape(str(error)))
        return
    with st.container(key="feeds", gap=None):
        for number, feed in enumerate(known):
            _draw_feed(backend, start, number, feed)


def _begin(backend: Backend, start: Start, url: str, limit: int, *, site_map: bool) -> None:
    if not url.lower().startswith(("http://", "https://")):
        st.error("Give the address of a feed or site map: it begins with http:// or https://.")
        return
    start(_job(backend, url, limit, site_map=site_map))
    for name in ("feed-url", "feed-kind", "feed-limit"):
        st.session_state.pop(name, None)
    st.rerun()


def _job(backend: Backend, url: str, limit: int, *, site_map: bool) -> IngestJob:
    made = IngestJob.of_sitemap if site_map else IngestJob.of_feed
    return made(backend, url, limit)


def _draw_feed(backend: Backend, start: Start, number: int, feed: Feed) -> None:
    """A feed with its last visit, and what can be done with it."""
    title = feed.url if feed.is_site_map or not feed.title else feed.title
    with st.container(key=f"feed-row-{number}", horizontal=True, vertical_alignment="center", gap="small"):
        with st.container(key=f"feed-head-{number}", gap=None):
            st.markdown(escape(shorten(title, 120)))
            st.caption(escape(_about(feed)))
        st.button(
            "Fetch new",
            key=f"feed-fetch-{number}",
            on_click=lambda: start(_job(backend, feed.url, AT_ONCE, site_map=feed.is_site_map)),
        )
        st.button("Remove", key=f"feed-remove-{number}", type="tertiary", on_click=_remove, args=(backend, feed.url))


def _about(feed: Feed) -> str:
    """'Site map · fetched 24 Nov 2026, 16:20 UTC · 12 entries taken'."""
    parts = [SITE_MAP if feed.is_site_map else shorten(feed.url, 80)]
    if feed.checked:
        parts.append(f"fetched {day_in_words(feed.checked.date())}, {feed.checked:%H:%M} UTC")
    parts.append(f"{feed.entries:,} {'entry' if feed.entries == 1 else 'entries'} taken")
    return " · ".join(parts)


def _remove(backend: Backend, url: str) -> None:
    """Forget the feed; its articles stay. For callbacks."""
    assert backend.library is not None
    try:
        backend.library.forget_feed(url)
    except RagError as error:
        st.session_state["library-problem"] = str(error)
