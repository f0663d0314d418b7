"""Web pages to articles: the only module that knows trafilatura.

In: the bytes of a page. Out: an Article with what the page says about it; a SourceError without one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from rag.errors import SourceError
from rag.ingest.frontmatter import language_code, web_address
from rag.schema import Article
from rag.text.dates import date_in_url, parse_date
from rag.text.encoding import decode

_CHARSET = re.compile(rb"<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_XML_HEAD = re.compile(r"\A\s*<\?xml[^>]*\?>")
_CDATA = re.compile(r"<!\[CDATA\[|\]\]>")  # around scripts of pages that want to be XHTML as well
_FEWEST_CHARACTERS = 120  # of text: menus and error pages give less, the shortest news in brief has more
_META_TITLES = ("og:title", "twitter:title", "dc.title", "citation_title")
_PARTS = re.compile(r"\s+[|–—·]\s+|\s+-\s+")  # of a window's title: "Article | Section - Site"
_WORD = re.compile(r"\w+")
_FEWEST_WORDS = 2  # of a window's title: a lone word is the site
_META_DATES = (
    "article:published_time", "og:published_time", "datepublished", "publishdate", "pubdate", "publish-date",
    "parsely-pub-date", "sailthru.date", "cxenseparse:recs:publishtime", "dc.date.issued", "dcterms.created",
    "dcterms.date", "dc.date", "citation_publication_date", "date",
)  # fmt: skip


def parse_html(data: bytes, *, url: str | None = None, charset: str | None = None) -> Article:
    """The article of a page.

    Args:
        url: where the page was found, when that is known; otherwise its canonical address, if it names one.
        charset: the encoding that came with it (an HTTP header), which wins over the one in the page.
    """
    declared = _CHARSET.search(data[:4096])
    page = decode(data, charset or (declared.group(1).decode("ascii", "replace") if declared else None))
    page = _XML_HEAD.sub("", page, count=1)
    found = _extract(page, url)
    if found is None or len(found.text) < _FEWEST_CHARACTERS:
        raise SourceError("No article text was found in the page.", "Save the page of one article, or paste its text.")
    address = web_address(url) or web_address(found.url)
    root = _tree(page)
    return Article(
        title=_title(root, found),
        text=found.text,
        url=address,
        publisher=found.site,
        author=found.author,
        published=_published(root, address) or found.published,
        language=found.language,
    )


@dataclass(frozen=True, slots=True)
class _Found:
    title: str
    text: str
    url: str | None
    site: str | None
    author: str | None
    published: date | None
    language: str | None


def _extract(page: str, url: str | None) -> _Found | None:
    """What trafilatura finds in the page, or None."""
    from trafilatura import bare_extraction  # 0.5 s, only when a page is read

    document: Any = bare_extraction(page, url=url, include_comments=False, with_metadata=True)
    if document is None or not document.text:
        return None
    return _Found(
        title=document.title or "",
        text=document.text,
        url=document.url,
        site=document.sitename or None,
        author=(document.author or "").replace("; ", ", ") or None,
        published=_plausible(parse_date(document.date or "")),
        language=language_code(document.language),
    )


def _tree(page: str) -> Any:
    """The root of the page; None when there is none."""
    from lxml import html  # type: ignore[import-untyped]  # comes with trafilatura

    try:
        return html.document_fromstring(page)
    except (html.etree.ParserError, ValueError):
        return None


def _title(root: Any, found: _Found) -> str:
    """The title that was found, without the name of the site; that of the window where the other is the heading of
    something else: it shares few words with the titles that the page gives itself."""
    title = _without_site(found.title, found.site)
    if root is None:
        return title
    window = " ".join((root.findtext(".//title") or "").split())
    bare = max(_PARTS.split(_without_site(window, found.site)), key=len)
    meta = _meta(root)
    given = " ".join([window, *(meta.get(name, "") for name in _META_TITLES)])
    words, known = _WORD.findall(title.lower()), set(_WORD.findall(given.lower()))
    shared = sum(word in known for word in words)
    enough = max(1, min(len(words), len(bare.split())))
    return title if 2 * shared >= enough or len(bare.split()) < _FEWEST_WORDS else bare


def _without_site(title: str, site: str | None) -> str:
    """The title without " | Site" or " - Site" behind it."""
    if site:
        head = re.sub(rf"\s+[|–—·-]+\s+{re.escape(site)}\s*$", "", title, flags=re.IGNORECASE)
        return head or title
    return title


def _published(root: Any, url: str | None) -> date | None:
    """The date of publication by JSON-LD, meta elements, a time element, the address: the first that says one."""
    if root is None:
        return _plausible(date_in_url(url or ""))
    candidates = (*_json_ld_dates(root), *_meta_dates(root), *_time_dates(root))
    for candidate in candidates:
        if when := _plausible(parse_date(candidate)):
            return when
    return _plausible(date_in_url(url or ""))


def _json_ld_dates(root: Any) -> Iterator[str]:
    for script in root.iter("script"):
        if "ld+json" in (script.get("type") or "").lower() and script.text:
            try:
                yield from _dates_in(json.loads(_CDATA.sub("", script.text), strict=False), depth=0)
            except (json.JSONDecodeError, RecursionError):
                continue


def _dates_in(node: object, depth: int) -> Iterator[str]:
    """Values of datePublished, outer ones first."""
    if depth > 6:
        return
    if isinstance(node, dict):
        if isinstance(node.get("datePublished"), str):
            yield node["datePublished"]
        for key in ("@graph", "mainEntity", "mainEntityOfPage"):
            yield from _dates_in(node.get(key), depth + 1)
    elif isinstance(node, list):
        for part in node[:50]:
            yield from _dates_in(part, depth + 1)


def _meta_dates(root: Any) -> Iterator[str]:
    found = _meta(root)
    yield from (found[name] for name in _META_DATES if name in found)


def _meta(root: Any) -> dict[str, str]:
    """The meta elements of a page by name, the first of each name."""
    found: dict[str, str] = {}
    for meta in root.iter("meta"):
        name = meta.get("property") or meta.get("name") or meta.get("itemprop") or ""
        found.setdefault(name.lower(), meta.get("content") or "")
    return found


def _time_dates(root: Any) -> Iterator[str]:
    """`<time>` elements that say that they tell the publication; then the first one of all."""
    times = [time for time in root.iter("time") if time.get("datetime")]
    marked = [time for time in times if "pub" in f"{time.get('itemprop')} {time.get('class')}".lower()]
    pubdate = [time for time in times if time.get("pubdate") is not None]
    yield from (time.get("datetime") for time in [*pubdate, *marked, *times[:1]])


def _plausible(when: date | None) -> date | None:
    """`when`, unless it lies in the future by more than a time zone."""
    tomorrow = datetime.now(UTC).date() + timedelta(days=1)
    return when if when is not None and when <= tomorrow else None
