"""Which articles the library page lists: the words, filters and order that are chosen above the list."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from rag.schema import Article, Filters

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
SEARCH = "Search titles, outlets, authors and texts"
OLDEST = date(1500, 1, 1)
ALL = ""
PAGE = "page"  # in the address


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

    def listed(self, library: Library, limit: int) -> Listed:
        """A page of them; of a page that is not there, the last."""
        inside = library.collections.members(self.collection) if self.collection else None
        if self.query:
            filters = Filters(publisher=self.publisher, since=self.since, until=self.until, article_ids=inside)
            inside = tuple(library.holding(self.query, filters))
        narrowing = (None, self.publisher, self.since, self.until)
        count = library.count_articles(*narrowing, article_ids=inside)
        pages = max(1, math.ceil(count / limit))
        page = page_number(pages)
        articles = library.articles(*narrowing, limit, (page - 1) * limit, order=self.order, article_ids=inside)
        return Listed(count, pages, page, tuple(articles))


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of the list."""

    count: int  # articles on all pages
    pages: int
    page: int  # from 1
    articles: tuple[Article, ...]


def draw_wanted(library: Library) -> Wanted:
    """Draw search, filters and order, all of which stand in the address; what they ask for."""
    with st.container(key="shelf-search", horizontal=True, vertical_alignment="bottom", gap="small"):
        query = st.text_input(
            SEARCH, key="q", type="search", placeholder=SEARCH, label_visibility="collapsed", max_chars=200,
            icon=":material/search:", on_change=_first_page, bind="query-params",
        )  # fmt: skip
        with st.popover("Filter", icon=":material/filter_list:", key="shelf-filter"):
            publisher, collection, since, until = _draw_filters(library)
        order = st.selectbox(
            "Order", list(ORDERS), key="order", format_func=lambda one: ORDERS[one], on_change=_first_page,
            label_visibility="collapsed", width=180, bind="query-params",
        )  # fmt: skip
    words = (query or "").strip() or None
    return Wanted(words, publisher or None, collection or "", since, until, order or "newest")


def _draw_filters(library: Library) -> tuple[str | None, str | None, date | None, date | None]:
    outlets = [ALL, *(name for name, _ in library.publishers())]
    collections = [ALL, *(name for name, _ in library.collections.names())]
    for key, known in (("outlet", outlets), ("collection", collections)):
        if st.session_state.get(key, ALL) not in known:  # its last article is gone
            st.session_state.pop(key)
    choose = partial(st.selectbox, on_change=_first_page, bind="query-params")
    outlet = choose("Outlet", outlets, key="outlet", format_func=lambda one: one or "All outlets")
    collection = choose("Collection", collections, key="collection", format_func=lambda one: one or "All articles")
    day = partial(st.date_input, value=None, min_value=OLDEST, on_change=_first_page, bind="query-params")
    since = day("Published since", key="since")
    until = day("Published until", key="until")
    return outlet, collection, since, until


def _first_page() -> None:
    """Go to the first page of another list; for callbacks."""
    if PAGE in st.query_params:
        del st.query_params[PAGE]


def page_number(pages: int) -> int:
    """The page that the address names, from 1, at most `pages`."""
    typed = st.query_params.get(PAGE, "")
    return min(max(1, int(typed)), pages) if typed.isdecimal() and len(typed) < 9 else 1


def draw_pages(pages: int, page: int) -> None:
    """Draw the numbers of the pages where there are several."""
    if pages < 2:
        return
    key = f"page-{page}"  # another page of the address is another widget, so that Back shows it

    def go() -> None:
        st.query_params[PAGE] = str(st.session_state[key])

    st.pagination(pages, default=page, key=key, on_change=go)
