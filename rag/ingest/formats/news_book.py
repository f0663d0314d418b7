"""News issues as EPUB, as Calibre makes them: one article a chapter, with its address.

In: the bytes of an EPUB. Out: its articles; the issue is their publisher and says their day.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from lxml import etree, html  # type: ignore[import-untyped]  # comes with trafilatura

from rag.errors import SourceError
from rag.ingest.formats.epub import Book, open_book
from rag.ingest.formats.packages import LARGEST_PART
from rag.ingest.frontmatter import language_code, web_address
from rag.ingest.markup import paragraphs_of
from rag.schema import Article, Failure
from rag.text.dates import parse_date

_DOWNLOADED = "This article was downloaded by calibre from "  # and an address
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
    parts: dict[str, list[str]] = {}
    for path in book.chapters:
        if _is_article(path):
            parts.setdefault(posixpath.dirname(path), []).append(path)
    for folder, paths in parts.items():
        try:
            yield _article(book, paths)
        except SourceError as error:
            yield Failure(folder, str(error))


def _is_article(path: str) -> bool:
    """Whether a chapter is a part of an article: feed_0/article_3/index.html."""
    folders = [folder.rstrip("0123456789") for folder in path.split("/")[:-1]]
    return ("feed_", "article_") in pairwise(folders)


def _article(book: Book, paths: list[str]) -> Article:
    roots = [root for path in paths if (root := _tree(book.container.read(path, LARGEST_PART))) is not None]
    title, texts = "", []
    for root in roots:
        for element in root.xpath("//*[contains(@class, 'navbar')]"):
            element.drop_tree()
        heading = next((element for element in root.iter(*_HEADINGS)), None)
        if heading is not None and not title:
            title = " ".join(heading.text_content().split())
            heading.drop_tree()
        texts.append(paragraphs_of(root))
    paragraphs = [paragraph for text in texts for paragraph in text.split("\n\n") if paragraph]
    downloaded = next((one for one in paragraphs if _DOWNLOADED in one), "")
    text = "\n\n".join(one for one in paragraphs if _DOWNLOADED not in one)
    if not text:
        raise SourceError("The article has no text.")
    issue = book.about.get("title", "")  # "The Oakham Mail [Fri, 27 Oct 2023]"
    return Article(
        title=title,
        text=text,
        url=web_address(downloaded.partition(_DOWNLOADED)[2].split(" ")[0]),
        publisher=issue.partition("[")[0].strip() or None,
        published=parse_date(issue) or parse_date(book.about.get("date", "")),
        language=language_code(book.about.get("language")),
    )


def _tree(data: bytes) -> Any:
    try:
        return html.document_fromstring(data)
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return None
