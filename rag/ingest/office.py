"""Word, OpenDocument and EPUB files to articles.

In: the bytes of the file. Out: its Article. Read with zipfile and lxml alone: only the text is wanted, and so every
part stays within its bounds. Pictures and macros are never unpacked.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from rag.errors import SourceError
from rag.ingest.frontmatter import language_code
from rag.ingest.markup import html_text, local_name, parse_xml
from rag.ingest.zips import Container, open_container
from rag.schema import Article
from rag.text.dates import parse_date

LARGEST_PART = 30_000_000  # bytes of XML; a novel of 1,000 pages has 10 MB
_BUDGET = 100_000_000  # bytes unpacked of one document, the chapters of a book together
_MOST_CHAPTERS = 2000


def parse_docx(data: bytes) -> Article:
    """The article in a Word document. Its date is left to what the text says: Word states when the file was made."""
    container = _document(data, "word/document.xml", "Word document (.docx)")
    root = parse_xml(container.read("word/document.xml", LARGEST_PART))
    blocks = [(_word_text(p), _word_style(p)) for p in root.iter() if local_name(p) == "p"]
    about = _about(container, "docProps/core.xml")
    return _article([block for block in blocks if block[0]], about)


def parse_odt(data: bytes) -> Article:
    """The article in an OpenDocument text."""
    container = _document(data, "content.xml", "OpenDocument text (.odt)")
    root = parse_xml(container.read("content.xml", LARGEST_PART))
    body = next((element for element in root.iter() if local_name(element) == "text" and len(element)), None)
    if body is None:
        raise SourceError("This is not an OpenDocument text (.odt).", "Check the ending of the file.")
    blocks = [(_odt_text(p), local_name(p)) for p in body.iter() if local_name(p) in ("p", "h")]
    return _article([block for block in blocks if block[0]], _about(container, "meta.xml"))


def parse_epub(data: bytes) -> Article:
    """The text of a book in reading order, with the date of publication that it states."""
    container = _document(data, "META-INF/container.xml", "EPUB")
    entry = parse_xml(container.read("META-INF/container.xml", LARGEST_PART))
    package_path = next((str(e.get("full-path")) for e in entry.iter() if local_name(e) == "rootfile"), "")
    package = parse_xml(container.read(package_path, LARGEST_PART))
    about = _described(package)
    chapters = list(_spine(package, posixpath.dirname(package_path)))[:_MOST_CHAPTERS]
    text = "\n\n".join(filter(None, (html_text(container.read(path, LARGEST_PART)) for path in chapters)))
    if not text:
        raise SourceError("The book holds no text.")
    return Article(
        title=about.get("title", ""),
        text=text,
        author=about.get("creator"),
        publisher=about.get("publisher"),
        published=parse_date(about.get("date", "")),
        language=language_code(about.get("language")),
    )


def _document(data: bytes, part: str, kind: str) -> Container:
    if not data.startswith(b"PK"):
        raise SourceError(f"This is not a readable {kind}; it may be encrypted.", "Save it again without a password.")
    container = open_container(data, _BUDGET)
    if part not in container.names:
        raise SourceError(f"This is not a complete {kind}.", "Check the ending of the file, or get it again.")
    return container


def _article(blocks: list[tuple[str, str]], about: dict[str, str]) -> Article:
    """The article of (text, style) blocks: titled by its metadata, else by a title or heading that opens it."""
    title = about.get("title", "")
    if blocks and blocks[0][1].lower() in ("title", "heading1", "h") and len(blocks) > 1:
        title = title or blocks[0][0]
        if blocks[0][0] == title:
            blocks = blocks[1:]
    text = "\n\n".join(block for block, _ in blocks)
    if not text:
        raise SourceError("The document holds no text.")
    return Article(
        title=title,
        text=text,
        author=about.get("creator"),
        publisher=about.get("publisher"),
        language=language_code(about.get("language")),
    )


def _word_style(paragraph: Any) -> str:
    return next((str(v) for e in paragraph.iter() if local_name(e) == "pStyle" for v in e.values()), "")


def _word_text(paragraph: Any) -> str:
    """The text of a paragraph without what was deleted under tracked changes (`delText`)."""
    parts: list[str] = []
    for element in paragraph.iter():
        name = local_name(element)
        if name == "t":
            parts.append(element.text or "")
        elif name in ("tab", "br", "cr"):
            parts.append(" ")
        elif name == "noBreakHyphen":
            parts.append("-")
    return " ".join("".join(parts).split())


def _odt_text(paragraph: Any) -> str:
    parts: list[str] = [paragraph.text or ""]
    for element in paragraph.iterdescendants():
        name = local_name(element)
        if name in ("s", "tab", "line-break"):
            parts.append(" ")
        elif name:
            parts.append(element.text or "")
        parts.append(element.tail or "")
    return " ".join("".join(parts).split())


def _about(container: Container, part: str) -> dict[str, str]:
    if part not in container.names:
        return {}
    return _described(parse_xml(container.read(part, LARGEST_PART)))


def _described(root: Any) -> dict[str, str]:
    """The Dublin Core fields of a metadata part, the first of each."""
    found: dict[str, str] = {}
    for element in root.iter():
        if isinstance(element.tag, str) and element.tag.startswith("{http://purl.org/dc/elements/"):
            value = " ".join((element.text or "").split())
            if value:
                found.setdefault(local_name(element), value)
    return found


def _spine(package: Any, folder: str) -> Iterator[str]:
    """Paths of the chapters in reading order."""
    paths = {e.get("id"): e.get("href") for e in package.iter() if local_name(e) == "item"}
    for element in package.iter():
        if local_name(element) == "itemref" and (href := paths.get(element.get("idref"))):
            yield posixpath.normpath(posixpath.join(folder, unquote(href.split("#", 1)[0])))
