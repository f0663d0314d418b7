"""The letters of a PDF with their places: the only module that knows pypdfium2.

In: the bytes of a PDF. Out: the fragments of each page: letters of one line that stand close together.
"""

from __future__ import annotations

import ctypes
import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

_SPLIT = 0.9  # of the letter size: a wider gap parts two fragments; columns stand 1.0 and more apart, words mostly 0.3
_SPACE = (
    0.18  # of the letter size: a wider gap is a space, though PDFium saw none (spaces have 0.2 and more, kerning less)
)
_RAISED = 0.6  # of the letter size: a baseline further off is another line; notes and indices stand 0.2 to 0.45 off
# Fonts of bold letters by their names; the weight that PDFium works out is that of bold for many light fonts of TeX.
_BOLD = ("bold", "black", "heavy", "demi", "cmb", "sfbx")
_LINE_END_HYPHENS = "\ufffe\x02\u00ad"  # what PDFium gives for a hyphen before a line break, and soft hyphens
_SMALLER, _HIGHER = 0.8, 0.15  # of the letter size: what is as small and as high is raised
_BEFORE_NOTES = tuple(".,;:!?)]”’\"'»")
_NO_SPACES = "\u2e80"  # letters from here on are written without spaces between them
_TEX_FONT = re.compile(r"(?:^|\+)(?:CM|LM|SF|EC)[A-Z]{1,6}\d|^$")  # and pictures of letters, which have no name
# What the fonts of TeX show where others have control signs: ligatures of its older and newer encoding, and quotes.
_TEX_LETTERS = {
    11: "ff", 12: "fi", 13: "fl", 14: "ffi", 15: "ffl", 27: "ff", 28: "fi", 29: "fl", 30: "ffi", 31: "ffl",
    16: "“", 17: "”", 21: "–", 22: "—", 39: "’", 96: "‘",
}  # fmt: skip
_NO_LETTERS = ("Co", "Cc", "Cn")  # what fonts give for signs that have no place in Unicode
_LONGEST_FONT_NAME = 128  # bytes


@dataclass(frozen=True, slots=True)
class Fragment:
    """Letters of one line that stand close together. Places are in points, from the lower left of the page as read."""

    text: str
    left: float
    right: float
    baseline: float
    size: float
    bold: bool = False
    font: str = ""
    unmapped: int = 0  # letters in whose place the font gives signs that are none
    slanted: bool = False  # it runs in another direction than most of the page

    @property
    def top(self) -> float:
        """About the upper edge of capitals."""
        return self.baseline + 0.75 * self.size


@dataclass(frozen=True, slots=True)
class Page:
    """A page as it is read: upright, its fragments in the order of the file."""

    width: float
    height: float
    fragments: tuple[Fragment, ...]


class PdfFile:
    """An open PDF.

    Raises:
        PermissionError: it opens with a password only.
        ValueError: it is damaged.
    """

    def __init__(self, data: bytes) -> None:
        import pypdfium2
        import pypdfium2.raw as raw

        self._raw: Any = raw
        try:
            self._document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            kind = getattr(error, "err_code", None)
            if kind in (raw.FPDF_ERR_PASSWORD, raw.FPDF_ERR_SECURITY):
                raise PermissionError(str(error)) from error
            raise ValueError(str(error)) from error
        self._damage = pypdfium2.PdfiumError

    def __len__(self) -> int:
        return len(self._document)

    def about(self) -> tuple[str, str]:
        """Title and author as the file states them."""
        stated: dict[str, str] = self._document.get_metadata_dict()
        return stated.get("Title", ""), stated.get("Author", "")

    def pages(self) -> Iterator[Page]:
        """The pages in order; one that cannot be opened is passed over."""
        for number in range(len(self)):
            try:
                page = self._document[number]
                text = page.get_textpage()
            except self._damage:
                continue
            fragments = list(_Letters(self._raw, text).fragments())
            box = page.get_bbox()
            text.close()
            page.close()
            yield _upright(fragments, box)


@dataclass(slots=True)
class _Open:
    """A fragment that is being read; `start`, `end` and `across` are places in the direction of its letters."""

    start: float
    end: float
    across: float
    size: float
    angle: int
    font: str
    letters: list[str] = field(default_factory=list)
    sizes: Counter[tuple[float, str]] = field(default_factory=Counter)
    bold: int = 0
    unmapped: int = 0

    def close(self) -> tuple[Fragment, int]:
        """The fragment, and the angle of its letters."""
        text = "".join(self.letters).strip()
        bold = self.bold > 0.8 * len(text.replace(" ", ""))
        size, font = self.sizes.most_common(1)[0][0] if self.sizes else (self.size, self.font)
        return Fragment(text, self.start, self.end, self.across, size, bold, font, self.unmapped), self.angle


@dataclass(frozen=True, slots=True)
class _Style:
    size: float
    angle: int  # degrees, 0 for letters that stand upright
    font: str
    bold: bool


class _Letters:
    """Reads the letters of one page."""

    def __init__(self, raw: Any, text: Any) -> None:
        self._raw, self._text = raw, text
        self._box, self._matrix = raw.FS_RECTF(), raw.FS_MATRIX()
        self._x, self._y = ctypes.c_double(), ctypes.c_double()
        self._style = _Style(1.0, 0, "", False)
        self._height = math.inf  # of the box of the last letter: another one tells of another style

    def fragments(self) -> Iterator[tuple[Fragment, int]]:
        """Each fragment with the angle of its letters."""
        one: _Open | None = None
        for number in range(self._text.count_chars()):
            code = self._raw.FPDFText_GetUnicode(self._text, number)
            letter = self._letter(number, code)
            if not letter or letter.isspace():
                self._height = math.inf  # another word may have another style
                if one is not None and one.letters and one.letters[-1] != " ":
                    one.letters.append(" ")
                continue
            start, end, across = self._place(number)
            if one is None or self._parted(one, start, across):
                if one is not None:
                    yield one.close()
                style = self._style
                one = _Open(start, end, across, style.size, style.angle, style.font)
            elif start - one.end > _SPACE * one.size and one.letters and _are_parted(one.letters[-1], letter):
                one.letters.append(" ")
            self._take(one, number, letter, end, across)
        if one is not None:
            yield one.close()

    def _letter(self, number: int, code: int) -> str:
        """The letter of a code; fonts of TeX that do not say theirs have ligatures where ASCII has control signs."""
        if code >= 0x110000 or 0xD800 <= code < 0xE000:
            return "\ufffd"
        if code in _TEX_LETTERS and self._raw.FPDFText_HasUnicodeMapError(self._text, number) == 1:
            self._place(number)
            if _TEX_FONT.search(self._style.font):
                return _TEX_LETTERS[code]
        return chr(code) if code else ""

    def _take(self, one: _Open, number: int, letter: str, end: float, across: float) -> None:
        style = self._style
        raised = style.size < _SMALLER * one.size and across > one.across + _HIGHER * one.size
        if raised and _marks_a_note(letter, "".join(one.letters)):
            return
        if one.size < _SMALLER * style.size and across < one.across:  # the line began with a raised mark
            one.size, one.across, one.font = style.size, across, style.font
        one.end = max(one.end, end)
        one.sizes[style.size, style.font] += 1
        one.bold += style.bold
        if letter in _LINE_END_HYPHENS:
            one.letters.append("-")
            return
        category = unicodedata.category(letter[0])
        one.unmapped += (
            category in _NO_LETTERS or category == "So"
        )  # signs in place of letters, as of fonts of pictures
        if category in _NO_LETTERS:
            letter = "" if one.letters else "•"  # most are bullets of symbol fonts
        one.letters.append(letter)

    def _place(self, number: int) -> tuple[float, float, float]:
        """Where a letter starts and ends in its own direction, and its baseline across it; notes its style."""
        raw, box = self._raw, self._box
        raw.FPDFText_GetLooseCharBox(self._text, number, box)
        raw.FPDFText_GetCharOrigin(self._text, number, self._x, self._y)
        height = box.top - box.bottom
        if abs(height - self._height) > 0.01:
            self._height = height
            self._style = self._style_of(number)
        x, y, angle = self._x.value, self._y.value, self._style.angle
        if angle < 45 or angle >= 315:
            return box.left, box.right, y
        if angle < 135:
            return box.bottom, box.top, -x
        return (-box.right, -box.left, -y) if angle < 225 else (-box.top, -box.bottom, x)

    def _style_of(self, number: int) -> _Style:
        raw, text, matrix = self._raw, self._text, self._matrix
        raw.FPDFText_GetMatrix(text, number, matrix)
        size = raw.FPDFText_GetFontSize(text, number) * math.hypot(matrix.c, matrix.d)
        angle = round(math.degrees(math.atan2(matrix.b, matrix.a))) % 360
        name = ctypes.create_string_buffer(_LONGEST_FONT_NAME)
        length = raw.FPDFText_GetFontInfo(text, number, name, _LONGEST_FONT_NAME, None)
        font = name.value.decode("latin-1") if length <= _LONGEST_FONT_NAME else ""
        return _Style(max(size, 0.1), angle, font, any(mark in font.lower() for mark in _BOLD))

    def _parted(self, one: _Open, start: float, across: float) -> bool:
        larger = max(self._style.size, one.size)
        return (
            self._style.angle != one.angle
            or abs(across - one.across) > _RAISED * larger
            or start - one.end > _SPLIT * larger
            or start < one.end - 2 * larger
        )


def _are_parted(before: str, letter: str) -> bool:
    """Whether a gap between two letters is a space that is not there yet."""
    return before != " " and before < _NO_SPACES and letter < _NO_SPACES


def _marks_a_note(letter: str, before: str) -> bool:
    """Whether a raised letter points to a note: "pounds.3", "the inspector2"; the 2 of "km2" does not."""
    if letter in "*†‡§¶":
        return True
    before = before.rstrip(" ")
    return letter.isdigit() and (before.endswith(_BEFORE_NOTES) or (before[-4:].isalpha() and len(before) > 3))


def _upright(found: list[tuple[Fragment, int]], box: tuple[float, float, float, float]) -> Page:
    """The page turned so that most of its letters stand upright; the others are marked."""
    angles = Counter[int]()
    for fragment, angle in found:
        angles[angle] += len(fragment.text)
    main = angles.most_common(1)[0][0] if angles else 0
    left, bottom, right, top = box
    width, height = right - left, top - bottom
    turned = 45 <= main < 135 or 225 <= main < 315
    x, y = (left, bottom) if main < 45 or main >= 315 else (bottom, -right)
    if 135 <= main < 315:
        x, y = (-right, -top) if main < 225 else (-top, left)
    fragments = tuple(
        replace(one, left=one.left - x, right=one.right - x, baseline=one.baseline - y, slanted=angle != main)
        for one, angle in found
        if one.text
    )
    return Page(height if turned else width, width if turned else height, fragments)
