"""Which articles the library page lists: the words, filters and order that are chosen above the list."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import streamlit as st

from rag.schema import Article

if TYPE_CHECKING:
    from rag.library import Library
    from rag.store.store import Order

ORDERS: dict[Order, str] = {
    "newest": "Newest first",
    "oldest": "Oldest first",
    "added": "Last added first",
    "title": "By title",
    "publisher": "By outlet",
}
SEARCH = "Search titles, publishers and authors"
OLDEST = date(1500, 1, 1)
ALL = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the list shows."""

    query: str | None = None
    publisher: str | None = None
    collection: str = ""
    since: date | None = None
    until: date | None = None
    order: Order = "newest"

    @property
    def narrowed(self) -> bool:
        """Whether anything but the words narrows the list."""
        return bool(self.publisher or self.collection or self.since or self.until)

    def count(self, library: Library) -> int:
        """How many articles there are."""
        return library.count_articles(
            self.query, self.publisher, self.since, self.until, article_ids=self._members(library)
        )

    def page(self, library: Library, limit: int, offset: int) -> list[Article]:
        """One page of them."""
        return library.articles(
            self.query, self.publisher, self.since, self.until, limit, offset,
            order=self.order, article_ids=self._members(library),
        )  # fmt: skip

    def _members(self, library: Library) -> tuple[str, ...] | None:
        return library.collections.members(self.collection) if self.collection else None


def draw_wanted(library: Library) -> Wanted:
    """Draw search, filters and order; what they ask for."""
    with st.container(key="shelf-search", horizontal=True, vertical_alignment="bottom", gap="small"):
        query = st.text_input(
            SEARCH, key="library-search", type="search", placeholder=SEARCH,
            label_visibility="collapsed", max_chars=200, icon=":material/search:",
        )  # fmt: skip
        with st.popover("Filter", icon=":material/filter_list:", key="shelf-filter"):
            publisher, collection, since, until = _draw_filters(library)
        order = st.selectbox(
            "Order", list(ORDERS), key="library-order", format_func=lambda one: ORDERS[one],
            label_visibility="collapsed", width=180,
        )  # fmt: skip
    words = (query or "").strip() or None
    return Wanted(words, publisher or None, collection or "", since, until, order or "newest")


def _draw_filters(library: Library) -> tuple[str | None, str | None, date | None, date | None]:
    outlets = [ALL, *(name for name, _ in library.publishers())]
    collections = [ALL, *(name for name, _ in library.collections.names())]
    for key, known in (("library-outlet", outlets), ("library-collection", collections)):
        if st.session_state.get(key, ALL) not in known:  # its last article is gone
            st.session_state.pop(key)
    outlet = st.selectbox("Outlet", outlets, key="library-outlet", format_func=lambda one: one or "All outlets")
    collection = st.selectbox(
        "Collection", collections, key="library-collection", format_func=lambda one: one or "All articles"
    )
    since = st.date_input("Published since", None, min_value=OLDEST, key="library-since")
    until = st.date_input("Published until", None, min_value=OLDEST, key="library-until")
    return outlet, collection, since, until
