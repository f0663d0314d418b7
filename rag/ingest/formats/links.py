"""Lists of links: bookmarks, reading lists (Pocket, Instapaper), and texts of nothing but addresses.

In: the bytes of a file. Out: whether it is one, and the addresses in it. They are fetched only on demand.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rag.errors import SourceError
from rag.ingest.frontmatter import web_address
from rag.ingest.markup import parse_html_tree
from rag.schema import Article, Failure
from rag.text.encoding import decode

LINKS_ONLY = "This is a list of links ({}), not of articles."
_FEWEST = 2  # links of a list
_PROSE = (b"<p>", b"<p ", b"<p\n", b"<article")
_BOOKMARKS = (b"netscape-bookmark-file", b"time_added=")
_SHOWN = "//text()[not(ancestor::head or ancestor::title or ancestor::script or ancestor::style)]"
_MOST_ELSE = 0.2  # of the words of the list: headings and dates between the links


def links_hint(source: str) -> str:
    """What the user does to get the pages."""
    return f"Fetch the pages: rag add --links {source}"


def is_link_list(data: bytes) -> bool:
    """Whether a page or text holds nothing but links."""
    if b"<a" not in data[:200_000].lower():
        return b"http" in data[:200] and len(_address_lines(data)) >= _FEWEST
    lower = data.lower()
    bookmarks = any(mark in lower for mark in _BOOKMARKS)
    if not bookmarks and any(mark in lower for mark in _PROSE):
        return False
    root = parse_html_tree(data.decode("utf-8", "replace"))
    links = _links(root)
    if len(links) < _FEWEST:
        return False
    words = len(" ".join(root.xpath(_SHOWN)).split())
    linked = sum(len(link.text_content().split()) for link in links)
    return bookmarks or words - linked <= _MOST_ELSE * words


def refuse_link_list(data: bytes) -> Iterator[Article | Failure]:
    """A SourceError that calls the file what it is."""
    raise SourceError(LINKS_ONLY.format(len(links_of(data))), links_hint("FILE"))


def links_of(data: bytes) -> list[str]:
    """The addresses in a page or text, each once, in their order."""
    text = decode(data)
    found = [link.get("href") for link in _links(parse_html_tree(text))] or _address_lines(data)
    return list(dict.fromkeys(url for one in found if (url := web_address(one))))


def _links(root: Any) -> list[Any]:
    """The links to web pages in their order."""
    return [link for link in root.iter("a") if web_address(link.get("href"))] if root is not None else []


def _address_lines(data: bytes) -> list[str]:
    """The lines of a text when each is a web address; none otherwise."""
    lines = [line.strip() for line in data.decode("utf-8", "replace").lstrip("\ufeff").splitlines() if line.strip()]
    return lines if all(map(web_address, lines)) else []
