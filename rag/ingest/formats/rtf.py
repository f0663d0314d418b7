"""Rich text (.rtf) to plain lines and articles: the only module that knows striprtf.

In: the bytes of the file. Out: its lines, or its Article. Hidden and deleted text is left out; rows stay rows; a
footnote follows the paragraph that names it.
"""

from __future__ import annotations

import re

from rag.errors import SourceError
from rag.ingest.formats.stated import stated_author, stated_title
from rag.schema import Article
from rag.text.rows import CELL

_GONE = re.compile(r"\{(?:\\[a-z]+-?\d* ?){0,20}?\\(?:deleted|v)(?![a-z0-9])[^{}]{0,100000}\}")
_TOKEN = re.compile(r"\\footnote(?![a-z])|\\[\\{}]|[{}]")
_NOTE_HERE, _NOTE_TEXT = "\ufdd0", "\ufdd1"  # no document has these: Unicode keeps them for programs
_INFO = re.compile(r"\{\\(title|author) ([^{}]{1,500})\}")


def parse_rtf(data: bytes) -> Article:
    """The article in a rich text file. Its date is left to what the text says."""
    text = rtf_text(data)
    if not text.strip():
        raise SourceError("The document holds no text.")
    stated = {name: _plain(value) for name, value in _INFO.findall(data[:20_000].decode("latin-1"))}
    return Article(
        title=stated_title(stated.get("title", "")),
        text="\n\n".join(line for line in text.splitlines() if line.strip()),
        author=stated_author(stated.get("author", "")) or None,
    )


def rtf_text(data: bytes) -> str:
    """The lines of the document, a paragraph or row each."""
    if not data.lstrip().startswith(b"{\\rtf"):
        raise SourceError("This is not a rich text file (.rtf).", "Check the ending of the file.")
    body, *notes = _plain(_notes_last(_GONE.sub("", data.decode("latin-1")))).split(_NOTE_TEXT)
    waiting = iter([" ".join(note.split()) for note in notes])
    lines: list[str] = []
    for line in body.splitlines():
        lines.append(_row(line.replace(_NOTE_HERE, "")))
        lines += [note for _, note in zip(range(line.count(_NOTE_HERE)), waiting, strict=False)]
    return "\n".join([*lines, *waiting])


def _notes_last(rtf: str) -> str:
    """The document with its footnotes, which the reader of rich text leaves out, at its end; marks where they stood."""
    kept: list[str] = []
    notes: list[str] = []
    at = 0
    for start, end in _notes(rtf):
        kept += [rtf[at:start], f"\\u{ord(_NOTE_HERE)}?"]
        told = rtf[start + 1 : end - 1].replace(r"\footnote", "", 1)
        notes.append(f"{{\\par\\u{ord(_NOTE_TEXT)}?{told}}}")
        at = end
    body, closing, tail = rtf[at:].rpartition("}")
    return "".join([*kept, body, *notes, closing, tail]) if notes else rtf


def _notes(rtf: str) -> list[tuple[int, int]]:
    """The groups that are footnotes, with their braces; a note inside a note belongs to the outer one."""
    found: list[tuple[int, int]] = []
    opened: list[int] = []
    note: int | None = None  # groups around the note that is open
    for token in _TOKEN.finditer(rtf):
        if token.group() == "{":
            opened.append(token.start())
        elif token.group() == "}" and opened:
            start = opened.pop()
            if note == len(opened):
                found.append((start, token.end()))
                note = None
        elif token.group() == "\\footnote" and note is None and opened:
            note = len(opened) - 1
    return found


def _plain(rtf: str) -> str:
    from striprtf.striprtf import rtf_to_text

    try:
        text = rtf_to_text(rtf if rtf.startswith("{") else f"{{\\rtf1 {rtf}}}", errors="replace")
    except (ValueError, LookupError, OverflowError, TypeError) as error:
        raise SourceError("The file is damaged: it is no rich text.", "Save it again.") from error
    return str(text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _row(line: str) -> str:
    """A row of a table, whose cells end with a bar, as the cells alone."""
    return CELL.join(filter(None, (cell.strip() for cell in line.split("|")))) if line.rstrip().endswith("|") else line
