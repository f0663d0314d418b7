"""News issues as EPUB, as Calibre makes them: one article a chapter, with its address.

In: the bytes of an EPUB. Out: its articles; the issue is their publisher and says their day.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from urllib.parse import unquote

from rag.errors import SourceError
from rag.ingest.formats.epub import Book, open_book
from rag.ingest.formats.packages import LARGEST_PART, xml_part
from rag.ingest.frontmatter import language_code, web_address
from rag.ingest.markup import paragraphs_of, parse_html_tree
from rag.schema import Article, Failure
from rag.text.dates import parse_date

_DOWNLOADED = "This article was downloaded by calibre from "  # and an address, often among the links of a menu
_HEADINGS = ("h1", "h2")


def is_news(data: bytes) -> bool:
    """Whether the book is a news issue."""
    try:
        return any(map(_is_article, open_book(data).chapters))
    except SourceError:
        return False  # what is wrong with it is said when it is read


def read_articles(data: bytes) -> Iterator[Article | Failure]:
    """The articles of the issue; menus and section lists are passed over."""
    book = open_book(data)
    authors = _authors(book)
    parts: dict[str, list[str]] = {}
    for path in book.chapters:
        if _is_article(path):
            parts.setdefault(posixpath.dirname(path), []).append(path)
    for folder, paths in parts.items():
        try:
            yield _article(book, paths, next((authors[path] for path in paths if path in authors), None))
        except SourceError as error:
            yield Failure(folder, str(error))


def _is_article(path: str) -> bool:
    """Whether a chapter is a part of an article: feed_0/article_3/index.html."""
    folders = [folder.rstrip("0123456789") for folder in path.split("/")[:-1]]
    return ("feed_", "article_") in pairwise(folders)


def _authors(book: Book) -> dict[str, str]:
    """The authors that the issue's table of contents names, by the paths of their articles."""
    authors: dict[str, str] = {}
    for path in sorted(name for name in book.container.names if name.lower().endswith(".ncx")):
        for point in _points(book, path):
            author = next((one.text for one in point.iterchildren("{*}meta") if one.get("name") == "author"), None)
            target = next((str(one.get("src")) for one in point.iterchildren("{*}content")), "")
            article = posixpath.normpath(posixpath.join(posixpath.dirname(path), unquote(target.partition("#")[0])))
            if author and author.strip():
                authors.setdefault(article, " ".join(author.split()))
    return authors


def _points(book: Book, path: str) -> list[Any]:
    """The entries of a table of contents; none of a damaged one, for the articles are there without it."""
    try:
        return list(xml_part(book.container, path).iter("{*}navPoint"))
    except SourceError:
        return []


def _article(book: Book, paths: list[str], author: str | None) -> Article:
    parsed = (parse_html_tree(book.container.read(path, LARGEST_PART)) for path in paths)
    title, url, texts = "", "", []
    for root in (root for root in parsed if root is not None):
        url = url or _address(root)
        for element in root.xpath("//*[contains(@class, 'navbar')]"):
            element.drop_tree()
        heading = next((element for element in root.iter(*_HEADINGS)), None)
        if heading is not None and not title:
            title = " ".join(heading.text_content().split())
            heading.drop_tree()
        texts.append(paragraphs_of(root))
    paragraphs = [paragraph for text in texts for paragraph in text.split("\n\n") if paragraph]
    text = "\n\n".join(one for one in paragraphs if _DOWNLOADED not in one)
    if not text:
        raise SourceError("The article has no text.")
    issue = book.about.get("title", "")  # "The Oakham Mail [Fri, 27 Oct 2023]"
    return Article(
        title=title,
        text=text,
        url=web_address(url),
        author=author,
        publisher=issue.partition("[")[0].strip() or None,
        published=parse_date(issue) or parse_date(book.about.get("date", "")),
        language=language_code(book.about.get("language")),
    )


def _address(root: Any) -> str:
    """Where the article was downloaded from, as its last line says; empty where it does not."""
    link = next((one.get("href") for one in root.iter("a") if one.get("rel") == "calibre-downloaded-from"), None)
    if link:
        return str(link)
    whole = " ".join(root.text_content().split())
    return whole.partition(_DOWNLOADED)[2].partition(" ")[0]
