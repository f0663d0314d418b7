"""Bytes to text: what a file is really encoded in, and whether it is text at all.

In: the bytes of a file, and the encoding that it declares. Out: text; a SourceError for what is no text.
"""

from __future__ import annotations

import codecs
import re

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
_BROKEN = re.compile("\ufffd")


def decode(data: bytes, declared: str | None = None) -> str:
    """The text in `data`: by its byte order mark, as declared, as UTF-8, or by the likeliest of the old encodings."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name, errors="replace")
    for head, kind in _KINDS:
        if data.startswith(head):
            raise SourceError(f"This is {kind}, not text.", "Save it as .txt, .md or .html.")
    if wide := _unmarked_utf16(data[:_HEAD]):
        return data.decode(wide, errors="replace")
    _refuse_binary(data[:_HEAD])
    for name in filter(None, (_known_codec(declared), "utf-8")):
        try:
            return data.decode(name)
        except UnicodeDecodeError:
            continue
    return _decode_unsure(data)


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
    return {"iso8859-1": "cp1252", "ascii": None, "gb2312": "gb18030", "gbk": "gb18030"}.get(codec.name, codec.name)


def _unmarked_utf16(head: bytes) -> str | None:
    """UTF-16 without a mark: Western text then has a NUL in nearly every second byte."""
    head = head[: len(head) // 2 * 2]
    if len(head) < 4:
        return None
    low, high = head[0::2].count(0) / (len(head) / 2), head[1::2].count(0) / (len(head) / 2)
    if high > 0.6 and low < 0.1:
        return "utf-16-le"
    return "utf-16-be" if low > 0.6 and high < 0.1 else None


def _refuse_binary(head: bytes) -> None:
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if head.count(0) > len(head) * _MOST_CONTROLS / 10 or controls > len(head) * _MOST_CONTROLS:
        raise SourceError("This is a binary file, not text.", "Save it as .txt, .md or .html.")


def _decode_unsure(data: bytes) -> str:
    """Nearly UTF-8, or an encoding of before it."""
    text = data.decode("utf-8", errors="replace")
    broken = len(_BROKEN.findall(text))
    if broken <= max(1, len(data) * _MOST_BROKEN) and any(ord(c) > 127 and c != "\ufffd" for c in text):
        return text
    return data.decode(_guess(data[:_HEAD]), errors="replace")


def _guess(head: bytes) -> str:
    """The likeliest old encoding; windows-1252 when the high bytes are few and read well in it."""
    from charset_normalizer import from_bytes

    best = from_bytes(head).best()
    name = best.encoding if best else "cp1252"
    high = [byte for byte in head if byte > 127]
    if len(high) < len(head) * 0.15 and _reads_western(head):
        return "cp1252"
    return "gb18030" if name in ("gb2312", "gbk") else name


# Letters and marks of West European text in windows-1252. Others (¿ inside a word, ¤, þ runs) tell of another encoding.
_WESTERN = set("àáâãäåæçèéêëìíîïñòóôõöøùúûüýÿÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÕÖØÙÚÛÜÝœŒšŠžŽßðþ’‘“”–—…•«»°€£§©®™·½¼¾²³¡¿ªº¥\xa0")
_INSIDE_WORD = re.compile(r"[a-z][“”«»°€£§©®™½¼¾²³¡¿¥•][a-z]|[a-z][ÀÁÂÃÅÆÈÊËÌÍÎÏÐÑÒÔÕØÙÚÛÝ][a-z]|[šžœðþ]{2}")


def _reads_western(head: bytes) -> bool:
    try:
        text = head.decode("cp1252")
    except UnicodeDecodeError:
        return False
    high = [c for c in text if ord(c) > 127]
    return all(c in _WESTERN for c in high) and not _INSIDE_WORD.search(text)
