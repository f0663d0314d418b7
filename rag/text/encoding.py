"""Bytes to text: what a file is really encoded in, and whether it is text at all.

In: the bytes of a file, and the encoding that it declares. Out: text, with a remark where its encoding had to be
guessed; a SourceError for what is no text.
"""

from __future__ import annotations

import codecs
import re
import unicodedata
from contextlib import suppress
from dataclasses import dataclass

from rag.errors import SourceError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16 LE, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_KINDS = (
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a ZIP archive (or a Word, EPUB or OpenDocument file)"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"GIF8", "a GIF picture"),
    (b"\xd0\xcf\x11\xe0", "an old Office file"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x7fELF", "a program"),
    (b"{\\rtf", "an RTF document"),
)
_HEAD = 65_536  # bytes looked at for guesses: enough for a sure one, and a 20 MB file costs no more than a small one
_MOST_CONTROLS = 0.01  # share of control bytes; pasted terminal text has some, a binary file has 10 % and more
_MOST_BROKEN = 0.001  # share of bytes that are no UTF-8 in a file that is UTF-8 all the same, cut or pasted badly
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\r\f\x0b\x08\x1b\x1a"))
_BROKEN = "\ufffd"
# Encodings of East Asia in which each byte is ASCII: escape sequences switch between alphabets.
_SWITCHED = (
    (re.compile(rb"\x1b\$\)C"), "iso2022_kr"),
    (re.compile(rb"\x1b(?:\$[@AB]|\$\([DOPQ]|\([BIJ]|\.[AF])"), "iso2022_jp_ext"),
)
_TERMINAL = re.compile("\x1b\\[[0-?]*[ -/]*[@-~]|\x1b[ -/]*[0-~]")  # colours and movements of pasted terminal text
_WIDE_MARKS = frozenset("\n\r\t 。、，．！？：；「」（）《》ー・0123456789,.-")
_FEWEST_MARKS = 0.005  # share of line ends, spaces and full stops; in the wrong byte order they are other characters
# In text of these alone windows-1252 is sure; a detector has nothing to go by.
_TYPOGRAPHY = frozenset("’‘“”–—…•«»°€£§©®™·½¼¾²³\xa0\xad")
_MANY_BYTES = ("gb18030", "big5", "big5hkscs", "shift_jis", "cp932", "euc_jp", "euc_kr", "cp949", "johab", "hz")
_FEWEST_SEQUENCES = 3  # that make up UTF-8 although such an encoding is declared: two characters may be so by chance


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, and a remark for the user where it is not sure that its letters are right; empty when it is."""

    text: str
    remark: str = ""


def decode(data: bytes, declared: str | None = None) -> str:
    """The text in `data`; see `read_text`."""
    return read_text(data, declared).text


def read_text(data: bytes, declared: str | None = None) -> Decoded:
    """The text in `data`: by its byte order mark, as UTF-8 where it is that, as declared, or by the likeliest encoding.

    Bytes that are UTF-8 win over another declaration: programs convert a page and leave its head as it was.
    """
    for mark, name in _BOMS:
        if data.startswith(mark):
            return Decoded(data[len(mark) :].decode(name, errors="replace"))
    for head, kind in _KINDS:
        if data.startswith(head):
            raise SourceError(f"This is {kind}, not text.", "Save it as .txt, .md or .html.")
    for text in (_switched(data), _unmarked_utf16(data)):
        if text is not None:
            return Decoded(text)
    _refuse_binary(data[:_HEAD])
    return _decoded(data, _known_codec(declared))


def _decoded(data: bytes, declared: str | None) -> Decoded:
    """The text of bytes without a mark."""
    for name in (_utf8_or(declared, data), declared, "utf-8"):
        with suppress(UnicodeDecodeError):
            if name is not None:
                text = data.decode(name)
                if (once := _encoded_once(text)) is not None:
                    return Decoded(once, "Its letters had been encoded twice and were put right: check them.")
                return Decoded(_TERMINAL.sub("", text) if "\x1b" in text else text)
    text = data.decode("utf-8", errors="replace")
    broken = text.count(_BROKEN)
    if broken <= max(1, len(data) * _MOST_BROKEN) and _sequences(text) > broken:
        return Decoded(text, "A few of its bytes are no UTF-8 and were replaced by \ufffd: it was cut or pasted badly.")
    name = _guess(data[:_HEAD])
    remark = f"Its encoding is not stated and was guessed ({name}): check its letters, or save it as UTF-8."
    return Decoded(data.decode(name, errors="replace"), remark)


def _encoded_once(text: str) -> str | None:
    """The text whose UTF-8 some program took for windows-1252 ("Ã©" for "é"); None for any other."""
    if text.isascii():
        return None
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return None


def _switched(data: bytes) -> str | None:
    """The text of bytes with escape sequences that switch between alphabets; None for others."""
    name = next((name for form, name in _SWITCHED if form.search(data[:_HEAD])), None)
    try:
        return data.decode(name) if name else None
    except UnicodeDecodeError:
        return None


def _utf8_or(declared: str | None, data: bytes) -> str | None:
    """UTF-8 where the bytes show that they are it, whatever was declared; None where they do not."""
    try:
        found = _sequences(data.decode("utf-8"))
    except UnicodeDecodeError:
        return None
    if not found or declared == "utf-8":
        return declared
    return "utf-8" if declared not in _MANY_BYTES or found >= _FEWEST_SEQUENCES else declared


def _sequences(text: str) -> int:
    """The characters of a text that take several bytes in UTF-8."""
    return sum(c > "\x7f" and c != _BROKEN for c in text[:_HEAD])


def _known_codec(declared: str | None) -> str | None:
    """The Python codec for a declared charset; browsers read 'iso-8859-1' as windows-1252, and so do we."""
    if not declared:
        return None
    try:
        codec = codecs.lookup(declared.strip())
    except (LookupError, ValueError):
        return None
    if not codec._is_text_encoding:
        return None
    as_browsers = {
        "iso8859-1": "cp1252", "iso8859-9": "cp1254", "tis-620": "cp874", "ascii": None,
        "gb2312": "gb18030", "gbk": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949",
    }  # fmt: skip
    return as_browsers.get(codec.name, codec.name)


def _unmarked_utf16(data: bytes) -> str | None:
    """The text of UTF-16 without a mark; None for other bytes.

    Western text has a NUL in nearly every second byte. Other scripts have them, or other control bytes, in their line
    ends and marks, and in one byte order only all characters are ones that exist.
    """
    head = data[: min(len(data), _HEAD) // 2 * 2]
    if len(head) < 4 or len(head) == len(head.translate(None, _CONTROLS)):
        return None
    best, name = max((_share_of_marks(head, name), name) for name in ("utf-16-le", "utf-16-be"))
    if best < _FEWEST_MARKS:
        return None
    return data[: len(data) // 2 * 2].decode(name, errors="replace")


def _share_of_marks(head: bytes, name: str) -> float:
    """The share of line ends, spaces and usual marks in the text; 0 where it holds what no text holds."""
    text = head.decode(name, errors="ignore")
    odd = sum(unicodedata.category(c) in ("Cc", "Cn", "Co", "Cs") and c not in "\n\r\t\f\x1a" for c in text)
    if len(text) < len(head) // 2 - 1 or odd > len(text) * _MOST_BROKEN:
        return 0.0
    return sum(c in _WIDE_MARKS for c in text) / len(text)


def _refuse_binary(head: bytes) -> None:
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if head.count(0) > len(head) * _MOST_CONTROLS / 10 or controls > len(head) * _MOST_CONTROLS:
        raise SourceError("This is a binary file, not text.", "Save it as .txt, .md or .html.")


def _guess(head: bytes) -> str:
    """The likeliest old encoding."""
    from chardet import detect  # 0.05 s

    western = head.decode("cp1252", errors="replace")
    if all(c in _TYPOGRAPHY for c in western if c > "\x7f"):
        return "cp1252"
    name = _known_codec(detect(head)["encoding"])
    return name or "cp1252"
