"""What the article view shows: paragraphs of an article with the cited passage marked.

In: a citation or an article. Out: an `Opened`, plain data for the view. An article that changed or went away since it
was cited still shows what was quoted, and says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import quote

from rag.export.fragments import with_fragment
from rag.schema import Article, Citation
from rag.text.showable import showable
from rag.ui.markdown import byline
from rag.ui.references import parse_span

if TYPE_CHECKING:
    from rag.library import Library

Segment = tuple[str, str]  # text, and what it is: CHOSEN, ALSO, or "" for text that is not cited
Span = tuple[int, int]
CHOSEN, ALSO = "chosen", "also"  # the passage that was opened; another one that the same answer cites

# The browser gets at most this much of an article on each side of the passage: some 60 pages.
MAX_SIDE = 100_000
_BREAK = re.compile(r"\s*\n\s*")
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
    wrong: bool | None = None  # whether the reader called it a wrong source; None where that cannot be said


def open_citation(
    library: Library, reference: str, citation: Citation, digest: str = "", others: Iterable[Citation] = ()
) -> Opened:
    """The article with the cited passage marked, and less strongly `others` of the same article.

    `digest` names the text that was cited, where it was kept.
    """
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
    also = [
        (one.start, one.end)
        for one in others
        if one.article_id == citation.article_id and text[one.start : one.end] == one.quote
    ]
    return _opened(article, text, (start, start + len(citation.quote)), also, reference=reference, notice=notice)


def open_article(article: Article, place: str = "") -> Opened:
    """The article from its beginning, nothing marked; `place` as '120-240' marks these characters."""
    start, end = parse_span(place) or (0, 0)
    if not start < end <= len(article.text):
        start, end = 0, 0
    return _opened(article, article.text, (start, end), [], reference=article.id)


def _opened(
    article: Article, text: str, chosen: Span, also: Sequence[Span], *, reference: str, notice: str = ""
) -> Opened:
    start, end = chosen
    link = f"?article={quote(article.id, safe='')}"
    return Opened(
        reference,
        showable(article.title),
        _meta(article),
        with_fragment(article.url, text[start:end]),
        paragraphs(text, chosen, also),
        notice,
        link=f"{link}&at={start}-{end}" if end and notice != EARLIER else link,
    )


def paragraphs(text: str, chosen: Span, also: Sequence[Span] = ()) -> tuple[tuple[Segment, ...], ...]:
    """The text's paragraphs, cut into cited and other segments; far ends of a very long text are left out."""
    start, end = chosen
    first, last = max(0, start - MAX_SIDE), min(len(text), end + MAX_SIDE)
    pieces: list[tuple[Segment, ...]] = []
    at = first
    for gap in [*_BREAK.finditer(text, first, last), None]:
        stop = gap.start() if gap else last
        if segments := _segments(text, at, stop, chosen, also):
            pieces.append(segments)
        at = gap.end() if gap else last
    if first > 0:
        pieces.insert(0, (("[…]", ""),))
    if last < len(text):
        pieces.append((("[…]", ""),))
    return tuple(pieces)


def _segments(text: str, at: int, stop: int, chosen: Span, also: Sequence[Span]) -> tuple[Segment, ...]:
    """The text from `at` to `stop`, cut where a cited span begins or ends."""
    ends = {place for span in (chosen, *also) for place in span if at < place < stop}
    cuts = [at, *sorted(ends), stop]
    pieces = ((showable(text[a:b]), _kind(a, b, chosen, also)) for a, b in pairwise(cuts))
    return tuple((part, kind) for part, kind in pieces if part)


def _kind(start: int, end: int, chosen: Span, also: Sequence[Span]) -> str:
    """What a piece is that lies inside or outside of each span."""
    if chosen[0] <= start and end <= chosen[1]:
        return CHOSEN
    return ALSO if any(first <= start and end <= last for first, last in also) else ""


def _quoted(reference: str, citation: Citation, notice: str) -> Opened:
    """Only the passage as it was quoted."""
    meta = byline(citation.publisher, citation.published)
    shown = tuple(((showable(part), CHOSEN),) for part in _BREAK.split(citation.quote) if part)
    url = with_fragment(citation.url, citation.quote)
    return Opened(reference, showable(citation.title), meta, url, shown, notice)


def _meta(article: Article) -> str:
    return byline(article.publisher, article.published, showable(article.author or ""))
