"""Web pages to articles: the only module that knows trafilatura.

In: the bytes of a page. Out: an Article with what the page says about it; a SourceError without one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from rag.errors import SourceError
from rag.ingest.frontmatter import language_code, web_address
from rag.ingest.page_dates import meta_elements, published_on
from rag.schema import Article
from rag.text.encoding import read_text
from rag.text.language import detect_language

_CHARSET = re.compile(rb"<(?:meta|\?xml)[^>]{0,200}?(?:charset|encoding)\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_XML_HEAD = re.compile(r"\A\s*<\?xml[^>]*\?>")
_FEWEST_CHARACTERS = 120  # of text: menus and error pages give less, the shortest news in brief has more
_META_TITLES = ("og:title", "twitter:title", "dc.title", "citation_title")
_PARTS = re.compile(r"\s+[|–—·]\s+|\s+-\s+")  # of a window's title: "Article | Section - Site"
_WORD = re.compile(r"\w+")
_FEWEST_WORDS = 2  # of a window's title: a lone word is the site


def parse_html(data: bytes, *, url: str | None = None, charset: str | None = None) -> Article:
    """The article of a page.

    Args:
        url: where the page was found, when that is known; otherwise its canonical address, if it names one.
        charset: the encoding that came with it (an HTTP header), which wins over the one in the page.
    """
    declared = _CHARSET.search(data[:4096])
    decoded = read_text(data, charset or (declared.group(1).decode("ascii", "replace") if declared else None))
    page = _XML_HEAD.sub("", decoded.text, count=1)
    found = _extract(page, url)
    if found is None or len(found.text) < _FEWEST_CHARACTERS:
        raise SourceError("No article text was found in the page.", "Save the page of one article, or paste its text.")
    address = web_address(url) or web_address(found.url)
    root = _tree(page)
    title = _title(root, found)
    return Article(
        title=title,
        text=found.text,
        url=address,
        publisher=found.site,
        author=found.author,
        published=published_on(root, address, title=title, language=detect_language(found.text)),
        language=found.language,
        notes=(decoded.remark,) if decoded.remark else (),
    )


@dataclass(frozen=True, slots=True)
class _Found:
    title: str
    text: str
    url: str | None
    site: str | None
    author: str | None
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
    meta = meta_elements(root)
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
