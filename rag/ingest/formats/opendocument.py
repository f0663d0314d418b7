"""OpenDocument texts (.odt) to articles: their final version, each text once, notes behind their paragraph.

In: the bytes of the file. Out: its Article. Its date is left to what the text says.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from rag.errors import SourceError
from rag.ingest.formats.packages import Block, article_of, described, open_package, xml_part
from rag.ingest.markup import local_name
from rag.schema import Article
from rag.text.rows import CELL

# What is no text of the final version: deleted text, comments, and the marks and shapes of the page.
_SILENT = {
    "tracked-changes",
    "annotation",
    "annotation-end",
    "forms",
    "note-citation",
    "sequence-decls",
    "desc",
    "title",
    "ruby-text",
}
_PARAGRAPHS = ("p", "h")


def parse_odt(data: bytes) -> Article:
    """The article in an OpenDocument text."""
    container = open_package(data, "OpenDocument text (.odt)")
    if "content.xml" not in container.names:
        raise SourceError(
            "This is not a complete OpenDocument text (.odt).", "Check the ending of the file, or get it again."
        )
    root = xml_part(container, "content.xml")
    body = next((element for element in root.iter() if local_name(element) == "text" and len(element)), None)
    if body is None:
        raise SourceError("This is not an OpenDocument text (.odt).", "Check the ending of the file.")
    about = described(xml_part(container, "meta.xml")) if "meta.xml" in container.names else {}
    return article_of(list(_blocks(body, _titles(root))), about)


def _titles(root: Any) -> dict[str, str]:
    """The styles that are titles or derive from them, by name."""
    kinds = {"Title": "title"}
    for style in root.iter():
        if local_name(style) == "style":
            values = {str(key).rsplit("}", 1)[-1]: str(value) for key, value in style.items()}
            if kind := kinds.get(values.get("parent-style-name", "")):
                kinds[values.get("name", "")] = kind
    return kinds


def _blocks(root: Any, styles: dict[str, str]) -> Iterator[Block]:
    """The paragraphs and rows under an element."""
    stack = [iter(root)]
    while stack:
        element = next(stack[-1], None)
        if element is None:
            stack.pop()
            continue
        name = local_name(element)
        if name in _PARAGRAPHS:
            yield from _paragraph(element, styles)
        elif name == "table-row":
            yield from _row(element, styles)
        elif name not in _SILENT:
            stack.append(iter(element))


def _paragraph(paragraph: Any, styles: dict[str, str]) -> Iterator[Block]:
    """The paragraph, then its notes and what its frames hold."""
    found = _Text()
    _read(paragraph, found)
    style = next((str(value) for key, value in paragraph.items() if str(key).endswith("}style-name")), "")
    yield Block(found.text(), styles.get(style, "heading" if local_name(paragraph) == "h" else ""))
    for inner in found.inner:
        yield from _blocks(inner, styles)


def _row(row: Any, styles: dict[str, str]) -> Iterator[Block]:
    cells: list[str] = []
    after: list[Block] = []
    for cell in row:
        if local_name(cell) != "table-cell":
            continue
        texts: list[str] = []
        for element in cell:
            name = local_name(element)
            if name in _PARAGRAPHS:
                first, *rest = _paragraph(element, styles)
                texts.append(first.text)
                after += rest
            elif name == "table":
                after += _blocks(element, styles)
            elif name and name not in _SILENT:
                texts += (block.text for block in _blocks(element, styles))
        cells.append(" ".join(filter(None, texts)))
    yield Block(CELL.join(filter(None, cells)))
    yield from after


@dataclass
class _Text:
    parts: list[str] = field(default_factory=list)
    inner: list[Any] = field(default_factory=list)  # notes and frames

    def text(self) -> str:
        return " ".join("".join(self.parts).split())


def _read(paragraph: Any, found: _Text) -> None:
    """The text of a paragraph; what stands in notes and frames is noted and not entered."""
    found.parts.append(paragraph.text or "")
    stack = [iter(paragraph)]
    open_elements: list[Any] = []
    while stack:
        element = next(stack[-1], None)
        if element is None:
            stack.pop()
            if open_elements:
                found.parts.append(open_elements.pop().tail or "")
            continue
        name = local_name(element)
        if name in ("s", "tab", "line-break"):
            found.parts.append(" ")
        elif name == "note-body" or name == "text-box":
            found.inner.append(element)
        elif name and name not in _SILENT:
            found.parts.append(element.text or "")
            stack.append(iter(element))
            open_elements.append(element)
            continue
        found.parts.append(element.tail or "")
