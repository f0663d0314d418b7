"""Exports of press databases (Nexis, Factiva, ProQuest): one text file, rich text or Word document of many articles.

In: the bytes of an export. Out: its articles, each with its own title, outlet, day and author.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator

from rag.errors import SourceError
from rag.ingest.formats.packages import LARGEST_PART, open_package
from rag.ingest.formats.press import factiva, nexis, proquest
from rag.ingest.formats.rtf import rtf_text
from rag.ingest.formats.word import parse_docx
from rag.schema import Article, Failure
from rag.text.encoding import decode

_HINTS = (b"document", b"dokument", b"full text", b"proquest")
_Splitter = Callable[[str], list[str]]
_VENDORS: tuple[tuple[_Splitter, Callable[[str], Article]], ...] = (
    (nexis.documents, nexis.article),
    (factiva.documents, factiva.article),
    (proquest.documents, proquest.article),
)


def is_export(data: bytes) -> bool:
    """Whether the text, rich text or Word document is an export of a press database."""
    try:
        raw = _raw(data).lower()
        text = _text(data) if any(hint in raw for hint in _HINTS) else ""
    except SourceError:
        return False  # what is wrong with it is said when it is read
    return any(documents(text) for documents, _ in _VENDORS)


def read_export(data: bytes) -> Iterator[Article | Failure]:
    """The articles of the export; a document without text is named."""
    for number, article in enumerate(_articles(_text(data)), start=1):
        yield article if article.text else Failure(article.title or f"document {number}", "The document has no text.")


def _raw(data: bytes) -> bytes:
    """Bytes in which the marks of an export stand, without reading the whole document: most files are none."""
    if not data.startswith(b"PK"):
        return data.replace(b"\0", b"")  # UTF-16
    container = open_package(data, "Word document (.docx)")
    return b"".join(container.read(name, LARGEST_PART) for name in container.names if _is_main(name))


def _is_main(name: str) -> bool:
    """Whether a part of a Word document is its text: document.xml, of some programs document2.xml."""
    stem, ending = posixpath.splitext(posixpath.basename(name))
    return ending == ".xml" and stem.rstrip("0123456789") == "document"


def _articles(text: str) -> list[Article]:
    for documents, article in _VENDORS:
        if found := documents(text):
            return [article(document) for document in found]
    return []


def _text(data: bytes) -> str:
    if data.startswith(b"PK"):
        article = parse_docx(data)
        return f"{article.title}\n\n{article.text}"
    return rtf_text(data) if data.lstrip().startswith(b"{\\rtf") else decode(data)
