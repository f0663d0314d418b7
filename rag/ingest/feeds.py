"""RSS, Atom and JSON feeds to entries: the only module of addresses that knows feedparser.

In: the bytes of a feed. Out: its title and its entries, each with its own text when that is the whole article.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from html import unescape
from typing import Any
from urllib.parse import urljoin

from rag.errors import SourceError
from rag.ingest.formats.json_feed import read_json_feed
from rag.ingest.frontmatter import language_code, web_address
from rag.ingest.markup import html_text
from rag.ingest.paywalls import breaks_off
from rag.schema import Article
from rag.text.dates import parse_date
from rag.text.words import weight

KINDS = "application/rss+xml,application/atom+xml,application/feed+json,application/xml,text/xml;q=0.9,*/*;q=0.5"
MOST_ENTRIES = 2_000
# Characters (weighed) of an entry's own text from which it is taken for the article; most teasers have 100 to 400.
WHOLE_TEXT = 1_000
_LONGEST_KEY = 500
_GOES_ON = (
    "read more", "continue reading", "read the full article", "read the full story", "weiterlesen", "lire la suite",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a feed, or a page of a site map."""

    key: str  # what names it for ever: its guid, or its address
    mark: str  # differs when the entry was changed
    url: str | None
    article: Article  # what the listing says; its text is empty when the page is to be fetched
    own: str = ""  # the text in the listing, be it the article or a teaser

    @property
    def breaks_off(self) -> bool:
        """Whether the text in the listing says itself that it goes on elsewhere."""
        return _goes_on(self.own)


@dataclass(frozen=True, slots=True)
class Listing:
    """What a feed holds."""

    title: str
    entries: tuple[Entry, ...]


def parse_feed(data: bytes, url: str) -> Listing:
    """The entries of the feed that was found at `url`, in its order; a SourceError for what is no feed."""
    feed = read_json_feed(data) or _read_xml(data, url)
    title = _one_line(feed["feed"].get("title", ""))
    language = language_code(feed["feed"].get("language"))
    entries = (_entry(entry, url, title, language) for entry in feed["entries"][:MOST_ENTRIES])
    return Listing(title, tuple(_distinct(entries)))


def _read_xml(data: bytes, url: str) -> Any:
    import feedparser  # 0.2 s

    feed: Any = feedparser.parse(io.BytesIO(data), resolve_relative_uris=True, sanitize_html=False,
                                 response_headers={"content-location": url})  # fmt: skip
    if not feed.get("version"):
        raise SourceError(
            "This is no feed.", "Give the address of an RSS, Atom or JSON feed; pages are added without --feed."
        )
    return feed


def _distinct(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Each entry once; different ones to which the feed gives one guid by mistake are told apart.

    Their addresses tell them apart, or for want of these their titles and texts.
    """
    seen: dict[str, Entry] = {}
    for entry in entries:
        first = seen.get(entry.key)
        if first is not None and entry.url and entry.url != first.url:
            entry = replace(entry, key=f"{entry.key}\x1f{entry.url}"[:_LONGEST_KEY])
        elif first is not None and not entry.url and _said(entry) != _said(first):
            entry = _named_by_text(entry)
        if entry.key not in seen:
            seen[entry.key] = entry
            yield entry


def _said(entry: Entry) -> tuple[str, str]:
    return entry.article.title, entry.own


def _named_by_text(entry: Entry) -> Entry:
    """The entry, identified by what it says."""
    own_id = hashlib.sha256("\x1f".join((entry.key, *_said(entry))).encode("utf-8", "surrogatepass")).hexdigest()[:16]
    article = replace(entry.article, id=own_id, source=f"{entry.article.source}#{own_id}")
    return replace(entry, key=f"{entry.key[: _LONGEST_KEY // 2]}\x1f{own_id}", article=article)


def _entry(entry: Any, feed: str, publisher: str, language: str | None) -> Entry:
    link = str(entry.get("link") or "")
    url = web_address(urljoin(feed, link)) if link else None
    text = max(_texts(entry), key=len, default="")
    title = _title(entry)
    key = str(entry.get("id") or url or f"{title}\x1f{_date(entry) or text}")[:_LONGEST_KEY]
    whole = weight(text) >= WHOLE_TEXT and not _goes_on(text)
    own_id = hashlib.sha256(f"entry:{feed}\x1f{key}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
    source = entry.get("source", {}).get("title", "") if isinstance(entry.get("source"), dict) else ""
    article = Article(
        id="" if url else own_id,
        title=title,
        text=text if whole or not url else "",
        url=url,
        publisher=_one_line(source) or publisher or None,
        author=_one_line(entry.get("author")) or None,
        published=_date(entry),
        language=language,
        source=url or f"{feed}#{key}",
    )
    return Entry(key, _mark(entry), url, article, own=text)


def _title(entry: Any) -> str:
    """The title as a reader sees it; some programs escape its characters twice."""
    written = str(entry.get("title") or "")
    return _one_line(unescape(html_text(written) if "<" in written else written))


def _texts(entry: Any) -> Iterator[str]:
    """The entry's own texts: content elements, and the summary."""
    for part in [*entry.get("content", [])[:5], entry.get("summary_detail") or {}]:
        value = part.get("value")
        if isinstance(value, str) and value.strip():
            yield html_text(value) if "<" in value or "&" in value else value


def _date(entry: Any) -> date | None:
    """The day of publication as it is written (with the outlet's own zone); else as feedparser understood it."""
    for name in ("published", "created", "updated"):
        if when := parse_date(str(_plain_get(entry, name) or "")):
            return when
        if parsed := _plain_get(entry, f"{name}_parsed"):
            return date(parsed.tm_year, parsed.tm_mon, parsed.tm_mday)
    return None


def _mark(entry: Any) -> str:
    return str(_plain_get(entry, "updated") or _plain_get(entry, "published") or "")[:_LONGEST_KEY]


def _plain_get(entry: Any, name: str) -> Any:
    """The value under the very name: feedparser's own `get` gives "published" for a missing "updated", and warns."""
    return dict.get(entry, name)


def _one_line(text: object) -> str:
    return " ".join(text.split()) if isinstance(text, str) else ""


def _goes_on(text: str) -> bool:
    return breaks_off(text) or text.lower().rstrip(" \n.»>→]").endswith(_GOES_ON)
