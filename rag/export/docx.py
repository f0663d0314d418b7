"""The Word form of an exported page: real headings, raised numbers that lead to the sources, addresses as links."""

from __future__ import annotations

import io

from docx import Document
from docx.document import Document as Written
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt, RGBColor
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from rag.export.pages import Footnote, Marked, Page

_LINK = RGBColor(0x1D, 0x4F, 0x91)
_SMALL = Pt(9.5)


def to_docx(page: Page) -> bytes:
    """The page as a .docx file."""
    made = Document()
    made.core_properties.title = page.title[:255]
    made.core_properties.author = ""  # the library writes its own name there
    made.add_heading(page.title, level=1)
    for section in page.sections:
        if section.question != page.title or len(page.sections) > 1:
            made.add_heading(section.question, level=2)
        said = made.add_paragraph()
        for sentence in section.sentences:
            _add_sentence(said, sentence)
        for note in section.notes:
            _add_sentence(made.add_paragraph(), note, italic=True)
    if page.footnotes:
        made.add_heading("Sources", level=2)
    for footnote in page.footnotes:
        _add_source(made, footnote)
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def _add_sentence(paragraph: Paragraph, sentence: Marked, *, italic: bool = False) -> None:
    paragraph.add_run(sentence.text).italic = italic or None
    for place, number in enumerate(sentence.numbers):
        mark = _linked(paragraph, f"{',' if place else ''}{number}", anchor=_anchor(number))
        mark.font.superscript = True
    paragraph.add_run(" ")


def _add_source(made: Written, note: Footnote) -> None:
    """A source with its number, to which the marks lead, and a link to the passage in the original."""
    paragraph = made.add_paragraph()
    start = OxmlElement("w:bookmarkStart")
    start.set(qn("w:id"), str(note.number))
    start.set(qn("w:name"), _anchor(note.number))
    end = OxmlElement("w:bookmarkEnd")
    end.set(qn("w:id"), str(note.number))
    paragraph._p.append(start)
    quoted = "" if note.repeated else f"“{note.quote}” "
    paragraph.add_run(f"{note.number}  {quoted}{note.source}. ").font.size = _SMALL
    paragraph._p.append(end)
    if note.url:
        run = _linked(paragraph, note.url, address=note.place)
        run.font.size, run.font.color.rgb, run.font.underline = _SMALL, _LINK, True


def _linked(paragraph: Paragraph, text: str, *, anchor: str = "", address: str = "") -> Run:
    """Text that leads to a bookmark, or to an address of the web."""
    link = OxmlElement("w:hyperlink")
    if address:
        link.set(qn("r:id"), paragraph.part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
    else:
        link.set(qn("w:anchor"), anchor)
    run = paragraph.add_run(text)
    link.append(run._r)
    paragraph._p.append(link)
    return run


def _anchor(number: int) -> str:
    return f"source_{number}"
