"""EPUB files to articles.

In: the bytes of a book. Out: its chapters in reading order, and one Article of them.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from rag.errors import SourceError
from rag.ingest.formats.packages import LARGEST_PART, described, open_package, xml_part
from rag.ingest.formats.stated import stated_author, stated_title
from rag.ingest.formats.zips import Container
from rag.ingest.frontmatter import language_code
from rag.ingest.markup import html_text, local_name
from rag.schema import Article
from rag.text.dates import parse_date

_MOST_CHAPTERS = 2000
_ENTRY = "META-INF/container.xml"


@dataclass(frozen=True, slots=True)
class Book:
    """An open book: its parts, the paths of its chapters in reading order, and what it says about itself."""

    container: Container
    chapters: tuple[str, ...]
    about: dict[str, str]


def open_book(data: bytes) -> Book:
    """The book in `data`; a SourceError when it is none."""
    container = open_package(data, "EPUB")
    if _ENTRY not in container.names:
        raise SourceError("This is not a complete EPUB.", "Check the ending of the file, or get it again.")
    entry = xml_part(container, _ENTRY)
    path = next((str(e.get("full-path")) for e in entry.iter() if local_name(e) == "rootfile"), "")
    package = xml_part(container, path)
    chapters = tuple(_spine(package, posixpath.dirname(path)))[:_MOST_CHAPTERS]
    return Book(container, chapters, described(package))


def parse_epub(data: bytes) -> Article:
    """The text of a book in reading order, with the date of publication that it states."""
    book = open_book(data)
    about = book.about
    chapters = (html_text(book.container.read(path, LARGEST_PART)) for path in book.chapters)
    text = "\n\n".join(filter(None, chapters))
    if not text:
        raise SourceError("The book holds no text.")
    return Article(
        title=stated_title(about.get("title", "")),
        text=text,
        author=stated_author(about.get("creator", "")) or None,
        publisher=about.get("publisher"),
        published=parse_date(about.get("date", "")),
        language=language_code(about.get("language")),
    )


def _spine(package: Any, folder: str) -> Iterator[str]:
    """Paths of the chapters in reading order."""
    paths = {e.get("id"): e.get("href") for e in package.iter() if local_name(e) == "item"}
    for element in package.iter():
        if local_name(element) == "itemref" and (href := paths.get(element.get("idref"))):
            yield posixpath.normpath(posixpath.join(folder, unquote(href.split("#", 1)[0])))
