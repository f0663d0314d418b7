"""Word documents (.docx) to articles: their final version, each text once, notes behind the paragraph that names them.

In: the bytes of the file. Out: its Article. Read with zipfile and lxml alone: only the text is wanted, and so every
part stays within its bounds. Pictures and macros are never unpacked.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from rag.errors import SourceError
from rag.ingest.formats.packages import Block, article_of, described, open_package, xml_part
from rag.ingest.formats.zips import Container
from rag.ingest.markup import local_name
from rag.schema import Article
from rag.text.rows import CELL

# Elements that are no text of the final version: what was deleted or moved away, fields' code, comments, and the
# second drawing of a text box for older programs.
_SILENT = {"del", "moveFrom", "instrText", "delText", "Fallback", "pPr", "rPr", "sectPr", "tblPr", "sdtPr", "rt"}
_SPACES = {"tab", "br", "cr", "ptab"}
_HYPHENS = {"noBreakHyphen": "-", "softHyphen": ""}
_NOTES = {"footnoteReference": "footnotes", "endnoteReference": "endnotes"}
_TITLE, _HEADING = ("title",), ("heading 1",)


def parse_docx(data: bytes) -> Article:
    """The article in a Word document. Its date is left to what the text says: Word states when the file was made."""
    container = open_package(data, "Word document (.docx)")
    main = _related(container, "", "officeDocument") or "word/document.xml"
    if main not in container.names:
        raise SourceError(
            "This is not a complete Word document (.docx).", "Check the ending of the file, or get it again."
        )
    styles = _related(container, main, "styles")
    reader = _Reader(_styles(xml_part(container, styles)) if styles else {})
    for kind in _NOTES.values():
        if path := _related(container, main, kind):
            reader.notes[kind] = {str(_value(note, "id")): note for note in xml_part(container, path)}
    about = _related(container, "", "core-properties") or "docProps/core.xml"
    blocks = list(reader.blocks(xml_part(container, main)))
    return article_of(blocks, described(xml_part(container, about)) if about in container.names else {})


def _related(container: Container, part: str, kind: str) -> str | None:
    """The path of the part that `part` (the package itself when empty) names for a purpose, if it is there."""
    folder, name = posixpath.split(part)
    relations = posixpath.join(folder, "_rels", f"{name}.rels")
    if relations not in container.names:
        return None
    for relation in xml_part(container, relations):
        if str(relation.get("Type", "")).rsplit("/", 1)[-1] == kind:
            target = str(relation.get("Target", ""))
            path = target[1:] if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            if path in container.names:
                return path
    return None


def _styles(root: Any) -> dict[str, str]:
    """What each style of the document is, by its id: ids are in the language of the program, names are not."""
    kinds: dict[str, str] = {}
    for style in root:
        if local_name(style) == "style":
            name = next((str(_value(part, "val")) for part in style if local_name(part) == "name"), "").lower()
            kinds[str(_value(style, "styleId"))] = "title" if name in _TITLE else "heading" if name in _HEADING else ""
    return kinds


def _value(element: Any, name: str) -> str | None:
    """The attribute of this name in whatever namespace."""
    return next((str(value) for key, value in element.items() if str(key).rsplit("}", 1)[-1] == name), None)


@dataclass
class _Reader:
    """Reads the blocks of a document and of its notes."""

    styles: dict[str, str]
    notes: dict[str, dict[str, Any]] = field(default_factory=dict)

    def blocks(self, root: Any) -> Iterator[Block]:
        """The paragraphs and rows under an element, without recursion into depth that could do harm."""
        stack = [iter(root)]
        begun = _Text()
        while stack:
            element = next(stack[-1], None)
            if element is None:
                stack.pop()
                continue
            name = local_name(element)
            if name == "p" and _goes_on(element):
                _read(element, begun)
            elif name == "p":
                yield from self._paragraph(element, begun)
                begun = _Text()
            elif name == "tr":
                yield from self._row(element)
            elif name not in _SILENT:
                stack.append(iter(element))
        yield from self._blocks_of(begun, "")

    def _paragraph(self, paragraph: Any, begun: _Text | None = None) -> Iterator[Block]:
        """The paragraph behind what was begun of it, what its text boxes hold, and its notes."""
        found = begun or _Text()
        _read(paragraph, found)
        yield from self._blocks_of(found, self._style(paragraph))

    def _blocks_of(self, found: _Text, style: str) -> Iterator[Block]:
        yield Block(found.text(), style)
        for box in found.boxes:
            yield from self.blocks(box)
        for kind, number in found.notes:
            note = self.notes.get(kind, {}).get(number)
            if note is not None:
                yield from self.blocks(note)

    def _row(self, row: Any) -> Iterator[Block]:
        """The row of a table on one line; a table inside a cell follows with its own rows."""
        if any(local_name(part) == "trPr" and any(local_name(one) == "del" for one in part) for part in row):
            return
        cells: list[str] = []
        after: list[Block] = []
        for cell in (part for part in row.iter() if local_name(part) == "tc" and _row_of(part) is row):
            cells.append(" ".join(block.text for block in self._cell(cell, after) if block.text))
        yield Block(CELL.join(filter(None, cells)))
        yield from after

    def _cell(self, cell: Any, after: list[Block]) -> Iterator[Block]:
        for element in cell:
            name = local_name(element)
            if name == "p":
                first, *rest = self._paragraph(element)
                yield first
                after += rest
            elif name == "tbl":
                after += self.blocks(element)
            elif name not in _SILENT:
                yield from self.blocks(element)

    def _style(self, paragraph: Any) -> str:
        properties = next((part for part in paragraph if local_name(part) == "pPr"), ())
        style = next((str(_value(part, "val")) for part in properties if local_name(part) == "pStyle"), "")
        return self.styles.get(style, {"title": "title", "heading1": "heading"}.get(style.lower(), ""))


@dataclass
class _Text:
    parts: list[str] = field(default_factory=list)
    boxes: list[Any] = field(default_factory=list)
    notes: list[tuple[str, str]] = field(default_factory=list)

    def text(self) -> str:
        return " ".join("".join(self.parts).split())


def _read(paragraph: Any, found: _Text) -> None:
    """The text of a paragraph in its final version; text boxes and notes are noted and not entered."""
    stack = [iter(paragraph)]
    while stack:
        element = next(stack[-1], None)
        if element is None:
            stack.pop()
            continue
        name = local_name(element)
        if name == "t":
            found.parts.append(element.text or "")
        elif name in _SPACES:
            found.parts.append(" ")
        elif name in _HYPHENS:
            found.parts.append(_HYPHENS[name])
        elif name in _NOTES:
            found.notes.append((_NOTES[name], str(_value(element, "id"))))
        elif name == "txbxContent":
            found.boxes.append(element)
        elif name not in _SILENT and not (name == "r" and _is_hidden(element)):
            stack.append(iter(element))


def _goes_on(paragraph: Any) -> bool:
    """Whether the paragraph goes on in the next one: the mark at its end was deleted, or moved away."""
    properties = (part for part in paragraph if local_name(part) == "pPr")
    marks = (one for part in properties for one in part if local_name(one) == "rPr")
    return any(local_name(one) in ("del", "moveFrom") for mark in marks for one in mark)


def _is_hidden(run: Any) -> bool:
    properties = next((part for part in run if local_name(part) == "rPr"), ())
    return any(local_name(part) == "vanish" and _value(part, "val") not in ("0", "false") for part in properties)


def _row_of(cell: Any) -> Any:
    """The row that a cell stands in."""
    parent = cell.getparent()
    while parent is not None and local_name(parent) != "tr":
        parent = parent.getparent()
    return parent
