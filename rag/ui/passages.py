"""What the article view shows: paragraphs of an article with the cited passage marked.

In: a citation or an article. Out: an `Opened`, plain data for the view. An article that changed or went away since it
was cited still shows what was quoted, and says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from rag.schema import Article, Citation
from rag.ui.markdown import showable

if TYPE_CHECKING:
    from rag.library import Library

Segment = tuple[str, bool]  # text, and whether it is cited

# The browser gets at most this much of an article on each side of the passage: some 60 pages.
MAX_SIDE = 100_000
_BREAK = re.compile(r"\s*\n\s*")
CHANGED = "The article has changed since this answer. This is the passage as it was quoted."
GONE = "The article is no longer in the library. This is the passage as it was quoted."


@dataclass(frozen=True, slots=True)
class Opened:
    """An article as it is shown."""

    reference: str
    title: str
    meta: str
    url: str
    paragraphs: tuple[tuple[Segment, ...], ...]
    notice: str = ""


def open_citation(library: Library, reference: str, citation: Citation) -> Opened:
    """The article with the cited passage marked."""
    article = library.article(citation.article_id)
    meta = byline(citation.publisher, citation.published)
    if article is None:
        return Opened(reference, citation.title, meta, citation.url or "", _quote_only(citation), GONE)
    start = citation.start
    if article.text[start : citation.end] != citation.quote:
        start = article.text.find(citation.quote)
    if start < 0:
        return Opened(reference, citation.title, meta, citation.url or "", _quote_only(citation), CHANGED)
    shown = paragraphs(article.text, start, start + len(citation.quote))
    return Opened(reference, showable(article.title), _meta(article), article.url or "", shown)


def open_article(article: Article) -> Opened:
    """The article from its beginning, nothing marked."""
    shown = paragraphs(article.text, 0, 0)
    return Opened(article.id, showable(article.title), _meta(article), article.url or "", shown)


def paragraphs(text: str, start: int, end: int) -> tuple[tuple[Segment, ...], ...]:
    """The text's paragraphs, cut into cited and other segments; far ends of a very long text are left out."""
    first, last = max(0, start - MAX_SIDE), min(len(text), end + MAX_SIDE)
    pieces: list[tuple[Segment, ...]] = []
    at = first
    for gap in [*_BREAK.finditer(text, first, last), None]:
        stop = gap.start() if gap else last
        if segments := _segments(text, at, stop, start, end):
            pieces.append(segments)
        at = gap.end() if gap else last
    if first > 0:
        pieces.insert(0, (("[…]", False),))
    if last < len(text):
        pieces.append((("[…]", False),))
    return tuple(pieces)


def byline(publisher: str | None, published: date | None, *more: str) -> str:
    """Publisher and date (and more) in one line: 'The Courier · 24 May 2022'."""
    parts = [showable(publisher or ""), day(published), *more]
    return " · ".join(part for part in parts if part)


def day(published: date | None) -> str:
    """A date as '24 May 2022'; empty for none."""
    return f"{published.day} {published:%B %Y}" if published else ""


def _segments(text: str, at: int, stop: int, start: int, end: int) -> tuple[Segment, ...]:
    low, high = min(max(start, at), stop), min(max(end, at), stop)
    if low >= high:
        cut = [(text[at:stop], False)]
    else:
        cut = [(text[at:low], False), (text[low:high], True), (text[high:stop], False)]
    return tuple((showable(part), cited) for part, cited in cut if part)


def _quote_only(citation: Citation) -> tuple[tuple[Segment, ...], ...]:
    return tuple(((showable(part), True),) for part in _BREAK.split(citation.quote) if part)


def _meta(article: Article) -> str:
    return byline(article.publisher, article.published, showable(article.author or ""))
