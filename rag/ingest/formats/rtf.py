"""Rich text (.rtf) to plain lines and articles: the only module that knows striprtf.

In: the bytes of the file. Out: its lines, or its Article. Hidden and deleted text is left out; rows stay rows.
"""

from __future__ import annotations

import re

from rag.errors import SourceError
from rag.ingest.formats.packages import CELL
from rag.ingest.formats.stated import stated_author, stated_title
from rag.schema import Article

_GONE = re.compile(r"\{(?:\\[a-z]+-?\d* ?){0,20}?\\(?:deleted|v)(?![a-z0-9])[^{}]{0,100000}\}")
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
    return "\n".join(_row(line) for line in _plain(_GONE.sub("", data.decode("latin-1"))).splitlines())


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
