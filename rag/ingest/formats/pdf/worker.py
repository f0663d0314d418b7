"""The process that reads one PDF: `python -m rag.ingest.formats.pdf.worker SECONDS < file`, JSON on stdout.

In: a PDF on stdin. Out: {"title", "author", "text"} or {"error", "hint"}.
"""

from __future__ import annotations

import json
import sys

from rag.ingest.formats.pdf.article import article_of
from rag.ingest.formats.pdf.glyphs import Page, PdfFile
from rag.ingest.formats.stated import stated_author, stated_title

MOST_PAGES = 2000  # twice the longest report; an archive of papers is split first
MOST_CHARACTERS = 10_000_000
MEMORY = 2_000_000_000  # bytes of address space; 200-page papers take 0.4 GB of it
MOST_UNREAD = 0.3  # of the letters
NO_LETTERS = "The fonts of the PDF do not say which letters they show, so its text cannot be read."


def read_pdf(data: bytes) -> dict[str, str]:
    """What the PDF holds, or the error that says why nothing can be read."""
    try:
        document = PdfFile(data)
    except PermissionError:
        return _error("The PDF is encrypted.", "Remove its password first.")
    except ValueError:
        return _error("The PDF is damaged or incomplete.", "Get it again, or print it to a new PDF.")
    if len(document) > MOST_PAGES:
        return _error(f"The PDF has {len(document)} pages, more than {MOST_PAGES}.", "Split it.")
    pages: list[Page] = []
    size = 0
    for page in document.pages():
        pages.append(page)
        size += sum(len(one.text) for one in page.fragments)
        if size > MOST_CHARACTERS:
            return _error("The PDF holds more text than an article may have.", "Split it.")
    found = article_of(pages)
    if found.unread > MOST_UNREAD:
        return _error(NO_LETTERS, "Run OCR on it, or copy the text from another version.")
    title, author = document.about()
    return {
        "title": found.by_size or stated_title(title) or found.head,
        "author": stated_author(author),
        "text": found.text,
        "sample": found.sample,
    }


def _error(message: str, hint: str) -> dict[str, str]:
    return {"error": message, "hint": hint}


def _limit(seconds: int) -> None:
    """Bound the process, where the system can."""
    if sys.platform == "win32":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def main() -> None:
    """Read the PDF on stdin."""
    _limit(int(sys.argv[1]))
    data = sys.stdin.buffer.read()
    try:
        answer = read_pdf(data)
    except (MemoryError, RecursionError):
        answer = _error("The PDF takes too much memory to read.", "Print it to a new PDF.")
    sys.stdout.buffer.write(json.dumps(answer).encode())


if __name__ == "__main__":
    main()
