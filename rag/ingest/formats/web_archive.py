"""Web archives (.warc, .warc.gz) to the articles of their pages: the only module that knows warcio.

In: the bytes of an archive. Out: an Article a page that holds one; other pages (menus, errors) are counted.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from typing import Any

from rag.errors import SourceError
from rag.ingest.formats.pdf.reader import parse_pdf
from rag.ingest.frontmatter import web_address
from rag.ingest.html import parse_html
from rag.schema import Article, Failure

_LARGEST_PAGE = 10_000_000  # bytes, unpacked
_DAMAGE = (ValueError, EOFError, OSError, zlib.error, KeyError, AttributeError, TypeError, IndexError)


def read_pages(data: bytes) -> Iterator[Article | Failure]:
    """The articles of the pages that the archive holds, the first copy of each address."""
    seen: set[str] = set()
    for url, kind, body in _responses(data):
        if url in seen:
            continue
        seen.add(url)
        try:
            yield parse_pdf(body) if "pdf" in kind else parse_html(body, url=web_address(url), charset=_charset(kind))
        except SourceError as error:
            yield Failure(url, str(error))


def _responses(data: bytes) -> Iterator[tuple[str, str, bytes]]:
    """Address, content type and body of each page that was answered with success."""
    from warcio.archiveiterator import ArchiveIterator
    from warcio.exceptions import ArchiveLoadFailed

    if not data.startswith((b"WARC/", b"\x1f\x8b")):
        raise SourceError("This is not a web archive (.warc).", "Check the ending of the file, or get it again.")
    try:
        records = ArchiveIterator(io.BytesIO(data))
        records.INC_RECORD = ""  # what it would write to stderr of a record with a wrong length
        for record in records:
            if page := _page(record):
                yield page
    except (ArchiveLoadFailed, *_DAMAGE) as error:
        raise SourceError("The web archive is damaged from here on.", "Get it again.") from error


def _page(record: Any) -> tuple[str, str, bytes] | None:
    kind = _kind(record)
    url = record.rec_headers.get_header("WARC-Target-URI") or ""
    if record.rec_type not in ("response", "resource") or not url or not any(one in kind for one in ("html", "pdf")):
        return None
    body = record.content_stream().read(_LARGEST_PAGE + 1)
    return (url.strip("<>"), kind, body) if len(body) <= _LARGEST_PAGE else None


def _kind(record: Any) -> str:
    """The content type of a page that was answered with success; empty for others."""
    if record.rec_type == "resource":
        return str(record.rec_headers.get_header("Content-Type") or "").lower()
    headers = record.http_headers
    if headers is None or headers.get_statuscode() != "200":
        return ""
    return str(headers.get_header("Content-Type") or "").lower()


def _charset(kind: str) -> str | None:
    return kind.split("charset=", 1)[1].split(";")[0].strip("\"' ") if "charset=" in kind else None
