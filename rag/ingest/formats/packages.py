"""Documents that are ZIP packages: what Word, OpenDocument and EPUB files have in common.

In: the bytes of a document. Out: its parts, what it says about itself, and the Article of its blocks of text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rag.errors import SourceError
from rag.ingest.formats.stated import stated_author, stated_title
from rag.ingest.formats.zips import Container, open_container
from rag.ingest.frontmatter import language_code
from rag.ingest.markup import local_name, parse_xml
from rag.schema import Article

LARGEST_PART = 30_000_000  # bytes of XML; a novel of 1,000 pages has 10 MB
_BUDGET = 100_000_000  # bytes unpacked of one document, the chapters of a book together


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, heading, row of a table or note; `style` is "title", "heading" or empty."""

    text: str
    style: str = ""


def open_package(data: bytes, kind: str) -> Container:
    """The parts of the document; a SourceError when it is no package."""
    if not data.startswith(b"PK"):
        raise SourceError(f"This is not a readable {kind}; it may be encrypted.", "Save it again without a password.")
    return open_container(data, _BUDGET)


def xml_part(container: Container, name: str) -> Any:
    """The root of an XML part."""
    return parse_xml(container.read(name, LARGEST_PART))


def described(root: Any) -> dict[str, str]:
    """The Dublin Core fields of a metadata part, the first of each."""
    found: dict[str, str] = {}
    for element in root.iter():
        if isinstance(element.tag, str) and element.tag.startswith("{http://purl.org/dc/elements/"):
            value = " ".join((element.text or "").split())
            if value:
                found.setdefault(local_name(element), value)
    return found


def article_of(blocks: Sequence[Block], about: dict[str, str]) -> Article:
    """The article of a document: titled by the title that opens it, by its metadata, or by its first heading."""
    blocks = [block for block in blocks if block.text]
    if not blocks:
        raise SourceError("The document holds no text.")
    title = stated_title(about.get("title", ""))
    first = blocks[0]
    if len(blocks) > 1 and (first.style == "title" or (first.style and not title) or first.text == title):
        title, blocks = first.text, blocks[1:]
    return Article(
        title=title,
        text="\n\n".join(block.text for block in blocks),
        author=stated_author(about.get("creator", "")) or None,
        publisher=about.get("publisher"),
        language=language_code(about.get("language")),
    )
