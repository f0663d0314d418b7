"""What the article view shows: paragraphs of an article with the cited passage marked.

In: a citation or an article. Out: an `Opened`, plain data for the view. An article that changed or went away since it
was cited still shows what was quoted, and says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

from rag.export.fragments import with_fragment
from rag.schema import Article, Citation
from rag.text.showable import showable
from rag.ui.markdown import byline

if TYPE_CHECKING:
    from rag.library import Library

Segment = tuple[str, bool]  # text, and whether it is cited

# The browser gets at most this much of an article on each side of the passage: some 60 pages.
MAX_SIDE = 100_000
_BREAK = re.compile(r"\s*\n\s*")
_PLACE = re.compile(r"(\d{1,9})-(\d{1,9})")
CHANGED = "The article has changed since this answer. This is the passage as it was quoted."
EARLIER = "The article has changed since this answer. This is its text as it was cited."
ELSEWHERE = "The article has changed since this answer; the quoted passage still stands in it."
GONE = "The article is no longer in the library. This is the passage as it was quoted."


@dataclass(frozen=True, slots=True)
class Opened:
    """An article as it is shown."""

    reference: str
    title: str
    meta: str
    url: str  # of the original, with the passage as its text fragment
    paragraphs: tuple[tuple[Segment, ...], ...]
    notice: str = ""
    link: str = ""  # what stands behind the page's own address to open this passage again
    before: str = ""  # reference of the passage that is cited before this one
    after: str = ""
    place: str = ""  # "2 of 5"


def open_citation(library: Library, reference: str, citation: Citation, digest: str = "") -> Opened:
    """The article with the cited passage marked; `digest` names the text that was cited, where it was kept."""
    article = library.article(citation.article_id)
    start, end = citation.start, citation.end
    if article is None:
        return _quoted(reference, citation, GONE)
    cited = library.article(article.id, version=digest) if digest else article
    changed = cited is None or cited.text != article.text
    text, notice = article.text, ""
    if changed or text[start:end] != citation.quote:
        if changed and cited is not None and cited.text[start:end] == citation.quote:
            text, notice = cited.text, EARLIER
        elif citation.quote in text:
            start = text.index(citation.quote)
            notice = ELSEWHERE if changed else ""
        else:
            return _quoted(reference, citation, CHANGED)
    return _opened(article, text, start, start + len(citation.quote), reference=reference, notice=notice)


def open_article(article: Article, place: str = "") -> Opened:
    """The article from its beginning, nothing marked; `place` as '120-240' marks these characters."""
    match = _PLACE.fullmatch(place)
    start, end = (int(match[1]), int(match[2])) if match else (0, 0)
    if not start < end <= len(article.text):
        start, end = 0, 0
    return _opened(article, article.text, start, end, reference=article.id)


def _opened(article: Article, text: str, start: int, end: int, *, reference: str, notice: str = "") -> Opened:
    link = f"?article={quote(article.id, safe='')}"
    return Opened(
        reference,
        showable(article.title),
        _meta(article),
        with_fragment(article.url, text[start:end]),
        paragraphs(text, start, end),
        notice,
        link=f"{link}&at={start}-{end}" if end and notice != EARLIER else link,
    )


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


def _segments(text: str, at: int, stop: int, start: int, end: int) -> tuple[Segment, ...]:
    low, high = min(max(start, at), stop), min(max(end, at), stop)
    if low >= high:
        cut = [(text[at:stop], False)]
    else:
        cut = [(text[at:low], False), (text[low:high], True), (text[high:stop], False)]
    return tuple((showable(part), cited) for part, cited in cut if part)


def _quoted(reference: str, citation: Citation, notice: str) -> Opened:
    """Only the passage as it was quoted."""
    meta = byline(citation.publisher, citation.published)
    shown = tuple(((showable(part), True),) for part in _BREAK.split(citation.quote) if part)
    url = with_fragment(citation.url, citation.quote)
    return Opened(reference, showable(citation.title), meta, url, shown, notice)


def _meta(article: Article) -> str:
    return byline(article.publisher, article.published, showable(article.author or ""))
