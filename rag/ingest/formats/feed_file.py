"""Feeds kept as files (RSS, Atom) and WordPress exports: one article an entry.

In: the bytes of the file. Out: its entries with the text that they hold; nothing is fetched.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urljoin

from rag.errors import SourceError
from rag.ingest.frontmatter import language_code, web_address
from rag.ingest.markup import html_text, local_name, looks_like_html, parse_xml
from rag.schema import Article, Failure
from rag.text.dates import parse_date

MOST_ENTRIES = 100_000  # a WordPress export of a newspaper's whole archive has fewer
_FEED = re.compile(rb"<(?:rss|(?:\w+:)?feed|rdf:RDF)[\s>]")
_HEAD = 4096  # bytes in which a feed shows its root
_ARTICLES = ("", "post", "page")  # types of WordPress entries; others are pictures, menus and revisions
_SHORTCODE = re.compile(r"\[/?(?:caption|gallery|embed|audio|video|playlist|vc_\w+|et_pb_\w+)\b[^\]\n]*\]")


def is_feed(data: bytes) -> bool:
    """Whether the XML file is a feed."""
    return bool(_FEED.search(data[:_HEAD]))


def read_entries(data: bytes) -> Iterator[Article | Failure]:
    """The entries in their order; those without text are named."""
    import feedparser  # 0.2 s

    feed: Any = feedparser.parse(io.BytesIO(data), resolve_relative_uris=True, sanitize_html=False)
    if not feed.get("version"):
        raise SourceError("This is not a feed (RSS or Atom).", "Check the ending of the file.")
    publisher = _one_line(feed.feed.get("title"))
    language = language_code(feed.feed.get("language"))
    names = _names_of_authors(data)
    for entry in feed.entries[:MOST_ENTRIES]:
        if str(entry.get("wp_post_type", "")) in _ARTICLES:
            read = _entry(entry, publisher, language, str(feed.feed.get("link") or ""))
            if isinstance(read, Article) and read.author in names:
                read = replace(read, author=names[read.author])
            yield read


def _names_of_authors(data: bytes) -> dict[str | None, str]:
    """The names by which a WordPress site shows its authors, by those with which they log in."""
    if b"<wp:author_login>" not in data:
        return {}
    try:
        authors = parse_xml(data, huge=True).iter("{*}author")
    except SourceError:
        return {}  # feedparser reads what is no XML
    told = ({local_name(part): _one_line(part.text) for part in author} for author in authors)
    shown = {one.get("author_login"): one.get("author_display_name") for one in told}
    return {login: name for login, name in shown.items() if login and name}


def _entry(entry: Any, publisher: str, language: str | None, site: str) -> Article | Failure:
    link = str(entry.get("link") or "")
    url = web_address(urljoin(site, link)) if link else None
    title = _one_line(html_text(entry.get("title") or "")) or _one_line(entry.get("title"))
    name = title or url or "untitled entry"
    if str(entry.get("wp_status", "publish")) in ("draft", "auto-draft", "trash", "pending"):
        return Failure(name, f"It was never published: its status is '{entry.get('wp_status')}'.")
    text = max(_texts(entry), key=len, default="")
    if not text:
        hint = f"Add its page: rag add {url}" if url else ""
        return Failure(name, f"The entry has no text. {hint}".strip())
    key = str(entry.get("id") or "")
    identity = hashlib.sha256(f"entry:{publisher}\x1f{key}".encode("utf-8", "surrogatepass")).hexdigest()[:16]
    source = entry.get("source")
    outlet = _one_line(source.get("title")) if isinstance(source, dict) else ""
    return Article(
        id="" if url or not key else identity,
        title=title,
        text=text,
        url=url,
        publisher=outlet or publisher or None,
        author=_one_line(entry.get("author")) or None,
        published=_published(entry),
        language=language,
    )


def _texts(entry: Any) -> Iterator[str]:
    for part in [*entry.get("content", [])[:5], entry.get("summary_detail") or {}]:
        value = part.get("value")
        if isinstance(value, str) and value.strip():
            yield _plain(_SHORTCODE.sub(" ", value))


def _plain(value: str) -> str:
    """What a reader sees. WordPress keeps paragraphs of its classic editor as blank lines among inline markup."""
    blocks = "\n".join(map(str.strip, value.strip().split("\n"))).split("\n\n")
    if "<p" not in value and "<br" not in value and len(blocks) > 1:
        value = "".join(f"<p>{block}</p>" for block in blocks)
    return html_text(value) if "&" in value or looks_like_html(value) or "<p>" in value else value


def _published(entry: Any) -> date | None:
    for name in ("published", "wp_post_date", "created", "updated"):
        if when := parse_date(str(dict.get(entry, name) or "")):
            return when
        if parsed := dict.get(entry, f"{name}_parsed"):
            return date(parsed.tm_year, parsed.tm_mon, parsed.tm_mday)
    return None


def _one_line(text: object) -> str:
    return " ".join(text.split()) if isinstance(text, str) else ""
