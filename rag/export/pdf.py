"""The PDF form of an exported page, in a font that has Latin, Greek and Cyrillic letters."""

from __future__ import annotations

from importlib.resources import files

from fpdf import FPDF
from fpdf.fonts import TTFFont

from rag.export.pages import Footnote, Page

_FONTS = files("font_source_sans_pro") / "files"
_FACES = {"": "SourceSansPro-Regular.ttf", "B": "SourceSansPro-Semibold.ttf"}  # both have the same 1,298 characters
_BOX = "■"
_MISSING = f"Letters shown as {_BOX} are not in the font of this PDF. The exports as Markdown and HTML have them."
_SIZE, _SMALL, _LINE = 11.5, 9.5, 6.2  # points, points, millimetres


def to_pdf(page: Page) -> bytes:
    """The page as a PDF on A4."""
    sheet = _Sheet(page.title)
    sheet.paragraph(page.title, size=18, bold=True, after=3)
    for section in page.sections:
        if section.question != page.title or len(page.sections) > 1:
            sheet.paragraph(section.question, size=13, bold=True, before=4, after=1)
        for text, numbers in section.sentences:
            sheet.sentence(text, numbers)
        sheet.end_paragraph()
        for text, numbers in section.notes:
            sheet.sentence(text, numbers)
            sheet.end_paragraph()
    if page.footnotes:
        sheet.paragraph("Sources", size=13, bold=True, before=6, after=1)
    for note in page.footnotes:
        sheet.note(note)
    if sheet.lacked:
        sheet.paragraph(_MISSING, size=_SMALL, before=4)
    return bytes(sheet.pdf.output())


class _Sheet:
    """A PDF under way."""

    def __init__(self, title: str) -> None:
        self.lacked = False
        self.pdf = FPDF(format="A4")
        self.pdf.set_title(title)
        for style, name in _FACES.items():
            self.pdf.add_font("Sans", style, str(_FONTS / name))
        self.pdf.set_margins(24, 22)
        self.pdf.set_auto_page_break(True, 22)
        self.pdf.add_page()
        self.pdf.set_font("Sans", size=_SIZE)
        font = self.pdf.current_font
        assert isinstance(font, TTFFont)
        self._known = frozenset(font.cmap)

    def paragraph(self, text: str, *, size: float, bold: bool = False, before: float = 0, after: float = 0) -> None:
        """Lines of one size."""
        self.pdf.ln(before)
        self.pdf.set_font("Sans", style="B" if bold else "", size=size)
        self.pdf.multi_cell(0, size * 0.5, self._drawable(text), align="L", new_x="LMARGIN", new_y="NEXT")
        self.pdf.ln(after)

    def sentence(self, text: str, numbers: tuple[int, ...]) -> None:
        """A sentence with raised numbers, in the running paragraph."""
        self.pdf.set_font("Sans", size=_SIZE)
        self.pdf.write(_LINE, self._drawable(text))
        if numbers:
            self.pdf.char_vpos = "SUP"
            self.pdf.write(_LINE, ",".join(map(str, numbers)))
            self.pdf.char_vpos = "LINE"
        self.pdf.write(_LINE, " ")

    def end_paragraph(self) -> None:
        """Begin a new line."""
        self.pdf.ln(_LINE)

    def note(self, note: Footnote) -> None:
        """A footnote, its address a link."""
        quoted = "" if note.repeated else f"“{note.quote}” "
        self.pdf.ln(1.2)
        self.pdf.set_font("Sans", size=_SMALL)
        self.pdf.write(5, self._drawable(f"{note.number}  {quoted}{note.source} "))
        if note.url:
            self.pdf.set_text_color(29, 79, 145)
            self.pdf.write(5, self._drawable(note.url), note.place)
            self.pdf.set_text_color(0, 0, 0)
        self.pdf.ln(5)

    def _drawable(self, text: str) -> str:
        """The text with a box for each letter that the font lacks."""
        drawn = "".join(letter if ord(letter) in self._known else _BOX for letter in text)
        self.lacked = self.lacked or drawn != text
        return drawn
